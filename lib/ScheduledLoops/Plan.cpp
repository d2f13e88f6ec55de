//===- Plan.cpp - The buffers and launches of a kernel --------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Between KernelPlan and its attribute form. Reading trusts nothing: the
// attribute may come from a file.
//
//===----------------------------------------------------------------------===//
#include "flex/ScheduledLoops/Plan.h"

using namespace mlir;
using namespace flex;
using namespace flex::tile;

namespace {

constexpr const char *kPlanAttr = "flex.plan";
constexpr const char *kBufferKinds[] = {"param", "result", "temp", "constant", "kept"};

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

class Writer {
public:
  explicit Writer(MLIRContext *context) : b(context) {}

  DictionaryAttr write(const KernelPlan &plan) {
    SmallVector<Attribute> buffers, launches;
    for (const ImageBuffer &buffer : plan.buffers)
      buffers.push_back(b.getDictionaryAttr({named("kind", str(kBufferKinds[static_cast<int>(buffer.kind)])),
                                             named("index", num(buffer.index)), named("bytes", expr(buffer.bytes)),
                                             named("offset", expr(buffer.arenaOffset))}));
    for (const ImageLaunch &launch : plan.launches)
      launches.push_back(write(launch));
    std::vector<int8_t> constants(plan.constants.begin(), plan.constants.end());
    SmallVector<NamedAttribute> entries = {named("kernel", str(plan.kernel)),
                                           named("doc", str(plan.doc)),
                                           named("dims", strings(plan.dims)),
                                           named("constraints", strings(plan.constraints)),
                                           named("params", tensors(plan.params)),
                                           named("results", tensors(plan.results)),
                                           named("buffers", b.getArrayAttr(buffers)),
                                           named("launches", b.getArrayAttr(launches)),
                                           named("constants", b.getDenseI8ArrayAttr(constants)),
                                           named("in_place", b.getDenseI64ArrayAttr(plan.inPlace)),
                                           named("strict", b.getBoolAttr(plan.strict)),
                                           named("arena", expr(plan.arenaBytes))};
    if (!plan.bound.empty()) {
      entries.push_back(named("bound", b.getDenseI64ArrayAttr(plan.bound)));
      entries.push_back(named("kept", expr(plan.keptBytes)));
      entries.push_back(named("kept_key", str(plan.keptKey)));
      entries.push_back(named("kept_dims", strings(plan.keptDims)));
    }
    return b.getDictionaryAttr(entries);
  }

private:
  DictionaryAttr write(const ImageLaunch &launch) {
    SmallVector<NamedAttribute> entries = {
        named("entry", str(launch.entry)),      named("buffers", b.getI64ArrayAttr(launch.buffers)),
        named("dims", strings(launch.dims)),    named("items", expr(launch.items)),
        named("flops", expr(launch.flops)),     named("group_size", num(launch.groupSize)),
        named("bytes", expr(launch.bytesMoved))};
    if (launch.kept)
      entries.push_back(named("kept", b.getUnitAttr()));
    return b.getDictionaryAttr(entries);
  }
  NamedAttribute named(StringRef name, Attribute value) { return b.getNamedAttr(name, value); }
  Attribute str(StringRef text) { return b.getStringAttr(text); }
  Attribute num(int64_t value) { return b.getI64IntegerAttr(value); }
  Attribute expr(const DimExpr &value) { return b.getStringAttr(value.str()); }
  Attribute strings(const std::vector<std::string> &values) {
    SmallVector<Attribute> attrs;
    for (const std::string &value : values)
      attrs.push_back(str(value));
    return b.getArrayAttr(attrs);
  }
  Attribute tensors(const std::vector<ImageTensor> &values) {
    SmallVector<Attribute> attrs;
    for (const ImageTensor &value : values) {
      SmallVector<NamedAttribute> entries = {named("name", str(value.name)), named("dtype", str(value.dtype)),
                                             named("shape", ir::toAttr(b.getContext(), ArrayRef(value.shape)))};
      if (!value.defaultValue.empty())
        entries.push_back(named("default", str(value.defaultValue)));
      if (value.alias >= 0)
        entries.push_back(named("alias", num(value.alias)));
      attrs.push_back(b.getDictionaryAttr(entries));
    }
    return b.getArrayAttr(attrs);
  }

