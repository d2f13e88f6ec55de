//===- ChipFile.cpp - A chip as a data file -------------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One table drives the reading, so that no fact can be forgotten or misspelled.
//
//===----------------------------------------------------------------------===//
#include "flex/Target/ChipFile.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MathExtras.h"

#include <algorithm>

using namespace flex;
using namespace flex::target;

namespace json = llvm::json;

namespace {

struct Fact {
  const char *key;
  int64_t ChipFacts::*member;
  int64_t least = 1;
};
constexpr Fact kFacts[] = {
    {"wave-size", &ChipFacts::waveSize},
    {"max-group-size", &ChipFacts::maxGroupSize},
    {"compute-units", &ChipFacts::computeUnits},
    {"partitions-per-unit", &ChipFacts::partitionsPerUnit},
    {"clock-mhz", &ChipFacts::clockMHz},
    {"matrix-clock-mhz", &ChipFacts::matrixClockMHz},
    {"f32-per-clock", &ChipFacts::f32PerClock},
    {"memory-gbs", &ChipFacts::memoryGBs},
    {"l1-kib", &ChipFacts::l1KiB},
    {"l2-kib", &ChipFacts::l2KiB},
    {"last-level-kib", &ChipFacts::lastLevelKiB},
    {"register-limit", &ChipFacts::registerLimit},
    {"register-granule", &ChipFacts::registerGranule},
    {"registers-per-partition", &ChipFacts::registersPerPartition},
    {"waves-per-partition", &ChipFacts::wavesPerPartition},
    {"groups-per-unit", &ChipFacts::groupsPerUnit},
    {"group-memory-kib", &ChipFacts::groupMemoryKiB},
    {"group-memory-limit-kib", &ChipFacts::groupMemoryLimitKiB},
    {"group-memory-per-unit-kib", &ChipFacts::groupMemoryPerUnitKiB},
    {"group-memory-reserved-bytes", &ChipFacts::groupMemoryReserved, 0},
    {"group-memory-banks", &ChipFacts::groupMemoryBanks},
    {"async-copy-bytes", &ChipFacts::asyncCopyBytes, 0},
    {"bulk-copy", &ChipFacts::bulkCopy, 0},
    {"block-row-bytes", &ChipFacts::blockRowBytes, 0},
};

/// Fills a ChipFacts from the tree; the first fault wins.
class Reader {
public:
  Reader(const json::Object &file, ChipFacts &chip) : file(file), chip(chip) {}

  Status read() {
    FLEX_RETURN_IF_ERROR(readText("chip", chip.name));
    FLEX_RETURN_IF_ERROR(readText("board", chip.board));
    sources = file.getObject("sources");
    if (!sources || sources->empty())
      return fault("'sources' names no document");
    FLEX_RETURN_IF_ERROR(readFacts());
    FLEX_RETURN_IF_ERROR(readMatrix());
    if (const json::Object *words = file.getObject("words"))
      for (const auto &[key, value] : *words) {
        auto word = value.getAsString();
        if (!word)
          return fault("'" + key.str() + "' of 'words' is no text");
        chip.words[key.str()] = word->str();
      }
    for (const auto &[key, value] : file)
      if (!llvm::is_contained({"chip", "board", "sources", "facts", "matrix", "words"}, key.str()))
        return fault("unknown key '" + key.str() + "'");
    return Status::ok();
  }

private:
  Status fault(const std::string &what) const {
    return Status(StatusCode::InvalidArgument, "chip '" + chip.name + "': " + what);
  }

  Status readText(const char *key, std::string &text) {
    auto value = file.getString(key);
    if (!value || value->empty())
      return fault(std::string("'") + key + "' is missing");
    text = value->str();
    return Status::ok();
  }

  /// `[value, "source"]`.
  Status readFact(const std::string &key, const json::Value &value, int64_t least, int64_t &into) {
    const json::Array *pair = value.getAsArray();
    auto number = pair && pair->size() == 2 ? (*pair)[0].getAsInteger() : std::nullopt;
    if (!number || *number < least)
      return fault("'" + key + "' is not [a count of at least " + std::to_string(least) + ", its source]");
    into = *number;
    return checkSource(key, (*pair)[1]);
  }

  Status checkSource(const std::string &key, const json::Value &value) {
    auto source = value.getAsString();
    if (!source || !sources->getString(*source))
      return fault("the source of '" + key + "' is not one of 'sources'");
    return Status::ok();
  }

  Status readFacts() {
    const json::Object *facts = file.getObject("facts");
    if (!facts)
      return fault("'facts' is missing");
    for (const Fact &fact : kFacts) {
      const json::Value *value = facts->get(fact.key);
      if (!value)
        return fault(std::string("'") + fact.key + "' is missing");
      FLEX_RETURN_IF_ERROR(readFact(fact.key, *value, fact.least, chip.*fact.member));
    }
    for (const auto &[key, value] : *facts)
      if (llvm::none_of(kFacts, [&](const Fact &fact) { return key.str() == fact.key; }))
        return fault("unknown fact '" + key.str() + "'");
    return Status::ok();
  }

