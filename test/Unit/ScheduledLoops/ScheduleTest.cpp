//===- ScheduleTest.cpp - Attribute form of schedules ---------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Every field there and back, and the ends of every range.
//
//===----------------------------------------------------------------------===//
#include "flex/ScheduledLoops/Schedule.h"
#include "mlir/IR/Diagnostics.h"

#include "gtest/gtest.h"

using namespace flex::tile;

namespace {

struct ScheduleTest : ::testing::Test {
  /// What fromAttr makes of one entry; its errors are kept quiet.
  mlir::FailureOr<Schedule> read(llvm::StringRef key, mlir::Attribute value) {
    mlir::ScopedDiagnosticHandler quiet(&context, [&](mlir::Diagnostic &diagnostic) {
      if (diagnostic.getSeverity() == mlir::DiagnosticSeverity::Error)
        error = diagnostic.str();
      return mlir::success();
    });
    mlir::Builder b(&context);
    return Schedule::fromAttr(b.getDictionaryAttr({b.getNamedAttr(key, value)}), b.getUnknownLoc());
  }

  mlir::MLIRContext context;
  std::string error;
};

TEST_F(ScheduleTest, EveryFieldSurvivesItsAttribute) {
  for (Strategy strategy : {Strategy::Tile, Strategy::Rows, Strategy::Block}) {
    Schedule schedule;
    schedule.strategy = strategy;
    schedule.lane = "j";
    schedule.unroll = "i";
    schedule.lanes = 16;
    schedule.vectors = 3;
    schedule.rows = 8;
    schedule.laneTile = 48;
    schedule.unrollTile = 64;
    schedule.itemRows = 5;
    schedule.collapse = 2;
    schedule.prefetch = schedule.pack = schedule.nontemporal = true;
    schedule.groupSize = 256;
    schedule.depth = 7;
    schedule.steps = 4;
    mlir::DictionaryAttr attr = schedule.toAttr(&context);
    auto back = Schedule::fromAttr(attr, mlir::UnknownLoc::get(&context));
    ASSERT_TRUE(mlir::succeeded(back));
    EXPECT_EQ(back->strategy, strategy);
    EXPECT_EQ(back->lane, "j");
    EXPECT_EQ(back->unroll, "i");
    EXPECT_EQ(back->lanes, 16);
    EXPECT_EQ(back->vectors, 3);
    EXPECT_EQ(back->rows, 8);
    EXPECT_EQ(back->laneTile, 48);
    EXPECT_EQ(back->unrollTile, 64);
    EXPECT_EQ(back->itemRows, 5);
    EXPECT_EQ(back->collapse, 2);
    EXPECT_TRUE(back->prefetch && back->pack && back->nontemporal);
    EXPECT_EQ(back->groupSize, 256);
    EXPECT_EQ(back->depth, 7);
    EXPECT_EQ(back->steps, 4);
    EXPECT_EQ(back->toAttr(&context), attr);
  }
}

TEST_F(ScheduleTest, TheDefaultIsTheEmptyAttribute) {
  mlir::Builder b(&context);
  auto read = Schedule::fromAttr(b.getDictionaryAttr({}), b.getUnknownLoc());
  ASSERT_TRUE(mlir::succeeded(read));
  EXPECT_EQ(read->toAttr(&context), Schedule().toAttr(&context));
}

TEST_F(ScheduleTest, RangesEndWhereTheNoteSays) {
  mlir::Builder b(&context);
  struct Range {
    const char *key;
    int64_t low, high;
  };
  for (Range range : {Range{"lanes", 1, 64},
                      {"vectors", 1, 16},
                      {"rows", 1, 32},
                      {"lane-tile", 0, int64_t(1) << 40},
                      {"unroll-tile", 0, int64_t(1) << 40},
                      {"item-rows", 1, int64_t(1) << 40},
                      {"collapse", 1, 16},
                      {"group-size", 1, 1024},
                      {"depth", 0, 1024},
                      {"steps", 1, 16}}) {
    EXPECT_TRUE(mlir::succeeded(read(range.key, b.getI64IntegerAttr(range.low)))) << range.key;
    EXPECT_TRUE(mlir::succeeded(read(range.key, b.getI64IntegerAttr(range.high)))) << range.key;
    EXPECT_TRUE(mlir::failed(read(range.key, b.getI64IntegerAttr(range.low - 1)))) << range.key;
    EXPECT_TRUE(mlir::failed(read(range.key, b.getI64IntegerAttr(range.high + 1)))) << range.key;
    EXPECT_NE(error.find(std::string("'") + range.key + "'"), std::string::npos) << error;
  }
}

TEST_F(ScheduleTest, RefusesOtherKindsOfValues) {
  mlir::Builder b(&context);
  EXPECT_TRUE(mlir::failed(read("lanes", b.getStringAttr("4"))));
  EXPECT_TRUE(mlir::failed(read("lanes", b.getI32IntegerAttr(4))));
  EXPECT_TRUE(mlir::failed(read("lane", b.getI64IntegerAttr(4))));
  EXPECT_TRUE(mlir::failed(read("pack", b.getI64IntegerAttr(1))));
  EXPECT_TRUE(mlir::failed(read("pack", b.getUnitAttr())));
  EXPECT_TRUE(mlir::failed(read("strategy", b.getI64IntegerAttr(0))));
  EXPECT_TRUE(mlir::failed(read("strategy", b.getStringAttr("Tile"))));
  EXPECT_TRUE(mlir::failed(read("Lanes", b.getI64IntegerAttr(4))));
}

} // namespace
