//===- LinkElfTest.cpp - Shared objects as loaders want them --------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the link step writes, read back by LLVM's ELF library. That code in it
// runs is shown by every other test of the CPU target.
//
//===----------------------------------------------------------------------===//
#include "flex/Target/LinkElf.h"
#include "CompiledKernel.h"

#include "llvm/Object/ELF.h"
#include "llvm/Support/Endian.h"
#include "gtest/gtest.h"

#include <map>
#include <set>

using namespace flex;
using namespace flex::target;
using namespace flex::target::test;
using File = llvm::object::ELF64LEFile;

namespace {

const char *kSimt = R"(
  tile.kernel @first(%a: !tile.buffer<f32, global>) attributes {dims = [], items = "64", group_size = 64 : i64} {
    %lane = tile.lane
    %x = tile.load %a[%lane] : !tile.buffer<f32, global> -> f32
    tile.store %x, %a[%lane] : f32, !tile.buffer<f32, global>
    tile.return
  }
  tile.kernel @second(%a: !tile.buffer<f32, global>) attributes {dims = [], items = "64", group_size = 64 : i64} {
    %lane = tile.lane
    %x = tile.load %a[%lane] : !tile.buffer<f32, global> -> f32
    %y = arith.addf %x, %x : f32
    tile.store %y, %a[%lane] : f32, !tile.buffer<f32, global>
    tile.return
  })";

const char *kSimd = R"(
  tile.kernel @first(%a: !tile.buffer<f32, global>) attributes {dims = [], items = "1", group_size = 1 : i64} {
    %zero = arith.constant 0 : index
    %x = tile.load %a[%zero] : !tile.buffer<f32, global> -> f32
    %c = arith.constant 3.25 : f32
    %y = arith.addf %x, %c : f32
    tile.store %y, %a[%zero] : f32, !tile.buffer<f32, global>
    tile.return
  }
  tile.kernel @second(%a: !tile.buffer<f32, global>) attributes {dims = [], items = "1", group_size = 1 : i64} {
    tile.return
  })";

llvm::StringRef bytesOf(const Payload &payload) {
  return {reinterpret_cast<const char *>(payload.bytes.data()), payload.bytes.size()};
}

File open(const Payload &payload) {
  return llvm::cantFail(File::create(bytesOf(payload)));
}

/// Name -> address of what a loader finds.
std::map<std::string, uint64_t> exportsOf(const File &file) {
  std::map<std::string, uint64_t> out;
  for (const auto &section : llvm::cantFail(file.sections()))
    if (section.sh_type == llvm::ELF::SHT_DYNSYM)
      for (const auto &symbol : llvm::cantFail(file.symbols(&section)))
        if (symbol.st_name)
          out[llvm::cantFail(symbol.getName(llvm::cantFail(file.getStringTableForSymtab(section)))).str()] =
              symbol.st_value;
  return out;
}

/// The bytes at an address, where a loader would put them.
const uint8_t *at(const File &file, uint64_t address) {
  return llvm::cantFail(file.toMappedAddr(address));
}

/// What every loader relies on.
void expectLoadable(const File &file, uint64_t page = 4096) {
  uint64_t end = 0;
  bool isFirst = true;
  for (const auto &segment : llvm::cantFail(file.program_headers())) {
    if (segment.p_type != llvm::ELF::PT_LOAD)
      continue;
    EXPECT_EQ(segment.p_offset % page, segment.p_vaddr % page);
    EXPECT_TRUE(isFirst || segment.p_vaddr / page > (end - 1) / page) << "two segments share a page of memory";
    EXPECT_FALSE((segment.p_flags & llvm::ELF::PF_W) && (segment.p_flags & llvm::ELF::PF_X));
    EXPECT_LE(segment.p_filesz, segment.p_memsz);
    end = segment.p_vaddr + segment.p_memsz;
    isFirst = false;
  }
  auto dynamic = llvm::cantFail(file.dynamicEntries());
  EXPECT_FALSE(dynamic.empty());
  for (const auto &entry : dynamic)
    EXPECT_TRUE(entry.d_tag != llvm::ELF::DT_RELA && entry.d_tag != llvm::ELF::DT_NEEDED);
  for (const auto &section : llvm::cantFail(file.sections()))
    if (section.sh_flags & llvm::ELF::SHF_ALLOC)
      EXPECT_EQ(section.sh_addr % std::max<uint64_t>(section.sh_addralign, 1), 0U);
}

