//===- Card.h - Static figures of a program, as JSON ------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The compiler's part of `flexc card`: what the tool prints it takes from here.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Binary/Image.h"
#include "flex/Target/Target.h"

#include <string>

namespace flex {

/// One line of JSON: chip, launches with work, mix of instructions, registers, occupancy by registers. `payload` has
/// its assembly. Unimplemented for a target without described chips.
StatusOr<std::string> cardText(const target::Chip &chip, const ImageKernel &kernel, const ImageProgram &program,
                               const target::Payload &payload);

} // namespace flex
