//===- Main.cpp - flexc: check, build and run kernels ---------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Links libflexrt and nothing of LLVM; a command that compiles opens libflexc.
// Dispatches on the first word.
//
//===----------------------------------------------------------------------===//
#include "Command.h"
#include "Text.h"

#include <cstdio>
#include <string>

using namespace flex;
using namespace flex::tool;

int main(int argc, char **argv) {
  std::vector<std::string> words(argv + (argc > 0), argv + argc);
  if (words.empty()) {
    runHelp({});
    return kExitUser;
  }
  std::string name = words.front();
  words.erase(words.begin());
  if (name == "--help" || name == "-h")
    name = "help";
  if (name == "--version")
    name = "version";
  std::vector<std::string> names;
  int code = -1;
  for (const Command &command : allCommands()) {
    names.push_back(command.name);
    if (name != command.name)
      continue;
    for (const std::string &word : words)
      if (word == "--help" || word == "-h") {
        Options help;
        help.words = {name};
        return runHelp(help);
      }
    auto options = parseOptions(words, command.options, name);
    code = options ? command.run(*options) : fail(options.status());
  }
  if (code < 0)
    code = fail({StatusCode::InvalidArgument,
                 "unknown command '" + printable(name) + "'; there are: " + join(names) + didYouMean(name, names)});
  // A full disk or a closed pipe shows only here.
  if (std::fflush(stdout) != 0 && code == kExitOk)
    code = fail({StatusCode::ResourceExhausted, "standard output cannot be written"});
  return code;
}
