//===- StatusTest.cpp - Errors as values ---------------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The texts users grep for, and the codes the C ABI promises.
//
//===----------------------------------------------------------------------===//
#include "flex/Support/Status.h"

#include <gtest/gtest.h>

#include <memory>

namespace flex {
namespace {

TEST(Status, TextAndContext) {
  EXPECT_EQ(Status::ok().str(), "ok");
  Status status(StatusCode::NotFound, "no file 'a'");
  EXPECT_FALSE(status);
  EXPECT_EQ(status.str(), "not found: no file 'a'");
  EXPECT_EQ(status.withContext("loading").str(), "not found: loading: no file 'a'");
  EXPECT_TRUE(Status::ok().withContext("x").isOk());
}

TEST(Status, CodesAreStable) {
  EXPECT_EQ(static_cast<int>(StatusCode::CompileError), 8);
  EXPECT_EQ(static_cast<int>(StatusCode::Internal), 10);
  for (int code = 0; code <= 10; ++code)
    EXPECT_STRNE(statusCodeName(static_cast<StatusCode>(code)), "unknown status");
  EXPECT_STREQ(statusCodeName(static_cast<StatusCode>(11)), "unknown status");
}

StatusOr<std::unique_ptr<int>> half(int value) {
  if (value % 2)
    return Status(StatusCode::InvalidArgument, "odd");
  return std::make_unique<int>(value / 2);
}

Status useMacro(int value, bool &reached) {
  FLEX_RETURN_IF_ERROR(half(value).status());
  reached = true;
  return Status::ok();
}

TEST(Status, StatusOrCarriesEither) {
  EXPECT_EQ(**half(8), 4);
  EXPECT_EQ(half(7).status().message(), "odd");
  bool reached = false;
  EXPECT_FALSE(useMacro(7, reached).isOk());
  EXPECT_FALSE(reached);
  EXPECT_TRUE(useMacro(8, reached).isOk());
  EXPECT_TRUE(reached);
}

} // namespace
} // namespace flex
