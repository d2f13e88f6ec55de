//===- Interpreter.cpp - Runs tensor IR on host data ----------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Statement by statement, each over its whole domain: slow and plain on purpose, so that it can
// be believed. A group means the same as its statements in order.
//
//===----------------------------------------------------------------------===//
#include "flex/TensorIR/Interpreter.h"
#include "InterpreterProgram.h"
#include "flex/TensorIR/BindDims.h"

using namespace mlir;
using namespace flex;
using namespace flex::ir;
using namespace flex::ir::interp;

//===----------------------------------------------------------------------===//
// Dimensions
//===----------------------------------------------------------------------===//

static Status invalid(const Twine &message) {
  return Status(StatusCode::InvalidArgument, message.str());
}

namespace {

/// Solves the arguments' shapes for the named dimensions.
class DimSolver {
public:
  DimSolver(KernelOp kernel, ArrayRef<TensorView> arguments) : kernel(kernel), arguments(arguments) {}

  StatusOr<Dims> run(const Dims &given) {
    for (const auto &[name, value] : given) {
      dims[name] = value;
      origin[name] = "the caller";
    }
    if (arguments.size() != kernel.getNumArguments())
      return invalid("kernel '" + kernel.getName() + "' takes " + Twine(kernel.getNumArguments()) +
                     " arguments, given " + Twine(arguments.size()));
    for (unsigned i = 0; i < arguments.size(); ++i)
      FLEX_RETURN_IF_ERROR(checkArgument(i));
    // An axis such as 2*N + 1 is solved once all its names but one are known.
    for (bool changed = true; changed;) {
      changed = false;
      for (unsigned i = 0; i < arguments.size(); ++i)
        for (unsigned axis = 0; axis < arguments[i].shape.size(); ++axis)
          changed |= solve(i, axis);
    }
    for (unsigned i = 0; i < arguments.size(); ++i)
      for (unsigned axis = 0; axis < arguments[i].shape.size(); ++axis)
        FLEX_RETURN_IF_ERROR(checkAxis(i, axis));
    FLEX_RETURN_IF_ERROR(checkConstraints());
    return std::move(dims);
  }

private:
  NamedTensorType typeOf(unsigned i) { return cast<NamedTensorType>(kernel.getFunctionType().getInput(i)); }

  Status checkArgument(unsigned i) {
    const TensorView &view = arguments[i];
    std::string dtype = getDTypeName(typeOf(i).getElementType()), name = kernel.getArgName(i);
    if (view.dtype != dtype)
      return invalid("argument '" + name + "' must be of type " + dtype + ", found " + view.dtype);
    if (view.shape.size() != typeOf(i).getRank())
      return invalid("argument '" + name + "' must have " + Twine(typeOf(i).getRank()) + " dimensions, found " +
                     Twine(view.shape.size()));
    __int128 count = 1;
    for (int64_t size : view.shape) {
      if (size < 0)
        return invalid("argument '" + name + "' has a negative dimension");
      count *= size;
      if (count > INT64_MAX / 8)
        return invalid("argument '" + name + "' is larger than 2^60 bytes");
    }
    if (count != 0 && !view.data)
      return invalid("argument '" + name + "' has no data");
    return Status::ok();
  }

  bool solve(unsigned i, unsigned axis) {
    std::map<std::string, DimExpr> known;
    for (const auto &[name, value] : dims)
      known.emplace(name, DimExpr(value));
    DimExpr expr = typeOf(i).getDim(axis).substitute(known);
    std::set<std::string> symbols;
    expr.collectSymbols(symbols);
    if (symbols.size() != 1)
      return false;
    auto linear = expr.linearIn(*symbols.begin());
    if (!linear || !linear->first.constant() || !linear->second.constant() || *linear->first.constant() == 0)
      return false;
    int64_t rest;
    if (__builtin_sub_overflow(arguments[i].shape[axis], *linear->second.constant(), &rest) || rest == INT64_MIN ||
        rest % *linear->first.constant() != 0)
      return false;
    dims[*symbols.begin()] = rest / *linear->first.constant();
    origin[*symbols.begin()] = "'" + kernel.getArgName(i) + "'";
    return true;
  }

  Status checkAxis(unsigned i, unsigned axis) {
    DimExpr expr = typeOf(i).getDim(axis);
    int64_t actual = arguments[i].shape[axis];
    auto expected = expr.evaluate(dims);
    if (!expected)
      return invalid("dimension '" + expr.str() + "' of '" + kernel.getArgName(i) +
                     "' is not determined by the arguments' shapes");
    if (*expected == actual)
      return Status::ok();
    auto name = expr.asSymbol();
    if (name)
      return invalid("dimension " + *name + " is " + Twine(*expected) + " in " + origin[*name] + " but " +
                     Twine(actual) + " in '" + kernel.getArgName(i) + "'");
    return invalid("axis " + Twine(axis) + " of '" + kernel.getArgName(i) + "' must be " + expr.str() + " = " +
                   Twine(*expected) + ", found " + Twine(actual));
  }

