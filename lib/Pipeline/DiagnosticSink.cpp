//===- DiagnosticSink.cpp - Collects what stages report -------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Messages may hold any bytes of the input: control characters are shown as '.'.
//
//===----------------------------------------------------------------------===//
#include "DiagnosticSink.h"

#include "mlir/IR/Location.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/ConvertUTF.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

using namespace flex;

namespace {

constexpr unsigned kMaxDiagnostics = 50;
constexpr size_t kMaxShownLine = 240;
constexpr size_t kMaxMessage = 4000; ///< MLIR may print a whole operation or type

SinkPlace placeOf(mlir::Location location, unsigned depth = 0) {
  if (depth > 16)
    return {};
  return llvm::TypeSwitch<mlir::LocationAttr, SinkPlace>(location)
      .Case([](mlir::FileLineColRange at) {
        return SinkPlace{at.getFilename().getValue().str(), at.getStartLine(), at.getStartColumn()};
      })
      .Case([&](mlir::NameLoc at) { return placeOf(at.getChildLoc(), depth + 1); })
      .Case([&](mlir::CallSiteLoc at) { return placeOf(at.getCallee(), depth + 1); })
      .Case([&](mlir::OpaqueLoc at) { return placeOf(at.getFallbackLocation(), depth + 1); })
      .Case([&](mlir::FusedLoc at) {
        for (mlir::Location part : at.getLocations())
          if (SinkPlace place = placeOf(part, depth + 1); place.line != 0)
            return place;
        return SinkPlace{};
      })
      .Default(SinkPlace{});
}

const char *severityName(mlir::DiagnosticSeverity severity) {
  switch (severity) {
  case mlir::DiagnosticSeverity::Error: return "error";
  case mlir::DiagnosticSeverity::Warning: return "warning";
  case mlir::DiagnosticSeverity::Note:
  case mlir::DiagnosticSeverity::Remark: return "note";
  }
  return "note";
}

SinkDiagnostic convert(const mlir::Diagnostic &diagnostic, bool withNotes) {
  SinkDiagnostic converted{diagnostic.getSeverity(), placeOf(diagnostic.getLocation()), diagnostic.str(), {}};
  if (withNotes)
    for (const mlir::Diagnostic &note : const_cast<mlir::Diagnostic &>(diagnostic).getNotes())
      converted.notes.push_back(convert(note, false));
  return converted;
}

std::string printable(std::string_view text, bool keepNewlines) {
  std::string out;
  for (char c : text.substr(0, kMaxMessage)) {
    auto byte = static_cast<unsigned char>(c);
    bool control = byte < 0x20 || byte == 0x7f;
    out += c == '\n' && keepNewlines ? '\n' : c == '\t' ? ' ' : control ? '.' : c;
  }
  if (text.size() > kMaxMessage)
    out += "…";
  return out;
}

llvm::json::Object toJson(const SinkDiagnostic &diagnostic) {
  llvm::json::Object object{{"severity", severityName(diagnostic.severity)},
                            {"message", llvm::json::fixUTF8(diagnostic.message)}};
  if (diagnostic.place.line != 0) {
    object["file"] = llvm::json::fixUTF8(diagnostic.place.file);
    object["line"] = diagnostic.place.line;
    object["column"] = diagnostic.place.column;
  } else {
    object["file"] = nullptr;
  }
  llvm::json::Array labels;
  for (const SinkDiagnostic &note : diagnostic.notes)
    labels.push_back(toJson(note));
  object["labels"] = std::move(labels);
  return object;
}

} // namespace

void DiagnosticSink::add(const mlir::Diagnostic &diagnostic) {
  add(convert(diagnostic, true));
}

void DiagnosticSink::error(std::string message) {
  add({mlir::DiagnosticSeverity::Error, {}, std::move(message), {}});
}

void DiagnosticSink::warning(std::string message) {
  add({mlir::DiagnosticSeverity::Warning, {}, std::move(message), {}});
}

void DiagnosticSink::add(const SinkDiagnostic &diagnostic) {
  bool isError = diagnostic.severity == mlir::DiagnosticSeverity::Error;
  if (isError && errors == 0)
    firstMessage = printable(diagnostic.message, false);
  errors += isError;
  if (++shown > kMaxDiagnostics) {
    if (shown == kMaxDiagnostics + 1)
      rendered += "note: more than " + std::to_string(kMaxDiagnostics) + " diagnostics; the rest is dropped\n";
    return;
  }
  renderText(diagnostic, rendered);
  jsonItems += jsonItems.empty() ? "\n  " : ",\n  ";
  llvm::raw_string_ostream(jsonItems) << llvm::json::Value(toJson(diagnostic));
}

void DiagnosticSink::addRendered(std::string text, std::string_view json, bool hasErrors) {
  errors += hasErrors;
  rendered += text;
  // The items between the brackets of {"diagnostics": [ … ]}.
  size_t begin = json.find('['), end = json.rfind(']');
  if (begin == std::string_view::npos || end == std::string_view::npos || end <= begin)
    return;
  std::string_view items = json.substr(begin + 1, end - begin - 1);
  while (!items.empty() && (items.back() == '\n' || items.back() == ' '))
    items.remove_suffix(1);
  if (items.empty())
    return;
  jsonItems += jsonItems.empty() ? "" : ",";
  jsonItems += items;
}

std::string_view DiagnosticSink::lineOf(const SinkPlace &place) const {
  if (place.line == 0 || place.file != fileName)
    return {};
  size_t begin = 0;
  for (unsigned line = 1; line < place.line; ++line) {
    begin = source.find('\n', begin);
    if (begin == std::string_view::npos)
      return {};
    ++begin;
  }
  size_t end = source.find('\n', begin);
  return source.substr(begin, end == std::string_view::npos ? end : end - begin);
}

void DiagnosticSink::renderText(const SinkDiagnostic &diagnostic, std::string &out) const {
  const SinkPlace &place = diagnostic.place;
  if (place.line != 0)
    out += printable(place.file, false) + ":" + std::to_string(place.line) + ":" + std::to_string(place.column) + ": ";
  out += std::string(severityName(diagnostic.severity)) + ": " + printable(diagnostic.message, true) + "\n";
  std::string_view line = lineOf(place);
  if (!line.empty() && place.column != 0 && place.column <= line.size() + 1) {
    size_t at = place.column - 1;
    size_t from = line.size() > kMaxShownLine && at > kMaxShownLine / 2 ? at - kMaxShownLine / 2 : 0;
    std::string number = std::to_string(place.line), gutter(std::max<size_t>(4, number.size()), ' ');
    out +=
        " " + gutter.substr(number.size()) + number + " | " + printable(line.substr(from, kMaxShownLine), false) + "\n";
    out += " " + gutter + " | " + std::string(at - from, ' ') + "^\n";
  }
  for (const SinkDiagnostic &note : diagnostic.notes)
    renderText(note, out);
}
