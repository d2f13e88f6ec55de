//===- KernelLanguageFuzz.cpp - Any text as a kernel file -----------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Lexer, parser and analysis. What is free of errors can be made a typed kernel.
//
//===----------------------------------------------------------------------===//
#include "Fuzz.h"
#include "flex/KernelLang/Diagnostics.h"
#include "flex/KernelLang/Frontend.h"

using namespace flex::lang;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size > 16384)
    return 0;
  std::string_view text(reinterpret_cast<const char *>(data), size);
  DiagnosticEngine diagnostics(20);
  auto program = parseAndAnalyze(text, "/nowhere/fuzz.flex", {}, diagnostics);
  std::string shown = diagnostics.renderText() + diagnostics.renderJson();
  ast::dump(program->main().ast);
  FUZZ_CHECK(diagnostics.hasErrors() || shown.find("error:") == std::string::npos || !diagnostics.all().empty(), shown);
  if (diagnostics.hasErrors())
    return 0;
  for (const KernelSignature &kernel : program->kernels()) {
    Bindings bindings;
    for (const TypeParam &param : kernel.typeParams)
      bindings.types[param.name] = param.allowed[0];
    DiagnosticEngine later;
    auto typed = instantiate(*program, kernel.name, bindings, later);
    // Only the range of a `for` over an open dimension can be missing.
    std::string why = later.renderText();
    FUZZ_CHECK(typed || later.all().front().kind == Diag::NotConstant, why);
    if (typed)
      dump(*typed);
  }
  return 0;
}
