//===- flex-lsp-server.cpp - The language server as a program -------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Options, then lib/LanguageServer over standard input and output.
//
//===----------------------------------------------------------------------===//
#include "flex/LanguageServer/LanguageServer.h"

#include <csignal>
#include <cstdio>
#include <string_view>
#include <unistd.h>

static const char *const kHelp =
    R"(usage: flex-lsp-server [--import-path FOLDER]… [--verbose]

Speaks the language server protocol on standard input and output; an editor starts it.

  --import-path FOLDER  searched for imported modules, after the file's own folder (also -I)
  --verbose             logs messages to standard error
  --version             prints the version
)";

int main(int argc, char **argv) {
  flex::lsp::ServerOptions options;
  for (int i = 1; i < argc; ++i) {
    std::string_view word = argv[i];
    bool isPath = word == "--import-path" || word == "-I";
    if (isPath && i + 1 < argc) {
      options.importPaths.emplace_back(argv[++i]);
    } else if (word.substr(0, 14) == "--import-path=") {
      options.importPaths.emplace_back(word.substr(14));
    } else if (word == "--verbose") {
      options.verbose = true;
    } else if (word == "--version") {
      std::puts("flex-lsp-server " FLEX_VERSION);
      return 0;
    } else if (word == "--help" || word == "-h") {
      std::fputs(kHelp, stdout);
      return 0;
    } else if (word != "--stdio") { // what some editors add
      std::fprintf(stderr, "error: unknown option '%s'\n%s", argv[i], kHelp);
      return 1;
    }
  }
  std::signal(SIGPIPE, SIG_IGN); // an editor that is gone ends the input, too
  return flex::lsp::runServer(STDIN_FILENO, STDOUT_FILENO, options);
}
