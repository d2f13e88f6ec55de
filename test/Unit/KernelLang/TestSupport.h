//===- TestSupport.h - Helpers of the front end's tests ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Runs the front end on a text; reads files of the source tree.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/KernelLang/Frontend.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <vector>

namespace flex::lang::test {

/// How many of a test's random rounds run: each takes ten times as long under a sanitizer, which sees more in one.
inline int rounds(int plain) {
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
  return (plain + 9) / 10;
#endif
#endif
  return plain;
}

inline std::string sourcePath(const std::string &relative) {
  return std::string(FLEX_SOURCE_DIR) + "/" + relative;
}

inline std::string readFile(const std::string &path) {
  std::ifstream stream(path, std::ios::binary);
  EXPECT_TRUE(stream.good()) << path;
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

/// The fenced blocks of Markdown whose language is `language`, e.g. "flex", whatever follows it on the line.
inline std::vector<std::string> codeBlocks(const std::string &page, const std::string &language) {
  std::vector<std::string> blocks;
  std::istringstream stream("\n" + page);
  std::string line, text;
  bool inside = false, wanted = false;
  while (std::getline(stream, line)) {
    if (line.substr(0, 3) == "```") {
      if (inside && wanted)
        blocks.push_back(text);
      inside = !inside;
      wanted = inside && line.substr(3, line.find(' ') - 3) == language;
      text.clear();
    } else if (inside) {
      text += line + "\n";
    }
  }
  return blocks;
}

/// The engine goes first: diagnostics point into the program's files.
struct Analysis {
  DiagnosticEngine diagnostics;
  std::shared_ptr<const Program> program;

  explicit Analysis(std::string_view text, std::string_view name = "test.flex", unsigned limit = 1000)
      : diagnostics(limit) {
    program = parseAndAnalyze(text, name, {}, diagnostics);
  }

  bool has(const std::string &code, const std::string &fragment = "") const {
    for (const Diagnostic &diagnostic : diagnostics.all())
      if (diagCode(diagnostic.kind) == code && diagnostic.message.find(fragment) != std::string::npos)
        return true;
    return false;
  }

  std::string typed(const std::string &kernel, const Bindings &bindings = {}) {
    auto result = instantiate(*program, kernel, bindings, diagnostics);
    return result ? dump(*result) : diagnostics.renderText();
  }
};

} // namespace flex::lang::test
