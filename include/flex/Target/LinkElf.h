//===- LinkElf.h - From an object file to a shared object -------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The linker inside the compiler, for every target whose payload is an ELF
// image. Why not lld: docs/decisions/linking.md.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Support/Status.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

#include <cstdint>
#include <vector>

namespace flex::target {

/// One type of relocation a machine's code uses. Most are relative to their own
/// place: (symbol + addend - place) >> shift, of which `bytes` bytes are stored.
struct ElfRelocation {
  uint32_t type;
  unsigned bytes, shift = 0;
  /// Whether what does not fit is cut off; otherwise it is an error.
  bool truncates = false;
  /// Instead of all that: writes the address of the target into an instruction of `bytes` bytes that lies at `place`;
  /// false if it does not fit. Addresses count from the start of the image, which is loaded at a multiple of a page.
  bool (*encode)(uint8_t *instruction, uint64_t target, uint64_t place) = nullptr;
  /// The symbol is another instruction of this section: target and place are those of the relocation there.
  bool followsInstruction = false;
  /// Of symbol + addend alone. Only for sections that a debugger reads and a loader does not.
  bool isAbsolute = false;

  static constexpr ElfRelocation absolute(uint32_t type, unsigned bytes) {
    return {type, bytes, 0, false, nullptr, false, /*isAbsolute=*/true};
  }
};

/// Makes relocatable objects (64 bit, little endian, of one machine) a shared
/// object. A symbol that its object does not define is an Internal error that
/// names it: a payload refers to nothing outside itself, and its objects not to each
/// other. So is what needs work at load time (other relocations, constructors,
/// thread-local data). Sections of debug information are kept, those of several objects one behind the other. Segments
/// start at multiples of `pageBytes`. Thread-safe; touches no file. REQUIRES: at least one object.
StatusOr<std::vector<uint8_t>> linkElf(llvm::ArrayRef<llvm::StringRef> objects,
                                       llvm::ArrayRef<ElfRelocation> relocations, uint64_t pageBytes = 0x1000);

} // namespace flex::target
