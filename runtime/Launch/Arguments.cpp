//===- Arguments.cpp - Tensors against a kernel's signature --------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Names are bound where a dimension is just a name, then where it is linear in
// one unbound name (2*D, H + 1), until nothing more can be bound; then every
// dimension is evaluated and compared. Parameters bind before results.
//
//===----------------------------------------------------------------------===//
#include "Arguments.h"

#include "Tensor.h"
#include "Text.h"

#include <algorithm>

namespace flex::rt {
namespace {

Status invalid(std::string message) {
  return {StatusCode::InvalidArgument, std::move(message)};
}

std::string joined(const std::vector<std::string> &items, const char *separator) {
  std::string out;
  for (const std::string &item : items)
    appendItem(out, item, separator);
  return out;
}

class Matcher {
public:
  Matcher(const ImageKernel &signature, const Bindings &fixed) : signature(signature) {
    match.bindings = fixed;
    std::string origin = fixed.bound.empty() ? "the specialisation" : "the bound arguments";
    for (const auto &[name, value] : fixed.dims)
      boundBy[name] = origin;
    for (const auto &[name, dtype] : fixed.types)
      boundBy[name] = origin;
  }

  StatusOr<Match> run(const DLTensor *const *args, size_t argCount, const DLTensor *const *results,
                      size_t resultCount) {
    FLEX_RETURN_IF_ERROR(checkCount("argument", signature.params, argCount));
    if (results)
      FLEX_RETURN_IF_ERROR(checkCount("result", signature.results, resultCount));
    FLEX_RETURN_IF_ERROR(add(signature.params, "", args));
    if (results)
      FLEX_RETURN_IF_ERROR(add(signature.results, "result ", results));
    while (bindLinear())
      ;
    FLEX_RETURN_IF_ERROR(checkAllBound());
    FLEX_RETURN_IF_ERROR(checkDims());
    FLEX_RETURN_IF_ERROR(checkConstraints());
    FLEX_RETURN_IF_ERROR(finish(signature.params, match.params));
    FLEX_RETURN_IF_ERROR(finish(signature.results, match.results));
    return std::move(match);
  }

  StatusOr<Bindings> runSome(const DLTensor *const *args) {
    for (size_t i = 0; i < signature.params.size(); ++i)
      if (args[i])
        FLEX_RETURN_IF_ERROR(addTensor(signature.params[i], "'" + signature.params[i].name + "'", args[i]));
    while (bindLinear())
      ;
    std::erase_if(dims, [this](const Dim &dim) { return !dim.expr->evaluate(match.bindings.dims); });
    FLEX_RETURN_IF_ERROR(checkDims());
    return match.bindings;
  }

private:
  /// A dimension of a tensor of the call beside what the signature says.
  struct Dim {
    const DimExpr *expr;
    int64_t value;
    std::string tensor; ///< as messages call it: 'x', result 'y'
    size_t axis;
  };

  std::string callee() const { return "kernel '" + signature.name + "'"; }

  Status checkCount(const char *what, const std::vector<ImageTensor> &expected, size_t found) const {
    if (expected.size() == found)
      return Status::ok();
    std::string list;
    for (const ImageTensor &tensor : expected)
      appendItem(list, tensor.name);
    return invalid(callee() + " has " + std::to_string(expected.size()) + " " + what +
                   (expected.size() == 1 ? "" : "s") + (list.empty() ? "" : " (" + list + ")") + ", but " +
                   std::to_string(found) + (found == 1 ? " was given" : " were given"));
  }

  Status add(const std::vector<ImageTensor> &expected, const std::string &prefix, const DLTensor *const *tensors) {
    for (size_t i = 0; i < expected.size(); ++i) {
      const ImageTensor &want = expected[i];
      std::string name = prefix + (want.name.empty() ? std::to_string(i) : "'" + want.name + "'");
      FLEX_RETURN_IF_ERROR(addTensor(want, name, tensors[i]));
    }
    return Status::ok();
  }

