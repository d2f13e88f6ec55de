//===- EmitTest.cpp - Every kernel for every chip, checked ----------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Vendors' assemblers and validators must take what the device targets emit, and
// what a chip cannot do must be a Status: LLVM would abort the process.
//
//===----------------------------------------------------------------------===//
#include "Compile.h"
#include "Kernels.h"

#include <gtest/gtest.h>

using namespace flex;
using namespace flex::test;

namespace {

/// Renames the entry of a kernel's text.
std::string named(std::string text, const std::string &name) {
  size_t at = text.find('@') + 1;
  return text.replace(at, text.find('(', at) - at, name);
}

/// The kernels of Kernels.h as one module: groups below, at, between and above the waves of all chips.
std::string allKernels() {
  std::string text = std::string(kVectorAdd) + kRowMoments + kMatmul;
  for (int group : {1, 8, 32, 48, 64, 96, 256}) {
    std::string suffix = "_" + std::to_string(group);
    text += named(rowReduction("sum", "f32", "0.0", "arith.addf", group), "sum_f32" + suffix);
    text += named(rowReduction("max", "f64", "0xFFF0000000000000", "arith.maximumf", group), "max_f64" + suffix);
    text += named(rowReduction("umin", "i64", "-1", "arith.minui", group), "umin_i64" + suffix);
    text += named(rowReduction("max", "i8", "-128", "arith.maxsi", group), "max_i8" + suffix);
    text += named(rowReduction("any", "i1", "0", "arith.ori", group), "any_i1" + suffix);
  }
  return text;
}

std::string asText(const target::Payload &payload) {
  return {payload.bytes.begin(), payload.bytes.end()};
}

TEST(Emit, PtxAssembles) {
  std::string ptxas = findProgram("ptxas");
  if (ptxas.empty())
    GTEST_SKIP() << "ptxas is not installed";
  for (const std::string &chip : chipsOf("nvptx")) {
    auto payload = compile(chip, allKernels());
    ASSERT_TRUE(payload.isOk()) << chip << ": " << payload.status().str();
    EXPECT_EQ(asText(*payload).find(".extern"), std::string::npos) << chip;
    Status status = checkWith(ptxas + " -arch=" + chip.substr(6) + " -o /dev/null", payload->bytes, ".ptx");
    EXPECT_TRUE(status.isOk()) << chip << " " << status.str();
  }
}

TEST(Emit, PtxNamesThreadsAndLowestVersion) {
  auto payload = compile("nvptx:sm_80", kVectorAdd);
  ASSERT_TRUE(payload.isOk()) << payload.status().str();
  std::string text = asText(*payload);
  for (const char *wanted : {".version 7.0", ".target sm_80", ".entry vadd(", ".reqntid 256", "ld.global", "v4"})
    EXPECT_NE(text.find(wanted), std::string::npos) << wanted << "\n" << text;
}

TEST(Emit, CodeObjectsLink) {
  for (const std::string &chip : chipsOf("amdgpu")) {
    auto payload = compile(chip, allKernels());
    ASSERT_TRUE(payload.isOk()) << chip << ": " << payload.status().str();
    EXPECT_EQ(asText(*payload).substr(0, 4), "\177ELF");
  }
}

TEST(Emit, SpirvValidates) {
  std::string validator = findProgram("spirv-val");
  if (validator.empty())
    GTEST_SKIP() << "spirv-val is not installed";
  auto payload = compile("spirv:opencl+fp16+fp64", allKernels());
  ASSERT_TRUE(payload.isOk()) << payload.status().str();
  Status status = checkWith(validator + " --target-env opencl2.2", payload->bytes, ".spv");
  EXPECT_TRUE(status.isOk()) << status.str();
}

/// LLVM's backend keeps state of earlier modules; their labels must not turn up in later ones.
TEST(Emit, EmissionsInOneProcessAreIndependent) {
  auto first = compile("spirv:opencl", kMatmul);
  ASSERT_TRUE(first.isOk()) << first.status().str();
  for (int i = 0; i < 10; ++i) {
    auto other = compile("spirv:opencl", i % 2 ? kRowMoments : kVectorAdd);
    ASSERT_TRUE(other.isOk());
    auto again = compile("spirv:opencl", kMatmul, /*wantAssembly=*/true);
    ASSERT_TRUE(again.isOk());
    ASSERT_EQ(first->bytes, again->bytes) << "round " << i;
  }
}

TEST(Emit, EmissionIsDeterministic) {
  for (const char *chip : {"nvptx:sm_90a", "amdgpu:gfx1100", "spirv:opencl+fp16+fp64"}) {
    auto first = compile(chip, kMatmul), second = compile(chip, kMatmul);
    ASSERT_TRUE(first.isOk() && second.isOk());
    EXPECT_EQ(first->bytes, second->bytes) << chip;
  }
}

/// One op on one value, as a kernel. `opType` is what stands behind the op's colon.
std::string unary(const std::string &op, const std::string &opType, const std::string &type) {
  return "tile.kernel @k(%a: !tile.buffer<" + type + ", global>, %b: !tile.buffer<" + type +
         ", global>) attributes {dims = [], items = \"1\", group_size = 32 : i64} {\n  %i = tile.lane\n  %x = "
         "tile.load %a[%i] "
         ": !tile.buffer<" +
         type + ", global> -> " + type + "\n  %y = " + op + " : " + opType + "\n  tile.store %y, %b[%i] : " + type +
         ", !tile.buffer<" + type + ", global>\n  tile.return\n}\n";
}

std::string unary(const std::string &op, const std::string &type) {
  return unary(op, type, type);
}

/// LLVM aborts on what it cannot select; these are all that math expansion leaves.
TEST(Emit, EveryScalarOpOnEveryChip) {
  std::vector<std::string> chips = chipsOf("nvptx");
  for (const std::string &chip : chipsOf("amdgpu"))
    chips.push_back(chip);
  chips.push_back("spirv:opencl+fp16+fp64");
  std::string ptxas = findProgram("ptxas"), validator = findProgram("spirv-val");
  std::string text;
  for (const char *type : {"f32", "f64", "f16"})
    for (const char *op : {"math.sqrt %x", "math.floor %x", "math.ceil %x", "math.trunc %x", "math.roundeven %x",
                           "math.absf %x", "math.fma %x, %x, %x", "math.copysign %x, %x", "arith.maximumf %x, %x",
                           "arith.minimumf %x, %x", "arith.maxnumf %x, %x", "arith.divf %x, %x", "math.exp %x",
                           "math.sin %x", "math.tanh %x", "math.erf %x", "math.powf %x, %x"})
      text += named(unary(op, type), "k" + std::to_string(text.size()));
  for (const std::string &chip : chips) {
    auto payload = compile(chip, text);
    EXPECT_TRUE(payload.isOk()) << chip << ": " << payload.status().str();
    if (!payload.isOk())
      continue;
    Status status;
    if (chip.starts_with("nvptx:") && !ptxas.empty())
      status = checkWith(ptxas + " -arch=" + chip.substr(6) + " -o /dev/null", payload->bytes, ".ptx");
    if (chip.starts_with("spirv:") && !validator.empty())
      status = checkWith(validator + " --target-env spv1.2", payload->bytes, ".spv");
    EXPECT_TRUE(status.isOk()) << chip << " " << status.str();
  }
}

TEST(Emit, WhatHasNoInstructionIsAStatus) {
  for (const char *chip : {"nvptx:sm_80", "amdgpu:gfx942", "spirv:opencl+fp16+fp64"})
    for (const char *name : {"sin", "exp", "tanh"}) { // as if math expansion had missed it
      auto payload = compile(chip, unary("llvm.intr." + std::string(name) + "(%x)", "(f32) -> f32", "f32"));
      ASSERT_FALSE(payload.isOk()) << chip << " " << name;
      EXPECT_EQ(payload.status().code(), StatusCode::Unimplemented) << payload.status().str();
      EXPECT_NE(payload.status().message().find("'llvm." + std::string(name) + ".f32'"), std::string::npos)
          << payload.status().str();
    }
}

TEST(Emit, TypesTheDeviceLacksAreAStatus) {
  EXPECT_TRUE(compile("spirv:opencl", unary("math.sqrt %x", "f32")).isOk());
  auto half = compile("spirv:opencl+fp64", unary("math.sqrt %x", "f16"));
  ASSERT_FALSE(half.isOk());
  EXPECT_NE(half.status().message().find("f16"), std::string::npos) << half.status().str();
  auto wide = compile("spirv:opencl+fp16", unary("math.sqrt %x", "f64"));
  ASSERT_FALSE(wide.isOk());
  EXPECT_NE(wide.status().message().find("f64"), std::string::npos) << wide.status().str();
}

TEST(Emit, LimitsAreDiagnostics) {
  std::string big = rowReduction("sum", "f32", "0.0", "arith.addf", 2048);
  for (const char *chip : {"nvptx:sm_80", "amdgpu:gfx942", "spirv:opencl"}) {
    auto payload = compile(chip, big);
    ASSERT_FALSE(payload.isOk());
    EXPECT_NE(payload.status().message().find("2048 threads"), std::string::npos) << payload.status().str();
  }
  std::string ring = R"mlir(
tile.kernel @k(%a: !tile.buffer<f32, global>) attributes {dims = [], items = "1", group_size = 32 : i64} {
  %i = tile.lane
  %ring = tile.ring "65536" : !tile.buffer<f32, group>
  tile.copy %a[%i] to %ring[%i] lanes 1 : !tile.buffer<f32, global> to !tile.buffer<f32, group>
  tile.wait
  tile.return
})mlir";
  auto payload = compile("nvptx:sm_80", ring);
  ASSERT_FALSE(payload.isOk());
  EXPECT_NE(payload.status().message().find("262144 bytes of group memory"), std::string::npos)
      << payload.status().str();
}