  Builder b;
};

//===----------------------------------------------------------------------===//
// Reading: the first malformed piece sets `error`, everything after gives defaults
//===----------------------------------------------------------------------===//

class Reader {
public:
  std::string error;

  KernelPlan read(DictionaryAttr dict) {
    KernelPlan plan;
    plan.kernel = text(dict, "kernel");
    plan.doc = text(dict, "doc");
    plan.dims = strings(dict, "dims");
    plan.constraints = strings(dict, "constraints");
    plan.params = tensors(dict, "params");
    plan.results = tensors(dict, "results");
    plan.arenaBytes = expr(text(dict, "arena"));
    for (DictionaryAttr entry : dicts(dict, "buffers"))
      plan.buffers.push_back(buffer(entry));
    for (DictionaryAttr entry : dicts(dict, "launches"))
      plan.launches.push_back(launch(entry));
    if (auto strict = dict.getAs<BoolAttr>("strict"))
      plan.strict = strict.getValue();
    if (dict.get("in_place")) {
      auto results = get<DenseI64ArrayAttr>(dict, "in_place");
      for (int64_t result : results ? results.asArrayRef() : ArrayRef<int64_t>()) {
        if (result < 0 || result >= static_cast<int64_t>(plan.results.size()) || plan.results[result].alias < 0)
          fail("'in_place' names a result that is stored over no parameter");
        else
          plan.inPlace.push_back(result);
      }
    }
    if (dict.get("bound")) {
      if (auto params = get<DenseI64ArrayAttr>(dict, "bound"))
        plan.bound.assign(params.asArrayRef().begin(), params.asArrayRef().end());
      plan.keptBytes = expr(text(dict, "kept"));
      plan.keptKey = text(dict, "kept_key");
      plan.keptDims = strings(dict, "kept_dims");
    }
    for (const ImageTensor &result : plan.results)
      if (result.alias >= static_cast<int64_t>(plan.params.size()))
        fail("'alias' names a parameter that does not exist");
    if (auto bytes = get<DenseI8ArrayAttr>(dict, "constants"))
      plan.constants.assign(bytes.asArrayRef().begin(), bytes.asArrayRef().end());
    return plan;
  }

private:
  void fail(const Twine &what) {
    if (error.empty())
      error = ("malformed flex.plan: " + what).str();
  }
  template <typename Attr> Attr get(DictionaryAttr dict, StringRef key) {
    auto attr = dyn_cast_or_null<Attr>(dict.get(key));
    if (!attr)
      fail("'" + key + "' is missing or of the wrong kind");
    return attr;
  }
  std::string text(DictionaryAttr dict, StringRef key) {
    auto attr = get<StringAttr>(dict, key);
    return attr ? attr.getValue().str() : "";
  }
  int64_t number(DictionaryAttr dict, StringRef key) {
    auto attr = get<IntegerAttr>(dict, key);
    if (!attr || attr.getType().isSignlessInteger(64))
      return attr ? attr.getInt() : 0;
    fail("'" + key + "' must be of type i64");
    return 0;
  }
  DimExpr expr(const std::string &source) {
    auto parsed = DimExpr::parse(source);
    if (!parsed)
      fail("'" + Twine(source) + "' is not an expression");
    return parsed.value_or(DimExpr());
  }
  std::vector<std::string> strings(DictionaryAttr dict, StringRef key) {
    std::vector<std::string> values;
    if (auto array = get<ArrayAttr>(dict, key))
      for (Attribute element : array) {
        auto string = dyn_cast<StringAttr>(element);
        if (!string)
          fail("'" + key + "' must hold strings");
        values.push_back(string ? string.getValue().str() : "");
      }
    return values;
  }
  SmallVector<DictionaryAttr> dicts(DictionaryAttr dict, StringRef key) {
    SmallVector<DictionaryAttr> values;
    if (auto array = get<ArrayAttr>(dict, key))
      for (Attribute element : array) {
        if (auto entry = dyn_cast<DictionaryAttr>(element))
          values.push_back(entry);
        else
          fail("'" + key + "' must hold dictionaries");
      }
    return values;
  }
  std::vector<ImageTensor> tensors(DictionaryAttr dict, StringRef key) {
    std::vector<ImageTensor> values;
    for (DictionaryAttr entry : dicts(dict, key)) {
      ImageTensor tensor{text(entry, "name"), text(entry, "dtype"), {}};
      for (const std::string &dim : strings(entry, "shape"))
        tensor.shape.push_back(expr(dim));
      if (entry.get("default"))
        tensor.defaultValue = text(entry, "default");
      if (entry.get("alias"))
        tensor.alias = number(entry, "alias");
      if (dtypeBytes(tensor.dtype) == 0)
        fail("'" + Twine(tensor.dtype) + "' is not a dtype");
      values.push_back(std::move(tensor));
    }
    return values;
  }
  ImageBuffer buffer(DictionaryAttr dict) {
    ImageBuffer buffer;
    std::string kind = text(dict, "kind");
    const auto *found = llvm::find(kBufferKinds, kind);
    if (found == std::end(kBufferKinds))
      fail("unknown buffer kind '" + Twine(kind) + "'");
    else
      buffer.kind = static_cast<ImageBuffer::Kind>(found - kBufferKinds);
    buffer.index = number(dict, "index");
    buffer.bytes = expr(text(dict, "bytes"));
    buffer.arenaOffset = expr(text(dict, "offset"));
    return buffer;
  }
  ImageLaunch launch(DictionaryAttr dict) {
    ImageLaunch launch;
    launch.entry = text(dict, "entry");
    launch.dims = strings(dict, "dims");
    launch.items = expr(text(dict, "items"));
    launch.groupSize = number(dict, "group_size");
    launch.flops = expr(text(dict, "flops"));
    launch.bytesMoved = expr(text(dict, "bytes"));
    launch.kept = dict.get("kept") != nullptr;
    if (auto buffers = get<ArrayAttr>(dict, "buffers"))
      for (Attribute element : buffers) {
        auto index = dyn_cast<IntegerAttr>(element);
        if (!index || !index.getType().isSignlessInteger(64))
          fail("'buffers' of a launch must hold i64 numbers");
        else
          launch.buffers.push_back(index.getInt());
      }
    return launch;
  }
};

} // namespace

