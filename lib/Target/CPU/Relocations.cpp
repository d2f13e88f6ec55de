//===- Relocations.cpp - Addresses in each ISA's instructions -------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// After code generation. Only what position-independent code without a table of
// addresses has: relative pages and their low halves, calls, plain distances; and
// addresses in debug information.
//
//===----------------------------------------------------------------------===//
#include "Relocations.h"

#include "llvm/BinaryFormat/ELF.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/MathExtras.h"

using namespace llvm;
using namespace llvm::support::endian;

namespace flex::target::cpu {
namespace {

/// Replaces the bits of `mask` in an instruction.
void patch(uint8_t *instruction, uint32_t mask, uint64_t bits) {
  write32le(instruction, (read32le(instruction) & ~mask) | (static_cast<uint32_t>(bits) & mask));
}

// AArch64

/// adrp: the distance in pages of 4096 bytes; two bits at 29, 19 at 5.
bool encodePage(uint8_t *instruction, uint64_t target, uint64_t place) {
  int64_t pages = static_cast<int64_t>((target & ~0xfffULL) - (place & ~0xfffULL)) >> 12;
  patch(instruction, 0x60ffffe0, (pages & 3) << 29 | ((pages >> 2) & 0x7ffff) << 5);
  return isInt<21>(pages);
}

/// The position in the page, in units of the access, at bit 10.
template <unsigned SHIFT> bool encodeInPage(uint8_t *instruction, uint64_t target, uint64_t) {
  uint64_t low = target & 0xfff;
  patch(instruction, 0x003ffc00, (low >> SHIFT) << 10);
  return low % (1U << SHIFT) == 0;
}

/// b and bl.
bool encodeBranch(uint8_t *instruction, uint64_t target, uint64_t place) {
  auto distance = static_cast<int64_t>(target - place);
  patch(instruction, 0x03ffffff, distance >> 2);
  return isInt<28>(distance) && distance % 4 == 0;
}

constexpr ElfRelocation kAArch64[] = {
    ElfRelocation::absolute(ELF::R_AARCH64_ABS32, 4),
    ElfRelocation::absolute(ELF::R_AARCH64_ABS64, 8),
    {ELF::R_AARCH64_PREL32, 4},
    {ELF::R_AARCH64_PREL64, 8},
    {ELF::R_AARCH64_ADR_PREL_PG_HI21, 4, 0, false, encodePage},
    {ELF::R_AARCH64_ADD_ABS_LO12_NC, 4, 0, false, encodeInPage<0>},
    {ELF::R_AARCH64_LDST8_ABS_LO12_NC, 4, 0, false, encodeInPage<0>},
    {ELF::R_AARCH64_LDST16_ABS_LO12_NC, 4, 0, false, encodeInPage<1>},
    {ELF::R_AARCH64_LDST32_ABS_LO12_NC, 4, 0, false, encodeInPage<2>},
    {ELF::R_AARCH64_LDST64_ABS_LO12_NC, 4, 0, false, encodeInPage<3>},
    {ELF::R_AARCH64_LDST128_ABS_LO12_NC, 4, 0, false, encodeInPage<4>},
    {ELF::R_AARCH64_CALL26, 4, 0, false, encodeBranch},
    {ELF::R_AARCH64_JUMP26, 4, 0, false, encodeBranch},
};

// RISC-V: the upper part is rounded, so that the lower one is signed.

bool encodeUpper(uint8_t *instruction, uint64_t target, uint64_t place) {
  auto distance = static_cast<int64_t>(target - place);
  patch(instruction, 0xfffff000, distance + 0x800);
  return isInt<32>(distance + 0x800);
}

bool encodeLowerOfLoad(uint8_t *instruction, uint64_t target, uint64_t place) {
  patch(instruction, 0xfff00000, (target - place) << 20);
  return true;
}

bool encodeLowerOfStore(uint8_t *instruction, uint64_t target, uint64_t place) {
  uint64_t distance = target - place;
  patch(instruction, 0xfe000f80, (distance & 0xfe0) << 20 | (distance & 0x1f) << 7);
  return true;
}

/// auipc and jalr.
bool encodeCall(uint8_t *instruction, uint64_t target, uint64_t place) {
  return encodeUpper(instruction, target, place) && encodeLowerOfLoad(instruction + 4, target, place);
}

constexpr ElfRelocation kRiscV64[] = {
    ElfRelocation::absolute(ELF::R_RISCV_32, 4),
    ElfRelocation::absolute(ELF::R_RISCV_64, 8),
    {ELF::R_RISCV_32_PCREL, 4},
    {ELF::R_RISCV_PCREL_HI20, 4, 0, false, encodeUpper},
    {ELF::R_RISCV_PCREL_LO12_I, 4, 0, false, encodeLowerOfLoad, /*followsInstruction=*/true},
    {ELF::R_RISCV_PCREL_LO12_S, 4, 0, false, encodeLowerOfStore, /*followsInstruction=*/true},
    {ELF::R_RISCV_CALL_PLT, 8, 0, false, encodeCall},
};

constexpr ElfRelocation kX86[] = {{ELF::R_X86_64_PC32, 4},
                                  {ELF::R_X86_64_PLT32, 4},
                                  {ELF::R_X86_64_PC64, 8},
                                  ElfRelocation::absolute(ELF::R_X86_64_32, 4),
                                  ElfRelocation::absolute(ELF::R_X86_64_64, 8)};

} // namespace

ArrayRef<ElfRelocation> relocationsOf(Isa isa) {
  switch (isa) {
  case Isa::X86_64: return kX86;
  case Isa::AArch64: return kAArch64;
  case Isa::RiscV64: return kRiscV64;
  }
  return {};
}

uint64_t pageBytesOf(Isa isa) {
  return isa == Isa::AArch64 ? 0x10000 : 0x1000;
}

} // namespace flex::target::cpu
