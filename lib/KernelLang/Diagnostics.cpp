//===- Diagnostics.cpp - Collecting what the front end says ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reporting, the error limit and spelling suggestions; rendering is
// DiagnosticsRender.cpp. Invariant: at most `limit` errors are kept.
//
//===----------------------------------------------------------------------===//
#include "flex/KernelLang/Diagnostics.h"

#include <algorithm>

namespace flex::lang {
namespace {

struct KindInfo {
  const char *code;
  Severity severity;
  const char *text;
};

const KindInfo kKinds[] = {
#define DIAG(CODE, NAME, SEVERITY, TEXT) {#CODE, Severity::SEVERITY, TEXT},
#include "flex/KernelLang/Diagnostics.def"
};

const KindInfo &info(Diag kind) {
  return kKinds[static_cast<size_t>(kind)];
}

std::string format(std::string_view text, std::initializer_list<std::string> arguments) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '{' && i + 2 < text.size() && text[i + 2] == '}') {
      size_t number = static_cast<size_t>(text[i + 1] - '0');
      if (number < arguments.size()) {
        out += arguments.begin()[number];
        i += 2;
        continue;
      }
    }
    out += text[i];
  }
  return out;
}

} // namespace

const char *diagCode(Diag kind) {
  return info(kind).code;
}
Severity diagSeverity(Diag kind) {
  return info(kind).severity;
}

DiagnosticBuilder &DiagnosticBuilder::at(std::string text) {
  if (diagnostic)
    diagnostic->primaryText = std::move(text);
  return *this;
}

DiagnosticBuilder &DiagnosticBuilder::label(SourceRange range, std::string text) {
  if (diagnostic && range.isValid())
    diagnostic->labels.push_back({range, std::move(text)});
  return *this;
}

DiagnosticBuilder &DiagnosticBuilder::hint(std::string text) {
  if (diagnostic && !text.empty())
    diagnostic->hint = std::move(text);
  return *this;
}

DiagnosticBuilder DiagnosticEngine::report(Diag kind, SourceRange range, std::initializer_list<std::string> arguments) {
  if (!seen.insert({kind, range.file, range.begin, range.end}).second)
    return DiagnosticBuilder(nullptr);
  if (diagSeverity(kind) == Severity::Error) {
    if (errors >= limit) {
      if (!truncated)
        diagnostics.push_back(
            {Diag::TooManyErrors, format(info(Diag::TooManyErrors).text, {std::to_string(limit)}), range, "", {}, ""});
      truncated = true;
      return DiagnosticBuilder(nullptr);
    }
    ++errors;
  }
  diagnostics.push_back({kind, format(info(kind).text, arguments), range, "", {}, ""});
  return DiagnosticBuilder(&diagnostics.back());
}

/// Levenshtein distance with transpositions, on short names only.
static size_t editDistance(std::string_view a, std::string_view b) {
  std::vector<std::vector<size_t>> rows(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i)
    for (size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        rows[i][j] = i + j;
        continue;
      }
      size_t best = std::min(rows[i - 1][j], rows[i][j - 1]) + 1;
      best = std::min(best, rows[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        best = std::min(best, rows[i - 2][j - 2] + 1);
      rows[i][j] = best;
    }
  return rows[a.size()][b.size()];
}

std::string nearestName(std::string_view name, const std::vector<std::string> &candidates) {
  if (name.empty() || name.size() > 64)
    return "";
  size_t allowed = name.size() <= 2 ? 1 : 1 + name.size() / 5;
  std::string best;
  for (const std::string &candidate : candidates) {
    bool sameLengthClass = candidate.size() <= name.size() + allowed && name.size() <= candidate.size() + allowed;
    if (!sameLengthClass || candidate == name || (name.size() == 1 && candidate.size() == 1))
      continue;
    size_t distance = editDistance(name, candidate);
    if (distance > allowed || (distance == allowed && !best.empty()))
      continue;
    best = candidate;
    allowed = distance;
  }
  return best;
}

std::string didYouMean(std::string_view name, const std::vector<std::string> &candidates) {
  std::string nearest = nearestName(name, candidates);
  return nearest.empty() ? "" : "did you mean '" + nearest + "'?";
}

} // namespace flex::lang