  Status addTensor(const ImageTensor &want, const std::string &name, const DLTensor *tensor) {
    if (!tensor)
      return invalid(name + " of " + callee() + " is a null pointer");
    if (tensor->ndim < 0 || tensor->ndim > kMaxTensorRank || (tensor->ndim > 0 && !tensor->shape))
      return invalid(name + " is no valid DLPack tensor: rank " + std::to_string(tensor->ndim));
    FLEX_RETURN_IF_ERROR(checkDtype(want, name, *tensor));
    if (static_cast<size_t>(tensor->ndim) != want.shape.size())
      return invalid(name + " has rank " + std::to_string(tensor->ndim) + ", expected rank " +
                     std::to_string(want.shape.size()) + ": " + want.dtype + describeShape(want.shape) + ", found " +
                     describeTensor(*tensor));
    for (size_t axis = 0; axis < want.shape.size(); ++axis) {
      if (tensor->shape[axis] < 0)
        return invalid(name + " has a negative dimension: " + describeTensor(*tensor));
      Dim dim{&want.shape[axis], tensor->shape[axis], name, axis};
      if (auto symbol = dim.expr->asSymbol())
        FLEX_RETURN_IF_ERROR(bind(*symbol, dim));
      dims.push_back(std::move(dim));
    }
    return Status::ok();
  }

  Status checkDtype(const ImageTensor &want, const std::string &name, const DLTensor &tensor) {
    std::string found = describeType(tensor.dtype);
    auto param = std::find_if(signature.typeParams.begin(), signature.typeParams.end(),
                              [&](const ImageTypeParam &p) { return p.name == want.dtype; });
    if (param == signature.typeParams.end())
      return found == want.dtype ? Status::ok() : invalid(name + " has dtype " + found + ", expected " + want.dtype);
    auto [slot, isNew] = match.bindings.types.try_emplace(param->name, found);
    if (isNew)
      boundBy[param->name] = name;
    if (slot->second != found)
      return invalid("type " + param->name + " is " + slot->second + " in " + boundBy[param->name] + " but " + found +
                     " in " + name);
    if (std::find(param->allowed.begin(), param->allowed.end(), found) == param->allowed.end())
      return invalid(name + " has dtype " + found + ", expected " + param->name + ": " + joined(param->allowed, " | "));
    return Status::ok();
  }

  Status bind(const std::string &symbol, const Dim &dim) {
    auto [slot, isNew] = match.bindings.dims.try_emplace(symbol, dim.value);
    if (isNew)
      boundBy[symbol] = dim.tensor;
    if (slot->second == dim.value)
      return Status::ok();
    return invalid("dimension " + symbol + " is " + std::to_string(slot->second) + " in " + boundBy[symbol] + " but " +
                   std::to_string(dim.value) + " in " + dim.tensor);
  }

  /// Solves c * name + rest = value for the only unbound name; true if one was bound.
  bool bindLinear() {
    for (const Dim &dim : dims) {
      std::set<std::string> names;
      dim.expr->collectSymbols(names);
      std::erase_if(names, [&](const std::string &name) { return match.bindings.dims.count(name) != 0; });
      if (names.size() != 1)
        continue;
      auto linear = dim.expr->linearIn(*names.begin());
      auto slope = linear ? linear->first.evaluate(match.bindings.dims) : std::nullopt;
      auto rest = linear ? linear->second.evaluate(match.bindings.dims) : std::nullopt;
      int64_t difference;
      if (!slope || !rest || *slope == 0 || __builtin_sub_overflow(dim.value, *rest, &difference) ||
          (*slope == -1 && difference == INT64_MIN))
        continue;
      // Not divisible: the comparison below reports it.
      match.bindings.dims[*names.begin()] = difference / *slope;
      boundBy[*names.begin()] = dim.tensor;
      return true;
    }
    return false;
  }

  Status checkAllBound() const {
    for (const std::string &name : signature.dims)
      if (!match.bindings.dims.count(name))
        return invalid("dimension " + name + " of " + callee() +
                       " does not follow from the arguments; bind it by name");
    for (const ImageTypeParam &param : signature.typeParams)
      if (!match.bindings.types.count(param.name))
        return invalid("type " + param.name + " of " + callee() +
                       " does not follow from the arguments; bind it by name");
    return Status::ok();
  }

  /// "K is 512 in 'x'" for each name of an expression.
  std::string reasons(const DimExpr &expr) const {
    std::set<std::string> names;
    expr.collectSymbols(names);
    std::vector<std::string> parts;
    for (const std::string &name : names)
      if (auto value = match.bindings.dims.find(name); value != match.bindings.dims.end())
        parts.push_back(name + " is " + std::to_string(value->second) +
                        (boundBy.count(name) ? " in " + boundBy.at(name) : ""));
    return parts.empty() ? "" : " (" + joined(parts, ", ") + ")";
  }

