//===- onednn.cpp - oneDNN as a peer of the benchmark ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One primitive for each row, on the caller's memory. Filters of convolutions are
// put into the order that oneDNN asks for ahead of time; matrices where the row says
// that they are bound.
//
//===----------------------------------------------------------------------===//
#include "adapter.h"

#include <oneapi/dnnl/dnnl.hpp>

#include <map>
#include <memory>
#include <unordered_map>

using namespace dnnl;
using bench::Function;
using bench::Row;
using Dims = memory::dims;
using Type = memory::data_type;
using Tag = memory::format_tag;

namespace {

engine &cpu() {
  static engine made(engine::kind::cpu, 0);
  return made;
}

stream &queue() {
  static stream made(cpu());
  return made;
}

/// A primitive on its memory, and its name.
template <class Description>
Function runs(const Description &description, std::unordered_map<int, memory> arguments, std::string &chosen) {
  chosen = description.impl_info_str();
  auto made = std::make_shared<primitive>(description.get());
  auto kept = std::make_shared<std::unordered_map<int, memory>>(std::move(arguments));
  return [made, kept] {
    made->execute(queue(), *kept);
    queue().wait();
  };
}

memory at(const memory::desc &description, void *data) {
  return memory(description, cpu(), data);
}

memory::desc plain(Dims dims, Tag tag, Type type = Type::f32) {
  return memory::desc(std::move(dims), type, tag);
}

/// The primitive's weights, put into its order ahead of time if they are not in it.
template <class Description>
memory ahead(const Description &description, const memory::desc &given, void *data, std::string &chosen) {
  memory weights = at(given, data);
  if (description.weights_desc() == given)
    return weights;
  memory packed(description.weights_desc(), cpu());
  reorder(weights, packed).execute(queue(), weights, packed);
  queue().wait();
  chosen = ", packed ahead";
  return packed;
}

Function product(const Row &row, std::string &chosen) {
  long count = row.dim('B'), m = row.dim('M'), n = row.dim('N'), k = row.dim('K');
  static const std::map<std::string_view, std::pair<Type, Type>> types{{"gemm_bf16", {Type::bf16, Type::bf16}},
                                                                       {"gemm_s8s8", {Type::s8, Type::s8}},
                                                                       {"gemm_u8s8", {Type::u8, Type::s8}}};
  auto found = types.find(row.kernel);
  Type left = found == types.end() ? Type::f32 : found->second.first,
       right = found == types.end() ? Type::f32 : found->second.second;
  Type result = right == Type::s8 ? Type::s32 : left;
  bool turnA = row.kernel == "gemm_ta" || row.kernel == "gemm_tab",
       turnB = row.kernel == "gemm_tb" || row.kernel == "gemm_tab";
  memory::desc a = plain({m, k}, turnA ? Tag::ba : Tag::ab, left), b = plain({k, n}, turnB ? Tag::ba : Tag::ab, right),
               c = plain({m, n}, Tag::ab, result);
  if (row.kernel == "gemm_batched")
    a = plain({count, m, k}, Tag::abc), b = plain({count, k, n}, Tag::abc), c = plain({count, m, n}, Tag::abc);
  memory::desc any = row.bound ? plain({k, n}, Tag::any, right) : b;
  std::unordered_map<int, memory> arguments{{DNNL_ARG_SRC, at(a, row.arguments[0])},
                                            {DNNL_ARG_DST, at(c, row.results[0])}};
  auto finish = [&](const matmul::primitive_desc &description) {
    std::string packed;
    arguments.emplace(DNNL_ARG_WEIGHTS, ahead(description, b, row.arguments[1], packed));
    Function function = runs(description, arguments, chosen);
    chosen += packed;
    return function;
  };
  if (row.kernel != "dense_gelu")
    return finish(matmul::primitive_desc({a, any, c}, cpu()));
  memory::desc bias = plain({1, n}, Tag::ab);
  arguments.emplace(DNNL_ARG_BIAS, at(bias, row.arguments[2]));
  primitive_attr attributes;
  post_ops after;
  after.append_eltwise(1, algorithm::eltwise_gelu_erf, 0, 0);
  attributes.set_post_ops(after);
  return finish(matmul::primitive_desc({a, any, bias, c}, attributes, cpu()));
}

Function overLines(const Row &row, std::string &chosen) {
  memory::desc x = plain({row.dim('M'), row.dim('N')}, Tag::ab), gains = plain({row.dim('N')}, Tag::a);
  std::unordered_map<int, memory> arguments{{DNNL_ARG_SRC, at(x, row.arguments[0])},
                                            {DNNL_ARG_DST, at(x, row.results[0])}};
  if (row.kernel != "layer_norm") {
    algorithm how = row.kernel == "softmax" ? algorithm::softmax_accurate : algorithm::softmax_log;
    return runs(softmax_v2_forward::primitive_desc({prop_kind::forward_inference, how, x, x, 1}, cpu()), arguments,
                chosen);
  }
  arguments.emplace(DNNL_ARG_SCALE, at(gains, row.arguments[1]));
  arguments.emplace(DNNL_ARG_SHIFT, at(gains, row.arguments[2]));
  auto flags = normalization_flags::use_scale | normalization_flags::use_shift;
  return runs(layer_normalization_forward::primitive_desc({prop_kind::forward_inference, x, 1e-5f, flags}, cpu()),
              arguments, chosen);
}

Function elementwise(const Row &row, std::string &chosen) {
  memory::desc x = plain({row.dim('N')}, Tag::a);
  if (row.kernel == "add")
    return runs(binary::primitive_desc({algorithm::binary_add, x, x, x}, cpu()),
                {{DNNL_ARG_SRC_0, at(x, row.arguments[0])},
                 {DNNL_ARG_SRC_1, at(x, row.arguments[1])},
                 {DNNL_ARG_DST, at(x, row.results[0])}},
                chosen);
  algorithm how = row.kernel == "gelu" ? algorithm::eltwise_gelu_erf : algorithm::eltwise_swish;
  return runs(eltwise_forward::primitive_desc({prop_kind::forward_inference, how, x, 1, 0}, cpu()),
              {{DNNL_ARG_SRC, at(x, row.arguments[0])}, {DNNL_ARG_DST, at(x, row.results[0])}}, chosen);
}

Function reduced(const Row &row, std::string &chosen) {
  long m = row.dim('M'), n = row.dim('N');
  bool all = row.kernel == "sum_all", rows = row.kernel == "sum_rows" || row.kernel == "max_rows";
  memory::desc x = plain(all ? Dims{1, n} : Dims{m, n}, Tag::ab), y = plain(all    ? Dims{1, 1}
                                                                            : rows ? Dims{m, 1}
                                                                                   : Dims{1, n},
                                                                            Tag::ab);
  algorithm how = row.kernel.substr(0, 3) == "sum" ? algorithm::reduction_sum : algorithm::reduction_max;
  return runs(reduction::primitive_desc({how, x, y, 0, 0}, cpu()),
              {{DNNL_ARG_SRC, at(x, row.arguments[0])}, {DNNL_ARG_DST, at(y, row.results[0])}}, chosen);
}

/// The result's memory, described by the source's axes.
Function moved(const Row &row, std::string &chosen) {
  memory::desc from, to;
  if (row.kernel == "transpose2")
    from = plain({row.dim('M'), row.dim('N')}, Tag::ab), to = plain({row.dim('M'), row.dim('N')}, Tag::ba);
  else if (row.kernel == "transpose_heads")
    from = plain({row.dim('B'), row.dim('S'), row.dim('H'), row.dim('D')}, Tag::abcd),
    to = plain({row.dim('B'), row.dim('S'), row.dim('H'), row.dim('D')}, Tag::acbd);
  else
    from = plain({row.dim('B'), row.dim('C'), row.dim('H'), row.dim('W')}, Tag::abcd),
    to = plain({row.dim('B'), row.dim('C'), row.dim('H'), row.dim('W')}, Tag::acdb);
  return runs(reorder::primitive_desc(cpu(), from, cpu(), to),
              {{DNNL_ARG_FROM, at(from, row.arguments[0])}, {DNNL_ARG_TO, at(to, row.results[0])}}, chosen);
}

Function convolution(const Row &row, std::string &chosen) {
  long b = row.dim('B'), h = row.dim('H'), w = row.dim('W'), c = row.dim('C'), k = row.dim('K');
  bool first = row.kernel.size() > 6 && row.kernel.substr(row.kernel.size() - 6) == "_first",
       deep = row.kernel.substr(0, 9) == "depthwise";
  long size = row.kernel.substr(0, 7) == "conv1x1"   ? 1
              : row.kernel.substr(0, 7) == "conv7x7" ? 7
                                                     : 3,
       step = size == 7 ? 2 : 1, pad = size / 2;
  Dims filter = deep ? Dims{c, 1, 1, size, size} : Dims{k, c, size, size};
  memory::desc x = plain({b, c, h, w}, first ? Tag::nchw : Tag::nhwc),
               given = plain(filter, deep    ? (first ? Tag::goihw : Tag::hwigo)
                                     : first ? Tag::oihw
                                             : Tag::hwio),
               y = plain({b, deep ? c : k, (h - 1) / step + 1, (w - 1) / step + 1}, first ? Tag::nchw : Tag::nhwc);
  convolution_forward::desc what(prop_kind::forward_inference, algorithm::convolution_direct, x,
                                 plain(filter, Tag::any), y, {step, step}, {pad, pad}, {pad, pad});
  convolution_forward::primitive_desc description(what, cpu());
  std::string packed;
  memory weights = ahead(description, given, row.arguments[1], packed);
  Function function = runs(
      description,
      {{DNNL_ARG_SRC, at(x, row.arguments[0])}, {DNNL_ARG_WEIGHTS, weights}, {DNNL_ARG_DST, at(y, row.results[0])}},
      chosen);
  chosen += packed;
  return function;
}

} // namespace

