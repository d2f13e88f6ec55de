//===- Compile.h - Scheduled loops to a payload, for tests ------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Text of tile.kernel ops in, a payload or the diagnostics out; and vendors'
// checkers, where they are installed.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Target/Target.h"

#include <string>
#include <vector>

namespace flex::test {

/// Compiles for `chip` ("nvptx:sm_80"). A failed parse, lowering or emission is a Status with the diagnostics.
StatusOr<target::Payload> compile(const std::string &chip, const std::string &tileText, bool wantAssembly = false);

/// Where a program is: PATH, the toolkit's folder, the private venv. Empty if it is nowhere.
std::string findProgram(const std::string &name);

/// Runs `program arguments FILE` on the bytes; Ok, or a Status with what it printed.
Status checkWith(const std::string &commandBeforeFile, const std::vector<uint8_t> &bytes, const std::string &extension,
                 const std::string &commandAfterFile = "");

/// `target:chip` of every chip that the target lists.
std::vector<std::string> chipsOf(const std::string &target);

} // namespace flex::test
