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
constexpr StringRef kDebugPrefix = ".debug_";
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
        FLEX_RETURN_IF_ERROR(relocate(header, image.sections[loaded[header.sh_info]], starts[header.sh_info]));
    return Status::ok();
  }

  const ELFT::Ehdr &getHeader() const { return file.getHeader(); }

private:
  Status addSection(const ELFT::Shdr &header) {
    loaded.push_back(kNotLoaded);
    starts.push_back(0);
    auto name = file.getSectionName(header);
    if (!name)
      return failed(toString(name.takeError()));
    if (!(header.sh_flags & SHF_ALLOC))
      return header.sh_type == SHT_PROGBITS && name->starts_with(kDebugPrefix) ? addDebug(header, *name) : Status::ok();
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

  /// Debuggers look for one section of a name: it goes behind that of the objects before.
  Status addDebug(const ELFT::Shdr &header, StringRef name) {
    auto bytes = file.getSectionContents(header);
    if (!bytes)
      return failed(toString(bytes.takeError()));
    auto known = llvm::find_if(image.sections, [&](const ElfImage::Section &section) { return section.name == name; });
    loaded.back() = known - image.sections.begin();
    if (known == image.sections.end())
      image.sections.emplace_back().name = name.str();
    ElfImage::Section &section = image.sections[loaded.back()];
    starts.back() = section.bytes.size();
    section.bytes.insert(section.bytes.end(), bytes->begin(), bytes->end());
    section.size = section.bytes.size();
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

  /// Of a section that begins `start` bytes into the image's.
  Status relocate(const ELFT::Shdr &header, ElfImage::Section &section, uint64_t start) {
    auto entries = file.relas(header);
    auto symbolTable = file.getSection(header.sh_link);
    if (!entries || !symbolTable)
      return failed(toString(joinErrors(entries.takeError(), symbolTable.takeError())));
    for (const ELFT::Rela &entry : *entries) {
      Patch patch;
      FLEX_RETURN_IF_ERROR(resolve(entry, **symbolTable, section, start, patch));
      if (patch.kind && patch.kind->followsInstruction) {
        const auto *other = llvm::find_if(*entries, [&](const ELFT::Rela &each) {
          return section.address + each.r_offset == patch.target && isFollowed(each);
        });
        Patch followed;
        if (other == entries->end())
          return failed("section '" + section.name + "' has half of an address");
        FLEX_RETURN_IF_ERROR(resolve(*other, **symbolTable, section, start, followed));
        patch.target = followed.target;
        patch.place = followed.place;
      }
      if (patch.kind)
        FLEX_RETURN_IF_ERROR(apply(patch, section, start + entry.r_offset));
    }
    return Status::ok();
  }

  const ElfRelocation *kindOf(const ELFT::Rela &entry) const {
    const auto *kind = llvm::find_if(
        relocations, [&](const ElfRelocation &known) { return known.type == entry.getType(/*isMips64EL=*/false); });
    return kind == relocations.end() ? nullptr : kind;
  }
  bool isFollowed(const ELFT::Rela &entry) const {
    const ElfRelocation *kind = kindOf(entry);
    return kind && !kind->followsInstruction;
  }

  /// One relocation with its addresses known.
  struct Patch {
    const ElfRelocation *kind = nullptr; ///< null if nothing defines the symbol
    uint64_t target = 0, place = 0;
    std::string name;
  };

  Status resolve(const ELFT::Rela &entry, const ELFT::Shdr &symbolTable, const ElfImage::Section &section,
                 uint64_t start, Patch &patch) {
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
    const ElfRelocation *kind = kindOf(entry);
    bool isKnown = *symbol && (*symbol)->st_shndx < loaded.size() && loaded[(*symbol)->st_shndx] != kNotLoaded;
    bool isMisplaced = kind && kind->isAbsolute && (section.flags & SHF_ALLOC);
    if (!kind || !isKnown || isMisplaced || entry.r_offset > section.bytes.size() - start ||
        kind->bytes > section.bytes.size() - start - entry.r_offset)
      return failed("relocation of type " + Twine(entry.getType(false)) + " in section '" + section.name + "'" +
                    (name->empty() ? "" : " to '" + *name + "'") + " cannot be resolved in a payload");
    patch.kind = kind;
    patch.target = image.sections[loaded[(*symbol)->st_shndx]].address + starts[(*symbol)->st_shndx] +
                   (*symbol)->st_value + entry.r_addend;
    patch.place = kind->isAbsolute ? 0 : section.address + start + entry.r_offset;
    patch.name = name->str();
    return Status::ok();
  }

  static Status apply(const Patch &patch, ElfImage::Section &section, uint64_t offset) {
    const ElfRelocation &kind = *patch.kind;
    auto tooFar = [&] { return failed("section '" + section.name + "' is too far away from '" + patch.name + "'"); };
    if (kind.encode)
      return kind.encode(section.bytes.data() + offset, patch.target, patch.place) ? Status::ok() : tooFar();
    int64_t value = static_cast<int64_t>(patch.target - patch.place) >> kind.shift;
    if (!kind.truncates && !llvm::isIntN(8 * kind.bytes, value) &&
        !(kind.isAbsolute && llvm::isUIntN(8 * kind.bytes, value)))
      return tooFar();
    for (unsigned byte = 0; byte < kind.bytes; ++byte)
      section.bytes[offset + byte] = static_cast<uint8_t>(static_cast<uint64_t>(value) >> (8 * byte));
    return Status::ok();
  }

  static constexpr uint64_t kMaxAlignment = 4096;
  object::ELFFile<ELFT> file;
  ArrayRef<ElfRelocation> relocations;
  ElfImage &image;
  std::vector<std::string> &undefined; ///< what no object defines, without repetition
  ArrayRef<ELFT::Shdr> headers;
  std::vector<size_t> loaded;   ///< position in the image of each section of the object
  std::vector<uint64_t> starts; ///< where in that it begins
};

} // namespace

StatusOr<std::vector<uint8_t>> linkElf(ArrayRef<StringRef> inputs, ArrayRef<ElfRelocation> relocations,
                                       uint64_t pageBytes) {
  ElfImage image;
  std::vector<std::string> undefined;
  std::vector<Object> objects;
  for (StringRef input : inputs) {
    auto file = object::ELFFile<ELFT>::create(input);
    if (!file)
      return failed(toString(file.takeError()));
    FLEX_RETURN_IF_ERROR(objects.emplace_back(std::move(*file), relocations, image, undefined).add());
  }
  image.layOut(pageBytes);
  for (Object &object : objects)
    FLEX_RETURN_IF_ERROR(object.relocate());
  if (!undefined.empty())
    return failed((undefined.size() > 1 ? "undefined symbols: " : "undefined symbol: ") +
                  join(ArrayRef(undefined).take_front(kMaxNamed), ", ") + (undefined.size() > kMaxNamed ? ", …" : ""));
  return image.write(objects.front().getHeader());
}

} // namespace flex::target
