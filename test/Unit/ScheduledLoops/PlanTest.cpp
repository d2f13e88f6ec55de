//===- PlanTest.cpp - Reading and writing of flex.plan --------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A plan there and back, and what the reader says of each way to damage one.
//
//===----------------------------------------------------------------------===//
#include "flex/ScheduledLoops/Plan.h"
#include "mlir/AsmParser/AsmParser.h"

#include "gtest/gtest.h"

using namespace flex;
using namespace flex::tile;

namespace {

struct PlanTest : ::testing::Test {
  PlanTest() : module(mlir::ModuleOp::create(mlir::UnknownLoc::get(&context))) {}

  static KernelPlan sample() {
    DimExpr n = DimExpr::symbol("N");
    KernelPlan plan;
    plan.kernel = "k";
    plan.doc = "What it does.";
    plan.dims = {"N"};
    plan.constraints = {"N <= 4"};
    plan.params = {{"x", "f32", {n}}};
    plan.results = {{"y", "bool", {n, DimExpr(2)}}};
    ImageBuffer param, temp;
    param.kind = ImageBuffer::Kind::Param;
    param.bytes = n * DimExpr(4);
    temp.bytes = n;
    temp.arenaOffset = DimExpr(64);
    plan.buffers = {param, temp};
    ImageLaunch launch;
    launch.entry = "k_0";
    launch.buffers = {0, 1};
    launch.dims = {"N"};
    launch.items = n.ceilDiv(DimExpr(16));
    launch.groupSize = 64;
    launch.flops = n;
    launch.bytesMoved = n * DimExpr(5);
    plan.launches = {launch};
    plan.constants = {1, 128, 255};
    plan.arenaBytes = n + DimExpr(64);
    return plan;
  }

  /// The reader's error for the sample with one key of it set to `value` (removed if empty).
  std::string failure(llvm::ArrayRef<llvm::StringRef> path, llvm::StringRef value) {
    writePlan(*module, sample());
    auto plans = (*module)->getAttrOfType<mlir::ArrayAttr>("flex.plan");
    (*module)->setAttr("flex.plan", mlir::ArrayAttr::get(&context, replace(plans[0], path, value)));
    auto read = readPlans(*module);
    (*module)->removeAttr("flex.plan");
    return read ? "" : read.status().message();
  }

