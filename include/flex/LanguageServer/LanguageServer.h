//===- LanguageServer.h - Kernel files in an editor ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The language server protocol over a pair of streams, on LLVM's LSP support library
// and the compiler's own front end. docs/howto/editor.md tells what it offers.
//
//===----------------------------------------------------------------------===//
#pragma once

#include <string>
#include <vector>

namespace flex::lsp {

struct ServerOptions {
  std::vector<std::string> importPaths; ///< searched for modules after the file's own folder
  bool verbose = false;                 ///< logs every message to standard error
};

/// Serves until the client says `exit` or the input ends. 0 if a `shutdown` came
/// first, else 1. `input` is a file descriptor; nothing else may write to `output`.
int runServer(int input, int output, const ServerOptions &options);

} // namespace flex::lsp
