//===- CudaTest.cpp - Chips, PTX text and the assembler's log --------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the CUDA driver decides on its own. The cases with a device open the fake
// of test/Support/FakeDrivers.
//
//===----------------------------------------------------------------------===//
#include "Drivers/CUDA/Chips.h"
#include "Drivers/CUDA/Interface.h"
#include "Drivers/CUDA/Library.h"
#include "Drivers/CUDA/Ptx.h"
#include "flex/Emulator/TensorMap.h"
#include "flex/Runtime/Driver.h"

#include <algorithm>
#include <cstring>
#include <gtest/gtest.h>

namespace flex::rt {
std::unique_ptr<Driver> createCUDADriver();
}

using namespace flex;
using namespace flex::rt;
using namespace flex::rt::cuda;

namespace {

bool has(const Abilities &abilities, const char *feature) {
  return std::find(abilities.features.begin(), abilities.features.end(), feature) != abilities.features.end();
}

TEST(CudaChips, TargetFollowsCapabilityAndDriver) {
  struct Row {
    int capability, driver;
    const char *target;
  };
  const Row rows[] = {
      {75, 13000, "nvptx:sm_75"},
      {80, 11000, "nvptx:sm_80"},
      {86, 11000, "nvptx:sm_80"},
      {86, 11010, "nvptx:sm_86"},
      {87, 13000, "nvptx:sm_86"},
      {89, 12000, "nvptx:sm_89"},
      {90, 11080, "nvptx:sm_90"},
      {90, 12000, "nvptx:sm_90a"},
      {100, 12040, "nvptx:sm_90"},
      {100, 13000, "nvptx:sm_100a"},
      {103, 13000, "nvptx:sm_100"},
      {120, 12080, "nvptx:sm_120"},
      {121, 13000, "nvptx:sm_120"},
      {70, 13000, ""},
      {90, 9020, ""},
  };
  for (const Row &row : rows)
    EXPECT_EQ(abilitiesOf(row.capability, row.driver).target, row.target) << row.capability << " " << row.driver;
}

TEST(CudaChips, CodeOfOneArchitectureStaysThere) {
  Abilities hopper = abilitiesOf(90, 13000), next = abilitiesOf(100, 13000), small = abilitiesOf(86, 13000);
  EXPECT_TRUE(has(hopper, "sm_75") && has(hopper, "sm_90") && has(hopper, "sm_90a") && has(hopper, "cubin-sm_90a"));
  EXPECT_FALSE(has(hopper, "sm_100") || has(hopper, "cubin-sm_80"));
  EXPECT_TRUE(has(next, "sm_90"));
  EXPECT_FALSE(has(next, "sm_90a"));
  EXPECT_TRUE(has(small, "cubin-sm_80"));
  EXPECT_FALSE(has(small, "cubin-sm_89"));
}

constexpr const char *kPtx = R"(// a comment with { in it
.version 8.0
.target sm_90a
.address_size 64
.visible .entry first(
	.param .u64 .ptr .global .align 16 first_param_0,
	.param .u64 first_param_1
)
.reqntid 256
{
	.pragma "a string with } in it";
	{ mov.b64 %rd1, {%r1, %r2}; }
	ret;
}
/* .entry no( */
.entry second() { ret; }
.entry third { ret; }
)";

TEST(CudaPtx, ReadsVersionTargetAndParameters) {
  auto facts = readPtx(kPtx);
  ASSERT_TRUE(facts.isOk()) << facts.status().str();
  EXPECT_EQ(facts->version, 80);
  EXPECT_EQ(facts->target, "sm_90a");
  EXPECT_EQ(facts->parameters, (std::map<std::string, int64_t>{{"first", 2}, {"second", 0}, {"third", 0}}));
}

TEST(CudaPtx, RefusesWhatIsCut) {
  std::string text = kPtx;
  size_t firstEntryEnds = text.find("/*");
  for (size_t size = 0; size + 1 < firstEntryEnds; ++size) {
    auto facts = readPtx(text.substr(0, size));
    EXPECT_FALSE(facts.isOk()) << size;
    EXPECT_EQ(facts.status().code(), StatusCode::DataLoss);
  }
  EXPECT_FALSE(readPtx(".version 8.0\n.target sm_80\n} .entry a() {").isOk());
  EXPECT_FALSE(readPtx("kernel add(x: f32[N])").isOk());
}

