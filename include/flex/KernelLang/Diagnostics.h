//===- Diagnostics.h - What the front end says to its user ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Every message is one kind of Diagnostics.def. A diagnostic has one primary
// range, further labelled ranges for the other places involved, and a hint
// where one is known. Free of LLVM; prints nothing by itself.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/KernelLang/Source.h"

#include <initializer_list>
#include <set>
#include <string>
#include <tuple>
#include <vector>

namespace flex::lang {

/// The kinds, by the symbolic names of Diagnostics.def.
enum class Diag : uint16_t {
#define DIAG(CODE, NAME, SEVERITY, TEXT) NAME,
#include "flex/KernelLang/Diagnostics.def"
};

enum class Severity : uint8_t { Error, Warning };

/// The code printed in brackets and searched for in the docs, e.g. "E0101".
const char *diagCode(Diag kind);
Severity diagSeverity(Diag kind);

/// A place involved, with what it has to do with the error (may be empty).
struct Label {
  SourceRange range;
  std::string text;
};

struct Diagnostic {
  Diag kind;
  std::string message;
  SourceRange primary;
  std::string primaryText; ///< printed behind the caret of `primary`; may be empty
  std::vector<Label> labels;
  std::string hint;
};

class DiagnosticEngine;

/// Adds labels and a hint to a diagnostic just reported. Harmless when the
/// diagnostic was dropped (limit reached, or said before).
class DiagnosticBuilder {
public:
  DiagnosticBuilder &at(std::string text);
  DiagnosticBuilder &label(SourceRange range, std::string text);
  DiagnosticBuilder &hint(std::string text);

private:
  friend class DiagnosticEngine;
  explicit DiagnosticBuilder(Diagnostic *diagnostic) : diagnostic(diagnostic) {}
  Diagnostic *diagnostic;
};

/// Collects diagnostics in the order found. Not thread-safe: one per compilation.
class DiagnosticEngine {
public:
  /// After `limit` errors the rest is dropped and one "too many errors" added.
  explicit DiagnosticEngine(unsigned limit = 20) : limit(limit) {}

  /// Reports `kind` at `range`; `{0}`, `{1}`, … in its text become `arguments`.
  /// The same kind at the same range is reported once (generic code is
  /// analysed once per type). The builder is valid until the next report.
  DiagnosticBuilder report(Diag kind, SourceRange range, std::initializer_list<std::string> arguments = {});
  /// Of a diagnostic that is not reported.
  static DiagnosticBuilder dropped() { return DiagnosticBuilder(nullptr); }

  bool hasErrors() const { return errors != 0; }
  unsigned errorCount() const { return errors; }
  /// True once an error had to be dropped.
  bool limitReached() const { return truncated; }
  const std::vector<Diagnostic> &all() const { return diagnostics; }

  /// Text: `file:line:col: error: message [E0101]`, the source line with carets,
  /// the labels as notes, the hint.
  std::string renderText(bool color = false) const;
  /// One JSON object: {"diagnostics": [...]}.
  std::string renderJson() const;

private:
  std::vector<Diagnostic> diagnostics;
  std::set<std::tuple<Diag, const SourceFile *, uint32_t, uint32_t>> seen;
  unsigned limit;
  unsigned errors = 0;
  bool truncated = false;
};

/// The candidate nearest to `name` by edit distance, if near enough to be a
/// slip of the pen; otherwise empty.
std::string nearestName(std::string_view name, const std::vector<std::string> &candidates);
/// "did you mean 'x'?", or empty.
std::string didYouMean(std::string_view name, const std::vector<std::string> &candidates);

} // namespace flex::lang
