//===- ChipFileTest.cpp - Chips as data files ------------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the reader takes and refuses, occupancy worked out by hand, and that the
// files of all targets agree with what the cost model sees.
//
//===----------------------------------------------------------------------===//
#include "flex/Target/ChipFile.h"
#include "Compile.h"

#include "llvm/ADT/StringExtras.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

using namespace flex;
using namespace flex::target;

namespace {

std::string fileText(const std::string &path) {
  std::ifstream file(std::string(FLEX_SOURCE_DIR) + "/lib/Target/" + path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

ChipFacts chip(const std::string &path) {
  auto facts = ChipFacts::parse(fileText(path));
  EXPECT_TRUE(facts.isOk()) << facts.status().str();
  return facts ? *facts : ChipFacts();
}

std::string replaced(std::string text, const std::string &from, const std::string &to) {
  size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

TEST(ChipFile, FactsReachTheCostModel) {
  ChipFacts facts = chip("NVPTX/chips/sm_80.json");
  EXPECT_EQ(facts.name, "sm_80");
  EXPECT_NEAR(facts.gflops(), 19491, 1);
  auto made = target::createChip("nvptx:sm_80");
  ASSERT_TRUE(made.isOk()) << made.status().str();
  tile::DeviceDescription device = (*made)->device();
  tile::DeviceDescription described = facts.describe();
  for (const tile::MatrixUnit &unit : device.matrixUnits)
    EXPECT_TRUE(llvm::is_contained(described.matrixUnits, unit)) << unit.name();
  described.matrixUnits = device.matrixUnits; // those that the lowering knows
  EXPECT_EQ(device.str(), described.str());
  EXPECT_EQ(device.cores, 108);
  EXPECT_EQ(device.groupMemoryBytes, 48 << 10);
  EXPECT_EQ(device.groupMemoryLimit, 163 << 10);
  EXPECT_EQ(device.asyncCopyBytes, 16);
  ASSERT_FALSE(device.matrixUnits.empty());
  EXPECT_EQ(device.matrixUnits.front(), (tile::MatrixUnit{"mma", "f16", "f32", 16, 8, 16, 8, 32}));
}

TEST(ChipFile, RatesAreThoseOfTheDataSheets) {
  struct Row {
    const char *file, *operand;
    double teraflops;
  };
  for (const Row &row : {Row{"NVPTX/chips/sm_75.json", "f16", 65}, Row{"NVPTX/chips/sm_80.json", "f16", 312},
                         Row{"NVPTX/chips/sm_80.json", "i8", 624}, Row{"NVPTX/chips/sm_90a.json", "f16", 989},
                         Row{"NVPTX/chips/sm_90a.json", "f8e4m3fn", 1979}, Row{"NVPTX/chips/sm_100a.json", "f16", 2250},
                         Row{"AMDGPU/chips/gfx90a.json", "f16", 191.5}, Row{"AMDGPU/chips/gfx942.json", "f16", 1307},
                         Row{"AMDGPU/chips/gfx950.json", "f16", 2516}, Row{"AMDGPU/chips/gfx1100.json", "f16", 122.8},
                         Row{"AMDGPU/chips/gfx1201.json", "f16", 195}, Row{"SPIRV/chips/intel-pvc.json", "f16", 419}}) {
    ChipFacts facts = chip(row.file);
    bool found = false;
    for (const MatrixFact &fact : facts.matrix) {
      if (found || fact.unit.operand != row.operand)
        continue;
      found = true; // the first is the chip's preferred one
      EXPECT_NEAR(1e-3 * facts.matrixGflops(fact), row.teraflops, 0.01 * row.teraflops) << row.file;
    }
    EXPECT_TRUE(found) << row.file;
  }
}

TEST(ChipFile, RefusesWhatHasNoSourceOrMeaning) {
  std::string good = fileText("AMDGPU/chips/gfx942.json");
  struct Fault {
    const char *from, *to, *message;
  };
  for (const Fault &fault :
       {Fault{"\"wave-size\": [64, \"llvm\"]", "\"wave-size\": [64, \"hearsay\"]", "the source of 'wave-size'"},
        Fault{"\"wave-size\": [64, \"llvm\"]", "\"wave-size\": 64", "'wave-size' is not [a count"},
        Fault{"\"wave-size\": [64, \"llvm\"]", "\"wave-size\": [0, \"llvm\"]", "at least 1"},
        Fault{"\"wave-size\": [64, \"llvm\"],", "", "'wave-size' is missing"},
        Fault{"\"wave-size\"", "\"warp-size\"", "'wave-size' is missing"},
        Fault{"\"bulk-copy\"", "\"x\": [1, \"isa\"], \"bulk-copy\"", "unknown fact 'x'"},
        Fault{"\"chip\"", "\"chips\": 1, \"chip\"", "unknown key 'chips'"},
        Fault{"16x16x16/64/rrr", "16x16/64/rrr", "is no matrix unit"},
        Fault{"2048, \"isa\", \"paper\"", "2048, \"isa\", \"talk\"", "is not one of 'sources'"},
        Fault{"{", "[", "chip file"}}) {
    auto facts = ChipFacts::parse(replaced(good, fault.from, fault.to));
    ASSERT_FALSE(facts.isOk()) << fault.to;
    EXPECT_EQ(facts.status().code(), StatusCode::InvalidArgument);
    EXPECT_NE(facts.status().message().find(fault.message), std::string::npos) << facts.status().message();
  }
}

/// NVIDIA's occupancy calculator and AMD's formulas, by hand.
TEST(ChipFile, Occupancy) {
  ChipFacts sm80 = chip("NVPTX/chips/sm_80.json"), gfx942 = chip("AMDGPU/chips/gfx942.json");
  ChipFacts gfx1100 = chip("AMDGPU/chips/gfx1100.json");
  Occupancy full = estimateOccupancy(sm80, 256, 32, 0);
  EXPECT_EQ(full.wavesPerUnit, 64);
  EXPECT_EQ(full.maxWavesPerUnit, 64);
  EXPECT_EQ(full.limit, "waves");
  // 128 threads of 255 registers: 256 x 32 = 8192 per warp, 2 per partition, 8 per SM.
  Occupancy heavy = estimateOccupancy(sm80, 128, 255, 0);
  EXPECT_EQ(heavy.groupsPerUnit, 2);
  EXPECT_EQ(heavy.limit, "registers");
  // 48 KiB and 1 KiB of the system's: three in 164 KiB.
  Occupancy shared = estimateOccupancy(sm80, 128, 32, 48 << 10);
  EXPECT_EQ(shared.groupsPerUnit, 3);
  EXPECT_EQ(shared.limit, "group memory");
  // 114 registers are 120: 512 / 120 = 4 waves a SIMD, four groups of 4 waves a CU.
  EXPECT_EQ(estimateOccupancy(gfx942, 256, 114, 0).groupsPerUnit, 4);
  EXPECT_EQ(estimateOccupancy(gfx942, 256, 114, 16 << 10).wavesPerUnit, 16);
  // Granules of 24: 100 registers are 120, 1536 / 120 = 12 waves a SIMD.
  EXPECT_EQ(estimateOccupancy(gfx1100, 32, 100, 0).wavesPerUnit, 16);
  EXPECT_EQ(estimateOccupancy(gfx1100, 64, 100, 0).wavesPerUnit, 24);
  EXPECT_EQ(estimateOccupancy(sm80, 2048, 255, 0).groupsPerUnit, 0);
}

TEST(ChipFile, EveryChipOfTheDeviceTargetsHasFacts) {
  size_t count = 0;
  for (const char *target : {"nvptx", "amdgpu", "spirv"})
    for (const std::string &name : test::chipsOf(target)) {
      auto made = target::createChip(name);
      ASSERT_TRUE(made.isOk()) << made.status().str();
      EXPECT_GT((*made)->device().cores, 1) << name;
      EXPECT_LE((*made)->device().groupMemoryBytes, (*made)->device().groupMemoryLimit) << name;
      ++count;
    }
  EXPECT_GE(count, 9u + 5 + 4 + 3);
}

} // namespace
