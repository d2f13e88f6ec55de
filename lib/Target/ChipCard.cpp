//===- ChipCard.cpp - Figures from a target's assembly --------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Line by line; any text gives an answer. A branch to a label above makes a loop.
//
//===----------------------------------------------------------------------===//
#include "flex/Target/Card.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringMap.h"

#include <algorithm>

using namespace flex;
using namespace flex::target;

namespace {

struct Instruction {
  llvm::StringRef line, opcode, kind;
};

struct Span {
  size_t begin, end; ///< instructions, `end` included
};

/// One entry while it is read.
class Entry {
public:
  Entry(llvm::StringRef name, const AssemblySyntax &syntax) : name(name), syntax(syntax) {}

  void add(llvm::StringRef line) {
    if (auto label = syntax.label(line)) {
      labels[*label] = instructions.size();
      return;
    }
    llvm::StringRef opcode = syntax.opcode(line);
    if (opcode.empty()) {
      if (!syntax.registers.empty() && !instructions.empty()) // operands on lines of their own
        instructions.back().line = {instructions.back().line.begin(),
                                    static_cast<size_t>(line.end() - instructions.back().line.begin())};
      return;
    }
    llvm::StringRef kind = "other";
    for (const auto &[prefix, value] : syntax.kinds)
      if (opcode.starts_with(prefix)) {
        kind = value;
        break;
      }
    if (kind == "branch")
      for (llvm::StringRef target : syntax.branchTargets(line))
        if (auto found = labels.find(target); found != labels.end())
          loops.push_back({found->second, instructions.size()});
    instructions.push_back({line, opcode, kind});
  }

  EntryCard finish() const {
    EntryCard card;
    card.name = name.str();
    card.whole = mixOf({0, instructions.size()});
    const Span *main = nullptr;
    InstructionMix most;
    bool anyMatrix =
        llvm::any_of(loops, [&](const Span &loop) { return mixOf({loop.begin, loop.end + 1}).of("matrix") > 0; });
    auto counts = [&](const Span &loop) { return !anyMatrix || mixOf({loop.begin, loop.end + 1}).of("matrix") > 0; };
    for (const Span &loop : loops) {
      bool isInnermost = counts(loop) && llvm::none_of(loops, [&](const Span &other) {
                           return &other != &loop && counts(other) && other.begin >= loop.begin &&
                                  other.end <= loop.end && other.end - other.begin < loop.end - loop.begin;
                         });
      InstructionMix mix = mixOf({loop.begin, loop.end + 1});
      if (!isInnermost || (main && std::pair(mix.of("matrix"), mix.total) <= std::pair(most.of("matrix"), most.total)))
        continue;
      main = &loop;
      most = mix;
    }
    card.loop = most;
    for (size_t i = main ? main->begin : 0; i < instructions.size() && card.matrix.empty(); ++i)
      if (instructions[i].kind == "matrix")
        card.matrix = instructions[i].opcode.str();
    if (!syntax.registers.empty()) {
      card.registers = liveRegisters();
      card.registersAreEstimated = true;
    }
    return card;
  }

private:
  InstructionMix mixOf(Span span) const {
    InstructionMix mix;
    for (size_t i = span.begin; i < std::min(span.end, instructions.size()); ++i) {
      ++mix.total;
      ++mix.kinds[instructions[i].kind.str()];
    }
    return mix;
  }

  struct Range {
    size_t first, last;
    int64_t size;
  };

  /// Virtual registers live at once, most of them; a value made before a loop and used in it lives until its end.
  int64_t liveRegisters() const {
    llvm::StringMap<Range> ranges;
    for (auto [i, instruction] : llvm::enumerate(instructions))
      for (llvm::StringRef rest = instruction.line; !rest.empty();) {
        size_t at = rest.find('%');
        if (at == llvm::StringRef::npos)
          break;
        rest = rest.drop_front(at);
        llvm::StringRef word =
            rest.take_while([](char c) { return c == '%' || c == '_' || isalnum(static_cast<unsigned char>(c)); });
        rest = rest.drop_front(std::max<size_t>(word.size(), 1));
        for (const auto &[prefix, size] : syntax.registers)
          if (word.starts_with(prefix) && word.size() > prefix.size() &&
              isdigit(static_cast<unsigned char>(word[prefix.size()]))) {
            auto [found, isNew] = ranges.try_emplace(word, Range{i, i, size});
            found->second.last = i;
            break;
          }
      }
    std::vector<int64_t> change(instructions.size() + 1);
    for (auto &entry : ranges) {
      Range &range = entry.second;
      for (const Span &loop : loops)
        if (range.first < loop.begin && range.last >= loop.begin && range.last < loop.end)
          range.last = loop.end;
      change[range.first] += range.size;
      change[range.last] -= range.size;
    }
    int64_t live = 0, most = 0;
    for (int64_t step : change)
      most = std::max(most, live += step);
    return most;
  }

  llvm::StringRef name;
  const AssemblySyntax &syntax;
  std::vector<Instruction> instructions;
  llvm::StringMap<size_t> labels;
  std::vector<Span> loops;
};

} // namespace

std::vector<EntryCard> target::readAssembly(llvm::StringRef text, const AssemblySyntax &syntax) {
  std::vector<EntryCard> cards;
  std::optional<Entry> entry;
  while (!text.empty()) {
    auto [raw, rest] = text.split('\n');
    text = rest;
    llvm::StringRef line = raw.trim();
    if (auto name = syntax.entry(line)) {
      entry.emplace(*name, syntax);
      continue;
    }
    if (!entry || line.empty())
      continue;
    if (syntax.isEnd(line)) {
      cards.push_back(entry->finish());
      entry.reset();
    } else {
      entry->add(line);
    }
  }
  return cards;
}

const MatrixFact *target::matrixFactOf(const ChipFacts &chip, llvm::StringRef opcode) {
  static constexpr std::pair<llvm::StringLiteral, llvm::StringLiteral> kNames[] = {
      {"bf16", "bf16"},   {"tf32", "tf32"},    {"xf32", "tf32"},  {"e4m3", "f8e4m3fn"},
      {"e5m2", "f8e5m2"}, {"fp8", "f8e4m3fn"}, {"bf8", "f8e5m2"}, {".s8", "i8"},
      {"_i8", "i8"},      {"iu8", "i8"},       {"x8i8", "i8"},    {"16i8", "i8"},
      {"f64", "f64"},     {"f16", "f16"},      {"x4f32", "f32"},  {"x2f32", "f32"}};
  for (auto [word, operand] : kNames) {
    if (!opcode.contains(word))
      continue;
    for (const MatrixFact &fact : chip.matrix)
      if (fact.unit.operand == operand && opcode.contains(fact.unit.unit))
        return &fact;
  }
  return nullptr;
}
