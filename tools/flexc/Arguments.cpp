//===- Arguments.cpp - What 'flexc run' was told to pass ------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Files and lists come first: they fix dimensions, and with them the shapes of
// generators that were given none.
//
//===----------------------------------------------------------------------===//
#include "Arguments.h"
#include "Generate.h"
#include "Npy.h"
#include "Text.h"

#include <algorithm>
#include <functional>
#include <set>

namespace flex::tool {

Status Defines::add(const std::string &text) {
  size_t equals = text.find('=');
  std::string name = text.substr(0, equals), value = equals == std::string::npos ? "" : text.substr(equals + 1);
  if (name.empty() || value.empty())
    return {StatusCode::InvalidArgument,
            "'" + printable(text) + "' defines nothing; expected NAME=NUMBER or NAME=DTYPE, e.g. N=1024"};
  if (auto number = parseInteger(value)) {
    if (*number < 0)
      return {StatusCode::InvalidArgument, "dimension '" + printable(name) + "' is " + value + ", expected at least 0"};
    dims[name] = *number;
  } else if (isKnownDtype(value)) {
    types[name] = value;
  } else {
    return {StatusCode::InvalidArgument,
            "'" + printable(value) + "' for '" + printable(name) +
                "' is neither a whole number nor a dtype (bool, i4 … u64, f8e4m3fn, f8e5m2, bf16, f16, f32, f64)"};
  }
  return Status::ok();
}

std::string tensorText(const ImageTensor &tensor) {
  std::string out = tensor.dtype;
  for (size_t i = 0; i < tensor.shape.size(); ++i)
    out += (i == 0 ? "[" : ", ") + tensor.shape[i].str();
  return tensor.shape.empty() ? out : out + "]";
}

std::string signatureText(const ImageKernel &kernel) {
  std::string types, params, results;
  for (const ImageTypeParam &type : kernel.typeParams)
    types += (types.empty() ? "<" : ", ") + type.name + ": " + join(type.allowed, " | ");
  std::set<int64_t> stored;
  size_t returned = 0;
  for (const ImageTensor &result : kernel.results) {
    if (result.alias >= 0)
      stored.insert(result.alias);
    else if (++returned)
      results += (results.empty() ? "" : ", ") + tensorText(result);
  }
  for (size_t i = 0; i < kernel.params.size(); ++i) {
    const ImageTensor &param = kernel.params[i];
    params += (i ? ", " : "") + param.name + (stored.count(static_cast<int64_t>(i)) ? ": inout " : ": ") +
              tensorText(param) + (param.defaultValue.empty() ? "" : " = " + param.defaultValue);
  }
  std::string text = kernel.name + (types.empty() ? "" : types + ">") + "(" + params + ")";
  if (returned == 0 && !stored.empty())
    return text;
  return text + " -> " + (returned == 1 ? results : "(" + results + ")");
}

std::string generatorHelp() {
  std::string out;
  for (const Generator &generator : allGenerators()) {
    std::string call = generator.name;
    for (size_t i = 0; i < generator.parameters.size(); ++i) {
      char buffer[64];
      std::snprintf(buffer, sizeof buffer, "%s%s=%g", i == 0 ? "(" : ", ", generator.parameters[i].first,
                    generator.parameters[i].second);
      call += buffer;
    }
    call += generator.parameters.empty() ? "" : ")";
    out += "  " + call + std::string(call.size() < 34 ? 34 - call.size() : 1, ' ') + generator.summary + "\n";
  }
  return out;
}

//===----------------------------------------------------------------------===//
// One word
//===----------------------------------------------------------------------===//

static Status invalid(std::string message) {
  return {StatusCode::InvalidArgument, std::move(message)};
}

/// `randn(seed=1)[64, 32]`.
static Status parseGenerator(std::string_view text, ArgumentSpec &spec) {
  std::vector<std::string> names;
  for (const Generator &generator : allGenerators())
    names.push_back(generator.name);
  size_t end = text.find_first_of("([");
  spec.kind = ArgumentSpec::Kind::Generator;
  spec.generator = std::string(trim(text.substr(0, end)));
  const Generator *generator = findGenerator(spec.generator);
  if (!generator)
    return invalid("argument '" + spec.name + "': '" + printable(text) +
                   "' is no value; expected a number, @FILE.npy, a list [1, 2], or one of " + join(names) +
                   didYouMean(spec.generator, names));
  std::string_view rest = end == std::string_view::npos ? std::string_view() : text.substr(end);
  auto bracket = [&](char open, char close, std::string_view &inside) {
    if (rest.empty() || rest[0] != open)
      return true;
    size_t at = rest.find(close);
    if (at == std::string_view::npos)
      return false;
    inside = trim(rest.substr(1, at - 1));
    rest = trim(rest.substr(at + 1));
    return true;
  };
  std::string_view values, shape;
  bool hasShape = !rest.empty();
  if (!bracket('(', ')', values) || (hasShape = !rest.empty(), !bracket('[', ']', shape)) || !rest.empty())
    return invalid("argument '" + spec.name + "': '" + printable(text) + "' is not of the form " + generator->name +
                   "(…)[…]");
  size_t position = 0;
  if (!values.empty())
    for (std::string_view item : splitOutside(values, ',')) {
      size_t equals = item.find('=');
      std::string key(equals == std::string_view::npos ? "" : trim(item.substr(0, equals)));
      std::string value(trim(equals == std::string_view::npos ? item : item.substr(equals + 1)));
      if (key.empty() && position < generator->parameters.size())
        key = generator->parameters[position++].first;
      std::vector<std::string> known;
      for (const auto &[name, otherwise] : generator->parameters)
        known.push_back(name);
      if (std::find(known.begin(), known.end(), key) == known.end())
        return invalid("argument '" + spec.name + "': '" + generator->name + "' has no parameter '" +
                       printable(key.empty() ? value : key) + "'" + (known.empty() ? "" : "; it has: " + join(known)) +
                       didYouMean(key, known));
      if (!parseDouble(value))
        return invalid("argument '" + spec.name + "': '" + printable(value) + "' for '" + key + "' is no number");
      spec.values[key] = value;
    }
  if (hasShape) {
    spec.shape.emplace();
    if (!shape.empty())
      for (std::string_view dim : splitOutside(shape, ','))
        spec.shape->push_back(std::string(dim));
  }
  return Status::ok();
}

StatusOr<ArgumentSpec> parseArgument(const std::string &word) {
  size_t equals = word.find('=');
  ArgumentSpec spec;
  spec.name = word.substr(0, equals);
  if (equals == std::string::npos || spec.name.empty())
    return invalid("'" + printable(word) + "' is no argument; expected NAME=VALUE, e.g. x=@x.npy");
  spec.text = std::string(trim(std::string_view(word).substr(equals + 1)));
  std::string_view text = spec.text;
  if (text.empty())
    return invalid("argument '" + spec.name + "' has no value");
  if (text[0] == '@') {
    spec.kind = ArgumentSpec::Kind::File;
    spec.path = text.substr(1);
    size_t npz = spec.path.rfind(".npz:");
    if (npz != std::string::npos) {
      spec.key = spec.path.substr(npz + 5);
      spec.path.resize(npz + 4);
    }
    if (spec.path.empty())
      return invalid("argument '" + spec.name + "': '@' needs a file, e.g. " + spec.name + "=@" + spec.name + ".npy");
    return spec;
  }
  if (text[0] == '[') {
    spec.kind = ArgumentSpec::Kind::List;
    return spec;
  }
  if (parseDouble(text) || text == "true" || text == "false")
    return spec;
  Status status = parseGenerator(text, spec);
  if (!status.isOk())
    return status;
  return spec;
}

//===----------------------------------------------------------------------===//
// All of them
//===----------------------------------------------------------------------===//

namespace {

class Resolver {
public:
  Resolver(const ImageKernel &kernel, Defines defines) : kernel(kernel), arrays(kernel.params.size()) {
    out.defines = std::move(defines);
  }

