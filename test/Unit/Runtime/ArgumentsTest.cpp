//===- ArgumentsTest.cpp - Tensors against a kernel's signature ----------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What is bound, what is inferred, and every message a wrong call gets.
//
//===----------------------------------------------------------------------===//
#include "Support.h"

#include "Launch/Arguments.h"

namespace flex::rt {
namespace {

using test::e;

constexpr DLDataType kF32{kDLFloat, 32, 1}, kF16{kDLFloat, 16, 1}, kF64{kDLFloat, 64, 1}, kI32{kDLInt, 32, 1};
float someData[1];

test::Tensor tensor(DLDataType type, std::vector<int64_t> dims) {
  return {someData, type, std::move(dims)};
}

/// matmul(x: f32[M, K], w: f32[K, N]) -> f32[M, N] where M <= 64, K % 8 == 0
ImageKernel matmul() {
  ImageKernel k;
  k.name = "matmul";
  k.dims = {"M", "K", "N"};
  k.params = {{"x", "f32", {e("M"), e("K")}}, {"w", "f32", {e("K"), e("N")}}};
  k.results = {{"y", "f32", {e("M"), e("N")}}};
  k.constraints = {{ImageConstraint::Kind::LessEqual, e("M"), 64, "M <= 64"},
                   {ImageConstraint::Kind::Divisible, e("K"), 8, "K % 8 == 0"}};
  return k;
}

/// valid(x: T[H, 2*D], f: T[R, D]) -> T[H - R + 1] for T: f16 | f32
ImageKernel valid() {
  ImageKernel k;
  k.name = "valid";
  k.dims = {"H", "D", "R"};
  k.typeParams = {{"T", {"f16", "f32"}}};
  k.params = {{"x", "T", {e("H"), e("2*D")}}, {"f", "T", {e("R"), e("D")}}};
  k.results = {{"", "T", {e("H - R + 1")}}};
  return k;
}

StatusOr<Match> match(const ImageKernel &kernel, std::vector<test::Tensor> args, std::vector<test::Tensor> results,
                      const Bindings &fixed = {}) {
  std::vector<const DLTensor *> in, out;
  for (test::Tensor &t : args)
    in.push_back(t.get());
  for (test::Tensor &t : results)
    out.push_back(t.get());
  return matchArguments(kernel, fixed, in.data(), in.size(), out.empty() ? nullptr : out.data(), out.size());
}

std::string error(const ImageKernel &kernel, std::vector<test::Tensor> args, std::vector<test::Tensor> results,
                  const Bindings &fixed = {}) {
  auto result = match(kernel, std::move(args), std::move(results), fixed);
  if (result)
    return "ok";
  EXPECT_EQ(result.status().code(), StatusCode::InvalidArgument);
  return result.status().message();
}

TEST(Arguments, BindsAndInfers) {
  auto m = match(matmul(), {tensor(kF32, {4, 8}), tensor(kF32, {8, 3})}, {});
  ASSERT_TRUE(m.isOk()) << m.status().str();
  EXPECT_EQ(m->bindings.dims, (std::map<std::string, int64_t>{{"M", 4}, {"K", 8}, {"N", 3}}));
  EXPECT_EQ(m->results[0].shape, (std::vector<int64_t>{4, 3}));
  EXPECT_EQ(m->results[0].dtype, "f32");
}

TEST(Arguments, SolvesLinearDimensionsAndTypes) {
  auto m = match(valid(), {tensor(kF16, {10, 6}), tensor(kF16, {3, 3})}, {tensor(kF16, {8})});
  ASSERT_TRUE(m.isOk()) << m.status().str();
  EXPECT_EQ(m->bindings.dims.at("D"), 3);
  EXPECT_EQ(m->bindings.types.at("T"), "f16");
  EXPECT_EQ(m->results[0].dtype, "f16");
}

TEST(Arguments, ResultsMayBindADimension) {
  ImageKernel iota;
  iota.name = "iota";
  iota.dims = {"N"};
  iota.results = {{"y", "i32", {e("2*N")}}};
  auto m = match(iota, {}, {tensor(kI32, {6})});
  ASSERT_TRUE(m.isOk()) << m.status().str();
  EXPECT_EQ(m->bindings.dims.at("N"), 3);
  EXPECT_EQ(error(iota, {}, {tensor(kI32, {7})}), "axis 0 of result 'y' is 7, expected 2*N = 6 (N is 3 in result 'y')");
}

TEST(Arguments, NamesBothPlaces) {
  EXPECT_EQ(error(matmul(), {tensor(kF32, {4, 512}), tensor(kF32, {256, 3})}, {}),
            "dimension K is 512 in 'x' but 256 in 'w'");
  EXPECT_EQ(error(matmul(), {tensor(kF32, {4, 8}), tensor(kF32, {8, 3})}, {tensor(kF32, {4, 5})}),
            "dimension N is 3 in 'w' but 5 in result 'y'");
  EXPECT_EQ(error(valid(), {tensor(kF16, {10, 6}), tensor(kF32, {3, 3})}, {}), "type T is f16 in 'x' but f32 in 'f'");
}

TEST(Arguments, NamesExpectedAndFound) {
  auto good = [] { return tensor(kF32, {8, 3}); };
  EXPECT_EQ(error(matmul(), {tensor(kF32, {4, 8})}, {}), "kernel 'matmul' has 2 arguments (x, w), but 1 was given");
  EXPECT_EQ(error(matmul(), {tensor(kF64, {4, 8}), good()}, {}), "'x' has dtype f64, expected f32");
  EXPECT_EQ(error(matmul(), {tensor({kDLFloat, 32, 4}, {4, 8}), good()}, {}),
            "'x' has dtype DLPack type code 2 of 32 bits, 4 lanes, expected f32");
  EXPECT_EQ(error(matmul(), {tensor(kF32, {2, 4, 8}), good()}, {}),
            "'x' has rank 3, expected rank 2: f32[M, K], found f32[2, 4, 8]");
  EXPECT_EQ(error(matmul(), {tensor(kF32, {-1, 8}), good()}, {}), "'x' has a negative dimension: f32[-1, 8]");
  EXPECT_EQ(error(valid(), {tensor(kI32, {10, 6}), tensor(kI32, {3, 3})}, {}),
            "'x' has dtype i32, expected T: f16 | f32");
  EXPECT_EQ(error(valid(), {tensor(kF16, {10, 7}), tensor(kF16, {3, 3})}, {}),
            "axis 1 of 'x' is 7, expected 2*D = 6 (D is 3 in 'f')");
  EXPECT_EQ(error(valid(), {tensor(kF16, {10, 6}), tensor(kF16, {3, 3})}, {tensor(kF16, {9})}),
            "axis 0 of result 0 is 9, expected H - R + 1 = 8 (H is 10 in 'x', R is 3 in 'f')");
}

TEST(Arguments, Constraints) {
  EXPECT_EQ(error(matmul(), {tensor(kF32, {65, 8}), tensor(kF32, {8, 3})}, {}),
            "kernel 'matmul' requires M <= 64 (M is 65 in 'x')");
  EXPECT_EQ(error(matmul(), {tensor(kF32, {4, 9}), tensor(kF32, {9, 3})}, {}),
            "kernel 'matmul' requires K % 8 == 0 (K is 9 in 'x')");
}

TEST(Arguments, SpecialisationIsAPlaceToo) {
  Bindings fixed{{{"K", 16}}, {}};
  EXPECT_EQ(error(matmul(), {tensor(kF32, {4, 8}), tensor(kF32, {8, 3})}, {}, fixed),
            "dimension K is 16 in the specialisation but 8 in 'x'");
}

TEST(Arguments, EmptyResultsAndNegativeOnes) {
  auto m = match(valid(), {tensor(kF16, {2, 6}), tensor(kF16, {3, 3})}, {});
  ASSERT_TRUE(m.isOk());
  EXPECT_EQ(m->results[0].shape[0], 0);
  EXPECT_EQ(error(valid(), {tensor(kF16, {1, 6}), tensor(kF16, {3, 3})}, {}),
            "dimension H - R + 1 of '' would be -1 (H is 1 in 'x', R is 3 in 'f')");
}

TEST(Arguments, UnboundDimension) {
  ImageKernel k = matmul();
  k.dims.push_back("Q");
  EXPECT_EQ(error(k, {tensor(kF32, {4, 8}), tensor(kF32, {8, 3})}, {}),
            "dimension Q of kernel 'matmul' does not follow from the arguments; bind it by name");
}

TEST(Arguments, SizesThatOverflow) {
  EXPECT_EQ(error(matmul(), {tensor(kF32, {8, int64_t(1) << 62}), tensor(kF32, {int64_t(1) << 62, 3})}, {}),
            "'x' of shape [8, 4611686018427387904] is too large for 64 bits");
}

TEST(Arguments, NullsAndNonsense) {
  const DLTensor *none[2] = {nullptr, nullptr};
  auto result = matchArguments(matmul(), {}, none, 2, nullptr, 0);
  EXPECT_EQ(result.status().message(), "'x' of kernel 'matmul' is a null pointer");
  test::Tensor bad = tensor(kF32, {4, 8});
  DLTensor raw = *bad.get();
  raw.ndim = -3;
  const DLTensor *args[2] = {&raw, &raw};
  EXPECT_EQ(matchArguments(matmul(), {}, args, 2, nullptr, 0).status().message(),
            "'x' is no valid DLPack tensor: rank -3");
}

TEST(Arguments, Memory) {
  ImageKernel k = matmul();
  test::Tensor x = tensor(kF32, {4, 8}), w = tensor(kF32, {8, 3});
  const DLTensor *args[2] = {x.get(), w.get()};
  EXPECT_TRUE(checkMemory(k.params, args).isOk());
  w.tensor.data = nullptr;
  EXPECT_EQ(checkMemory(k.params, args).message(), "'w' has no data: a null pointer");
  w.dims[0] = 0; // nothing to point at
  EXPECT_TRUE(checkMemory(k.params, args).isOk());
  x.tensor.device.device_type = kDLCUDA;
  EXPECT_EQ(checkMemory(k.params, args).message(),
            "'x' is in memory of DLPack device type 2, expected host memory (kDLCPU)");
}

} // namespace
} // namespace flex::rt