  Status checkConstraints() {
    if (!kernel.getConstraints())
      return Status::ok();
    std::map<std::string, DimExpr> known;
    for (const auto &[name, value] : dims)
      known.emplace(name, DimExpr(value));
    for (StringAttr text : kernel.getConstraints()->getAsRange<StringAttr>()) {
      auto constraint = DimConstraint::parse(text.getValue());
      auto holds = constraint ? constraint->substitute(known).holds() : std::nullopt;
      if (!holds || !*holds)
        return invalid("constraint '" + text.getValue() + "' of kernel '" + kernel.getName() + "' " +
                       (holds ? "does not hold: " + constraint->substitute(known).str() : "cannot be evaluated"));
    }
    return Status::ok();
  }

  KernelOp kernel;
  ArrayRef<TensorView> arguments;
  Dims dims;
  std::map<std::string, std::string> origin;
};

} // namespace

StatusOr<Dims> ir::inferDims(KernelOp kernel, ArrayRef<TensorView> arguments, const Dims &given) {
  return DimSolver(kernel, arguments).run(given);
}

//===----------------------------------------------------------------------===//
// Running
//===----------------------------------------------------------------------===//

namespace {

class Interpreter {
public:
  Interpreter(KernelOp kernel, const InterpreterOptions &options)
      : kernel(kernel), options(options), errors(options.errors) {
    if (kernel.isStrict())
      errors.division = errors.squareRoot = 0.5;
    errors.coarseExponentials = kernel.getNumerics() == "fast";
  }

  StatusOr<std::vector<TensorResult>> run(ArrayRef<TensorView> arguments) {
    auto inferred = inferDims(kernel, arguments, options.dims);
    if (!inferred)
      return inferred.status();
    dims = *inferred;
    for (auto [argument, view] : llvm::zip(kernel.getBody().getArguments(), arguments))
      keep(argument, Buffer::ofBytes(view.dtype, view.shape, view.data));
    FLEX_RETURN_IF_ERROR(runBlock(kernel.getBody().front()));
    std::vector<TensorResult> results;
    for (auto [index, value] : llvm::enumerate(kernel.getBody().front().getTerminator()->getOperands())) {
      const Buffer *buffer = buffers[value].get();
      FLEX_RETURN_IF_ERROR(reserve(buffer->size(), 32));
      results.push_back(toResult(*buffer));
      results.back().name = kernel.getResultName(index);
      results.back().aliasOf = kernel.getResultAlias(index);
    }
    return results;
  }

private:
  void keep(Value value, Buffer buffer) { buffers[value] = std::make_shared<Buffer>(std::move(buffer)); }

  Status reserve(int64_t count, int64_t elementBytes) {
    __int128 wanted = static_cast<__int128>(count) * elementBytes + bytesUsed;
    if (wanted > options.maxBytes)
      return Status(StatusCode::ResourceExhausted, "the reference interpreter would need more than its limit of " +
                                                       std::to_string(options.maxBytes) + " bytes");
    bytesUsed = static_cast<uint64_t>(wanted);
    return Status::ok();
  }

  Status runBlock(Block &block) {
    for (Operation &op : block.without_terminator()) {
      Status status = runOp(&op);
      if (!status)
        return status.withContext("'" + op.getName().getStringRef().str() + "' at " + describe(op.getLoc()));
    }
    return Status::ok();
  }

  static std::string describe(Location location) {
    std::string text;
    llvm::raw_string_ostream stream(text);
    location.print(stream);
    return text;
  }

  Status runOp(Operation *op) {
    if (auto statement = dyn_cast<StatementInterface>(op))
      return runStatement(statement);
    if (auto constant = dyn_cast<ConstantOp>(op))
      return runConstant(constant);
    if (auto group = dyn_cast<GroupOp>(op)) {
      FLEX_RETURN_IF_ERROR(runBlock(group.getBody().front()));
      for (auto [result, value] : llvm::zip(group.getResults(), group.getBody().front().getTerminator()->getOperands()))
        buffers[result] = buffers[value];
      return Status::ok();
    }
    // A scalar beside the statements is computed in each body that uses it.
    if (op->getNumRegions() == 0 && op->getNumResults() == 1 && !isa<NamedTensorType>(op->getResult(0).getType()))
      return Status::ok();
    return Status(StatusCode::Unimplemented, "the reference interpreter does not know this operation");
  }

  Status runConstant(ConstantOp op) {
    auto type = op.getResult().getType();
    auto value = dyn_cast<DenseElementsAttr>(op.getValue());
    if (!value)
      return Status(StatusCode::Unimplemented, "the reference interpreter knows dense constants only");
    FLEX_RETURN_IF_ERROR(reserve(value.getNumElements(), 32));
    Buffer buffer = Buffer::ofElements(getDTypeName(type.getElementType()), value.getType().getShape());
    int64_t index = 0;
    Reg reg;
    if (buffer.isFloat()) {
      for (const APFloat &element : value.getValues<APFloat>()) {
        reg.f = valueOfBits(element.bitcastToAPInt().getZExtValue(), buffer.getDtype());
        buffer.store(index++, reg);
      }
    } else {
      for (const APInt &element : value.getValues<APInt>()) {
        reg.i = wrap(element.getZExtValue(), element.getBitWidth());
        buffer.store(index++, reg);
      }
    }
    keep(op.getResult(), std::move(buffer));
    return Status::ok();
  }