/// Every exported name is found through the hash table.
void expectHashed(const File &file, const std::map<std::string, uint64_t> &exports) {
  llvm::ArrayRef<File::Elf_Word> words;
  llvm::StringRef strings;
  llvm::ArrayRef<File::Elf_Sym> symbols;
  for (const auto &section : llvm::cantFail(file.sections())) {
    if (section.sh_type == llvm::ELF::SHT_HASH)
      words = llvm::cantFail(file.getSectionContentsAsArray<File::Elf_Word>(section));
    if (section.sh_type == llvm::ELF::SHT_DYNSYM) {
      symbols = llvm::cantFail(file.symbols(&section));
      strings = llvm::cantFail(file.getStringTableForSymtab(section));
    }
  }
  ASSERT_GE(words.size(), 2U);
  for (const auto &[name, address] : exports) {
    uint32_t index = words[2 + llvm::object::hashSysV(name) % words[0]];
    while (index != 0 && llvm::cantFail(symbols[index].getName(strings)) != name)
      index = words[2 + words[0] + index];
    ASSERT_NE(index, 0U) << name;
    EXPECT_EQ(symbols[index].st_value, address);
  }
}

/// The contents of the one section of a name; fails where there are several.
llvm::ArrayRef<uint8_t> onlySection(const File &file, llvm::StringRef name) {
  llvm::ArrayRef<uint8_t> found;
  int count = 0;
  for (const auto &section : llvm::cantFail(file.sections()))
    if (llvm::cantFail(file.getSectionName(section)) == name) {
      found = llvm::cantFail(file.getSectionContents(section));
      EXPECT_EQ(section.sh_addr, 0U);
      ++count;
    }
  EXPECT_EQ(count, 1) << name.str();
  return found;
}

// Two functions are generated apart: two compile units, in one section, each with its own line table. What they say is
// read by LLVM's tools and gdb in test_profile.py.
TEST(LinkElf, DebugInformationOfSeveralObjects) {
  StatusOr<Payload> payload = compile(kSimd, "cpu:x86-64-v3");
  ASSERT_TRUE(payload.isOk()) << payload.status().str();
  File file = open(*payload);
  llvm::ArrayRef<uint8_t> info = onlySection(file, ".debug_info"), lines = onlySection(file, ".debug_line");
  auto word = [](llvm::ArrayRef<uint8_t> bytes, size_t at) { return llvm::support::endian::read32le(&bytes[at]); };
  size_t units = 0;
  for (size_t at = 0; at + 4 <= info.size(); at += 4 + word(info, at))
    ++units;
  size_t tables = 0;
  for (size_t at = 0; at + 4 <= lines.size(); at += 4 + word(lines, at))
    ++tables;
  EXPECT_EQ(units, 2U);
  EXPECT_EQ(tables, 2U);
}

TEST(LinkElf, HostObjects) {
  StatusOr<Payload> payload = compile(kSimd, "cpu:x86-64-v3");
  ASSERT_TRUE(payload.isOk()) << payload.status().str();
  File file = open(*payload);
  expectLoadable(file);
  auto exports = exportsOf(file);
  ASSERT_EQ(exports.size(), 2U);
  EXPECT_TRUE(exports.count("first") && exports.count("second"));
  expectHashed(file, exports);
}

