//===- eigen.cpp - Eigen as a peer of the benchmark ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Products, and kernels over lines and elements as expressions that Eigen fuses;
// compiled for this machine (-march=native).
//
//===----------------------------------------------------------------------===//
#include "adapter.h"

#include <Eigen/Core>

#include <map>

namespace {

template <class T> using Rows = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
template <class T> using Map = Eigen::Map<Rows<T>>;
using Line = Eigen::Map<Eigen::ArrayXf>;
using bench::Function;
using bench::Row;

template <class T> Function product(const Row &row, bool turnA, bool turnB) {
  long m = row.dim('M'), n = row.dim('N'), k = row.dim('K');
  Map<T> a(row.in<T>(0), turnA ? k : m, turnA ? m : k), b(row.in<T>(1), turnB ? n : k, turnB ? k : n),
      c(row.out<T>(), m, n);
  if (turnA && turnB)
    return [=]() mutable { c.noalias() = a.transpose() * b.transpose(); };
  if (turnA)
    return [=]() mutable { c.noalias() = a.transpose() * b; };
  if (turnB)
    return [=]() mutable { c.noalias() = a * b.transpose(); };
  return [=]() mutable { c.noalias() = a * b; };
}

Function batched(const Row &row) {
  long count = row.dim('B'), m = row.dim('M'), n = row.dim('N'), k = row.dim('K');
  float *a = row.in(0), *b = row.in(1), *c = row.out();
  return [=] {
    for (long i = 0; i < count; ++i)
      Map<float>(c + i * m * n, m, n).noalias() = Map<float>(a + i * m * k, m, k) * Map<float>(b + i * k * n, k, n);
  };
}

/// `each(x, y)` on every line of the first argument and the result.
template <class Each> Function lines(const Row &row, Each each) {
  long m = row.dim('M'), n = row.dim('N');
  float *x = row.in(0), *y = row.out();
  return [=] {
    for (long i = 0; i < m; ++i)
      each(Line(x + i * n, n), Line(y + i * n, n));
  };
}

Function overLines(const Row &row) {
  long n = row.dim('N');
  if (row.kernel == "softmax")
    return lines(row, [](Line x, Line y) {
      y = (x - x.maxCoeff()).exp();
      y *= 1 / y.sum();
    });
  if (row.kernel == "log_softmax")
    return lines(row, [](Line x, Line y) {
      float top = x.maxCoeff();
      y = x - (top + std::log((x - top).exp().sum()));
    });
  if (row.kernel == "layer_norm")
    return lines(row, [gain = Line(row.in(1), n), bias = Line(row.in(2), n)](Line x, Line y) {
      float mean = x.mean(), scale = 1 / std::sqrt((x - mean).square().mean() + 1e-5f);
      y = (x - mean) * scale * gain + bias;
    });
  if (row.kernel == "rms_norm")
    return lines(row, [gain = Line(row.in(1), n)](Line x, Line y) {
      y = x * (1 / std::sqrt(x.square().mean() + 1e-6f)) * gain;
    });
  return {};
}

Function elementwise(const Row &row) {
  long n = row.dim('N') * (row.kernel == "swiglu" ? row.dim('M') : 1);
  Line x(row.in(0), n), y(row.out(), n);
  if (row.kernel == "silu")
    return [=]() mutable { y = x / (1 + (-x).exp()); };
  Line other(row.in(1), n);
  if (row.kernel == "swiglu")
    return [=]() mutable { y = x / (1 + (-x).exp()) * other; };
  return [=]() mutable { y = x + other; };
}

Function reduction(const Row &row) {
  if (row.kernel == "sum_all")
    return [x = Line(row.in(0), row.dim('N')), out = row.out()] { *out = x.sum(); };
  long m = row.dim('M'), n = row.dim('N');
  Map<float> x(row.in(0), m, n);
  Eigen::Map<Eigen::VectorXf> rows(row.out(), m);
  Eigen::Map<Eigen::RowVectorXf> columns(row.out(), n);
  static const std::map<std::string_view, int> which{
      {"sum_rows", 0}, {"sum_columns", 1}, {"max_rows", 2}, {"max_columns", 3}};
  switch (which.at(row.kernel)) {
  case 0: return [=]() mutable { rows = x.rowwise().sum(); };
  case 1: return [=]() mutable { columns = x.colwise().sum(); };
  case 2: return [=]() mutable { rows = x.rowwise().maxCoeff(); };
  default: return [=]() mutable { columns = x.colwise().maxCoeff(); };
  }
}

Function transposed(const Row &row) {
  long m = row.dim('M'), n = row.dim('N');
  return [x = Map<float>(row.in(0), m, n), y = Map<float>(row.out(), n, m)]() mutable { y = x.transpose(); };
}

} // namespace

std::string bench::version() {
  return std::to_string(EIGEN_WORLD_VERSION) + "." + std::to_string(EIGEN_MAJOR_VERSION) + "." +
         std::to_string(EIGEN_MINOR_VERSION) + " (" + Eigen::SimdInstructionSetsInUse() + ")";
}

Function bench::make(const Row &row, std::string &) {
  Eigen::setNbThreads(row.threads);
  static const std::map<std::string_view, Function (*)(const Row &)> known{
      {"gemm", [](const Row &r) { return product<float>(r, false, false); }},
      {"gemm_ta", [](const Row &r) { return product<float>(r, true, false); }},
      {"gemm_tb", [](const Row &r) { return product<float>(r, false, true); }},
      {"gemm_tab", [](const Row &r) { return product<float>(r, true, true); }},
      {"gemm_f64", [](const Row &r) { return product<double>(r, false, false); }},
      {"gemm_batched", batched},
      {"softmax", overLines},
      {"log_softmax", overLines},
      {"layer_norm", overLines},
      {"rms_norm", overLines},
      {"silu", elementwise},
      {"swiglu", elementwise},
      {"add", elementwise},
      {"sum_all", reduction},
      {"sum_rows", reduction},
      {"sum_columns", reduction},
      {"max_rows", reduction},
      {"max_columns", reduction},
      {"transpose2", transposed}};
  auto found = known.find(row.kernel);
  return found == known.end() ? Function() : found->second(row);
}
