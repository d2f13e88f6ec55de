//===- NullTargetTest.cpp - The target that takes over at tensor IR -------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Its payload must be readable as what it was made from.
//
//===----------------------------------------------------------------------===//
#include "flex/Target/Target.h"
#include "flex/TensorIR/TensorIR.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/raw_ostream.h"

#include <gtest/gtest.h>

namespace flex::target {
namespace {

TEST(NullTarget, PayloadIsTheModule) {
  EntryStage stage = EntryStage::ScheduledLoops;
  StatusOr<std::unique_ptr<Chip>> chip = createChip("null", &stage);
  ASSERT_TRUE(chip.isOk()) << chip.status().str();
  EXPECT_EQ(stage, EntryStage::TensorIR);
  EXPECT_EQ((*chip)->format(), "tensor-ir");

  mlir::MLIRContext context;
  context.loadDialect<ir::FlexDialect>();
  auto module = mlir::parseSourceString<mlir::ModuleOp>("module @some attributes {flex.note = \"kept\"} {}", &context);
  ASSERT_TRUE(module);
  StatusOr<Payload> payload = (*chip)->emit(*module, /*wantAssembly=*/true);
  ASSERT_TRUE(payload.isOk()) << payload.status().str();
  llvm::StringRef bytes(reinterpret_cast<const char *>(payload->bytes.data()), payload->bytes.size());
  EXPECT_TRUE(bytes.starts_with("ML\xefR")) << "MLIR bytecode";
  auto again = mlir::parseSourceString<mlir::ModuleOp>(bytes, &context);
  ASSERT_TRUE(again);
  std::string text;
  llvm::raw_string_ostream stream(text);
  again->print(stream);
  EXPECT_EQ(text, payload->assembly);
  EXPECT_NE(text.find("flex.note = \"kept\""), std::string::npos);
}

TEST(NullTarget, HasNoChips) {
  StatusOr<std::unique_ptr<Chip>> chip = createChip("null:one");
  ASSERT_FALSE(chip.isOk());
  EXPECT_EQ(chip.status().message(), "null: there is no chip 'one', write just 'null'");
}

} // namespace
} // namespace flex::target
