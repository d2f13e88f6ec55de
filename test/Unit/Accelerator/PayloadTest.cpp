//===- PayloadTest.cpp - Binary payloads, whole and damaged ---------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Whatever the bytes are, the answer is a value or DataLoss.
//
//===----------------------------------------------------------------------===//
#include "Accelerator/Payload.h"

#include <cstring>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <random>

using namespace flex;
using namespace flex::rt::accelerator;

namespace {

constexpr uint16_t kX86 = 62;
constexpr WordFormat kFormat = {"a test module", 0x12345678, 5, 56};

std::vector<uint8_t> ownProgram() {
  std::ifstream file("/proc/self/exe", std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::vector<uint8_t> bytesOf(const std::vector<uint32_t> &words) {
  std::vector<uint8_t> bytes(words.size() * 4);
  if (!words.empty())
    std::memcpy(bytes.data(), words.data(), bytes.size());
  return bytes;
}

TEST(ElfFile, FindsTheBytesOfASymbol) {
  auto bytes = ownProgram();
  auto file = ElfFile::open(bytes, kX86, "a program");
  ASSERT_TRUE(file.isOk()) << file.status().str();
  EXPECT_NE(file->symbol("main", 4), nullptr);
  EXPECT_EQ(file->symbol("no such symbol", 4), nullptr);
  EXPECT_EQ(file->symbol("main", size_t{1} << 40), nullptr);
}

TEST(ElfFile, RefusesAnotherMachine) {
  auto bytes = ownProgram();
  auto file = ElfFile::open(bytes, 190, "a cubin");
  ASSERT_FALSE(file.isOk());
  EXPECT_EQ(file.status().code(), StatusCode::DataLoss);
  EXPECT_NE(file.status().message().find("not a cubin"), std::string::npos) << file.status().str();
}

TEST(ElfFile, RefusesEveryCut) {
  auto bytes = ownProgram();
  for (size_t size = 0; size < bytes.size(); size += size < 256 ? 1 : bytes.size() / 100) {
    std::vector<uint8_t> cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_FALSE(ElfFile::open(cut, kX86, "a program").isOk()) << size;
  }
}

TEST(ElfFile, StaysWithinDamagedBytes) { // what is read is found out by the address sanitizer
  auto good = ownProgram();
  std::mt19937 random(1);
  size_t opened = 0;
  for (int round = 0; round < 300; ++round) {
    auto bytes = good;
    size_t tables = bytes.size() - std::min<size_t>(bytes.size(), 4096); // headers of sections, at the end
    for (int i = 0; i < 20; ++i)
      bytes[i % 2 ? tables + random() % (bytes.size() - tables) : 24 + random() % 40] = static_cast<uint8_t>(random());
    if (auto file = ElfFile::open(bytes, kX86, "a program")) {
      ++opened;
      (void)file->symbol("main", 16);
    }
  }
  EXPECT_LT(opened, 300u);
}

TEST(Words, TakesAWholeModule) {
  EXPECT_TRUE(checkWords(bytesOf({0x12345678, 0, 0, 0, 0, 2 << 16 | 17, 1, 1 << 16 | 56}), kFormat).isOk());
}

TEST(Words, RefusesWhatIsDamaged) {
  const std::vector<std::vector<uint32_t>> damaged = {
      {},
      {0x12345678, 0, 0, 0, 0},                            // a header alone
      {0x12345679, 0, 0, 0, 0, 1 << 16 | 56},              // another magic number
      {0x12345678, 0, 0, 0, 0, 56},                        // an instruction of no length
      {0x12345678, 0, 0, 0, 0, 3 << 16 | 56, 0},           // one beyond the end
      {0x12345678, 0, 0, 0, 0, 1 << 16 | 56, 1 << 16 | 7}, // another at the end
  };
  for (const auto &words : damaged) {
    Status status = checkWords(bytesOf(words), kFormat);
    EXPECT_EQ(status.code(), StatusCode::DataLoss);
    EXPECT_NE(status.message().find("a test module"), std::string::npos) << status.str();
  }
  EXPECT_FALSE(checkWords({0x78, 0x56, 0x34}, kFormat).isOk());
}

} // namespace
