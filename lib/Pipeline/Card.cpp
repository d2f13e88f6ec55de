//===- Card.cpp - Static figures of a program, as JSON --------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// After the binary stage. Sizes over open dimensions stay formulas: the tool puts
// numbers in.
//
//===----------------------------------------------------------------------===//
#include "Card.h"

#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

using namespace flex;
using namespace flex::target;

namespace json = llvm::json;

static json::Object mixObject(const InstructionMix &mix) {
  json::Object kinds;
  for (const auto &[kind, count] : mix.kinds)
    kinds[kind] = count;
  return json::Object{{"total", mix.total}, {"kinds", std::move(kinds)}};
}

/// Groups of a unit for every number of registers at which it changes: [up to, groups, what limits them].
static json::Array occupancyTable(const ChipFacts &chip, int64_t groupSize, int64_t groupMemory) {
  json::Array table;
  Occupancy last;
  for (int64_t registers = 1; registers <= chip.registerLimit; ++registers) {
    Occupancy now = estimateOccupancy(chip, groupSize, registers, groupMemory);
    if (registers > 1 && (now.groupsPerUnit != last.groupsPerUnit || now.limit != last.limit))
      table.push_back(json::Array{registers - 1, last.groupsPerUnit, last.limit});
    last = now;
  }
  table.push_back(json::Array{chip.registerLimit, last.groupsPerUnit, last.limit});
  return table;
}

static json::Object launchObject(const ChipFacts &chip, const ImageLaunch &launch, const EntryCard *entry) {
  int64_t groupMemory = std::max(entry ? entry->groupMemory.value_or(0) : 0, launch.groupMemoryBytes);
  json::Object object{{"entry", launch.entry},
                      {"groupSize", launch.groupSize},
                      {"groupMemory", groupMemory},
                      {"items", launch.items.str()},
                      {"flops", launch.flops.isValid() ? launch.flops.str() : "0"},
                      {"bytes", launch.bytesMoved.isValid() ? launch.bytesMoved.str() : "0"},
                      {"occupancy", occupancyTable(chip, launch.groupSize, groupMemory)}};
  object["gflops"] = chip.gflops();
  if (!entry)
    return object;
  object["instructions"] = mixObject(entry->whole);
  object["loop"] = mixObject(entry->loop);
  if (entry->registers)
    object["registers"] = *entry->registers;
  object["registersAreEstimated"] = entry->registersAreEstimated;
  if (entry->spills)
    object["spills"] = *entry->spills;
  if (entry->scratchBytes)
    object["scratch"] = *entry->scratchBytes;
  if (entry->matrix.empty())
    return object;
  object["matrix"] = entry->matrix;
  if (const MatrixFact *fact = matrixFactOf(chip, entry->matrix)) {
    object["matrixUnit"] = fact->unit.name();
    object["gflops"] = chip.matrixGflops(*fact);
  }
  return object;
}

StatusOr<std::string> flex::cardText(const Chip &chip, const ImageKernel &kernel, const ImageProgram &program,
                                     const Payload &payload) {
  StatusOr<Card> card = chip.card(payload);
  if (!card)
    return card.status();
  const ChipFacts &facts = *card->chip;
  json::Object object{{"kernel", kernel.name}, {"target", chip.spelling()}};
  object["chip"] = json::Object{{"name", facts.name},
                                {"board", facts.board},
                                {"units", facts.computeUnits},
                                {"waveSize", facts.waveSize},
                                {"wavesPerUnit", facts.wavesPerPartition * facts.partitionsPerUnit},
                                {"gflops", facts.gflops()},
                                {"memoryGBs", facts.memoryGBs}};
  json::Array dims;
  for (const std::string &dim : kernel.dims)
    dims.push_back(dim);
  object["dims"] = std::move(dims);
  json::Array launches;
  for (const ImageLaunch &launch : program.launches) {
    const EntryCard *found = nullptr;
    for (const EntryCard &entry : card->entries)
      if (entry.name == launch.entry)
        found = &entry;
    launches.push_back(launchObject(facts, launch, found));
  }
  object["launches"] = std::move(launches);
  const Assembler &assembler = card->assembler;
  if (!assembler.program.empty()) {
    json::Array arguments, places;
    for (const std::string &place : assembler.places)
      places.push_back(place);
    for (const std::string &argument : assembler.arguments)
      arguments.push_back(argument);
    object["assembler"] = json::Object{
        {"program", assembler.program}, {"places", std::move(places)},  {"arguments", std::move(arguments)},
        {"suffix", assembler.suffix},   {"entry", assembler.entry},     {"registers", assembler.registers},
        {"spills", assembler.spills},   {"scratch", assembler.scratch}, {"text", payload.assembly}};
  }
  std::string text;
  llvm::raw_string_ostream(text) << json::Value(std::move(object)) << "\n";
  return text;
}
