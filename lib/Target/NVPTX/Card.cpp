//===- Card.cpp - Figures of PTX ------------------------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// PTX's registers are virtual: what is live at once is an estimate, and the
// vendor's assembler, where it is installed, says what it makes of it.
//
//===----------------------------------------------------------------------===//
#include "Target.h"

using namespace flex;
using namespace flex::target;

/// Without the predicate that a line may begin with.
static llvm::StringRef withoutGuard(llvm::StringRef line) {
  if (line.starts_with("@"))
    line = line.drop_until([](char c) { return c == ' ' || c == '\t'; }).ltrim();
  return line;
}

static const AssemblySyntax &syntax() {
  static const AssemblySyntax *instance =
      new AssemblySyntax{[](llvm::StringRef line) -> std::optional<llvm::StringRef> {
                           if (!line.consume_front(".visible .entry ") && !line.consume_front(".entry "))
                             return std::nullopt;
                           return line.take_until([](char c) { return c == '('; });
                         },
                         [](llvm::StringRef line) { return line == "}"; },
                         [](llvm::StringRef line) -> std::optional<llvm::StringRef> {
                           llvm::StringRef word = line.take_until([](char c) { return c == ':'; });
                           if (word.size() == line.size() || !word.starts_with("$"))
                             return std::nullopt;
                           return word;
                         },
                         [](llvm::StringRef line) -> llvm::StringRef {
                           line = withoutGuard(line);
                           if (line.starts_with("{")) { // inline assembly: its last statement counts
                             auto [before, last] = line.trim("{}; \t").rsplit(';');
                             line = (last.empty() ? before : last).trim();
                           }
                           if (line.empty() || !isalpha(static_cast<unsigned char>(line.front())))
                             return "";
                           return line.take_while([](char c) { return c != ' ' && c != '\t' && c != ';'; });
                         },
                         [](llvm::StringRef line) -> std::vector<llvm::StringRef> {
                           llvm::StringRef target = line.rtrim(';').rsplit(' ').second.trim();
                           return {target.empty() ? line.rtrim(';').rsplit('\t').second.trim() : target};
                         },
                         {{"mma.", "matrix"},
                          {"wgmma.mma", "matrix"},
                          {"tcgen05.mma", "matrix"},
                          {"cp.async.wait", "barrier"},
                          {"cp.async.commit", "other"},
                          {"cp.async", "async copy"},
                          {"ldmatrix", "group load"},
                          {"stmatrix", "group store"},
                          {"ld.shared", "group load"},
                          {"st.shared", "group store"},
                          {"ld.local", "scratch"},
                          {"st.local", "scratch"},
                          {"ld.param", "other"},
                          {"ld.", "load"},
                          {"st.", "store"},
                          {"atom.", "store"},
                          {"red.", "store"},
                          {"bar", "barrier"},
                          {"mbarrier", "barrier"},
                          {"shfl", "exchange"},
                          {"sin.", "special"},
                          {"cos.", "special"},
                          {"ex2.", "special"},
                          {"lg2.", "special"},
                          {"rcp.", "special"},
                          {"sqrt.", "special"},
                          {"rsqrt.", "special"},
                          {"bra", "branch"},
                          {"ret", "branch"}},
                         {{"%rd", 2}, {"%fd", 2}, {"%rq", 4}, {"%rs", 1}, {"%r", 1}, {"%f", 1}, {"%h", 1}, {"%hh", 1}}};
  return *instance;
}

/// Bytes of the arrays in shared memory that the entry names: `.shared .align 64 .b8 ring[16384];`.
static int64_t sharedBytes(llvm::StringRef text, llvm::StringRef entry) {
  size_t begin = text.find((".entry " + entry + "(").str());
  llvm::StringRef body = text.drop_front(std::min(begin, text.size()));
  body = body.take_front(body.find("\n}"));
  int64_t total = 0;
  for (llvm::StringRef rest = text; !rest.empty();) {
    auto [line, more] = rest.split('\n');
    rest = more;
    line = line.trim();
    line.consume_front(".extern ");
    if (!line.consume_front(".shared "))
      continue;
    auto [head, size] = line.split('[');
    int64_t bytes = 0;
    if (!size.consumeInteger(10, bytes) && body.contains(head.rsplit(' ').second))
      total += bytes;
  }
  return total;
}

StatusOr<Card> nvptx::cardOf(const Payload &payload, const ChipData &chip) {
  Card card;
  card.chip = &chip;
  card.entries = readAssembly(payload.assembly, syntax());
  for (EntryCard &entry : card.entries)
    entry.groupMemory = sharedBytes(payload.assembly, entry.name);
  card.assembler = {"ptxas",
                    {"/usr/local/cuda/bin", "/opt/cuda/bin"},
                    {"-arch=" + chip.name, "-v", "-o", "/dev/null"},
                    ".ptx",
                    "Compiling entry function '([^']+)'",
                    "Used ([0-9]+) registers",
                    "([0-9]+) bytes spill stores",
                    "([0-9]+) bytes stack frame"};
  return card;
}
