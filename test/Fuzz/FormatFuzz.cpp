//===- FormatFuzz.cpp - Any text to the formatter -------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What has no syntax errors keeps its tokens, comments and tree, and what was
// formatted stays as it is.
//
//===----------------------------------------------------------------------===//
#include "Fuzz.h"
#include "flex/KernelLang/Format.h"
#include "flex/KernelLang/Parser.h"

using namespace flex::lang;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size > 16384)
    return 0;
  SourceFile file("fuzz.flex", std::string(reinterpret_cast<const char *>(data), size));
  DiagnosticEngine diagnostics(20), quiet(20);
  FormatResult once = formatFile(file, diagnostics);
  std::string shown = once.fault + "\n" + once.text;
  FUZZ_CHECK(once.status != FormatResult::Status::Fault, shown);
  if (once.status != FormatResult::Status::Ok)
    return 0;
  SourceFile formatted("fuzz.flex", once.text);
  FormatResult twice = formatFile(formatted, quiet);
  shown += "\nthen\n" + twice.text;
  FUZZ_CHECK(twice.status == FormatResult::Status::Ok && twice.text == once.text, shown);
  FUZZ_CHECK(ast::dump(parse(formatted, quiet)) == ast::dump(parse(file, quiet)), once.text);
  return 0;
}