  Status checkDims() const {
    for (const auto &[name, value] : match.bindings.dims)
      if (value < 0)
        return invalid("dimension " + name + " would be " + std::to_string(value) + ", which is negative");
    for (const Dim &dim : dims) {
      auto expected = dim.expr->evaluate(match.bindings.dims);
      if (expected && *expected == dim.value)
        continue;
      std::string text = dim.expr->isConstant() ? "" : dim.expr->str() + " = ";
      return invalid("axis " + std::to_string(dim.axis) + " of " + dim.tensor + " is " + std::to_string(dim.value) +
                     ", expected " + text + (expected ? std::to_string(*expected) : "a number that fits 64 bits") +
                     reasons(*dim.expr));
    }
    return Status::ok();
  }

  Status checkConstraints() const {
    for (const ImageConstraint &c : signature.constraints) {
      auto lhs = c.lhs.evaluate(match.bindings.dims), rhs = c.rhs.evaluate(match.bindings.dims);
      using Kind = ImageConstraint::Kind;
      bool holds = lhs && rhs &&
                   (c.kind == Kind::LessEqual ? *lhs <= *rhs
                    : c.kind == Kind::Equal   ? *lhs == *rhs
                                              : *rhs > 0 && *lhs % *rhs == 0);
      if (!holds)
        return invalid(callee() + " requires " + c.source + reasons(c.lhs - c.rhs));
    }
    return Status::ok();
  }

  Status finish(const std::vector<ImageTensor> &tensors, std::vector<TensorType> &out) const {
    for (const ImageTensor &tensor : tensors) {
      TensorType type;
      auto bound = match.bindings.types.find(tensor.dtype);
      type.dtype = bound == match.bindings.types.end() ? tensor.dtype : bound->second;
      for (const DimExpr &dim : tensor.shape) {
        auto value = dim.evaluate(match.bindings.dims);
        if (!value || *value < 0)
          return invalid("dimension " + dim.str() + " of '" + tensor.name + "' would be " +
                         (value ? std::to_string(*value) : "out of range") + reasons(dim));
        type.shape.push_back(*value);
      }
      if (!tensorBytes(type))
        return invalid("'" + tensor.name + "' of shape " + describeShape(type.shape) + " is too large for 64 bits");
      out.push_back(std::move(type));
    }
    return Status::ok();
  }

  const ImageKernel &signature;
  Match match;
  std::vector<Dim> dims;
  std::map<std::string, std::string> boundBy; ///< name -> the tensor that bound it
};

bool isEmpty(const DLTensor &tensor) {
  return std::find(tensor.shape, tensor.shape + tensor.ndim, 0) != tensor.shape + tensor.ndim;
}

bool isHostMemory(DLDeviceType type) {
  return type == kDLCPU || type == kDLCUDAHost || type == kDLROCMHost;
}

} // namespace

Status checkMemory(const std::vector<ImageTensor> &expected, const DLTensor *const *tensors) {
  for (size_t i = 0; i < expected.size(); ++i) {
    const DLTensor &tensor = *tensors[i];
    bool null = !tensor.data && !isEmpty(tensor), strided = tensor.dtype.bits < 8 && !isDense(tensor);
    if (isHostMemory(tensor.device.device_type) && !null && !strided)
      continue;
    std::string name = expected[i].name.empty() ? std::to_string(i) : "'" + expected[i].name + "'";
    if (strided)
      return invalid(name + " has strides: elements of less than a byte must be dense, in row-major order");
    return invalid(name + (null ? " has no data: a null pointer"
                                : " is in memory of DLPack device type " +
                                      std::to_string(static_cast<int>(tensor.device.device_type)) +
                                      ", expected host memory (kDLCPU)"));
  }
  return Status::ok();
}

std::optional<int64_t> tensorBytes(const TensorType &type) {
  int64_t count = 1;
  if (std::find(type.shape.begin(), type.shape.end(), 0) != type.shape.end())
    return 0;
  for (int64_t dim : type.shape)
    if (__builtin_mul_overflow(count, dim, &count))
      return std::nullopt;
  return bytesOfElements(type.dtype, count);
}

StatusOr<Match> matchArguments(const ImageKernel &signature, const Bindings &fixed, const DLTensor *const *args,
                               size_t argCount, const DLTensor *const *results, size_t resultCount) {
  return Matcher(signature, fixed).run(args, argCount, results, resultCount);
}

StatusOr<Bindings> matchBound(const ImageKernel &signature, const Bindings &fixed, const DLTensor *const *args) {
  return Matcher(signature, fixed).runSome(args);
}

} // namespace flex::rt