  Status run(const std::vector<std::string> &words) {
    FLEX_RETURN_IF_ERROR(parse(words));
    for (bool withoutShape : {false, true})
      for (size_t i = 0; i < kernel.params.size(); ++i) {
        bool late = specs[i].kind == ArgumentSpec::Kind::Generator && !specs[i].shape;
        if (late == withoutShape) {
          FLEX_RETURN_IF_ERROR(resolve(kernel.params[i], specs[i], arrays[i]));
          learn(kernel.params[i], *arrays[i]);
        }
      }
    for (std::optional<Array> &array : arrays)
      out.arrays.push_back(std::move(*array));
    return Status::ok();
  }

  ResolvedArguments out;

private:
  Status parse(const std::vector<std::string> &words);
  Status resolve(const ImageTensor &param, const ArgumentSpec &spec, std::optional<Array> &array);
  Status readArray(const ImageTensor &param, const ArgumentSpec &spec, std::optional<Array> &array);
  static Status reinterpretBytes(const ArgumentSpec &spec, Array &read,
                                 const std::function<bool(const std::string &)> &fits);
  Status parseList(const ImageTensor &param, const ArgumentSpec &spec, std::optional<Array> &array);
  Status makeShape(const ImageTensor &param, const ArgumentSpec &spec, std::vector<int64_t> &shape) const;
  StatusOr<std::string> dtypeOf(const ImageTensor &param, const ArgumentSpec &spec) const;
  void learn(const ImageTensor &param, const Array &array);
  const ImageTypeParam *typeParam(const std::string &name) const {
    for (const ImageTypeParam &type : kernel.typeParams)
      if (type.name == name)
        return &type;
    return nullptr;
  }

