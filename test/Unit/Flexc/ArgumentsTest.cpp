//===- ArgumentsTest.cpp - From words to arrays ---------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Values of every form against a signature, and what a wrong one is told.
//
//===----------------------------------------------------------------------===//
#include "flexc/Arguments.h"
#include "flexc/Npy.h"
#include "flexc/Text.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <random>
#include <unistd.h>

using namespace flex;
using namespace flex::tool;

namespace {

DimExpr dim(const char *text) {
  return *DimExpr::parse(text);
}

/// dense(x: f32[B, K], w: f32[K, N], b: f32[N], s: i32) -> f32[B, N]
ImageKernel dense() {
  ImageKernel kernel;
  kernel.name = "dense";
  kernel.dims = {"B", "K", "N"};
  kernel.params = {{"x", "f32", {dim("B"), dim("K")}},
                   {"w", "f32", {dim("K"), dim("N")}},
                   {"b", "f32", {dim("N")}},
                   {"s", "i32", {}}};
  kernel.results = {{"y", "f32", {dim("B"), dim("N")}}};
  return kernel;
}

/// scale<T: f16 | bf16 | f32>(x: T[2*N], n: T) -> T[2*N]
ImageKernel scale() {
  ImageKernel kernel;
  kernel.name = "scale";
  kernel.dims = {"N"};
  kernel.typeParams = {{"T", {"f16", "bf16", "f32"}}};
  kernel.params = {{"x", "T", {dim("2*N")}}, {"n", "T", {}}};
  kernel.results = {{"y", "T", {dim("2*N")}}};
  return kernel;
}

std::string error(const ImageKernel &kernel, const std::vector<std::string> &words, Defines defines = {}) {
  auto resolved = resolveArguments(kernel, words, std::move(defines));
  return resolved ? "" : resolved.status().message();
}

std::string saved(const Array &array) {
  std::string path = testing::TempDir() + "flexc-" + std::to_string(getpid()) + "-" + array.dtype + ".npy";
  std::string bytes = formatNpy(array);
  EXPECT_TRUE(writeFile(path, bytes.data(), bytes.size()).isOk());
  return path;
}

} // namespace

TEST(Arguments, ShapesComeFromEachOther) {
  auto resolved = resolveArguments(dense(), {"b=zeros", "x=randn[2, 3]", "w=ones[K, 2 * 2]", "s=-3"}, {});
  ASSERT_TRUE(resolved.isOk()) << resolved.status().message();
  EXPECT_EQ(resolved->arrays[0].shape, (std::vector<int64_t>{2, 3}));
  EXPECT_EQ(resolved->arrays[1].shape, (std::vector<int64_t>{3, 4}));
  EXPECT_EQ(resolved->arrays[2].shape, (std::vector<int64_t>{4}));
  EXPECT_EQ(resolved->arrays[3].shape, (std::vector<int64_t>{}));
  EXPECT_EQ(loadInteger(resolved->arrays[3], 0), "-3");
}

TEST(Arguments, DimensionsAndTypesByName) {
  auto resolved = resolveArguments(scale(), {"N=4", "T=bf16", "x=ones", "n=1.5"}, {});
  ASSERT_TRUE(resolved.isOk()) << resolved.status().message();
  EXPECT_EQ(resolved->defines.dims.at("N"), 4);
  EXPECT_EQ(resolved->arrays[0].dtype, "bf16");
  EXPECT_EQ(resolved->arrays[0].shape, (std::vector<int64_t>{8}));
  EXPECT_EQ(loadDouble(resolved->arrays[1], 0), 1.5);
}

TEST(Arguments, GeneratorsRepeat) {
  auto a = resolveArguments(dense(), {"x=randn(seed=1)[8, 8]", "w=randn(seed=1)[8, 8]", "b=uniform(2, 3)", "s=0"}, {});
  auto b = resolveArguments(dense(), {"x=randn(seed=1)[8, 8]", "w=randn(seed=2)[8, 8]", "b=uniform(2, 3)", "s=0"}, {});
  ASSERT_TRUE(a.isOk() && b.isOk());
  auto bytes = [](const Array &array) { return std::string(reinterpret_cast<char *>(array.data.get()), array.bytes); };
  EXPECT_EQ(bytes(a->arrays[0]), bytes(b->arrays[0]));
  EXPECT_NE(bytes(a->arrays[1]), bytes(b->arrays[1]));
  EXPECT_NE(bytes(a->arrays[0]), bytes(a->arrays[1])) << "one seed, two parameters: different numbers";
  for (int64_t i = 0; i < 8; ++i) {
    EXPECT_GE(loadDouble(a->arrays[2], i), 2);
    EXPECT_LT(loadDouble(a->arrays[2], i), 3);
  }
}

