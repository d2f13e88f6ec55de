//===- Command.h - The commands of flexc ------------------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One table: the dispatcher, 'flexc help' and the hints for misspelled words read
// it. A command returns an exit code; all it prints goes through here.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "Options.h"
#include "flex/Support/Status.h"

#include <string>
#include <vector>

namespace flex::tool {

/// Part of the tool's interface; documented in docs/reference/flexc.md.
enum ExitCode : int {
  kExitOk = 0,
  kExitUser = 1,        ///< what was written, given or asked for is wrong
  kExitEnvironment = 2, ///< a file system, device, driver or library fails
  kExitInternal = 3,    ///< a fault of Flex
};

struct Command {
  const char *name;
  const char *usage;   ///< what follows `flexc NAME`
  const char *summary; ///< one line
  const char *details; ///< the help page's body, before the options
  std::vector<OptionSpec> options;
  int (*run)(const Options &options);
};

const std::vector<Command> &allCommands();

int runCheck(const Options &options);
int runBuild(const Options &options);
int runRun(const Options &options);
int runCache(const Options &options);
int runCard(const Options &options);
int runExplain(const Options &options);
int explainKernel(const Options &options);
int runFormat(const Options &options);
int runTune(const Options &options);
int runDoc(const Options &options);
int runDevices(const Options &options);
int runVersion(const Options &options);
int runHelp(const Options &options);

/// "error: …" on standard error, and the exit code that fits.
int fail(const Status &status);
int exitCode(StatusCode code);
void say(const std::string &text);   ///< a line on standard error
void print(const std::string &text); ///< standard output, as it is

} // namespace flex::tool