std::string bench::version() {
  const version_t *is = dnnl::version();
  static const std::map<cpu_isa, const char *> names{{cpu_isa::avx512_core_amx, "AMX"},
                                                     {cpu_isa::avx512_core_bf16, "AVX-512 with bf16"},
                                                     {cpu_isa::avx512_core_vnni, "AVX-512 with VNNI"},
                                                     {cpu_isa::avx512_core, "AVX-512"},
                                                     {cpu_isa::avx2, "AVX2"}};
  auto found = names.find(get_effective_cpu_isa());
  return std::to_string(is->major) + "." + std::to_string(is->minor) + "." + std::to_string(is->patch) +
         (found == names.end() ? "" : std::string(" (") + found->second + ")");
}

Function bench::make(const Row &row, std::string &chosen) {
  static const std::map<std::string_view, Function (*)(const Row &, std::string &)> known{
      {"gemm", product},
      {"gemm_ta", product},
      {"gemm_tb", product},
      {"gemm_tab", product},
      {"gemm_batched", product},
      {"gemm_bf16", product},
      {"gemm_s8s8", product},
      {"gemm_u8s8", product},
      {"dense_gelu", product},
      {"softmax", overLines},
      {"log_softmax", overLines},
      {"layer_norm", overLines},
      {"gelu", elementwise},
      {"silu", elementwise},
      {"add", elementwise},
      {"sum_all", reduced},
      {"sum_rows", reduced},
      {"sum_columns", reduced},
      {"max_rows", reduced},
      {"max_columns", reduced},
      {"transpose2", moved},
      {"transpose_heads", moved},
      {"transpose_channels", moved},
      {"conv3x3", convolution},
      {"conv1x1", convolution},
      {"conv7x7", convolution},
      {"depthwise", convolution},
      {"conv3x3_first", convolution},
      {"conv1x1_first", convolution},
      {"conv7x7_first", convolution},
      {"depthwise_first", convolution}};
  auto found = known.find(row.kernel);
  return found == known.end() ? Function() : found->second(row, chosen);
}
