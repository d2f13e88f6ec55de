//===- Document.cpp - An open file and what is known of it ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Bytes that are not UTF-8 count one unit each, so that positions stay in step with
// an editor that replaced them by one character.
//
//===----------------------------------------------------------------------===//
#include "Document.h"

#include <algorithm>

namespace flex::lsp {

namespace {

constexpr unsigned kMaxErrors = 200;

/// Bytes of the character at `pos`.
uint32_t sequenceLength(std::string_view text, uint32_t pos) {
  unsigned char lead = static_cast<unsigned char>(text[pos]);
  uint32_t length = lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF8 ? 4 : 1;
  if (pos + length > text.size())
    return 1;
  for (uint32_t i = 1; i < length; ++i)
    if ((static_cast<unsigned char>(text[pos + i]) & 0xC0) != 0x80)
      return 1;
  return length;
}

} // namespace

LineTable::LineTable(std::string_view text) : text(text) {
  starts.push_back(0);
  for (uint32_t i = 0; i < text.size(); ++i)
    if (text[i] == '\n')
      starts.push_back(i + 1);
}

Position LineTable::position(uint32_t offset) const {
  offset = std::min(offset, static_cast<uint32_t>(text.size()));
  auto line = std::upper_bound(starts.begin(), starts.end(), offset) - starts.begin() - 1;
  int units = 0;
  for (uint32_t i = starts[line]; i < offset;) {
    uint32_t length = sequenceLength(text, i);
    units += length == 4 ? 2 : 1;
    i += length;
  }
  return {static_cast<int>(line), units};
}

uint32_t LineTable::offset(Position position) const {
  if (position.line < 0)
    return 0;
  if (static_cast<size_t>(position.line) >= starts.size())
    return static_cast<uint32_t>(text.size());
  uint32_t at = starts[position.line];
  for (int units = 0; units < position.character && at < text.size() && text[at] != '\n';) {
    uint32_t length = sequenceLength(text, at);
    units += length == 4 ? 2 : 1;
    at += length;
  }
  return at;
}

Document::State::State(const Document &document, const lang::FrontendOptions &options)
    : diagnostics(kMaxErrors), program(document.contents, document.path, options, diagnostics) {}

void Document::replace(std::string text) {
  contents = std::move(text);
  table.reset();
  state.reset();
}

bool Document::edit(Range range, std::string_view text) {
  uint32_t begin = lines().offset(range.start), end = lines().offset(range.end);
  if (begin > end)
    return false;
  std::string changed = contents.substr(0, begin);
  changed += text;
  changed += std::string_view(contents).substr(end);
  replace(std::move(changed));
  return true;
}

const LineTable &Document::lines() {
  if (!table)
    table = std::make_unique<LineTable>(contents);
  return *table;
}

void Document::read(const lang::FrontendOptions &options) {
  if (!state)
    state = std::make_unique<State>(*this, options);
}

const lang::SemanticIndex &Document::index() {
  if (!state->index)
    state->index = std::make_unique<lang::SemanticIndex>(lang::buildIndex(program()));
  return *state->index;
}

void Document::analyze(uint32_t begin, uint32_t end) {
  const auto &functions = program().main().ast.functions;
  for (size_t i = 0; i < functions.size(); ++i)
    if (functions[i].range.begin <= end && functions[i].range.end >= begin)
      state->program.analyze(i);
}

bool Document::analyzeNext() {
  while (state->next < state->program.functionCount() && state->program.isAnalyzed(state->next))
    ++state->next;
  if (state->next == state->program.functionCount())
    return false;
  state->program.analyze(state->next++);
  return true;
}

} // namespace flex::lsp
