//===- Language.cpp - Any bytes to the language front end -===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Lexer, parser and analysis, then every kernel without type parameters with its
// dimensions open; what they say must be printable in both forms.
//
//===----------------------------------------------------------------------===//
#include "flex/KernelLang/Frontend.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  using namespace flex::lang;
  DiagnosticEngine diagnostics;
  std::string_view source(reinterpret_cast<const char *>(data), size);
  std::shared_ptr<const Program> program = parseAndAnalyze(source, "fuzz.flex", FrontendOptions(), diagnostics);
  if (!diagnostics.hasErrors())
    for (const KernelSignature &kernel : program->kernels())
      if (kernel.typeParams.empty())
        (void)instantiate(*program, kernel.name, Bindings(), diagnostics);
  (void)diagnostics.renderText();
  (void)diagnostics.renderJson();
  return 0;
}