  Status runStatement(StatementInterface statement) {
    auto type = cast<NamedTensorType>(statement->getResult(0).getType());
    SmallVector<int64_t> shape;
    for (const DimExpr &dim : type.getDims()) {
      auto size = dim.evaluate(dims);
      if (!size || *size < 0)
        return Status(StatusCode::InvalidArgument,
                      "dimension '" + dim.str() + "' " + (size ? "is " + std::to_string(*size) : "has no value"));
      shape.push_back(*size);
    }
    uint64_t count = saturatingProduct(shape);
    FLEX_RETURN_IF_ERROR(reserve(static_cast<int64_t>(std::min<uint64_t>(count, INT64_MAX)), 32));
    Buffer result = Buffer::ofElements(getDTypeName(type.getElementType()), shape);
    auto bufferOf = [&](Value value) -> const Buffer * { return buffers[value].get(); };
    auto program = compileStatement(statement, {dims, errors, kernel.isStrict(), bufferOf, &result});
    if (!program)
      return program.status();
    uint64_t work = saturatingProduct(program->extents, program->work);
    if (statement.getStatementKind() != StatementKind::Map)
      work = work > UINT64_MAX - count ? UINT64_MAX : work + count;
    if (work > options.maxSteps - std::min(stepsUsed, options.maxSteps))
      return Status(StatusCode::ResourceExhausted, "the reference interpreter would run more than its limit of " +
                                                       std::to_string(options.maxSteps) + " steps");
    stepsUsed += work;
    FLEX_RETURN_IF_ERROR(interp::runStatement(*program, statement, kernel.isStrict(), result, bufferOf));
    keep(statement->getResult(0), std::move(result));
    return Status::ok();
  }

  /// The last rounding, to the result's dtype.
  static void finishFloat(const Reg &reg, const FloatFormat &format, TensorResult &result) {
    double error = reg.error;
    long double value = reg.f;
    if (std::isfinite(value) && error != 0) {
      auto overflows = [&](long double size) { return !std::isfinite(roundToFormat(size, format)); };
      bool mayOverflow = overflows(std::fabs(value) + error);
      if (overflows(std::fabs(value) - error) && std::fabs(value) > error) {
        value = std::copysign(roundToFormat(std::fabs(value), format), value);
        error = 0;
      } else if (mayOverflow) {
        error = kInf;
      } else {
        // The last factor pays for the rounding of the bounds' own arithmetic.
        error = (error + format.unit * (magnitude(value) + error) + format.tiny) * (1 + 0x1p-10);
      }
    }
    result.floats.push_back(static_cast<double>(value));
    result.bounds.push_back(error);
    result.undecided += std::isinf(error);
  }

  static TensorResult toResult(const Buffer &buffer) {
    TensorResult result;
    result.dtype = buffer.getDtype();
    result.shape.assign(buffer.getShape().begin(), buffer.getShape().end());
    const FloatFormat *format = getFloatFormat(result.dtype);
    bool isUnsigned = result.dtype[0] == 'u' || result.dtype == "bool";
    unsigned width = 8;
    if (result.dtype != "bool")
      StringRef(result.dtype).drop_until(llvm::isDigit).getAsInteger(10, width);
    result.positions = buffer.positions;
    Reg reg;
    for (int64_t index = 0; index < buffer.size(); ++index) {
      buffer.load(index, reg);
      uint64_t bits;
      if (format) {
        finishFloat(reg, *format, result);
        bits = roundToBits(reg.f, result.dtype);
      } else {
        bits = asUnsigned(reg.i, width);
        if (isUnsigned)
          result.uints.push_back(bits);
        else
          result.ints.push_back(reg.i);
        result.bounds.push_back(reg.error);
        result.undecided += reg.error != 0;
      }
      if (width == 4 && index % 2)
        result.bytes.back() |= bits << 4;
      else if (width == 4)
        result.bytes.push_back(bits);
      for (unsigned byte = 0; byte < width / 8; ++byte)
        result.bytes.push_back(static_cast<uint8_t>(bits >> (8 * byte)));
    }
    return result;
  }

  KernelOp kernel;
  const InterpreterOptions &options;
  ErrorModel errors;
  Dims dims;
  llvm::DenseMap<Value, std::shared_ptr<Buffer>> buffers;
  uint64_t stepsUsed = 0, bytesUsed = 0;
};

} // namespace

bool TensorResult::acceptsPosition(int64_t element, int64_t position) const {
  auto found = positions.find(element);
  if (found != positions.end())
    return llvm::is_contained(found->second, position);
  return std::isinf(bounds[element]) || ints[element] == position;
}

StatusOr<std::vector<TensorResult>> ir::interpret(KernelOp kernel, ArrayRef<TensorView> arguments,
                                                  const InterpreterOptions &options) {
  return Interpreter(kernel, options).run(arguments);
}
