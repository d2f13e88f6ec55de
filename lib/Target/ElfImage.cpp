//===- ElfImage.cpp - A shared object in the making -----------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Invariant after layOut(): offset and address of a section agree modulo the page
// size, and sections of different permissions never share a page of memory.
//
//===----------------------------------------------------------------------===//
#include "ElfImage.h"

#include "llvm/Support/MathExtras.h"

#include <algorithm>
#include <cstring>
#include <numeric>

using namespace llvm::ELF;

namespace flex::target {
namespace {

using ELFT = ElfImage::ELFT;
constexpr size_t kMaxSegments = 7;
constexpr size_t kDynamicEntries = 6;

template <typename T> void store(std::vector<uint8_t> &bytes, size_t position, const T &value) {
  std::memcpy(bytes.data() + position, &value, sizeof value);
}

/// Appends `text` and its end; the position it lies at.
uint32_t addString(std::vector<uint8_t> &table, const std::string &text) {
  uint32_t position = table.size();
  table.insert(table.end(), text.begin(), text.end());
  table.push_back(0);
  return position;
}

} // namespace

ElfImage::Rank ElfImage::rankOf(const Section &section) {
  if (!(section.flags & SHF_ALLOC))
    return NotLoaded;
  if (section.type == SHT_NOBITS)
    return Zero;
  if (section.type == SHT_DYNAMIC)
    return Dynamic;
  if (section.flags & SHF_WRITE)
    return Data;
  if (section.flags & SHF_EXECINSTR)
    return Code;
  if (section.type == SHT_NOTE)
    return Note;
  return section.type == SHT_DYNSYM || section.type == SHT_HASH || section.type == SHT_STRTAB ? Table : ReadOnly;
}

uint32_t ElfImage::permissionsOf(Rank rank) {
  return rank <= ReadOnly ? PF_R : rank == Code ? PF_R | PF_X : PF_R | PF_W;
}

//===----------------------------------------------------------------------===//
// Layout
//===----------------------------------------------------------------------===//

size_t ElfImage::addTable(const char *name, uint32_t type, uint64_t flags, uint64_t align, uint64_t entrySize,
                          size_t bytes) {
  Section section;
  section.name = name;
  section.type = type;
  section.flags = flags;
  section.align = align;
  section.entrySize = entrySize;
  section.bytes.resize(bytes);
  section.size = bytes;
  sections.push_back(std::move(section));
  return sections.size() - 1;
}

void ElfImage::addTables() {
  // Local symbols come first in a symbol table.
  std::vector<Symbol> sorted;
  for (bool local : {true, false})
    for (const Symbol &symbol : symbols)
      if (((symbol.info >> 4) == STB_LOCAL) == local)
        sorted.push_back(symbol);
  symbols = std::move(sorted);
  exported = std::count_if(symbols.begin(), symbols.end(), [](const Symbol &s) { return s.isExported; });
  dynamicSymbols = addTable(".dynsym", SHT_DYNSYM, SHF_ALLOC, 8, sizeof(ELFT::Sym), 0);
  // One bucket for each symbol, and one chain entry.
  hash = addTable(".hash", SHT_HASH, SHF_ALLOC, 4, 4, 4 * (2 + std::max<size_t>(exported, 1) + exported + 1));
  dynamicStrings = addTable(".dynstr", SHT_STRTAB, SHF_ALLOC, 1, 0, 0);
  dynamic = addTable(".dynamic", SHT_DYNAMIC, SHF_ALLOC | SHF_WRITE, 8, sizeof(ELFT::Dyn),
                     kDynamicEntries * sizeof(ELFT::Dyn));
  allSymbols = addTable(".symtab", SHT_SYMTAB, 0, 8, sizeof(ELFT::Sym), 0);
  allStrings = addTable(".strtab", SHT_STRTAB, 0, 1, 0, 0);
  names = addTable(".shstrtab", SHT_STRTAB, 0, 1, 0, 0);
}

/// Names and sizes; the values are known once there are addresses.
void ElfImage::addSymbolTable(size_t table, size_t strings, bool exportedOnly) {
  std::vector<uint8_t> entries(sizeof(ELFT::Sym)), text(1);
  uint32_t locals = 1;
  for (const Symbol &symbol : symbols) {
    if (exportedOnly && !symbol.isExported)
      continue;
    ELFT::Sym entry;
    entry.st_name = addString(text, symbol.name);
    entry.st_info = symbol.info;
    entry.st_other = symbol.other;
    entry.st_shndx = number.empty() ? 0 : number[symbol.section];
    entry.st_value = addressOf(symbol);
    entry.st_size = symbol.size;
    locals += (symbol.info >> 4) == STB_LOCAL;
    entries.resize(entries.size() + sizeof entry);
    store(entries, entries.size() - sizeof entry, entry);
  }
  sections[table].size = entries.size();
  sections[table].bytes = std::move(entries);
  sections[table].info = locals;
  sections[strings].size = text.size();
  sections[strings].bytes = std::move(text);
}

void ElfImage::nameSections() {
  std::vector<uint8_t> text(1);
  for (size_t section : order)
    addString(text, sections[section].name);
  sections[names].size = text.size();
  sections[names].bytes = std::move(text);
}

void ElfImage::layOut(uint64_t pageBytes) {
  page = pageBytes;
  addTables();
  addSymbolTable(dynamicSymbols, dynamicStrings, true);
  addSymbolTable(allSymbols, allStrings, false);
  order.resize(sections.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(),
            [&](size_t a, size_t b) { return std::pair(rankOf(sections[a]), a) < std::pair(rankOf(sections[b]), b); });
  nameSections();
  number.resize(sections.size());
  uint64_t offset = sizeof(ELFT::Ehdr) + kMaxSegments * sizeof(ELFT::Phdr), address = offset;
  uint32_t permissions = PF_R;
  for (size_t position = 0; position < order.size(); ++position) {
    Section &section = sections[order[position]];
    number[order[position]] = position + 1;
    Rank rank = rankOf(section);
    if (rank != NotLoaded && permissionsOf(rank) != permissions) {
      permissions = permissionsOf(rank);
      address = llvm::alignTo(address, page) + offset % page;
    }
    uint64_t start = llvm::alignTo(offset, section.align);
    if (rank == Zero) {
      section.offset = offset;
      section.address = address = llvm::alignTo(address, section.align);
      address += section.size;
      continue;
    }
    address += start - offset;
    section.offset = start;
    section.address = rank == NotLoaded ? 0 : address;
    offset = start + section.size;
    address += section.size;
  }
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

void ElfImage::fillHash() {
  uint32_t buckets = std::max<size_t>(exported, 1);
  std::vector<uint32_t> words(2 + buckets + exported + 1);
  words[0] = buckets;
  words[1] = exported + 1;
  uint32_t index = 1;
  for (const Symbol &symbol : symbols) {
    if (!symbol.isExported)
      continue;
    uint32_t &bucket = words[2 + llvm::object::hashSysV(symbol.name) % buckets];
    words[2 + buckets + index] = bucket;
    bucket = index++;
  }
  std::memcpy(sections[hash].bytes.data(), words.data(), words.size() * sizeof(uint32_t));
}

void ElfImage::fillDynamic() {
  const std::pair<int64_t, uint64_t> entries[kDynamicEntries] = {{DT_HASH, sections[hash].address},
                                                                 {DT_SYMTAB, sections[dynamicSymbols].address},
                                                                 {DT_SYMENT, sizeof(ELFT::Sym)},
                                                                 {DT_STRTAB, sections[dynamicStrings].address},
                                                                 {DT_STRSZ, sections[dynamicStrings].size},
                                                                 {DT_NULL, 0}};
  for (size_t i = 0; i < kDynamicEntries; ++i) {
    ELFT::Dyn entry;
    entry.d_tag = entries[i].first;
    entry.d_un.d_val = entries[i].second;
    store(sections[dynamic].bytes, i * sizeof entry, entry);
  }
}

std::vector<ELFT::Phdr> ElfImage::segments() const {
  std::vector<ELFT::Phdr> out;
  auto add = [&](uint32_t type, uint32_t permissions, uint64_t align, const Section *section) {
    ELFT::Phdr segment;
    segment.p_type = type;
    segment.p_flags = permissions;
    segment.p_offset = section ? section->offset : 0;
    segment.p_vaddr = section ? section->address : 0;
    segment.p_paddr = section ? section->address : 0;
    segment.p_filesz = section ? section->bytes.size() : 0;
    segment.p_memsz = section ? section->size : 0;
    segment.p_align = align;
    out.push_back(segment);
  };
  Section headers;
  headers.offset = headers.address = sizeof(ELFT::Ehdr);
  headers.bytes.resize(kMaxSegments * sizeof(ELFT::Phdr));
  headers.size = headers.bytes.size();
  add(PT_PHDR, PF_R, 8, &headers);
  headers.offset = headers.address = 0;
  headers.bytes.resize(sizeof(ELFT::Ehdr) + headers.size);
  headers.size = headers.bytes.size();
  add(PT_LOAD, PF_R, page, &headers);
  for (size_t index : order) {
    Rank rank = rankOf(sections[index]);
    if (rank == NotLoaded)
      break;
    if (permissionsOf(rank) != out.back().p_flags)
      add(PT_LOAD, permissionsOf(rank), page, &sections[index]);
    ELFT::Phdr &load = out.back();
    load.p_memsz = sections[index].address + sections[index].size - load.p_vaddr;
    if (rank != Zero)
      load.p_filesz = sections[index].offset + sections[index].size - load.p_offset;
  }
  add(PT_DYNAMIC, PF_R | PF_W, 8, &sections[dynamic]);
  add(PT_GNU_STACK, PF_R | PF_W, 0, nullptr);
  // The notes lie together at the front, behind the headers.
  const Section &first = sections[order.front()];
  if (rankOf(first) == Note) {
    add(PT_NOTE, PF_R, first.align, &first);
    for (size_t index : order)
      if (rankOf(sections[index]) == Note) {
        out.back().p_filesz = sections[index].offset + sections[index].size - first.offset;
        out.back().p_memsz = sections[index].offset + sections[index].size - first.offset;
      }
  }
  return out;
}

std::vector<uint8_t> ElfImage::write(const ELFT::Ehdr &like) {
  addSymbolTable(dynamicSymbols, dynamicStrings, true);
  addSymbolTable(allSymbols, allStrings, false);
  fillHash();
  fillDynamic();
  sections[dynamicSymbols].link = sections[dynamic].link = number[dynamicStrings];
  sections[hash].link = number[dynamicSymbols];
  sections[allSymbols].link = number[allStrings];

  std::vector<ELFT::Phdr> loaded = segments();
  const Section &last = sections[order.back()];
  uint64_t tableOffset = llvm::alignTo(last.offset + last.size, 8);
  std::vector<uint8_t> file(tableOffset + (sections.size() + 1) * sizeof(ELFT::Shdr));
  ELFT::Ehdr header = like;
  header.e_type = ET_DYN;
  header.e_entry = 0;
  header.e_phoff = sizeof header;
  header.e_phentsize = sizeof(ELFT::Phdr);
  header.e_phnum = loaded.size();
  header.e_shoff = tableOffset;
  header.e_shentsize = sizeof(ELFT::Shdr);
  header.e_shnum = sections.size() + 1;
  header.e_shstrndx = number[names];
  store(file, 0, header);
  for (size_t i = 0; i < loaded.size(); ++i)
    store(file, sizeof header + i * sizeof(ELFT::Phdr), loaded[i]);
  uint32_t name = 1;
  for (size_t index : order) {
    const Section &section = sections[index];
    std::copy(section.bytes.begin(), section.bytes.end(), file.begin() + static_cast<ptrdiff_t>(section.offset));
    ELFT::Shdr entry;
    entry.sh_name = name;
    entry.sh_type = section.type;
    entry.sh_flags = section.flags;
    entry.sh_addr = section.address;
    entry.sh_offset = section.offset;
    entry.sh_size = section.size;
    entry.sh_link = section.link;
    entry.sh_info = section.info;
    entry.sh_addralign = section.align;
    entry.sh_entsize = section.entrySize;
    store(file, tableOffset + number[index] * sizeof entry, entry);
    name += section.name.size() + 1;
  }
  return file;
}

} // namespace flex::target
