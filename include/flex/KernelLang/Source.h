//===- Source.h - Source files and ranges in them ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What every later stage points at: a file's text and a half-open byte range in
// it. Invariant: a range's file outlives it (the Program owns all files).
//
//===----------------------------------------------------------------------===//
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace flex::lang {

/// A line and column, both from 1; columns count bytes.
struct LineColumn {
  unsigned line = 1;
  unsigned column = 1;
};

/// One text with its name. Immutable after construction, so safe to share.
class SourceFile {
public:
  SourceFile(std::string name, std::string text);

  const std::string &name() const { return fileName; }
  std::string_view text() const { return contents; }
  /// Any offset up to the size of the text.
  LineColumn position(uint32_t offset) const;
  /// The line without its line end; empty for a line that does not exist.
  std::string_view line(unsigned number) const;

private:
  std::string fileName;
  std::string contents;
  std::vector<uint32_t> lineStarts;
};

/// The bytes [begin, end) of a file. A default range is "nowhere".
struct SourceRange {
  const SourceFile *file = nullptr;
  uint32_t begin = 0;
  uint32_t end = 0;

  bool isValid() const { return file != nullptr; }
  std::string_view text() const { return file ? file->text().substr(begin, end - begin) : std::string_view(); }
  /// From the start of this to the end of `other`, which must not lie before.
  SourceRange to(const SourceRange &other) const;
  friend bool operator==(const SourceRange &a, const SourceRange &b) {
    return a.file == b.file && a.begin == b.begin && a.end == b.end;
  }
};

} // namespace flex::lang
