//===- TrialRead.h - Reading bytes that may kill the reader -----*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// MLIR's bytecode reader trusts its input in places: damaged bytes can corrupt
// memory. Bytes that carry no checksum of ours are read by a child process first;
// only what it survives is read here.
//
//===----------------------------------------------------------------------===//
#pragma once

#include <functional>
#include <string>

namespace flex {

/// Runs `read` in a child process with bounded memory and time and its standard
/// error closed. Gives an empty string if the child came to its end, whatever
/// `read` found, else how it died. Where no child can be made, says nothing.
std::string trialRun(const std::function<void()> &read);

} // namespace flex
