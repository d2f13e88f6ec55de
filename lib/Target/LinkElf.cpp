//===- LinkElf.cpp - From an object file to a shared object ---------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Target module -> binary, last step: sections keep their bytes but for the
// relocations, which are all resolved here; a loader has none left to do.
//
//===----------------------------------------------------------------------===//
#include "flex/Target/LinkElf.h"
#include "ElfImage.h"

#include "llvm/ADT/StringExtras.h"

using namespace llvm;
using namespace llvm::ELF;

namespace flex::target {
namespace {

using ELFT = ElfImage::ELFT;
constexpr size_t kNotLoaded = SIZE_MAX;
constexpr size_t kMaxNamed = 8; // undefined symbols in one message

Status failed(const Twine &what) {
  return Status(StatusCode::Internal, ("linking failed: " + what).str());
}

/// One object on its way into the image.
class Object {
public:
  Object(object::ELFFile<ELFT> file, ArrayRef<ElfRelocation> relocations, ElfImage &image,
         std::vector<std::string> &undefined)
      : file(std::move(file)), relocations(relocations), image(image), undefined(undefined) {}

  Status add() {
    auto table = file.sections();
    if (!table)
      return failed(toString(table.takeError()));
    headers = *table;
    for (const ELFT::Shdr &header : headers)
      FLEX_RETURN_IF_ERROR(addSection(header));
    for (const ELFT::Shdr &header : headers)
      if (header.sh_type == SHT_SYMTAB)
        FLEX_RETURN_IF_ERROR(addSymbols(header));
    return Status::ok();
  }

  /// REQUIRES: the image is laid out.
  Status relocate() {
    for (const ELFT::Shdr &header : headers)
      if (header.sh_type == SHT_RELA && header.sh_info < loaded.size() && loaded[header.sh_info] != kNotLoaded)
        FLEX_RETURN_IF_ERROR(relocate(header, image.sections[loaded[header.sh_info]]));
    return Status::ok();
  }

  const ELFT::Ehdr &getHeader() const { return file.getHeader(); }

private:
  Status addSection(const ELFT::Shdr &header) {
    loaded.push_back(kNotLoaded);
    if (!(header.sh_flags & SHF_ALLOC))
      return Status::ok();
    auto name = file.getSectionName(header);
    if (!name)
      return failed(toString(name.takeError()));
    bool isPlain = header.sh_type == SHT_PROGBITS || header.sh_type == SHT_NOBITS || header.sh_type == SHT_NOTE ||
                   *name == ".eh_frame";
    if (!isPlain || (header.sh_flags & SHF_TLS) || header.sh_addralign > kMaxAlignment)
      return failed("section '" + *name + "' needs more than to be loaded");
    ElfImage::Section section;
    section.name = name->str();
    section.type = header.sh_type;
    section.flags = header.sh_flags & (SHF_ALLOC | SHF_WRITE | SHF_EXECINSTR);
    section.align = std::max<uint64_t>(header.sh_addralign, 1);
    section.size = header.sh_size;
    if (header.sh_type != SHT_NOBITS) {
      auto bytes = file.getSectionContents(header);
      if (!bytes)
        return failed(toString(bytes.takeError()));
      section.bytes.assign(bytes->begin(), bytes->end());
    }
    loaded.back() = image.sections.size();
    image.sections.push_back(std::move(section));
    return Status::ok();
  }

  /// The symbols that lie in a section of the image.
  Status addSymbols(const ELFT::Shdr &header) {
    auto symbols = file.symbols(&header);
    auto strings = file.getStringTableForSymtab(header);
    if (!symbols || !strings)
      return failed(toString(joinErrors(symbols.takeError(), strings.takeError())));
    for (const ELFT::Sym &symbol : *symbols) {
      auto name = symbol.getName(*strings);
      if (!name)
        return failed(toString(name.takeError()));
      if (symbol.st_shndx >= loaded.size() || loaded[symbol.st_shndx] == kNotLoaded ||
          symbol.getType() == STT_SECTION || name->empty() || name->starts_with(".L"))
        continue;
      bool isVisible = symbol.getVisibility() == STV_DEFAULT || symbol.getVisibility() == STV_PROTECTED;
      image.symbols.push_back({name->str(), symbol.st_info, symbol.st_other, loaded[symbol.st_shndx], symbol.st_value,
                               symbol.st_size, symbol.getBinding() != STB_LOCAL && isVisible});
    }
    return Status::ok();
  }

