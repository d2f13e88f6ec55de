//===- ManifestWriter.cpp - Image to JSON --------------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Keys come out sorted and absent values are left out, so equal images give
// equal text. Field names are those of docs/reference/image-format.md.
//
//===----------------------------------------------------------------------===//
#include "Manifest.h"

#include <nlohmann/json.hpp>

namespace flex::binary {
namespace {

using Json = nlohmann::json;

Json expr(const DimExpr &e) {
  assert(e.isValid() && "an image holds valid expressions only");
  if (auto value = e.constant())
    return *value;
  return e.str();
}

Json exprs(const std::vector<DimExpr> &list) {
  Json out = Json::array();
  for (const DimExpr &e : list)
    out.push_back(expr(e));
  return out;
}

Json tensors(const std::vector<ImageTensor> &list) {
  Json out = Json::array();
  for (const ImageTensor &tensor : list) {
    out.push_back({{"name", tensor.name}, {"dtype", tensor.dtype}, {"shape", exprs(tensor.shape)}});
    if (!tensor.defaultValue.empty())
      out.back()["default"] = tensor.defaultValue;
    if (tensor.alias >= 0)
      out.back()["alias"] = tensor.alias;
  }
  return out;
}

const char *kindName(ImageConstraint::Kind kind) {
  switch (kind) {
  case ImageConstraint::Kind::LessEqual: return "le";
  case ImageConstraint::Kind::Equal: return "eq";
  case ImageConstraint::Kind::Divisible: return "divisible";
  }
  return "";
}

const char *kindName(ImageBuffer::Kind kind) {
  switch (kind) {
  case ImageBuffer::Kind::Param: return "param";
  case ImageBuffer::Kind::Result: return "result";
  case ImageBuffer::Kind::Temp: return "temp";
  case ImageBuffer::Kind::Constant: return "constant";
  case ImageBuffer::Kind::Kept: return "kept";
  }
  return "";
}

Json buffer(const ImageBuffer &b) {
  Json out = {{"kind", kindName(b.kind)}, {"bytes", expr(b.bytes)}};
  if (b.kind == ImageBuffer::Kind::Temp || b.kind == ImageBuffer::Kind::Kept)
    out["offset"] = expr(b.arenaOffset);
  else
    out["index"] = b.index;
  return out;
}

Json launch(const ImageLaunch &l) {
  Json out = {{"entry", l.entry},
              {"buffers", l.buffers},
              {"dims", l.dims},
              {"items", expr(l.items)},
              {"workspace", expr(l.workspaceBytes)},
              {"group_size", l.groupSize},
              {"group_memory", l.groupMemoryBytes},
              {"flops", expr(l.flops)},
              {"bytes_moved", expr(l.bytesMoved)}};
  for (const ImageTensorMap &m : l.maps)
    out["maps"].push_back({{"buffer", m.buffer},
                           {"element_bytes", m.elementBytes},
                           {"offset", expr(m.offset)},
                           {"sizes", exprs(m.sizes)},
                           {"pitches", exprs(m.pitches)},
                           {"box", m.box},
                           {"swizzle", m.swizzle}});
  if (l.kept)
    out["kept"] = true;
  return out;
}

Json program(const ImageProgram &p, size_t section) {
  Json out = {{"target", p.target},         {"format", p.format},       {"requires", p.requires_},
              {"payload", section},         {"buffers", Json::array()}, {"launches", Json::array()},
              {"arena", expr(p.arenaBytes)}};
  for (const ImageBuffer &b : p.buffers)
    out["buffers"].push_back(buffer(b));
  for (const ImageLaunch &l : p.launches)
    out["launches"].push_back(launch(l));
  if (!p.inPlace.empty())
    out["in_place"] = p.inPlace;
  if (!p.bound.empty()) {
    out["bound"] = p.bound;
    out["kept"] = expr(p.keptBytes);
    out["kept_key"] = p.keptKey;
    out["kept_dims"] = p.keptDims;
  }
  return out;
}

Json kernel(const ImageKernel &k, size_t &nextSection) {
  Json out = {{"name", k.name},
              {"doc", k.doc},
              {"dims", k.dims},
              {"constraints", Json::array()},
              {"params", tensors(k.params)},
              {"results", tensors(k.results)},
              {"programs", Json::array()}};
  for (const ImageConstraint &c : k.constraints)
    out["constraints"].push_back(
        {{"kind", kindName(c.kind)}, {"lhs", expr(c.lhs)}, {"rhs", expr(c.rhs)}, {"source", c.source}});
  if (k.strict)
    out["strict"] = true;
  if (!k.constants.empty())
    out["constants"] = nextSection++;
  for (const ImageProgram &p : k.programs)
    out["programs"].push_back(program(p, nextSection++));
  for (const ImageTypeParam &t : k.typeParams)
    out["type_params"].push_back({{"name", t.name}, {"allowed", t.allowed}});
  return out;
}

} // namespace

std::string writeManifest(const Image &image) {
  size_t nextSection = 1;
  Json out = {{"producer", image.producer}, {"provenance", image.provenance}, {"kernels", Json::array()}};
  for (const ImageKernel &k : image.kernels)
    out["kernels"].push_back(kernel(k, nextSection));
  if (!image.tensorIR.empty())
    out["tensor_ir"] = nextSection++;
  // Text that is no UTF-8 (a doc comment of any bytes) is replaced, not refused.
  return out.dump(-1, ' ', false, Json::error_handler_t::replace);
}

} // namespace flex::binary
