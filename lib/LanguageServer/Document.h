//===- Document.h - An open file and what is known of it ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The editor's text, not the disk's. Invariant: the program and the index are those
// of the text; a change drops both, and they are made again when asked for.
// Positions are the protocol's: lines and UTF-16 units from 0.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/KernelLang/SemanticIndex.h"
#include "llvm/Support/LSP/Protocol.h"

#include <memory>
#include <string>

namespace flex::lsp {

using llvm::lsp::Position;
using llvm::lsp::Range;

/// Conversions between offsets and positions of one text.
class LineTable {
public:
  explicit LineTable(std::string_view text);
  Position position(uint32_t offset) const;
  /// Beyond the end of a line is its end, beyond the last line the end of the text.
  uint32_t offset(Position position) const;
  Range range(uint32_t begin, uint32_t end) const { return {position(begin), position(end)}; }

private:
  std::string_view text;
  std::vector<uint32_t> starts;
};

class Document {
public:
  Document(std::string uri, std::string path, std::string text, int64_t version)
      : uri(std::move(uri)), path(std::move(path)), version(version), contents(std::move(text)) {}

  const std::string uri, path;
  int64_t version;

  const std::string &text() const { return contents; }
  void replace(std::string text);
  /// Replaces what the editor says; false if the range is no range.
  bool edit(Range range, std::string_view text);
  /// Another file has changed.
  void drop() { state.reset(); }

  const LineTable &lines();
  /// Reads the file and its imports; analyses nothing yet.
  void read(const lang::FrontendOptions &options);
  bool isRead() const { return state != nullptr; }
  const lang::Program &program() const { return *state->program.program(); }
  const lang::SemanticIndex &index();
  const lang::DiagnosticEngine &diagnostics() const { return state->diagnostics; }

  /// Analyses the functions between two offsets.
  void analyze(uint32_t begin, uint32_t end);
  /// Analyses one more function; false if all are.
  bool analyzeNext();

private:
  struct State {
    State(const Document &document, const lang::FrontendOptions &options);
    lang::DiagnosticEngine diagnostics;
    lang::StepwiseProgram program;
    std::unique_ptr<lang::SemanticIndex> index;
    size_t next = 0;
  };
  std::string contents;
  std::unique_ptr<LineTable> table;
  std::unique_ptr<State> state;
};

} // namespace flex::lsp