// The functions of a model run one after the other: each may have all of a group's memory.
TEST(Emit, GroupMemoryIsOfEachFunction) {
  std::string text;
  for (const char *name : {"first", "second", "third"})
    text += "tile.kernel @" + std::string(name) + R"mlir((%a: !tile.buffer<f32, global>)
    attributes {dims = [], items = "1", group_size = 32 : i64} {
  %i = tile.lane
  %ring = tile.ring "5000" : !tile.buffer<f32, group>
  tile.copy %a[%i] to %ring[%i] lanes 1 : !tile.buffer<f32, global> to !tile.buffer<f32, group>
  tile.wait
  %x = tile.load %ring[%i] : !tile.buffer<f32, group> -> f32
  tile.store %x, %a[%i] : f32, !tile.buffer<f32, global>
  tile.return
})mlir";
  for (const char *chip : {"nvptx:sm_80", "amdgpu:gfx942", "spirv:opencl"}) {
    auto payload = compile(chip, text);
    EXPECT_TRUE(payload.isOk()) << chip << ": " << payload.status().str();
  }
}

TEST(Emit, UnknownChipsListTheKnownOnes) {
  for (auto [chip, known] :
       {std::pair("nvptx:sm_1", "sm_90a"), {"amdgpu:gfx1", "gfx942"}, {"spirv:vulkan", "opencl"}}) {
    auto made = target::createChip(chip);
    ASSERT_FALSE(made.isOk());
    EXPECT_EQ(made.status().code(), StatusCode::InvalidArgument);
    EXPECT_NE(made.status().message().find(known), std::string::npos);
  }
}

} // namespace
