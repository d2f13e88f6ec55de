//===- Retarget.h - Device IR to code of this host --------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Takes the optimised LLVM IR that a target is about to print and makes an object
// file for the execution core (flex/Emulator/Program.h) of it: the same code, with
// calls in place of the device's instructions and a hook before each access.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Support/Status.h"

#include <string>

namespace llvm {
class Module;
}

namespace flex::emulator {

struct RetargetOptions {
  std::string chip;       ///< "sm_90a"
  unsigned waveSize = 32; ///< threads in a wave
};

struct HostObject {
  std::string object;   ///< ELF, refers to nothing outside itself
  std::string assembly; ///< the host's LLVM IR, if asked for
};

/// Consumes the module. Unimplemented, with its name, for an instruction that the emulator does not execute.
StatusOr<HostObject> compileForHost(llvm::Module &module, const RetargetOptions &options, bool wantAssembly);

} // namespace flex::emulator