  const ImageKernel &kernel;
  std::vector<ArgumentSpec> specs;
  std::vector<std::optional<Array>> arrays;
  std::map<std::string, int64_t> dims; ///< what the arrays so far tell
  std::map<std::string, std::string> types;
};

Status Resolver::parse(const std::vector<std::string> &words) {
  std::vector<std::string> names;
  std::map<std::string, ArgumentSpec> given;
  for (const ImageTensor &param : kernel.params)
    names.push_back(param.name);
  for (const std::string &word : words) {
    std::string name = word.substr(0, word.find('='));
    bool isParam = std::find(names.begin(), names.end(), name) != names.end();
    bool isDim = std::find(kernel.dims.begin(), kernel.dims.end(), name) != kernel.dims.end();
    if (!isParam && (isDim || typeParam(name))) {
      FLEX_RETURN_IF_ERROR(out.defines.add(word));
      continue;
    }
    auto spec = parseArgument(word);
    if (!spec)
      return spec.status();
    if (!isParam)
      return invalid("kernel '" + kernel.name + "' has no parameter '" + printable(name) + "'; it is " +
                     signatureText(kernel) + didYouMean(name, names));
    if (given.count(spec->name))
      return invalid("argument '" + spec->name + "' is given twice");
    given[spec->name] = std::move(*spec);
  }
  dims = out.defines.dims;
  types = out.defines.types;
  std::vector<std::string> missing;
  for (const ImageTensor &param : kernel.params) {
    if (!given.count(param.name) && !param.defaultValue.empty()) {
      auto otherwise = parseArgument(param.name + "=" + param.defaultValue);
      if (!otherwise)
        return otherwise.status();
      given[param.name] = std::move(*otherwise);
    }
    if (!given.count(param.name))
      missing.push_back("'" + param.name + ": " + tensorText(param) + "'");
    specs.push_back(given[param.name]);
  }
  if (missing.empty())
    return Status::ok();
  const ImageTensor &first = *std::find_if(kernel.params.begin(), kernel.params.end(),
                                           [&](const ImageTensor &param) { return given[param.name].name.empty(); });
  return invalid("kernel '" + kernel.name + "' needs " + join(missing) + "; give it e.g. as " + first.name +
                 (first.shape.empty()
                      ? "=1"
                      : "=@" + first.name + ".npy or " + first.name + "=" +
                            (isFloat(first.dtype) || typeParam(first.dtype) ? "randn" : "randint") + "[…]"));
}

void Resolver::learn(const ImageTensor &param, const Array &array) {
  if (typeParam(param.dtype))
    types.emplace(param.dtype, array.dtype);
  for (size_t axis = 0; axis < std::min(param.shape.size(), array.shape.size()); ++axis)
    if (auto name = param.shape[axis].asSymbol())
      dims.emplace(*name, array.shape[axis]);
}

StatusOr<std::string> Resolver::dtypeOf(const ImageTensor &param, const ArgumentSpec &spec) const {
  const ImageTypeParam *type = typeParam(param.dtype);
  if (!type)
    return param.dtype;
  auto known = types.find(type->name);
  if (known != types.end())
    return known->second;
  if (type->allowed.size() == 1)
    return type->allowed.front();
  return invalid("argument '" + spec.name + "': which dtype? Type parameter '" + type->name + "' may be " +
                 join(type->allowed, ", ") + "; say --define " + type->name + "=" +
                 (type->allowed.empty() ? "f32" : type->allowed.back()));
}

Status Resolver::makeShape(const ImageTensor &param, const ArgumentSpec &spec, std::vector<int64_t> &shape) const {
  auto evaluate = [&](const DimExpr &dim, const std::string &from) -> Status {
    auto value = dim.evaluate(dims);
    if (!value || *value < 0)
      return invalid("argument '" + spec.name + "': " + from + " '" + dim.str() +
                     "' is not known yet; write the shape, e.g. " + spec.name + "=" + spec.generator + "[64" +
                     (param.shape.size() > 1 ? ", 32" : "") + "], or --define " + dim.asSymbol().value_or("N") + "=64");
    shape.push_back(*value);
    return Status::ok();
  };
  if (!spec.shape) {
    for (const DimExpr &dim : param.shape)
      FLEX_RETURN_IF_ERROR(evaluate(dim, "dimension"));
    return Status::ok();
  }
  for (const std::string &text : *spec.shape) {
    std::string error;
    auto dim = DimExpr::parse(text, &error);
    if (!dim)
      return invalid("argument '" + spec.name + "': shape entry '" + printable(text) + "': " + error);
    FLEX_RETURN_IF_ERROR(evaluate(*dim, "shape entry"));
  }
  if (shape.size() != param.shape.size())
    return invalid("argument '" + spec.name + "' has the shape " + shapeText(shape) + "; kernel '" + kernel.name +
                   "' takes " + tensorText(param));
  return Status::ok();
}

/// Bytes of no type, or integers of a byte, as the eight- or four-bit type that the kernel takes.
Status Resolver::reinterpretBytes(const ArgumentSpec &spec, Array &read,
                                  const std::function<bool(const std::string &)> &fits) {
  bool isRaw = read.dtype == "raw8";
  for (const char *dtype : {"f8e4m3fn", "f8e5m2"})
    if (isRaw && fits(dtype)) {
      read.dtype = dtype;
      return Status::ok();
    }
  for (const char *dtype : {"i4", "u4"})
    if ((isRaw || read.dtype == (dtype[0] == 'i' ? "i8" : "u8")) && fits(dtype) && !fits(read.dtype)) {
      auto packed = packNibbles(read, dtype);
      if (!packed)
        return packed.status().withContext("argument '" + spec.name + "'");
      read = std::move(*packed);
      return Status::ok();
    }
  return Status::ok();
}

Status Resolver::readArray(const ImageTensor &param, const ArgumentSpec &spec, std::optional<Array> &array) {
  auto read = readNumpyFile(spec.path, spec.key, spec.name);
  if (!read)
    return read.status().withContext("argument '" + spec.name + "'");
  const ImageTypeParam *type = typeParam(param.dtype);
  auto fits = [&](const std::string &dtype) {
    if (!type)
      return dtype == param.dtype;
    return types.count(type->name)
               ? types[type->name] == dtype
               : std::find(type->allowed.begin(), type->allowed.end(), dtype) != type->allowed.end();
  };
  bool twoBytes = read->dtype == "raw16" || (read->dtype == "u16" && !fits("u16"));
  if (twoBytes && fits("bf16")) {
    if (read->dtype == "u16")
      out.notes.push_back("argument '" + spec.name + "': the u16 elements of '" + printable(spec.path) +
                          "' are taken as the bits of bf16");
    read->dtype = "bf16";
  }
  FLEX_RETURN_IF_ERROR(reinterpretBytes(spec, *read, fits));
  if (!fits(read->dtype)) {
    std::string wanted = !type                     ? param.dtype
                         : types.count(type->name) ? types[type->name]
                                                   : join(type->allowed, " or ");
    std::string found = read->dtype == "raw16"  ? "two-byte elements of no type ('V2')"
                        : read->dtype == "raw8" ? "one-byte elements of no type ('V1')"
                                                : read->dtype;
    return invalid("argument '" + spec.name + "': '" + printable(spec.path) + "' holds " + found + ", kernel '" +
                   kernel.name + "' takes " + wanted + "; convert it first, e.g. with NumPy's astype");
  }
  array = std::move(*read);
  return Status::ok();
}

/// `[1, 2]`, `[[1, 2], [3, 4]]`.
Status Resolver::parseList(const ImageTensor &param, const ArgumentSpec &spec, std::optional<Array> &array) {
  std::vector<int64_t> shape;
  std::vector<std::string_view> leaves;
  bool regular = true;
  std::function<void(std::string_view, size_t)> walk = [&](std::string_view text, size_t depth) {
    bool isList = text.size() >= 2 && text.front() == '[' && text.back() == ']';
    if (depth > 16 || !isList) {
      regular &= depth == shape.size() && depth <= 16;
      leaves.push_back(text);
      return;
    }
    std::string_view inside = trim(text.substr(1, text.size() - 2));
    auto items = inside.empty() ? std::vector<std::string_view>() : splitOutside(inside, ',');
    if (depth == shape.size() && leaves.empty())
      shape.push_back(static_cast<int64_t>(items.size()));
    regular &= depth < shape.size() && shape[depth] == static_cast<int64_t>(items.size());
    for (std::string_view item : items)
      walk(item, depth + 1);
  };
  walk(spec.text, 0);
  if (!regular || shape.size() != param.shape.size())
    return invalid("argument '" + spec.name + "': '" + printable(spec.text) + "' is no list for " + tensorText(param) +
                   (param.shape.size() == 2 ? ", e.g. [[1, 2], [3, 4]]" : ", e.g. [1, 2, 3]"));
  auto dtype = dtypeOf(param, spec);
  if (!dtype)
    return dtype.status();
  auto made = allocateArray("argument '" + spec.name + "'", *dtype, shape);
  if (!made)
    return made.status();
  for (size_t i = 0; i < leaves.size(); ++i) {
    auto integer = parseInteger(leaves[i]);
    auto number = leaves[i] == "true" ? 1.0 : leaves[i] == "false" ? 0.0 : parseDouble(leaves[i]);
    bool stored = integer ? storeInteger(*made, static_cast<int64_t>(i), *integer)
                          : number && storeDouble(*made, static_cast<int64_t>(i), *number);
    if (!stored)
      return invalid("argument '" + spec.name + "': '" + printable(leaves[i]) + "' is no " + *dtype);
  }
  array = std::move(*made);
  return Status::ok();
}

Status Resolver::resolve(const ImageTensor &param, const ArgumentSpec &spec, std::optional<Array> &array) {
  if (spec.kind == ArgumentSpec::Kind::File)
    return readArray(param, spec, array);
  if (spec.kind == ArgumentSpec::Kind::List)
    return parseList(param, spec, array);
  auto dtype = dtypeOf(param, spec);
  if (!dtype)
    return dtype.status();
  std::vector<int64_t> shape;
  if (spec.kind == ArgumentSpec::Kind::Number && !param.shape.empty())
    return invalid("argument '" + spec.name + "' is the number " + spec.text + "; kernel '" + kernel.name + "' takes " +
                   tensorText(param) + ": " + spec.name + "=full(" + spec.text + ") fills it");
  if (spec.kind == ArgumentSpec::Kind::Generator)
    FLEX_RETURN_IF_ERROR(makeShape(param, spec, shape));
  auto made = allocateArray("argument '" + spec.name + "'", *dtype, shape);
  if (!made)
    return made.status();
  if (spec.kind == ArgumentSpec::Kind::Number) {
    auto integer = parseInteger(spec.text);
    auto number = spec.text == "true" ? 1.0 : spec.text == "false" ? 0.0 : parseDouble(spec.text);
    if (!(integer ? storeInteger(*made, 0, *integer) : storeDouble(*made, 0, *number)))
      return invalid("argument '" + spec.name + "': " + spec.text + " is no " + *dtype);
  } else {
    const Generator &generator = *findGenerator(spec.generator);
    std::map<std::string, double> values;
    for (const auto &[name, otherwise] : generator.parameters)
      values[name] = spec.values.count(name) ? *parseDouble(spec.values.at(name)) : otherwise;
    Status status = generate(generator, values, spec.name, *made);
    if (!status.isOk())
      return status.withContext("argument '" + spec.name + "'");
  }
  array = std::move(*made);
  return Status::ok();
}

} // namespace

StatusOr<ResolvedArguments> resolveArguments(const ImageKernel &kernel, const std::vector<std::string> &words,
                                             Defines defines) {
  Resolver resolver(kernel, std::move(defines));
  Status status = resolver.run(words);
  if (!status.isOk())
    return status;
  return std::move(resolver.out);
}

} // namespace flex::tool