/// Loads the text as the program of a kernel with one buffer.
Status load(const std::string &text, const std::string &format = "ptx") {
  auto driver = createCUDADriver();
  DriverDevices found = driver->openDevices({});
  if (found.devices.empty())
    return {StatusCode::Unavailable, found.skipped.empty() ? "" : found.skipped[0].reason};
  ImageKernel kernel;
  kernel.name = "k";
  ImageProgram program;
  program.format = format;
  program.payload.assign(text.begin(), text.end());
  auto loaded = found.devices[0]->loadProgram(kernel, program);
  return loaded.status();
}

std::string entry(const std::string &version, const std::string &body) {
  return ".version " + version + "\n.target sm_90\n.address_size 64\n.visible .entry k(\n.param .u64 p\n)\n{\n" + body +
         "\nret;\n}\n";
}

TEST(CudaDevice, AnAssemblersErrorIsInTheMessage) {
  Status status = load(entry("8.0", "flex.unknown %r1;"));
  EXPECT_EQ(status.code(), StatusCode::DeviceError) << status.str();
  EXPECT_NE(status.message().find("kernel 'k': the driver's assembler refused the kernel"), std::string::npos)
      << status.str();
  EXPECT_NE(status.message().find("line 8; error   : Not a name of any known instruction"), std::string::npos)
      << status.str();
}

TEST(CudaDevice, APtxVersionThatTheDriverDoesNotReadIsTold) {
  Status status = load(entry("9.5", ""));
  EXPECT_EQ(status.code(), StatusCode::Unimplemented) << status.str();
  EXPECT_NE(status.message().find("PTX 9.5, this NVIDIA driver reads PTX up to 9.0"), std::string::npos)
      << status.str();
}

TEST(CudaDevice, ACubinIsChecked) {
  Status status = load("\x7f"
                       "ELF and nothing else",
                       "cubin");
  EXPECT_EQ(status.code(), StatusCode::DataLoss) << status.str();
  EXPECT_NE(status.message().find("not a cubin"), std::string::npos) << status.str();
}

TensorMap tile() {
  TensorMap map;
  map.offset = 32;
  map.elementBytes = 2;
  map.rank = 3;
  map.sizes = {100, 7, 3};
  map.pitches = {208, 4096};
  map.box = {64, 8, 1};
  map.swizzle = 128;
  return map;
}

TEST(CudaDevice, TensorMapsAreEncoded) {
  auto library = Library::open();
  ASSERT_TRUE(library.isOk()) << library.status().str();
  auto device = createInterface(*library, 0);
  ASSERT_TRUE(device.isOk()) << device.status().str();
  EXPECT_TRUE((*device)->takesTensorMaps().isOk());
  EncodedTensorMap encoded{};
  Status status = (*device)->encode(tile(), 0x10000, encoded);
  ASSERT_TRUE(status.isOk()) << status.str();
  emulator::TensorMap made; // the fake's bytes
  std::memcpy(&made, encoded.bytes.data(), sizeof made);
  EXPECT_EQ(made.problem(), "");
  EXPECT_EQ(made.base, 0x10020U);
  EXPECT_EQ(made.rank, 3);
  EXPECT_EQ(made.elementBytes, 2);
  EXPECT_EQ(made.swizzle, 3);
  EXPECT_EQ(made.sizes[0], 100U);
  EXPECT_EQ(made.sizes[2], 3U);
  EXPECT_EQ(made.strides[0], 208U);
  EXPECT_EQ(made.strides[1], 4096U);
  EXPECT_EQ(made.box[1], 8);
  for (uint32_t bytes : {1U, 4U, 8U}) {
    TensorMap other = tile();
    other.elementBytes = bytes;
    other.box = {16, 8, 1};
    ASSERT_TRUE((*device)->encode(other, 0x10000, encoded).isOk()) << bytes;
    std::memcpy(&made, encoded.bytes.data(), sizeof made);
    EXPECT_EQ(made.elementBytes, bytes);
  }
  status = (*device)->encode(tile(), 0x10008, encoded);
  EXPECT_NE(status.message().find("cuTensorMapEncodeTiled failed with"), std::string::npos) << status.str();
}

TEST(CudaDevice, ADriverWithoutTensorMapsSaysSo) {
  auto library = Library::open();
  ASSERT_TRUE(library.isOk()) << library.status().str();
  auto old = std::make_shared<Library>(**library);
  old->cuTensorMapEncodeTiled = nullptr;
  auto device = createInterface(old, 0);
  ASSERT_TRUE(device.isOk()) << device.status().str();
  Status status = (*device)->takesTensorMaps();
  EXPECT_EQ(status.code(), StatusCode::Unimplemented);
  EXPECT_NE(status.message().find("no cuTensorMapEncodeTiled: update the driver to CUDA 12.0 or later"),
            std::string::npos)
      << status.str();
}

} // namespace
