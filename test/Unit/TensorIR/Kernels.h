//===- Kernels.h - Kernels from text, and data for them ---------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Shared by the tests of the reference interpreter.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/TensorIR/Interpreter.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"

#include "gtest/gtest.h"
#include <random>

namespace flex::ir::test {

/// Data of one argument: elements of `T` with a shape.
template <typename T> struct Data {
  std::vector<int64_t> shape;
  std::vector<T> elements;
  TensorView view(const char *dtype) const { return {dtype, shape, elements.data()}; }
};

inline int64_t countOf(const std::vector<int64_t> &shape) {
  int64_t count = 1;
  for (int64_t size : shape)
    count *= size;
  return count;
}

template <typename T> Data<T> randomReal(std::mt19937_64 &random, std::vector<int64_t> shape, double low, double high) {
  std::uniform_real_distribution<double> distribution(low, high);
  Data<T> data{shape, std::vector<T>(countOf(shape))};
  for (T &element : data.elements)
    element = static_cast<T>(distribution(random));
  return data;
}

template <typename T> Data<T> randomBits(std::mt19937_64 &random, std::vector<int64_t> shape) {
  Data<T> data{shape, std::vector<T>(countOf(shape))};
  for (T &element : data.elements)
    element = static_cast<T>(random());
  return data;
}

class KernelTest : public ::testing::Test {
protected:
  KernelTest() { context.loadDialect<FlexDialect, mlir::arith::ArithDialect, mlir::math::MathDialect>(); }

  /// The kernel of `text`, which must be valid.
  KernelOp parse(const std::string &text) {
    module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
    EXPECT_TRUE(module) << text;
    return module ? *module->getOps<KernelOp>().begin() : KernelOp();
  }

  std::vector<TensorResult> run(const std::string &text, const std::vector<TensorView> &arguments,
                                const InterpreterOptions &options = {}) {
    KernelOp kernel = parse(text);
    if (!kernel)
      return std::vector<TensorResult>(1);
    auto results = interpret(kernel, arguments, options);
    EXPECT_TRUE(results.isOk()) << results.status().str();
    return results ? *results : std::vector<TensorResult>(1);
  }

  /// The error of a run that must fail.
  std::string failure(const std::string &text, const std::vector<TensorView> &arguments,
                      const InterpreterOptions &options = {}) {
    KernelOp kernel = parse(text);
    if (!kernel)
      return "";
    auto results = interpret(kernel, arguments, options);
    EXPECT_FALSE(results.isOk());
    return results ? "" : results.status().str();
  }

  /// A kernel that maps `body` (of %a and %b, yielding %r) over two vectors.
  static std::string mapKernel(const std::string &type, const std::string &result, const std::string &body) {
    std::string scalar = type[0] == 'u' ? type.substr(1) : type;
    std::string yielded = result[0] == 'u' ? result.substr(1) : result;
    return "flex.kernel @k(%x: !flex.tensor<" + type + "[N]>, %y: !flex.tensor<" + type + "[N]>) -> !flex.tensor<" +
           result + "[N]> {\n %z = flex.map [i < N] (%a = %x[i] : !flex.tensor<" + type +
           "[N]>, %b = %y[i] : !flex.tensor<" + type + "[N]>) -> " + result + " {\n" + body +
           "\n flex.yield %r : " + yielded + "\n }\n flex.return %z : !flex.tensor<" + result + "[N]>\n}\n";
  }

  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
};

} // namespace flex::ir::test
