//===- ImportTest.cpp - Imported linalg means what it meant ---------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Functions of linalg, imported, interpreted, and compared with loops.
//
//===----------------------------------------------------------------------===//
#include "Kernels.h"
#include "flex/TensorIR/BindDims.h"
#include "flex/TensorIR/ImportLinalg.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Verifier.h"

using namespace flex::ir;
using namespace flex::ir::test;

namespace {

struct ImportTest : KernelTest {
  ImportTest() {
    context.loadDialect<mlir::func::FuncDialect, mlir::linalg::LinalgDialect, mlir::tensor::TensorDialect>();
  }

  std::vector<TensorResult> runImported(const char *text, const std::vector<TensorView> &arguments,
                                        const std::map<std::string, int64_t> &bound = {}) {
    module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
    if (!module || mlir::failed(importLinalg(*module)) || mlir::failed(bindDims(*module, bound)) ||
        mlir::failed(mlir::verify(*module))) {
      ADD_FAILURE() << "not imported: " << text;
      return std::vector<TensorResult>(1);
    }
    auto results = interpret(*module->getOps<KernelOp>().begin(), arguments);
    EXPECT_TRUE(results.isOk()) << results.status().str();
    return results ? *results : std::vector<TensorResult>(1);
  }

  std::mt19937_64 random{11};
};

TEST_F(ImportTest, BatchMatmulOntoAnInitialValue) {
  const char *text = R"(
    func.func @f(%a: tensor<?x?x?xf32>, %b: tensor<?x?x?xf32>, %c: tensor<?x?x?xf32>) -> tensor<?x?x?xf32> {
      %r = linalg.batch_matmul ins(%a, %b : tensor<?x?x?xf32>, tensor<?x?x?xf32>)
          outs(%c : tensor<?x?x?xf32>) -> tensor<?x?x?xf32>
      return %r : tensor<?x?x?xf32>
    })";
  auto a = randomReal<float>(random, {2, 3, 5}, -1, 1), b = randomReal<float>(random, {2, 5, 4}, -1, 1);
  auto c = randomReal<float>(random, {2, 3, 4}, -1, 1);
  // Once with names, once with all of them bound.
  for (bool bind : {false, true}) {
    std::map<std::string, int64_t> dims;
    if (bind)
      dims = {{"d0", 2}, {"d1", 3}, {"d2", 5}, {"d3", 4}};
    auto result = runImported(text, {a.view("f32"), b.view("f32"), c.view("f32")}, dims)[0];
    ASSERT_EQ(result.shape, c.shape);
    for (int n = 0; n < 2; ++n)
      for (int i = 0; i < 3; ++i)
        for (int j = 0; j < 4; ++j) {
          double sum = c.elements[(n * 3 + i) * 4 + j];
          for (int k = 0; k < 5; ++k)
            sum += double(a.elements[(n * 3 + i) * 5 + k]) * b.elements[(n * 5 + k) * 4 + j];
          EXPECT_NEAR(result.floats[(n * 3 + i) * 4 + j], sum, 1e-14);
        }
  }
}

TEST_F(ImportTest, ConvolutionOfAPaddedImage) {
  const char *text = R"(
    func.func @f(%x: tensor<?x?xf32>, %f: tensor<3x3xf32>) -> tensor<?x?xf32> {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %h = tensor.dim %x, %c0 : tensor<?x?xf32>
      %w = tensor.dim %x, %c1 : tensor<?x?xf32>
      %zero = arith.constant 0.0 : f32
      %edge = arith.constant 0.5 : f32
      %p = tensor.pad %x low[1, 1] high[1, 1] {
      ^bb0(%i: index, %j: index):
        tensor.yield %edge : f32
      } : tensor<?x?xf32> to tensor<?x?xf32>
      %e = tensor.empty(%h, %w) : tensor<?x?xf32>
      %init = linalg.fill ins(%zero : f32) outs(%e : tensor<?x?xf32>) -> tensor<?x?xf32>
      %r = linalg.conv_2d ins(%p, %f : tensor<?x?xf32>, tensor<3x3xf32>) outs(%init : tensor<?x?xf32>) -> tensor<?x?xf32>
      return %r : tensor<?x?xf32>
    })";
  auto x = randomReal<float>(random, {5, 7}, -1, 1), f = randomReal<float>(random, {3, 3}, -1, 1);
  auto result = runImported(text, {x.view("f32"), f.view("f32")})[0];
  ASSERT_EQ(result.shape, x.shape);
  for (int i = 0; i < 5; ++i)
    for (int j = 0; j < 7; ++j) {
      double sum = 0;
      for (int r = 0; r < 3; ++r)
        for (int s = 0; s < 3; ++s) {
          int y = i + r - 1, z = j + s - 1;
          bool inside = y >= 0 && y < 5 && z >= 0 && z < 7;
          sum += double(f.elements[3 * r + s]) * (inside ? x.elements[7 * y + z] : 0.5f);
        }
      EXPECT_NEAR(result.floats[7 * i + j], sum, 1e-14);
    }
}

TEST_F(ImportTest, ReshapesKeepTheOrderOfElements) {
  const char *text = R"(
    func.func @f(%x: tensor<2x3x?xi32>) -> (tensor<2x3x?xi32>, tensor<2x?xi32>) {
      %c = tensor.collapse_shape %x [[0, 1, 2]] : tensor<2x3x?xi32> into tensor<?xi32>
      %c2 = arith.constant 2 : index
      %n = tensor.dim %x, %c2 : tensor<2x3x?xi32>
      %e = tensor.expand_shape %c [[0, 1, 2]] output_shape [2, 3, %n] : tensor<?xi32> into tensor<2x3x?xi32>
      %s = tensor.extract_slice %e[0, 2, 0] [2, 1, %n] [1, 1, 1] : tensor<2x3x?xi32> to tensor<2x?xi32>
      return %e, %s : tensor<2x3x?xi32>, tensor<2x?xi32>
    })";
  auto x = randomBits<int32_t>(random, {2, 3, 4});
  auto results = runImported(text, {x.view("i32")});
  EXPECT_EQ(results[0].ints, std::vector<int64_t>(x.elements.begin(), x.elements.end()));
  for (int i = 0; i < 2; ++i)
    for (int j = 0; j < 4; ++j)
      EXPECT_EQ(results[1].ints[4 * i + j], x.elements[12 * i + 8 + j]);
}

} // namespace
