//===- ManifestReader.cpp - JSON to Image, with every check --------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Any text gives an Image or a Status. After a failure the reader goes on with
// neutral values and keeps the first message, so the code below reads straight.
// What an accepted image guarantees is listed in docs/reference/image-format.md.
//
//===----------------------------------------------------------------------===//
#include "Manifest.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>

namespace flex::binary {
namespace {

using Json = nlohmann::json;

class Reader {
public:
  explicit Reader(const std::vector<SectionRef> &sections) : sections(sections) {}
  StatusOr<Image> run();

private:
  bool fail(const std::string &what) {
    if (status.isOk())
      status = Status(StatusCode::DataLoss, "damaged kernel image: " + what);
    return false;
  }
  bool check(bool condition, const std::string &what) { return condition || fail(what); }

  const Json &field(const Json &object, const char *name);
  std::string text(const Json &object, const char *name);
  int64_t integer(const Json &object, const char *name, int64_t low, int64_t high);
  const Json &array(const Json &object, const char *name);
  std::vector<std::string> texts(const Json &object, const char *name);
  DimExpr toExpr(const Json &value);
  DimExpr expr(const Json &object, const char *name) { return toExpr(field(object, name)); }
  std::vector<uint8_t> section(int64_t index, SectionKind kind);

  ImageKernel kernel(const Json &object);
  std::vector<ImageTensor> tensors(const Json &object, const char *name, const ImageKernel &k);
  ImageConstraint constraint(const Json &object);
  ImageProgram program(const Json &object, const ImageKernel &k);
  ImageBuffer buffer(const Json &object, const ImageKernel &k);
  ImageLaunch launch(const Json &object, const ImageProgram &p);
  ImageTensorMap map(const Json &object, const ImageLaunch &l);
  std::vector<DimExpr> exprs(const Json &object, const char *name);
  void kept(const Json &object, const ImageKernel &k, ImageProgram &out);

