//===- BindingsTest.cpp - Signatures, and instances for given types and dimensions ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the pipeline asks of a program: E0215 E0216 E0217 E0218 among the answers.
//
//===----------------------------------------------------------------------===//
#include "TestSupport.h"

using namespace flex::lang;
using namespace flex::lang::test;

namespace {

const char *const kDense = R"(
/// Dense layer.
/// Second line.
kernel dense<T: f16 | bf16 | f32>(x: T[B, K], w: T[K, N], bias: T[N]) -> (T[B, N], f32[B]) where K % 8 == 0, B <= 4096 {
  let y = f32(x) @ f32(w) + f32(bias)
  return T(y), sum(y, axis = 1)
}
kernel resize<OH: dim>(x: f32[H]) -> f32[OH] where H >= 1 {
  let p = clamp(x)
  return [i] p[i * H / OH]
}
)";

TEST(Signature, OfAGenericKernel) {
  Analysis analysis(kDense);
  ASSERT_FALSE(analysis.diagnostics.hasErrors()) << analysis.diagnostics.renderText();
  const KernelSignature *kernel = analysis.program->findKernel("dense");
  ASSERT_NE(kernel, nullptr);
  EXPECT_EQ(kernel->doc, "Dense layer.\nSecond line.");
  EXPECT_EQ(kernel->dims, (std::vector<std::string>{"B", "K", "N"}));
  ASSERT_EQ(kernel->typeParams.size(), 1u);
  EXPECT_EQ(kernel->typeParams[0].allowed, (std::vector<DType>{DType::F16, DType::BF16, DType::F32}));
  ASSERT_EQ(kernel->params.size(), 3u);
  EXPECT_EQ(kernel->params[1].name, "w");
  EXPECT_EQ(kernel->params[1].dtype, "T");
  EXPECT_EQ(shapeText(kernel->params[1].shape), "[K, N]");
  ASSERT_EQ(kernel->results.size(), 2u);
  EXPECT_EQ(kernel->results[1].dtype, "f32");
  ASSERT_EQ(kernel->constraints.size(), 2u);
  EXPECT_EQ(kernel->constraints[0].str(), "K % 8 == 0");
  EXPECT_EQ(kernel->constraints[1].str(), "B <= 4096");
  EXPECT_EQ(analysis.program->findKernel("resize")->dimParams, std::vector<std::string>{"OH"});
  EXPECT_EQ(analysis.program->dependencies(), std::vector<std::string>{"test.flex"});
}

TEST(Instance, BindsTypesAndDimensions) {
  Analysis analysis(kDense);
  Bindings bindings;
  bindings.types["T"] = DType::BF16;
  bindings.dims["K"] = 64;
  std::string text = analysis.typed("dense", bindings);
  EXPECT_NE(text.find("x: bf16[B, 64], w: bf16[64, N]"), std::string::npos) << text;
  EXPECT_EQ(text.find("K"), std::string::npos) << text;
  EXPECT_NE(text.find("where B <= 4096"), std::string::npos) << text;
}

TEST(Instance, DimensionParameter) {
  Analysis analysis(kDense);
  Bindings bindings;
  bindings.dims["OH"] = 10;
  std::string text = analysis.typed("resize", bindings);
  EXPECT_NE(text.find("result: f32[10] [i < 10] = x[floordiv(H*i, 10)] clamp"), std::string::npos) << text;
}

struct Rejected {
  const char *name;
  std::map<std::string, int64_t> dims;
  std::map<std::string, DType> types;
  const char *kernel, *code, *fragment;
};

class RejectedBindings : public testing::TestWithParam<Rejected> {};

TEST_P(RejectedBindings, SayWhy) {
  Analysis analysis(kDense);
  Bindings bindings{GetParam().dims, GetParam().types};
  EXPECT_FALSE(instantiate(*analysis.program, GetParam().kernel, bindings, analysis.diagnostics));
  EXPECT_TRUE(analysis.has(GetParam().code, GetParam().fragment)) << analysis.diagnostics.renderText();
}

INSTANTIATE_TEST_SUITE_P(
    All, RejectedBindings,
    testing::Values(Rejected{"Kernel", {}, {}, "dens", "E0215", "'dens'"},
                    Rejected{"Name", {{"Q", 1}}, {{"T", DType::F32}}, "dense", "E0216", "'Q'"},
                    Rejected{"Negative", {{"K", -8}}, {{"T", DType::F32}}, "dense", "E0217", "-8"},
                    Rejected{"Missing", {}, {}, "dense", "E0218", "'T'"},
                    Rejected{"Type", {}, {{"T", DType::I8}}, "dense", "E0311", "'T' cannot be i8"},
                    Rejected{"Divisible", {{"K", 12}}, {{"T", DType::F32}}, "dense", "E0419", "12 % 8 == 0"},
                    Rejected{"Bound", {{"B", 5000}}, {{"T", DType::F32}}, "dense", "E0419", "5000 <= 4096"}),
    [](const auto &info) { return info.param.name; });

} // namespace