  mlir::Attribute replace(mlir::Attribute attr, llvm::ArrayRef<llvm::StringRef> path, llvm::StringRef value) {
    if (path.empty())
      return mlir::parseAttribute(value, &context);
    if (auto array = mlir::dyn_cast<mlir::ArrayAttr>(attr)) {
      llvm::SmallVector<mlir::Attribute> elements(array.getValue());
      elements[0] = replace(elements[0], path, value);
      return mlir::ArrayAttr::get(&context, elements);
    }
    mlir::NamedAttrList entries(mlir::cast<mlir::DictionaryAttr>(attr));
    if (path.size() == 1 && value.empty())
      entries.erase(path[0]);
    else
      entries.set(path[0], replace(entries.get(path[0]), path.drop_front(), value));
    return entries.getDictionary(&context);
  }

  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
};

TEST_F(PlanTest, EveryFieldSurvivesTheAttribute) {
  KernelPlan plan = sample();
  writePlan(*module, plan);
  auto read = readPlans(*module);
  ASSERT_TRUE(read.isOk()) << read.status().str();
  ASSERT_EQ(read->size(), 1u);
  const KernelPlan &back = read->front();
  EXPECT_EQ(back.kernel, "k");
  EXPECT_EQ(back.doc, "What it does.");
  EXPECT_EQ(back.dims, plan.dims);
  EXPECT_EQ(back.constraints, plan.constraints);
  EXPECT_EQ(back.results[0].name, "y");
  EXPECT_EQ(back.results[0].dtype, "bool");
  EXPECT_EQ(back.results[0].shape, plan.results[0].shape);
  ASSERT_EQ(back.buffers.size(), 2u);
  EXPECT_EQ(back.buffers[0].kind, ImageBuffer::Kind::Param);
  EXPECT_EQ(back.buffers[1].kind, plan.buffers[1].kind);
  EXPECT_EQ(back.buffers[1].bytes, plan.buffers[1].bytes);
  EXPECT_EQ(back.buffers[1].arenaOffset, DimExpr(64));
  ASSERT_EQ(back.launches.size(), 1u);
  EXPECT_EQ(back.launches[0].entry, "k_0");
  EXPECT_EQ(back.launches[0].buffers, plan.launches[0].buffers);
  EXPECT_EQ(back.launches[0].items, plan.launches[0].items);
  EXPECT_EQ(back.launches[0].groupSize, 64);
  EXPECT_EQ(back.launches[0].flops, plan.launches[0].flops);
  EXPECT_EQ(back.launches[0].bytesMoved, plan.launches[0].bytesMoved);
  EXPECT_EQ(back.constants, plan.constants);
  EXPECT_EQ(back.arenaBytes, plan.arenaBytes);
}

TEST_F(PlanTest, AKernelHasOnePlan) {
  writePlan(*module, sample());
  KernelPlan other = sample();
  other.kernel = "other";
  writePlan(*module, other);
  other.doc = "Again.";
  writePlan(*module, other);
  auto read = readPlans(*module);
  ASSERT_TRUE(read.isOk());
  ASSERT_EQ(read->size(), 2u);
  EXPECT_EQ((*read)[1].doc, "Again.");
}

TEST_F(PlanTest, EveryKeyIsNeeded) {
  for (const char *key :
       {"kernel", "doc", "dims", "constraints", "params", "results", "buffers", "launches", "constants", "arena"})
    EXPECT_EQ(failure({key}, ""), std::string("malformed flex.plan: '") + key + "' is missing or of the wrong kind");
  for (const char *key : {"kind", "index", "bytes", "offset"})
    EXPECT_NE(failure({"buffers", key}, "").find(key), std::string::npos);
  for (const char *key : {"entry", "buffers", "dims", "items", "group_size", "flops", "bytes"})
    EXPECT_NE(failure({"launches", key}, "").find(key), std::string::npos);
  for (const char *key : {"name", "dtype", "shape"})
    EXPECT_NE(failure({"params", key}, "").find(key), std::string::npos);
}

TEST_F(PlanTest, ValuesOfAnotherKindAreRefused) {
  auto says = [&](llvm::ArrayRef<llvm::StringRef> path, llvm::StringRef value, const char *expected) {
    EXPECT_EQ(failure(path, value), std::string("malformed flex.plan: ") + expected);
  };
  says({"kernel"}, "7", "'kernel' is missing or of the wrong kind");
  says({"dims"}, "[7]", "'dims' must hold strings");
  says({"params"}, "[7]", "'params' must hold dictionaries");
  says({"params", "dtype"}, "\"f31\"", "'f31' is not a dtype");
  says({"params", "shape"}, "[\"N +\"]", "'N +' is not an expression");
  says({"arena"}, "\"*\"", "'*' is not an expression");
  says({"buffers", "kind"}, "\"heap\"", "unknown buffer kind 'heap'");
  says({"buffers", "index"}, "0 : i32", "'index' must be of type i64");
  says({"launches", "group_size"}, "1 : i8", "'group_size' must be of type i64");
  says({"launches", "buffers"}, "[\"0\"]", "'buffers' of a launch must hold i64 numbers");
  says({"launches", "buffers"}, "[0 : ui64]", "'buffers' of a launch must hold i64 numbers");
  says({"constants"}, "array<i32: 7>", "'constants' is missing or of the wrong kind");
}

TEST_F(PlanTest, TheAttributeItselfIsAList) {
  EXPECT_EQ(readPlans(*module).status().message(), "the module has no 'flex.plan' attribute");
  (*module)->setAttr("flex.plan", mlir::parseAttribute("7", &context));
  EXPECT_FALSE(readPlans(*module).isOk());
  (*module)->setAttr("flex.plan", mlir::parseAttribute("[7]", &context));
  EXPECT_EQ(readPlans(*module).status().message(), "malformed flex.plan: expected one dictionary per kernel");
  // A module with a damaged plan can still gain another one; the reader names the damage.
  (*module)->setAttr("flex.plan", mlir::parseAttribute("[7, {kernel = 3}]", &context));
  writePlan(*module, sample());
  EXPECT_FALSE(readPlans(*module).isOk());
}

} // namespace
