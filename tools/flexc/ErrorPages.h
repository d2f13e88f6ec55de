//===- ErrorPages.h - The long story of each diagnostic ---------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// docs/language/errors/CODE.md, compiled in, so that `flexc explain` needs no
// files. Invariant: sorted by code; every kind of Diagnostics.def has a page (tested).
//
//===----------------------------------------------------------------------===//
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace flex::tool {

struct ErrorPage {
  const char *code; ///< "E0301"
  const char *text; ///< Markdown: `# CODE: title`, the story, examples
};

const std::vector<ErrorPage> &errorPages();

/// The title without the code.
std::string pageTitle(const ErrorPage &page);

/// Whether a word is written like a code: a letter and four digits, in either case.
bool looksLikeCode(std::string_view word);

/// A page for a terminal: fences become indentation, marks of Markdown go.
std::string pageText(const ErrorPage &page);

} // namespace flex::tool