  Status relocate(const ELFT::Shdr &header, ElfImage::Section &section) {
    auto entries = file.relas(header);
    auto symbolTable = file.getSection(header.sh_link);
    if (!entries || !symbolTable)
      return failed(toString(joinErrors(entries.takeError(), symbolTable.takeError())));
    for (const ELFT::Rela &entry : *entries)
      FLEX_RETURN_IF_ERROR(relocate(entry, **symbolTable, section));
    return Status::ok();
  }

  Status relocate(const ELFT::Rela &entry, const ELFT::Shdr &symbolTable, ElfImage::Section &section) {
    auto symbol = file.getRelocationSymbol(entry, &symbolTable);
    auto strings = file.getStringTableForSymtab(symbolTable);
    if (!symbol || !strings)
      return failed(toString(joinErrors(symbol.takeError(), strings.takeError())));
    auto name = *symbol ? (*symbol)->getName(*strings) : Expected<StringRef>("");
    if (!name)
      return failed(toString(name.takeError()));
    if (*symbol && (*symbol)->st_shndx == SHN_UNDEF) {
      if (!llvm::is_contained(undefined, *name))
        undefined.push_back(name->str());
      return Status::ok();
    }
    uint32_t type = entry.getType(/*isMips64EL=*/false);
    const auto *kind = llvm::find_if(relocations, [&](const ElfRelocation &known) { return known.type == type; });
    bool isKnown = *symbol && (*symbol)->st_shndx < loaded.size() && loaded[(*symbol)->st_shndx] != kNotLoaded;
    if (kind == relocations.end() || !isKnown || entry.r_offset > section.bytes.size() ||
        kind->bytes > section.bytes.size() - entry.r_offset)
      return failed("relocation of type " + Twine(type) + " in section '" + section.name + "'" +
                    (name->empty() ? "" : " to '" + *name + "'") + " cannot be resolved in a payload");
    int64_t value = image.sections[loaded[(*symbol)->st_shndx]].address + (*symbol)->st_value + entry.r_addend -
                    (section.address + entry.r_offset);
    value >>= kind->shift;
    if (!kind->truncates && !llvm::isIntN(8 * kind->bytes, value))
      return failed("section '" + section.name + "' is too far away from '" + *name + "'");
    for (unsigned byte = 0; byte < kind->bytes; ++byte)
      section.bytes[entry.r_offset + byte] = static_cast<uint8_t>(static_cast<uint64_t>(value) >> (8 * byte));
    return Status::ok();
  }

  static constexpr uint64_t kMaxAlignment = 4096;
  object::ELFFile<ELFT> file;
  ArrayRef<ElfRelocation> relocations;
  ElfImage &image;
  std::vector<std::string> &undefined; ///< what no object defines, without repetition
  ArrayRef<ELFT::Shdr> headers;
  std::vector<size_t> loaded; ///< position in the image of each section of the object
};

} // namespace

StatusOr<std::vector<uint8_t>> linkElf(ArrayRef<StringRef> inputs, ArrayRef<ElfRelocation> relocations) {
  ElfImage image;
  std::vector<std::string> undefined;
  std::vector<Object> objects;
  for (StringRef input : inputs) {
    auto file = object::ELFFile<ELFT>::create(input);
    if (!file)
      return failed(toString(file.takeError()));
    FLEX_RETURN_IF_ERROR(objects.emplace_back(std::move(*file), relocations, image, undefined).add());
  }
  image.layOut();
  for (Object &object : objects)
    FLEX_RETURN_IF_ERROR(object.relocate());
  if (!undefined.empty())
    return failed((undefined.size() > 1 ? "undefined symbols: " : "undefined symbol: ") +
                  join(ArrayRef(undefined).take_front(kMaxNamed), ", ") + (undefined.size() > kMaxNamed ? ", …" : ""));
  return image.write(objects.front().getHeader());
}

} // namespace flex::target