TEST(Arguments, Refused) {
  EXPECT_EQ(error(dense(), {"x=randn[2, 3]", "w=ones[3, 4]", "s=1"}),
            "kernel 'dense' needs 'b: f32[N]'; give it e.g. as b=@b.npy or b=randn[…]");
  EXPECT_NE(error(dense(), {"y=1"})
                .find("has no parameter 'y'; it is dense(x: f32[B, K], w: f32[K, N], b: f32[N], s: i32) -> f32[B, N]"),
            std::string::npos);
  std::vector<std::string> good = {"w=ones[3, 4]", "b=ones", "s=1"};
  auto with = [&](const std::string &word) {
    std::vector<std::string> words = good;
    words.push_back(word);
    return error(dense(), words);
  };
  EXPECT_EQ(with("x=ones[2, 3]"), "");
  EXPECT_NE(with("x=ones[2]").find("has the shape [2]; kernel 'dense' takes f32[B, K]"), std::string::npos);
  EXPECT_NE(with("x=ones[2, Q]").find("shape entry 'Q' is not known yet"), std::string::npos);
  EXPECT_NE(with("x=ones[2, )").find("not of the form ones(…)[…]"), std::string::npos);
  EXPECT_NE(with("x=ones[2, 1 +]").find("shape entry '1 +'"), std::string::npos);
  EXPECT_NE(with("x=ones(3)[2, 3]").find("'ones' has no parameter '3'"), std::string::npos);
  EXPECT_NE(with("x=full(a)[2, 3]").find("'a' for 'value' is no number"), std::string::npos);
  EXPECT_NE(with("x=").find("has no value"), std::string::npos);
  EXPECT_NE(with("x=@").find("'@' needs a file"), std::string::npos);
  EXPECT_NE(with("x=@/nowhere.npy").find("cannot read '/nowhere.npy': No such file"), std::string::npos);
  EXPECT_NE(with("x").find("no argument; expected NAME=VALUE"), std::string::npos);
  EXPECT_NE(error(dense(), {"x=ones[2, 3]", "w=ones[3, 4]", "b=ones", "s=1.5"}).find("argument 's': 1.5 is no i32"),
            std::string::npos);
  EXPECT_NE(error(dense(), {"x=ones[2, 3]", "w=ones[3, 4]", "b=ones", "s=3000000000"}).find("is no i32"),
            std::string::npos);
  EXPECT_NE(error(dense(), {"N=-1"}).find("dimension 'N' is -1, expected at least 0"), std::string::npos);
}

TEST(Arguments, FilesOfOtherTypes) {
  Array doubles = *allocateArray("a", "f64", {2});
  std::string path = saved(doubles);
  std::string message = error(scale(), {"x=@" + path, "n=1"});
  EXPECT_NE(message.find("holds f64, kernel 'scale' takes f16 or bf16 or f32; convert it first"), std::string::npos)
      << message;
  EXPECT_NE(error(scale(), {"x=@" + path + ".npz:key", "n=1"}).find("cannot read"), std::string::npos);
  std::remove(path.c_str());

  Array bits = *allocateArray("a", "u16", {2});
  path = saved(bits);
  auto resolved = resolveArguments(scale(), {"x=@" + path, "n=1"}, {});
  std::remove(path.c_str());
  ASSERT_TRUE(resolved.isOk()) << resolved.status().message();
  EXPECT_EQ(resolved->arrays[0].dtype, "bf16");
  EXPECT_EQ(resolved->arrays[1].dtype, "bf16") << "the type parameter follows";
  ASSERT_EQ(resolved->notes.size(), 1u);
}

/// Any words give arrays or a message.
TEST(Arguments, MutatedWordsNeverCrash) {
  std::mt19937 random(1);
  const std::string seeds[] = {
      "x=randn(seed=1)[2, 3]", "x=[[1, 2, 3], [4, 5, 6]]", "w=ones[3, 4]", "b=full(value=2.5)", "s=3", "x=@a.npz:key"};
  const std::string alphabet = "[](),=@.:xwbs019-e \xff";
  int refused = 0;
  for (int round = 0; round < 5000; ++round) {
    std::vector<std::string> words = {"w=ones[3, 4]", "b=ones", "s=1"};
    std::string word = seeds[random() % std::size(seeds)];
    for (unsigned edits = 1 + random() % 3; edits-- > 0;)
      word.insert(random() % (word.size() + 1), 1, alphabet[random() % alphabet.size()]);
    words.push_back(word);
    refused += !resolveArguments(dense(), words, {}).isOk();
  }
  EXPECT_GT(refused, 3000);
}

TEST(Arguments, NestingIsBounded) {
  EXPECT_NE(error(scale(), {"x=" + std::string(100000, '[') + std::string(100000, ']'), "n=1", "T=f32"}), "");
}
