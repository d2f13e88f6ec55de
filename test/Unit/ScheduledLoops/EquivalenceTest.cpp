//===- EquivalenceTest.cpp - Fusion keeps the meaning ---------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Kernels at random: the interpreter gives the same bits before and after
// flex-inline-maps and flex-form-groups, and every group can be emitted.
//
//===----------------------------------------------------------------------===//
#include "RandomKernel.h"

#include "flex/ScheduledLoops/Plan.h"
#include "flex/ScheduledLoops/TilePasses.h"
#include "flex/TensorIR/Interpreter.h"
#include "flex/TensorIR/TensorPasses.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"

#include "gtest/gtest.h"
#include <random>
#include <set>

using namespace flex;

namespace {

constexpr int kKernels = 400;

struct EquivalenceTest : ::testing::Test {
  EquivalenceTest() {
    context.loadDialect<ir::FlexDialect, tile::TileDialect, mlir::arith::ArithDialect, mlir::math::MathDialect,
                        mlir::scf::SCFDialect, mlir::vector::VectorDialect>();
    context.disableMultithreading();
  }

  static std::vector<ir::TensorResult> run(mlir::ModuleOp module, int64_t m, int64_t n) {
    std::mt19937_64 random(m * 100 + n);
    std::vector<std::vector<int64_t>> data(3);
    std::vector<std::vector<int64_t>> shapes = {{m, n}, {n}, {m}};
    std::vector<ir::TensorView> views;
    for (int argument = 0; argument < 3; ++argument) {
      int64_t count = 1;
      for (int64_t size : shapes[argument])
        count *= size;
      for (int64_t element = 0; element < count; ++element)
        data[argument].push_back(static_cast<int64_t>(random() % 2001) - 1000);
      views.push_back({"i64", shapes[argument], data[argument].data()});
    }
    auto results = ir::interpret(*module.getOps<ir::KernelOp>().begin(), views);
    EXPECT_TRUE(results.isOk()) << results.status().str();
    return results ? *results : std::vector<ir::TensorResult>();
  }

  bool apply(mlir::ModuleOp module, llvm::function_ref<void(mlir::OpPassManager &)> build) {
    mlir::PassManager passes(&context);
    passes.enableVerifier(true);
    build(passes.nest<ir::KernelOp>());
    return mlir::succeeded(passes.run(module));
  }

  bool emit(mlir::ModuleOp module, const std::string &device) {
    if (!apply(module, [&](mlir::OpPassManager &kernel) { kernel.addPass(tile::createTileChooseSchedule({device})); }))
      return false;
    mlir::PassManager passes(&context);
    passes.addPass(tile::createTileEmitLoops({device}));
    return mlir::succeeded(passes.run(module));
  }

  static void expectEqual(const std::vector<ir::TensorResult> &a, const std::vector<ir::TensorResult> &b,
                          const std::string &text) {
    ASSERT_EQ(a.size(), b.size()) << text;
    for (size_t result = 0; result < a.size(); ++result) {
      EXPECT_EQ(a[result].shape, b[result].shape) << text;
      EXPECT_EQ(a[result].bytes, b[result].bytes) << text;
    }
  }

  mlir::MLIRContext context;
};

TEST_F(EquivalenceTest, FusionKeepsEveryBit) {
  int inlined = 0, joined = 0;
  for (uint64_t seed = 0; seed < kKernels && !HasFailure(); ++seed) {
    std::string text = test::randomKernel(seed);
    auto module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
    ASSERT_TRUE(module) << text;
    auto count = [&](auto of) {
      int found = 0;
      module->walk([&](mlir::Operation *op) { found += of(op); });
      return found;
    };
    auto isStatement = [](mlir::Operation *op) { return mlir::isa<ir::StatementInterface>(op); };
    std::vector<std::pair<int64_t, int64_t>> sizes = {{3, 4}, {1, 1}, {5, 2}};
    std::vector<std::vector<ir::TensorResult>> before;
    for (auto [m, n] : sizes)
      before.push_back(run(*module, m, n));
    int statements = count(isStatement);
    ASSERT_TRUE(apply(*module, [](mlir::OpPassManager &kernel) { kernel.addPass(ir::createFlexInlineMaps()); }))
        << text;
    inlined += count(isStatement) < statements;
    for (size_t i = 0; i < sizes.size(); ++i)
      expectEqual(before[i], run(*module, sizes[i].first, sizes[i].second), text);
    ASSERT_TRUE(apply(*module, [](mlir::OpPassManager &kernel) { kernel.addPass(ir::createFlexFormGroups()); }))
        << text;
    joined += count(isStatement) > count([](mlir::Operation *op) { return mlir::isa<ir::GroupOp>(op); });
    for (mlir::Operation &op : (*module->getOps<ir::KernelOp>().begin()).getBody().front())
      EXPECT_FALSE(isStatement(&op)) << text;
    for (size_t i = 0; i < sizes.size(); ++i)
      expectEqual(before[i], run(*module, sizes[i].first, sizes[i].second), text);
  }
  // The kernels are of a kind on which the passes do something.
  EXPECT_GT(inlined, kKernels / 10);
  EXPECT_GT(joined, kKernels / 10);
}

TEST_F(EquivalenceTest, EveryGroupCanBeEmitted) {
  for (const char *device :
       {"model=simd,vector-bits=512,vector-registers=32", "model=simd,vector-bits=64", "model=simt,vector-bits=128"})
    for (uint64_t seed = 0; seed < kKernels / 2 && !HasFailure(); ++seed) {
      std::string text = test::randomKernel(seed);
      auto module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
      ASSERT_TRUE(module) << text;
      ASSERT_TRUE(apply(*module, [](mlir::OpPassManager &kernel) {
        kernel.addPass(ir::createFlexInlineMaps());
        kernel.addPass(ir::createFlexFormGroups());
      })) << text;
      ASSERT_TRUE(emit(*module, device)) << device << "\n" << text;
      EXPECT_TRUE(mlir::succeeded(mlir::verify(*module))) << text;
      auto plans = tile::readPlans(*module);
      ASSERT_TRUE(plans.isOk()) << plans.status().str();
      std::set<std::string> entries; // equal groups are launches of one function
      for (const ImageLaunch &launch : plans->front().launches)
        entries.insert(launch.entry);
      EXPECT_EQ(entries.size(),
                std::distance(module->getOps<tile::KernelOp>().begin(), module->getOps<tile::KernelOp>().end()));
    }
}

} // namespace