// Addresses in instructions, and pages of 64 KiB on Arm. That the code runs is shown by test_cross_cpu.py.
TEST(LinkElf, OtherMachines) {
  struct Case {
    const char *chip;
    uint16_t machine;
    uint64_t page;
  };
  for (Case each :
       {Case{"cpu:aarch64", llvm::ELF::EM_AARCH64, 0x10000}, Case{"cpu:neoverse-v1", llvm::ELF::EM_AARCH64, 0x10000},
        Case{"cpu:riscv64", llvm::ELF::EM_RISCV, 0x1000}}) {
    StatusOr<Payload> payload = compile(kSimd, each.chip);
    ASSERT_TRUE(payload.isOk()) << payload.status().str();
    File file = open(*payload);
    EXPECT_EQ(file.getHeader().e_machine, each.machine);
    expectLoadable(file, each.page);
    auto exports = exportsOf(file);
    EXPECT_TRUE(exports.count("first") && exports.count("second"));
    expectHashed(file, exports);
  }
}

// Code is generated in several objects; each of many functions is found, at a place of its own.
TEST(LinkElf, ManyFunctions) {
  std::string text;
  constexpr int kCount = 40;
  for (int i = 0; i < kCount; ++i)
    text += "tile.kernel @k" + std::to_string(i) + R"((%a: !tile.buffer<f32, global>)
        attributes {dims = [], items = "1", group_size = 1 : i64} {
      %zero = arith.constant 0 : index
      %x = tile.load %a[%zero] : !tile.buffer<f32, global> -> f32
      %c = arith.constant )" +
            std::to_string(i) + R"(.5 : f32
      %y = arith.addf %x, %c : f32
      tile.store %y, %a[%zero] : f32, !tile.buffer<f32, global>
      tile.return
    })";
  StatusOr<Payload> payload = compile(text, "cpu:x86-64-v3");
  ASSERT_TRUE(payload.isOk()) << payload.status().str();
  File file = open(*payload);
  expectLoadable(file);
  auto exports = exportsOf(file);
  EXPECT_EQ(exports.size(), static_cast<size_t>(kCount));
  expectHashed(file, exports);
  std::set<uint64_t> addresses;
  for (const auto &[name, address] : exports)
    addresses.insert(address);
  EXPECT_EQ(addresses.size(), static_cast<size_t>(kCount));
  CompiledKernel kernel(text, "cpu:x86-64-v3", "k17");
  ASSERT_TRUE(kernel.isValid());
  GuardedArray<float> value(std::vector<float>{1});
  kernel.run({value.data()}, {});
  EXPECT_EQ(value[0], 18.5f);
}

TEST(LinkElf, KernelDescriptorsPointToTheirCode) {
  for (const char *chip : {"amdgpu:gfx90a", "amdgpu:gfx942", "amdgpu:gfx1100", "amdgpu:gfx1201"}) {
    SCOPED_TRACE(chip);
    StatusOr<Payload> payload = compile(kSimt, chip);
    ASSERT_TRUE(payload.isOk()) << payload.status().str();
    File file = open(*payload);
    expectLoadable(file);
    EXPECT_EQ(file.getHeader().e_ident[llvm::ELF::EI_OSABI], llvm::ELF::ELFOSABI_AMDGPU_HSA);
    auto exports = exportsOf(file);
    ASSERT_EQ(exports.size(), 4U);
    expectHashed(file, exports);
    for (std::string name : {"first", "second"}) {
      // The descriptor's field at 16: where the code begins, counted from the descriptor.
      int64_t offset = llvm::support::endian::read64le(at(file, exports[name + ".kd"]) + 16);
      EXPECT_EQ(exports[name + ".kd"] + offset, exports[name]);
      EXPECT_EQ(exports[name] % 256, 0U);
      EXPECT_EQ(exports[name + ".kd"] % 64, 0U);
    }
    bool hasNote = llvm::any_of(llvm::cantFail(file.program_headers()),
                                [](const auto &segment) { return segment.p_type == llvm::ELF::PT_NOTE; });
    EXPECT_TRUE(hasNote);
  }
}

TEST(LinkElf, WhatIsNoObjectIsRefused) {
  StatusOr<std::vector<uint8_t>> linked = linkElf(llvm::StringRef("not an object"), {});
  ASSERT_FALSE(linked.isOk());
  EXPECT_EQ(linked.status().code(), StatusCode::Internal);
}

} // namespace
