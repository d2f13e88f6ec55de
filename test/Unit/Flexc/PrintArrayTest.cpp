//===- PrintArrayTest.cpp - Arrays as text --------------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Beside what NumPy prints.
//
//===----------------------------------------------------------------------===//
#include "flexc/PrintArray.h"

#include <gtest/gtest.h>

#include <cmath>

using namespace flex::tool;

namespace {

std::string text(const std::string &dtype, std::vector<int64_t> shape, const std::vector<double> &values) {
  Array array = *allocateArray("a", dtype, shape);
  for (size_t i = 0; i < values.size(); ++i)
    EXPECT_TRUE(storeDouble(array, static_cast<int64_t>(i), values[i]));
  return printArray(array);
}

} // namespace

TEST(PrintArray, AsNumPy) {
  EXPECT_EQ(text("f32", {3}, {1, 2.5, -3}), "[ 1.   2.5 -3. ]");
  EXPECT_EQ(text("f32", {2, 2}, {1, 2, 3, 4}), "[[1. 2.]\n [3. 4.]]");
  EXPECT_EQ(text("i32", {2, 2}, {1, -20, 3, 4}), "[[  1 -20]\n [  3   4]]");
  EXPECT_EQ(text("bool", {2}, {1, 0}), "[ True False]");
  EXPECT_EQ(text("f64", {}, {0.1}), "0.1");
  EXPECT_EQ(text("f32", {1}, {0.1}), "[0.1]") << "the shortest spelling of the dtype";
  EXPECT_EQ(text("f32", {3}, {INFINITY, -INFINITY, NAN}), "[ inf -inf  nan]");
  EXPECT_EQ(text("i64", {2, 1, 2}, {1, 2, 3, 4}), "[[[1 2]]\n\n [[3 4]]]");
}

TEST(PrintArray, LargeArraysAreCut) {
  Array array = *allocateArray("a", "i32", {2000});
  for (int64_t i = 0; i < 2000; ++i)
    storeInteger(array, i, i);
  EXPECT_EQ(printArray(array), "[   0    1    2 ... 1997 1998 1999]");
}

TEST(PrintArray, SmallAndLargeNumbers) {
  EXPECT_EQ(text("f32", {2}, {1e-10, 1}), "[1.e-10 1.e+00]");
  EXPECT_EQ(text("f64", {2}, {1e20, 1}), "[1.e+20 1.e+00]");
}

TEST(PrintArray, NoElements) {
  EXPECT_NE(text("f32", {2, 0}, {}).find("[]"), std::string::npos);
}

TEST(PrintArray, FortranOrder) {
  Array array = *allocateArray("a", "i32", {2, 3});
  array.fortranOrder = true;
  for (int64_t i = 0; i < 6; ++i)
    storeInteger(array, i, i);
  EXPECT_EQ(printArray(array), "[[0 2 4]\n [1 3 5]]");
}
