//===- Tensor.cpp - Any text to the tensor IR reader -===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The whole way of IR text into the compiler: limits, parser, verifiers, import of
// linalg, printing. Bytecode is left to MLIR's own tests: its reader is tried in a
// process of its own (lib/Pipeline/TrialRead.cpp), which a fuzzer cannot see into.
//
//===----------------------------------------------------------------------===//
#include "flex/Pipeline/Pipeline.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  std::string_view source(reinterpret_cast<const char *>(data), size);
  if (source.substr(0, 4) == "ML\xefR")
    return 0;
  flex::CompileOptions options;
  options.stopAfter = flex::Stage::Tensor;
  options.limits.irOps = 10'000;
  options.limits.nesting = 64;
  options.limits.seconds = 5;
  (void)flex::compile({source, "fuzz.mlir"}, options);
  return 0;
}
