//===- CxxApiTest.cpp - The C++ handles over the C ABI -------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// flex-c/flex.hpp as an application uses it.
//
//===----------------------------------------------------------------------===//
#include "flex-c/flex.hpp"

#include <gtest/gtest.h>

namespace {

TEST(CxxApi, LoadsLaunchesAndReports) {
  flex_context_options options = FLEX_CONTEXT_OPTIONS_INIT;
  options.cache_dir = "";
  options.compiler_path = FLEX_FAKE_COMPILER;
  options.device = "host";
  flexc::Context context;
  ASSERT_TRUE(context.open(&options));
  flexc::Module module;
  flexc::Result result = context.loadSource("twice\n", "k.flex", module);
  ASSERT_TRUE(result) << result.message();
  flexc::Kernel kernel;
  ASSERT_TRUE(module.kernel("twice", kernel));
  const float x[] = {1, 2, 3};
  float y[3] = {};
  result = kernel({flexc::Tensor(x, {3})}, {flexc::Tensor(y, {3})});
  ASSERT_TRUE(result) << result.message();
  EXPECT_EQ(y[2], 6);
  result = kernel({flexc::Tensor(x, {3})}, {flexc::Tensor(y, {2})});
  EXPECT_FALSE(result);
  EXPECT_EQ(result.code(), FLEX_INVALID_ARGUMENT);
  EXPECT_EQ(result.message(), "dimension N is 3 in 'x' but 2 in result 'y'");
  EXPECT_EQ(kernel.tune({flexc::Tensor(x, {3})}, 1).message(), "nothing in kernel 'twice' has a schedule to be tuned");
  double wide[3];
  EXPECT_EQ(kernel({flexc::Tensor(wide, {3})}, {flexc::Tensor(y, {3})}).message(), "'x' has dtype f64, expected f32");
  flexc::Kernel bound;
  result = kernel.bind({{"x", flexc::Tensor(x, {3})}}, bound);
  ASSERT_TRUE(result) << result.message();
  float other[3] = {};
  ASSERT_TRUE(bound({}, {flexc::Tensor(other, {3})}));
  EXPECT_EQ(other[2], 6);
  flexc::Kernel none;
  EXPECT_EQ(kernel.bind({{"z", flexc::Tensor(x, {3})}}, none).message(),
            "kernel 'twice' has no parameter 'z' to bind; there are: x");
  EXPECT_FALSE(static_cast<bool>(none));
  EXPECT_FALSE(context.loadFile("/nonexistent", module));
  EXPECT_FALSE(static_cast<bool>(module));
  EXPECT_NE(context.explainLastLaunch().find("ran on host"), std::string::npos);
}

} // namespace
