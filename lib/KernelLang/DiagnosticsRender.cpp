//===- DiagnosticsRender.cpp - Diagnostics as text and as JSON ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Any bytes of the source may end up in a message: control characters are
// shown as '.', invalid UTF-8 as U+FFFD, and carets count characters, not bytes.
//
//===----------------------------------------------------------------------===//
#include "flex/KernelLang/Diagnostics.h"

#include <algorithm>
#include <cstdio>

namespace flex::lang {
namespace {

constexpr size_t kMaxShownLine = 240;

/// Length of the valid UTF-8 sequence at `pos`, 0 if there is none.
size_t sequenceLength(std::string_view text, size_t pos) {
  auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  unsigned char lead = byte(pos);
  size_t length = lead < 0x80 ? 1 : (lead >> 5) == 6 ? 2 : (lead >> 4) == 14 ? 3 : (lead >> 3) == 30 ? 4 : 0;
  if (length == 0 || pos + length > text.size() || lead == 0xC0 || lead == 0xC1 || lead > 0xF4)
    return 0;
  for (size_t i = 1; i < length; ++i)
    if ((byte(pos + i) & 0xC0) != 0x80)
      return 0;
  bool overlong = (lead == 0xE0 && byte(pos + 1) < 0xA0) || (lead == 0xF0 && byte(pos + 1) < 0x90);
  bool outside = (lead == 0xED && byte(pos + 1) > 0x9F) || (lead == 0xF4 && byte(pos + 1) > 0x8F);
  return overlong || outside ? 0 : length;
}

/// `text` made printable, and for each of its bytes the column it is shown in.
struct Shown {
  std::string text;
  std::vector<unsigned> columns; // one more than bytes
};

Shown printable(std::string_view text) {
  Shown shown;
  unsigned column = 0;
  for (size_t i = 0; i < text.size();) {
    size_t length = sequenceLength(text, i);
    unsigned char c = static_cast<unsigned char>(text[i]);
    size_t step = std::max<size_t>(length, 1);
    for (size_t k = 0; k < step; ++k)
      shown.columns.push_back(column);
    if (length == 0)
      shown.text += "\xEF\xBF\xBD";
    else if (c == '\t')
      shown.text += ' ';
    else if (c < 0x20 || c == 0x7F)
      shown.text += '.';
    else
      shown.text += text.substr(i, length);
    ++column;
    i += step;
  }
  shown.columns.push_back(column);
  return shown;
}

class TextRenderer {
public:
  explicit TextRenderer(bool color) : color(color) {}

  std::string run(const std::vector<Diagnostic> &all) {
    for (const Diagnostic &diagnostic : all)
      render(diagnostic);
    return std::move(out);
  }

private:
  std::string paint(const char *code, const std::string &text) {
    return color ? std::string("\x1b[") + code + "m" + text + "\x1b[0m" : text;
  }

  void place(SourceRange range) {
    if (!range.isValid())
      return;
    LineColumn at = range.file->position(range.begin);
    out += range.file->name() + ":" + std::to_string(at.line) + ":" + std::to_string(at.column) + ": ";
  }

  void snippet(SourceRange range, const std::string &text) {
    if (!range.isValid())
      return;
    LineColumn at = range.file->position(range.begin);
    std::string_view line = range.file->line(at.line);
    size_t first = std::min<size_t>(at.column - 1, line.size());
    size_t last = std::min<size_t>(first + (range.end - range.begin), line.size());
    // A very long line is shown around the place only.
    size_t from = first > kMaxShownLine / 2 && line.size() > kMaxShownLine ? first - kMaxShownLine / 2 : 0;
    std::string_view part = line.substr(from, kMaxShownLine);
    Shown shown = printable(part);
    auto column = [&](size_t byte) { return shown.columns[std::min(byte - from, part.size())]; };
    unsigned begin = column(first), end = column(last);
    std::string number = std::to_string(at.line);
    std::string gutter = std::string(std::max<size_t>(4, number.size()), ' ');
    out += " " + gutter.substr(number.size()) + number + " | " + shown.text + "\n";
    std::string marks =
        std::string(begin, ' ') + paint("1;32", "^" + std::string(end > begin ? end - begin - 1 : 0, '~'));
    out += " " + gutter + " | " + marks + (text.empty() ? "" : " " + text) + "\n";
  }

  void render(const Diagnostic &d) {
    bool error = diagSeverity(d.kind) == Severity::Error;
    place(d.primary);
    out += (error ? paint("1;31", "error: ") : paint("1;35", "warning: ")) + printable(d.message).text;
    out += std::string(" [") + diagCode(d.kind) + "]\n";
    snippet(d.primary, d.primaryText);
    for (const Label &label : d.labels) {
      place(label.range);
      out += paint("1;36", "note: ") + printable(label.text).text + "\n";
      snippet(label.range, "");
    }
    if (!d.hint.empty())
      out += paint("1", "hint: ") + printable(d.hint).text + "\n";
  }

  bool color;
  std::string out;
};

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (size_t i = 0; i < text.size();) {
    size_t length = sequenceLength(text, i);
    unsigned char c = static_cast<unsigned char>(text[i]);
    if (length == 0) {
      out += "\\ufffd";
    } else if (c == '"' || c == '\\') {
      out += '\\';
      out += text[i];
    } else if (c < 0x20 || c == 0x7F) {
      char buffer[8];
      std::snprintf(buffer, sizeof buffer, "\\u%04x", c);
      out += buffer;
    } else {
      out += text.substr(i, length);
    }
    i += std::max<size_t>(length, 1);
  }
  return out + "\"";
}

std::string jsonRange(SourceRange range) {
  if (!range.isValid())
    return "\"file\": null";
  LineColumn begin = range.file->position(range.begin), end = range.file->position(range.end);
  return "\"file\": " + quoted(range.file->name()) + ", \"line\": " + std::to_string(begin.line) +
         ", \"column\": " + std::to_string(begin.column) + ", \"endLine\": " + std::to_string(end.line) +
         ", \"endColumn\": " + std::to_string(end.column);
}

} // namespace

std::string DiagnosticEngine::renderText(bool color) const {
  return TextRenderer(color).run(diagnostics);
}

std::string DiagnosticEngine::renderJson() const {
  std::string out = "{\"diagnostics\": [";
  for (const Diagnostic &d : diagnostics) {
    out += &d == &diagnostics.front() ? "\n" : ",\n";
    out += "  {\"code\": " + quoted(diagCode(d.kind)) + ", \"severity\": ";
    out += diagSeverity(d.kind) == Severity::Error ? "\"error\"" : "\"warning\"";
    out += ", \"message\": " + quoted(d.message) + ", " + jsonRange(d.primary) + ", \"labels\": [";
    for (const Label &label : d.labels)
      out += std::string(&label == &d.labels.front() ? "" : ", ") + "{\"message\": " + quoted(label.text) + ", " +
             jsonRange(label.range) + "}";
    out += "], \"hint\": " + (d.hint.empty() ? std::string("null") : quoted(d.hint)) + "}";
  }
  return out + (diagnostics.empty() ? "]}\n" : "\n]}\n");
}

} // namespace flex::lang