std::string tile::numberText(TypedAttr value, Type tensor) {
  if (!value)
    return "";
  if (auto integer = dyn_cast<IntegerAttr>(value)) {
    bool isUnsigned =
        cast<ir::NamedTensorType>(tensor).getElementType().isUnsignedInteger() || integer.getType().isInteger(1);
    return llvm::toString(integer.getValue(), 10, !isUnsigned);
  }
  char text[64];
  std::snprintf(text, sizeof text, "%.17g", cast<FloatAttr>(value).getValueAsDouble());
  return text;
}

void tile::writePlan(ModuleOp module, const KernelPlan &plan) {
  SmallVector<Attribute> plans;
  if (auto existing = module->getAttrOfType<ArrayAttr>(kPlanAttr))
    for (Attribute entry : existing) {
      auto dict = dyn_cast<DictionaryAttr>(entry);
      auto name = dict ? dict.getAs<StringAttr>("kernel") : StringAttr();
      if (!name || name.getValue() != plan.kernel)
        plans.push_back(entry); // what is malformed stays, for the reader to name
    }
  plans.push_back(Writer(module.getContext()).write(plan));
  module->setAttr(kPlanAttr, ArrayAttr::get(module.getContext(), plans));
}

StatusOr<std::vector<KernelPlan>> tile::readPlans(ModuleOp module) {
  auto attr = module->getAttrOfType<ArrayAttr>(kPlanAttr);
  if (!attr)
    return Status(StatusCode::InvalidArgument, "the module has no 'flex.plan' attribute");
  std::vector<KernelPlan> plans;
  Reader reader;
  for (Attribute entry : attr) {
    auto dict = dyn_cast<DictionaryAttr>(entry);
    if (!dict)
      return Status(StatusCode::InvalidArgument, "malformed flex.plan: expected one dictionary per kernel");
    plans.push_back(reader.read(dict));
  }
  if (!reader.error.empty())
    return Status(StatusCode::InvalidArgument, reader.error);
  return plans;
}
