//===- Resources.cpp - What a code object says of its kernels -------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The notes are MessagePack in an ELF section. Any bytes give a value or a Status.
//
//===----------------------------------------------------------------------===//
#include "Target.h"

#include "llvm/BinaryFormat/ELF.h"
#include "llvm/BinaryFormat/MsgPackDocument.h"
#include "llvm/BinaryFormat/MsgPackReader.h"
#include "llvm/Object/ELF.h"

using namespace flex;
using namespace flex::amdgpu;

static Status damaged(const std::string &what) {
  return Status(StatusCode::DataLoss, "code object: " + what);
}

static int64_t integerOf(llvm::msgpack::MapDocNode &map, const char *key) {
  auto found = map.find(key);
  if (found == map.end())
    return 0;
  if (found->second.getKind() == llvm::msgpack::Type::UInt)
    return found->second.getUInt();
  return found->second.getKind() == llvm::msgpack::Type::Int ? found->second.getInt() : 0;
}

/// Whether llvm::msgpack::Document, which asserts on the rest, can read these bytes: one value, every map's keys are
/// strings, and all that a header counts is there.
static bool isReadable(llvm::StringRef bytes) {
  struct Level {
    size_t left; ///< elements still to come; a map's keys count, too
    bool isMap;
  };
  llvm::msgpack::Reader reader(bytes);
  llvm::SmallVector<Level> levels = {{1, false}};
  while (!levels.empty()) {
    Level &level = levels.back();
    if (level.left == 0) {
      levels.pop_back();
      continue;
    }
    llvm::msgpack::Object object;
    auto read = reader.read(object);
    if (!read) {
      llvm::consumeError(read.takeError());
      return false;
    }
    if (!*read)
      return false;
    bool isKey = level.isMap && level.left % 2 == 0;
    --level.left;
    bool isMap = object.Kind == llvm::msgpack::Type::Map;
    if (isKey && object.Kind != llvm::msgpack::Type::String)
      return false;
    if (!isMap && object.Kind != llvm::msgpack::Type::Array)
      continue;
    if (object.Length > bytes.size()) // each element takes at least a byte
      return false;
    levels.push_back({isMap ? 2 * object.Length : object.Length, isMap});
  }
  return true;
}

static StatusOr<std::vector<KernelResources>> readNote(llvm::StringRef bytes) {
  llvm::msgpack::Document document;
  if (!isReadable(bytes) || !document.readFromBlob(bytes, /*Multi=*/false) || !document.getRoot().isMap())
    return damaged("the metadata note is not MessagePack");
  auto found = document.getRoot().getMap().find("amdhsa.kernels");
  if (found == document.getRoot().getMap().end() || !found->second.isArray())
    return damaged("the metadata note lists no kernels");
  std::vector<KernelResources> kernels;
  for (llvm::msgpack::DocNode &node : found->second.getArray()) {
    if (!node.isMap())
      return damaged("a kernel's metadata is not a map");
    llvm::msgpack::MapDocNode &map = node.getMap();
    KernelResources kernel;
    if (auto name = map.find(".name"); name != map.end() && name->second.isString())
      kernel.name = name->second.getString().str();
    kernel.groupSize = integerOf(map, ".max_flat_workgroup_size");
    kernel.ldsBytes = integerOf(map, ".group_segment_fixed_size");
    kernel.scratchBytes = integerOf(map, ".private_segment_fixed_size");
    kernel.vectorRegisters = integerOf(map, ".vgpr_count");
    kernel.vectorSpills = integerOf(map, ".vgpr_spill_count");
    kernel.scalarSpills = integerOf(map, ".sgpr_spill_count");
    kernel.argumentBytes = integerOf(map, ".kernarg_segment_size");
    kernel.waveSize = integerOf(map, ".wavefront_size");
    kernels.push_back(std::move(kernel));
  }
  return kernels;
}

StatusOr<std::vector<KernelResources>> amdgpu::readResources(llvm::StringRef codeObject) {
  auto file = llvm::object::ELF64LEFile::create(codeObject);
  if (!file)
    return damaged(llvm::toString(file.takeError()));
  auto sections = file->sections();
  if (!sections)
    return damaged(llvm::toString(sections.takeError()));
  for (const auto &section : *sections) {
    if (section.sh_type != llvm::ELF::SHT_NOTE)
      continue;
    llvm::Error error = llvm::Error::success();
    for (const auto &note : file->notes(section, error))
      if (note.getType() == llvm::ELF::NT_AMDGPU_METADATA) {
        llvm::consumeError(std::move(error));
        return readNote(note.getDescAsStringRef(section.sh_addralign));
      }
    if (error)
      return damaged(llvm::toString(std::move(error)));
  }
  return damaged("no metadata note");
}