  /// `["mma/f16/f32/16x8x16/32/rrr", operations per clock, "source of the shape", "source of the rate"]`: the text is
  /// that of a device description.
  Status readMatrix() {
    const json::Array *rows = file.getArray("matrix");
    if (!rows)
      return fault("'matrix' is missing ([] if there are no matrix instructions)");
    for (const json::Value &value : *rows) {
      const json::Array *row = value.getAsArray();
      auto text = row && row->size() == 4 ? (*row)[0].getAsString() : std::nullopt;
      auto rate = text ? (*row)[1].getAsInteger() : std::nullopt;
      if (!rate || *rate < 1)
        return fault("a row of 'matrix' is not [unit, operations per clock, source, source]");
      auto device = tile::DeviceDescription::parse("matrix-units=" + text->str());
      if (!device || device->matrixUnits.size() != 1)
        return fault("'" + text->str() + "' is no matrix unit");
      chip.matrix.push_back({device->matrixUnits.front(), *rate});
      FLEX_RETURN_IF_ERROR(checkSource(text->str(), (*row)[2]));
      FLEX_RETURN_IF_ERROR(checkSource(text->str(), (*row)[3]));
    }
    return Status::ok();
  }

  const json::Object &file;
  ChipFacts &chip;
  const json::Object *sources = nullptr;
};

} // namespace

StatusOr<ChipFacts> ChipFacts::parse(llvm::StringRef text) {
  auto value = json::parse(text);
  if (!value)
    return Status(StatusCode::InvalidArgument, "chip file: " + llvm::toString(value.takeError()));
  const json::Object *object = value->getAsObject();
  if (!object)
    return Status(StatusCode::InvalidArgument, "chip file: not an object");
  ChipFacts chip;
  FLEX_RETURN_IF_ERROR(Reader(*object, chip).read());
  return chip;
}

double ChipFacts::gflops() const {
  return 1e-3 * static_cast<double>(computeUnits * f32PerClock * clockMHz);
}

double ChipFacts::matrixGflops(const MatrixFact &fact) const {
  return 1e-3 * static_cast<double>(computeUnits * fact.operationsPerClock * matrixClockMHz);
}

std::string ChipFacts::word(const std::string &key) const {
  auto found = words.find(key);
  return found == words.end() ? "" : found->second;
}

tile::DeviceDescription ChipFacts::describe() const {
  tile::DeviceDescription device;
  device.model = tile::ExecutionModel::Simt;
  device.vectorBits = 128;
  device.vectorRegisters = registerLimit;
  device.cores = computeUnits;
  device.l1Bytes = l1KiB << 10;
  device.l2Bytes = (l2KiB << 10) / computeUnits;
  device.l3Bytes = lastLevelKiB << 10;
  device.waveSize = waveSize;
  device.maxGroupSize = maxGroupSize;
  device.groupMemoryBytes = groupMemoryKiB << 10;
  device.groupMemoryLimit = groupMemoryLimitKiB << 10;
  device.asyncCopyBytes = asyncCopyBytes;
  device.hasBulkCopy = bulkCopy != 0;
  device.blockRowBytes = blockRowBytes;
  device.streamingBytes = lastLevelKiB << 10;
  device.gflops = gflops();
  device.memoryGBs = static_cast<double>(memoryGBs);
  for (const MatrixFact &fact : matrix)
    device.matrixUnits.push_back(fact.unit);
  return device;
}

Occupancy target::estimateOccupancy(const ChipFacts &chip, int64_t groupSize, int64_t registers, int64_t groupMemory) {
  Occupancy result;
  int64_t waves = llvm::divideCeil(std::max<int64_t>(groupSize, 1), chip.waveSize);
  result.maxWavesPerUnit = chip.wavesPerPartition * chip.partitionsPerUnit;
  auto consider = [&](int64_t groups, const char *limit) {
    if (!result.limit.empty() && groups >= result.groupsPerUnit)
      return;
    result.groupsPerUnit = groups;
    result.limit = limit;
  };
  consider(result.maxWavesPerUnit / waves, "waves");
  consider(chip.groupsPerUnit, "groups");
  int64_t perWave = llvm::alignTo(std::max<int64_t>(registers, 1), chip.registerGranule) * chip.waveSize;
  consider(chip.registersPerPartition / perWave * chip.partitionsPerUnit / waves, "registers");
  if (int64_t bytes = groupMemory + chip.groupMemoryReserved)
    consider((chip.groupMemoryPerUnitKiB << 10) / bytes, "group memory");
  result.wavesPerUnit = result.groupsPerUnit * waves;
  return result;
}

ChipTable::ChipTable(llvm::ArrayRef<ChipText> files) {
  for (const ChipText &file : files) {
    StatusOr<ChipFacts> chip = ChipFacts::parse(file.text);
    if (!chip || find(chip->name))
      llvm::report_fatal_error(llvm::Twine("chip file ") + file.name + ": " +
                               (chip ? "names a chip of another file" : chip.status().message().c_str()));
    table.push_back(std::move(*chip));
  }
  llvm::sort(table, [](const ChipFacts &a, const ChipFacts &b) {
    return llvm::StringRef(a.name).compare_numeric(b.name) < 0;
  });
}

std::vector<std::string> ChipTable::names() const {
  std::vector<std::string> result;
  for (const ChipFacts &chip : table)
    result.push_back(chip.name);
  return result;
}

const ChipFacts *ChipTable::find(llvm::StringRef name) const {
  auto found = llvm::find_if(table, [&](const ChipFacts &chip) { return chip.name == name; });
  return found == table.end() ? nullptr : &*found;
}

Status ChipTable::unknown(const std::string &target, const std::string &name) const {
  std::string known;
  for (const ChipFacts &chip : table)
    known += (known.empty() ? "" : ", ") + chip.name;
  return Status(StatusCode::InvalidArgument, "unknown chip '" + target + ":" + name + "'; known: " + known);
}
