//===- Features.h - What this processor can do -----------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Read from the processor and the operating system, never from a table of
// processor names.
//
//===----------------------------------------------------------------------===//
#pragma once

#include <string>
#include <vector>

namespace flex::rt::host {

/// "elf-x86_64" here.
const char *payloadFormat();

/// Usable instruction-set features in LLVM's spelling, in a fixed order: the
/// processor has them and the operating system saves their registers.
std::vector<std::string> detectFeatures();

std::string processorName();

/// f32 operations per cycle and core to expect with these features.
double flopsPerCycle(const std::vector<std::string> &features);

/// Processors this process may use: affinity and the cgroup's quota.
int usableProcessors();

/// Asks the kernel for the AMX tile registers; false if it refuses.
bool requestTileRegisters();

} // namespace flex::rt::host
