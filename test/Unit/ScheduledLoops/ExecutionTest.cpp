//===- ExecutionTest.cpp - Emitted loops against the interpreter ----------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Kernels at random, fused, scheduled, emitted, compiled for this machine and
// run launch by launch in memory that ends at a guard page.
//
//===----------------------------------------------------------------------===//
#include "../Target/CompiledKernel.h"
#include "RandomKernel.h"

#include "flex/ScheduledLoops/Plan.h"
#include "flex/ScheduledLoops/TilePasses.h"
#include "flex/TensorIR/Interpreter.h"
#include "flex/TensorIR/TensorPasses.h"
#include "mlir/AsmParser/AsmParser.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"

#include "gtest/gtest.h"
#include <memory>
#include <random>

using namespace flex;
using target::test::CompiledKernel;
using target::test::GuardedArray;

namespace {

constexpr int kKernels = 20;
constexpr const char *kDevice = "model=simd,vector-bits=512,vector-registers=32,cores=2";

struct ExecutionTest : ::testing::Test {
  ExecutionTest() {
    context.loadDialect<ir::FlexDialect, tile::TileDialect, mlir::arith::ArithDialect, mlir::math::MathDialect,
                        mlir::scf::SCFDialect, mlir::vector::VectorDialect>();
    context.disableMultithreading();
  }

  /// The emitted module, its groups scheduled by `schedule` (text of an attribute) or, if empty, by the cost model.
  mlir::OwningOpRef<mlir::ModuleOp> emit(const std::string &text, const std::string &schedule) {
    auto module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
    EXPECT_TRUE(module) << text;
    mlir::PassManager fusion(&context), loops(&context);
    fusion.nest<ir::KernelOp>().addPass(ir::createFlexInlineMaps());
    fusion.nest<ir::KernelOp>().addPass(ir::createFlexFormGroups());
    EXPECT_TRUE(mlir::succeeded(fusion.run(*module))) << text;
    if (!schedule.empty())
      module->walk([&](ir::GroupOp group) {
        group.setScheduleAttr(mlir::cast<mlir::DictionaryAttr>(mlir::parseAttribute(schedule, &context)));
      });
    loops.nest<ir::KernelOp>().addPass(tile::createTileChooseSchedule({kDevice}));
    loops.addPass(tile::createTileEmitLoops({kDevice}));
    EXPECT_TRUE(mlir::succeeded(loops.run(*module))) << text;
    return module;
  }

  void check(const std::string &text, const std::string &schedule) {
    auto source = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
    ASSERT_TRUE(source) << text;
    auto module = emit(text, schedule);
    auto plans = tile::readPlans(*module);
    ASSERT_TRUE(plans.isOk()) << plans.status().str();
    const tile::KernelPlan &plan = plans->front();
    std::string loops;
    llvm::raw_string_ostream(loops) << *module;
    std::vector<std::unique_ptr<CompiledKernel>> launches;
    for (const ImageLaunch &launch : plan.launches) {
      launches.push_back(std::make_unique<CompiledKernel>(loops, "cpu", launch.entry));
      ASSERT_TRUE(launches.back()->isValid()) << text;
    }
    for (auto [m, n] : {std::pair<int64_t, int64_t>{3, 37}, {6, 16}, {1, 1}})
      run(*source, plan, launches, {{"M", m}, {"N", n}}, text + schedule);
  }

  static void run(mlir::ModuleOp source, const tile::KernelPlan &plan,
                  const std::vector<std::unique_ptr<CompiledKernel>> &launches,
                  const std::map<std::string, int64_t> &dims, const std::string &text) {
    std::mt19937_64 random(7);
    std::vector<std::unique_ptr<GuardedArray<int64_t>>> memory;
    std::vector<ir::TensorView> views;
    for (const ImageBuffer &buffer : plan.buffers) {
      // Temporaries get memory of their own: the arena's sharing is the runtime's matter.
      memory.push_back(std::make_unique<GuardedArray<int64_t>>(*buffer.bytes.evaluate(dims) / 8));
      for (size_t i = 0; i < memory.back()->size(); ++i)
        (*memory.back())[i] = static_cast<int64_t>(random() % 2001) - 1000;
      if (buffer.kind != ImageBuffer::Kind::Param)
        continue;
      std::vector<int64_t> shape;
      for (const DimExpr &extent : plan.params[buffer.index].shape)
        shape.push_back(*extent.evaluate(dims));
      views.push_back({"i64", shape, memory.back()->data()});
    }
    auto expected = ir::interpret(*source.getOps<ir::KernelOp>().begin(), views);
    ASSERT_TRUE(expected.isOk()) << expected.status().str();
    for (size_t launch = 0; launch < launches.size(); ++launch) {
      std::vector<void *> buffers;
      std::vector<int64_t> values;
      for (int64_t buffer : plan.launches[launch].buffers)
        buffers.push_back(memory[buffer]->data());
      for (const std::string &dim : plan.launches[launch].dims)
        values.push_back(dims.at(dim));
      launches[launch]->run(buffers, values);
    }
    for (size_t number = 0; number < plan.buffers.size(); ++number)
      if (plan.buffers[number].kind == ImageBuffer::Kind::Result) {
        const std::vector<uint8_t> &bytes = (*expected)[plan.buffers[number].index].bytes;
        ASSERT_EQ(bytes.size(), memory[number]->size() * 8);
        EXPECT_EQ(std::memcmp(bytes.data(), memory[number]->data(), bytes.size()), 0)
            << "result " << plan.buffers[number].index << " for M=" << dims.at("M") << " N=" << dims.at("N") << "\n"
            << text;
      }
  }

  mlir::MLIRContext context;
};

TEST_F(ExecutionTest, AsTheCostModelSays) {
  for (uint64_t seed = 0; seed < kKernels && !HasFailure(); ++seed)
    check(test::randomKernel(seed), "");
}

TEST_F(ExecutionTest, ByRowsOfOtherWidths) {
  for (uint64_t seed = 0; seed < kKernels && !HasFailure(); ++seed)
    check(test::randomKernel(seed),
          seed % 2 ? R"({strategy = "rows", lanes = 4, vectors = 3, "item-rows" = 2})" : R"({strategy = "rows"})");
}

} // namespace
