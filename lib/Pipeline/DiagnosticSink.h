//===- DiagnosticSink.h - Collects what stages report ----------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The front end has an engine of its own with enumerated kinds; everything after
// it reports through MLIR. Both end here, as one text and one JSON document.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Support/Status.h"

#include "mlir/IR/Diagnostics.h"

#include <string>
#include <string_view>
#include <vector>

namespace flex {

/// A position in a file; line 0: none.
struct SinkPlace {
  std::string file;
  unsigned line = 0, column = 0;
};

struct SinkDiagnostic {
  mlir::DiagnosticSeverity severity = mlir::DiagnosticSeverity::Error;
  SinkPlace place;
  std::string message;
  std::vector<SinkDiagnostic> notes;
};

/// Not thread-safe: one per compilation.
class DiagnosticSink {
public:
  /// `source` is the text that carets point into where a place names `fileName`.
  DiagnosticSink(std::string fileName, std::string_view source, bool sourceIsText)
      : fileName(std::move(fileName)), source(sourceIsText ? source : std::string_view()) {}

  void add(const mlir::Diagnostic &diagnostic);
  void error(std::string message);
  void warning(std::string message);
  /// What the front end rendered: text, and a JSON document {"diagnostics": [...]}.
  void addRendered(std::string text, std::string_view json, bool hasErrors);

  bool hasErrors() const { return errors != 0; }
  /// The first error's message, without its place; of an error rendered elsewhere nothing.
  const std::string &firstError() const { return firstMessage; }
  std::string text() const { return rendered; }
  std::string json() const { return "{\"diagnostics\": [" + jsonItems + (jsonItems.empty() ? "]}\n" : "\n]}\n"); }

private:
  void add(const SinkDiagnostic &diagnostic);
  void renderText(const SinkDiagnostic &diagnostic, std::string &out) const;
  std::string_view lineOf(const SinkPlace &place) const;

  std::string fileName;
  std::string_view source;
  std::string rendered, jsonItems, firstMessage;
  unsigned errors = 0, shown = 0;
};

} // namespace flex