  const std::vector<SectionRef> &sections;
  std::set<std::string, std::less<>> dims; ///< of the kernel being read
  std::set<int64_t> usedSections;          ///< each is named once: an image cannot grow in memory beyond its file
  const Json null, emptyArray = Json::array();
  Status status;
};

const Json &Reader::field(const Json &object, const char *name) {
  if (object.is_object())
    if (auto it = object.find(name); it != object.end())
      return *it;
  fail(std::string("field '") + name + "' is missing");
  return null;
}

std::string Reader::text(const Json &object, const char *name) {
  const Json &value = field(object, name);
  if (!check(value.is_string(), std::string("field '") + name + "' is no text"))
    return {};
  return *value.get_ptr<const std::string *>();
}

int64_t Reader::integer(const Json &object, const char *name, int64_t low, int64_t high) {
  const Json &value = field(object, name);
  bool fits = value.is_number_unsigned() ? *value.get_ptr<const uint64_t *>() <= static_cast<uint64_t>(INT64_MAX)
                                         : value.is_number_integer();
  int64_t result = fits ? value.get<int64_t>() : low - 1;
  if (!check(fits && result >= low && result <= high, std::string("field '") + name + "' is out of range"))
    return low;
  return result;
}

const Json &Reader::array(const Json &object, const char *name) {
  const Json &value = field(object, name);
  return check(value.is_array(), std::string("field '") + name + "' is no list") ? value : emptyArray;
}

std::vector<std::string> Reader::texts(const Json &object, const char *name) {
  std::vector<std::string> out;
  for (const Json &item : array(object, name))
    if (check(item.is_string(), std::string("field '") + name + "' holds something that is no text"))
      out.push_back(*item.get_ptr<const std::string *>());
  return out;
}

DimExpr Reader::toExpr(const Json &value) {
  if (value.is_number_integer() && (!value.is_number_unsigned() || value.get<uint64_t>() <= uint64_t(INT64_MAX)))
    return DimExpr(value.get<int64_t>());
  if (!check(value.is_string(), "an expression is neither a number nor text"))
    return {};
  const std::string &source = *value.get_ptr<const std::string *>();
  std::string why = "too long";
  auto parsed = source.size() <= kMaxExprBytes ? DimExpr::parse(source, &why) : std::nullopt;
  if (!check(parsed.has_value(), "expression '" + source.substr(0, 80) + "': " + why))
    return {};
  std::set<std::string> names;
  parsed->collectSymbols(names);
  for (const std::string &name : names)
    check(dims.count(name) != 0, "expression '" + source.substr(0, 80) + "' uses the unknown dimension '" + name + "'");
  return *parsed;
}

std::vector<DimExpr> Reader::exprs(const Json &object, const char *name) {
  std::vector<DimExpr> out;
  for (const Json &item : array(object, name))
    out.push_back(toExpr(item));
  return out;
}

std::vector<uint8_t> Reader::section(int64_t index, SectionKind kind) {
  if (!check(index >= 1 && index < static_cast<int64_t>(sections.size()) && sections[index].kind == kind,
             "section " + std::to_string(index) + " is not there or of another kind") ||
      !check(usedSections.insert(index).second, "section " + std::to_string(index) + " is used twice"))
    return {};
  return {sections[index].data, sections[index].data + sections[index].size};
}

std::vector<ImageTensor> Reader::tensors(const Json &object, const char *name, const ImageKernel &k) {
  std::vector<ImageTensor> out;
  for (const Json &item : array(object, name)) {
    ImageTensor tensor{text(item, "name"), text(item, "dtype"), {}};
    bool known = dtypeBytes(tensor.dtype) != 0;
    for (const ImageTypeParam &param : k.typeParams)
      known |= param.name == tensor.dtype;
    check(known, "unknown dtype '" + tensor.dtype + "'");
    const Json &shape = array(item, "shape");
    if (check(shape.size() <= kMaxRank, "a tensor of rank " + std::to_string(shape.size())))
      for (const Json &dim : shape)
        tensor.shape.push_back(toExpr(dim));
    if (item.is_object() && item.contains("default")) {
      tensor.defaultValue = text(item, "default");
      uint64_t room;
      bool isNumber = storeNumber(known && dtypeBytes(tensor.dtype) ? tensor.dtype : "f64", tensor.defaultValue, &room);
      check(tensor.shape.empty() && isNumber, "'" + tensor.name + "' has a default that is no " + tensor.dtype);
    }
    if (item.is_object() && item.contains("alias")) {
      tensor.alias = integer(item, "alias", 0, static_cast<int64_t>(k.params.size()) - 1);
      check(!k.params.empty() && tensor.dtype == k.params[static_cast<size_t>(tensor.alias)].dtype &&
                tensor.shape == k.params[static_cast<size_t>(tensor.alias)].shape,
            "result '" + tensor.name + "' is stored over a parameter of another type");
    }
    out.push_back(std::move(tensor));
  }
  return out;
}

ImageConstraint Reader::constraint(const Json &object) {
  using Kind = ImageConstraint::Kind;
  std::string kind = text(object, "kind");
  check(kind == "le" || kind == "eq" || kind == "divisible", "unknown constraint '" + kind + "'");
  return {kind == "le"   ? Kind::LessEqual
          : kind == "eq" ? Kind::Equal
                         : Kind::Divisible,
          expr(object, "lhs"), expr(object, "rhs"), text(object, "source")};
}

ImageBuffer Reader::buffer(const Json &object, const ImageKernel &k) {
  using Kind = ImageBuffer::Kind;
  ImageBuffer out;
  std::string kind = text(object, "kind");
  out.bytes = expr(object, "bytes");
  if (kind == "temp" || kind == "kept") {
    out.kind = kind == "temp" ? Kind::Temp : Kind::Kept;
    out.arenaOffset = expr(object, "offset");
  } else if (kind == "param" || kind == "result") {
    out.kind = kind == "param" ? Kind::Param : Kind::Result;
    size_t count = kind == "param" ? k.params.size() : k.results.size();
    out.index = integer(object, "index", 0, static_cast<int64_t>(count) - 1);
    check(count > 0, "a buffer of a " + kind + " that does not exist");
  } else if (check(kind == "constant", "unknown buffer kind '" + kind + "'")) {
    out.kind = Kind::Constant;
    auto size = static_cast<int64_t>(k.constants.size());
    out.index = integer(object, "index", 0, size);
    auto bytes = out.bytes.constant();
    check(bytes && *bytes >= 0 && *bytes <= size - out.index, "a constant buffer lies outside the constants");
  }
  return out;
}

ImageTensorMap Reader::map(const Json &object, const ImageLaunch &l) {
  ImageTensorMap out;
  std::string where = "a tensor map of '" + l.entry + "'";
  out.buffer = integer(object, "buffer", 0, static_cast<int64_t>(l.buffers.size()) - 1);
  check(!l.buffers.empty(), where + " is of a buffer that does not exist");
  out.elementBytes = integer(object, "element_bytes", 1, 8);
  check((out.elementBytes & (out.elementBytes - 1)) == 0, where + " has elements of no power of two of bytes");
  out.offset = expr(object, "offset");
  out.sizes = exprs(object, "sizes");
  out.pitches = exprs(object, "pitches");
  for (const Json &item : array(object, "box")) {
    bool good = item.is_number_unsigned() && item.get<uint64_t>() >= 1 && item.get<uint64_t>() <= 256;
    if (check(good, where + " has a box that is empty or longer than 256"))
      out.box.push_back(item.get<int64_t>());
  }
  out.swizzle = integer(object, "swizzle", 0, 128);
  check(out.swizzle == 0 || out.swizzle == 32 || out.swizzle == 64 || out.swizzle == 128,
        where + " has a swizzle that is not 0, 32, 64 or 128");
  check(!out.sizes.empty() && out.sizes.size() <= kMaxMapRank && out.pitches.size() + 1 == out.sizes.size() &&
            out.box.size() == out.sizes.size(),
        where + " has sizes, pitches and a box that do not go together");
  return out;
}

ImageLaunch Reader::launch(const Json &object, const ImageProgram &p) {
  ImageLaunch out;
  out.entry = text(object, "entry");
  check(!out.entry.empty() && out.entry.find('\0') == std::string::npos, "an entry point without a name");
  for (const Json &item : array(object, "buffers")) {
    bool good = item.is_number_unsigned() && item.get<uint64_t>() < p.buffers.size();
    if (check(good, "a launch of '" + out.entry + "' names a buffer that does not exist"))
      out.buffers.push_back(item.get<int64_t>());
  }
  out.dims = texts(object, "dims");
  for (const std::string &name : out.dims)
    check(dims.count(name) != 0, "a launch of '" + out.entry + "' names the unknown dimension '" + name + "'");
  out.items = expr(object, "items");
  out.workspaceBytes = expr(object, "workspace");
  out.groupSize = integer(object, "group_size", 1, 1 << 16);
  out.groupMemoryBytes = integer(object, "group_memory", 0, INT64_MAX);
  out.flops = expr(object, "flops");
  out.bytesMoved = expr(object, "bytes_moved");
  if (object.is_object() && object.contains("maps"))
    for (const Json &item : array(object, "maps"))
      out.maps.push_back(map(item, out));
  if (object.is_object() && object.contains("kept")) {
    check(object["kept"].is_boolean(), "field 'kept' of a launch is neither true nor false");
    out.kept = object["kept"] == true;
  }
  return out;
}

/// What a runtime may rely on: kept launches read and write nothing that changes from one run to the next.
void Reader::kept(const Json &object, const ImageKernel &k, ImageProgram &out) {
  if (object.is_object() && object.contains("bound")) {
    for (const Json &item : array(object, "bound")) {
      bool good = item.is_number_unsigned() && item.get<uint64_t>() < k.params.size();
      if (check(good, "a bound parameter that does not exist"))
        out.bound.push_back(item.get<int64_t>());
    }
    out.keptBytes = expr(object, "kept");
    out.keptKey = text(object, "kept_key");
    out.keptDims = texts(object, "kept_dims");
    for (const std::string &name : out.keptDims)
      check(dims.count(name) != 0, "'kept_dims' names the unknown dimension '" + name + "'");
  }
  auto isBound = [&](int64_t param) { return std::find(out.bound.begin(), out.bound.end(), param) != out.bound.end(); };
  for (const ImageLaunch &launch : out.launches)
    for (int64_t index : launch.buffers) {
      const ImageBuffer &buffer = out.buffers[static_cast<size_t>(index)];
      if (launch.kept && (buffer.kind == ImageBuffer::Kind::Result ||
                          (buffer.kind == ImageBuffer::Kind::Param && !isBound(buffer.index))))
        fail("the kept launch of '" + launch.entry + "' uses an argument that is not bound, or a result");
    }
}

ImageProgram Reader::program(const Json &object, const ImageKernel &k) {
  ImageProgram out;
  out.target = text(object, "target");
  out.format = text(object, "format");
  out.requires_ = texts(object, "requires");
  out.payload = section(integer(object, "payload", 1, INT32_MAX), Payload);
  for (const Json &item : array(object, "buffers"))
    out.buffers.push_back(buffer(item, k));
  for (const Json &item : array(object, "launches"))
    out.launches.push_back(launch(item, out));
  out.arenaBytes = expr(object, "arena");
  if (object.is_object() && object.contains("in_place"))
    for (const Json &item : array(object, "in_place")) {
      bool good = item.is_number_unsigned() && item.get<uint64_t>() < k.results.size() &&
                  k.results[item.get<size_t>()].alias >= 0;
      if (check(good, "a result that is in place but over no parameter"))
        out.inPlace.push_back(item.get<int64_t>());
    }
  kept(object, k, out);
  return out;
}

ImageKernel Reader::kernel(const Json &object) {
  ImageKernel out;
  out.name = text(object, "name");
  check(!out.name.empty(), "a kernel without a name");
  out.doc = text(object, "doc");
  out.dims = texts(object, "dims");
  dims = {out.dims.begin(), out.dims.end()};
  check(dims.size() == out.dims.size() && !dims.count(""), "kernel '" + out.name + "' has a dimension twice");
  if (object.is_object() && object.contains("type_params"))
    for (const Json &item : array(object, "type_params")) {
      out.typeParams.push_back({text(item, "name"), texts(item, "allowed")});
      for (const std::string &dtype : out.typeParams.back().allowed)
        check(dtypeBytes(dtype) != 0, "unknown dtype '" + dtype + "'");
    }
  out.params = tensors(object, "params", out);
  out.results = tensors(object, "results", out);
  for (const Json &item : array(object, "constraints"))
    out.constraints.push_back(constraint(item));
  if (object.is_object() && object.contains("strict")) {
    check(object["strict"].is_boolean(), "field 'strict' is neither true nor false");
    out.strict = object["strict"] == true;
  }
  if (object.is_object() && object.contains("constants"))
    out.constants = section(integer(object, "constants", 1, INT32_MAX), Constants);
  for (const Json &item : array(object, "programs"))
    out.programs.push_back(program(item, out));
  check(out.programs.empty() || out.typeParams.empty(), "kernel '" + out.name + "' has programs and open types");
  return out;
}

/// nlohmann's parser needs memory in proportion to the nesting; ours is flat.
bool nestingWithin(const char *data, size_t size, size_t limit) {
  size_t depth = 0;
  bool inText = false;
  for (size_t i = 0; i < size; ++i) {
    char c = data[i];
    if (inText) {
      i += c == '\\';
      inText = c != '"';
    } else if (c == '"') {
      inText = true;
    } else if ((c == '[' || c == '{') && ++depth > limit) {
      return false;
    } else if ((c == ']' || c == '}') && depth-- == 0) {
      return false;
    }
  }
  return true;
}

StatusOr<Image> Reader::run() {
  const SectionRef &manifest = sections[0];
  const char *begin = reinterpret_cast<const char *>(manifest.data);
  if (!check(manifest.kind == Manifest, "the first section is no manifest") ||
      !check(manifest.size <= kMaxManifestBytes, "the manifest is too large") ||
      !check(nestingWithin(begin, manifest.size, kMaxNesting), "the manifest is nested too deeply"))
    return status;
  Json root = Json::parse(begin, begin + manifest.size, nullptr, /*allow_exceptions=*/false);
  if (!check(root.is_object(), "the manifest is no JSON object"))
    return status;
  Image image;
  image.producer = text(root, "producer");
  const Json &provenance = field(root, "provenance");
  if (check(provenance.is_object(), "field 'provenance' is no object"))
    for (auto it = provenance.begin(); it != provenance.end(); ++it)
      image.provenance[it.key()] = text(provenance, it.key().c_str());
  std::set<std::string> names;
  for (const Json &item : array(root, "kernels")) {
    image.kernels.push_back(kernel(item));
    check(names.insert(image.kernels.back().name).second, "kernel '" + image.kernels.back().name + "' is there twice");
    if (!status.isOk())
      return status;
  }
  if (root.contains("tensor_ir"))
    image.tensorIR = section(integer(root, "tensor_ir", 1, INT32_MAX), TensorIR);
  if (!status.isOk())
    return status;
  return image;
}

} // namespace

StatusOr<Image> readManifest(const std::vector<SectionRef> &sections) {
  return Reader(sections).run();
}

} // namespace flex::binary
