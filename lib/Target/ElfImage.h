//===- ElfImage.h - A shared object in the making ---------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Sections and symbols of a 64-bit little-endian ELF file: gives them addresses,
// then writes the file with all tables a loader and the LLVM tools look for.
// In between, the owner patches the sections' bytes.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "llvm/Object/ELF.h"

#include <cstdint>
#include <string>
#include <vector>

namespace flex::target {

class ElfImage {
public:
  using ELFT = llvm::object::ELF64LE;

  struct Section {
    std::string name;
    uint32_t type = llvm::ELF::SHT_PROGBITS;
    uint64_t flags = 0, align = 1, entrySize = 0;
    std::vector<uint8_t> bytes;
    uint64_t size = 0; ///< in memory; bytes.size() unless nothing of it is in the file
    uint64_t address = 0, offset = 0;
    uint32_t link = 0, info = 0;
  };
  struct Symbol {
    std::string name;
    uint8_t info = 0, other = 0;
    size_t section = 0; ///< position in `sections`
    uint64_t offset = 0, size = 0;
    /// Whether a loader finds it by name.
    bool isExported = false;
  };

  /// The input's sections that are in memory at run time, in any order; `layOut` adds the tables behind them.
  std::vector<Section> sections;
  std::vector<Symbol> symbols;

  /// Gives every section its address. REQUIRES: alignments are powers of two of at most a page; `pageBytes` is the
  /// largest page that a system of this machine may have.
  void layOut(uint64_t pageBytes);
  uint64_t addressOf(const Symbol &symbol) const { return sections[symbol.section].address + symbol.offset; }

  /// The file. `like` says machine, ABI and flags. REQUIRES: layOut() was called.
  std::vector<uint8_t> write(const ELFT::Ehdr &like);

private:
  /// In file order: what a loader maps read-only, then code, then what is written.
  enum Rank { Note, Table, ReadOnly, Code, Data, Dynamic, Zero, NotLoaded };
  static Rank rankOf(const Section &section);
  static uint32_t permissionsOf(Rank rank);

  size_t addTable(const char *name, uint32_t type, uint64_t flags, uint64_t align, uint64_t entrySize, size_t bytes);
  void addTables();
  void addSymbolTable(size_t table, size_t strings, bool exportedOnly);
  void fillHash();
  void fillDynamic();
  void nameSections();
  std::vector<ELFT::Phdr> segments() const;

  std::vector<size_t> order;    ///< of `sections` in the file
  std::vector<uint32_t> number; ///< of each section in the file's table
  size_t dynamicSymbols = 0, hash = 0, dynamicStrings = 0, dynamic = 0, allSymbols = 0, allStrings = 0, names = 0;
  size_t exported = 0;
  uint64_t page = 0;
};

} // namespace flex::target
