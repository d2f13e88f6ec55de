//===- Relocations.h - Addresses in each ISA's instructions -----*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the linker inside the compiler must know of a machine.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "Features.h"
#include "flex/Target/LinkElf.h"

namespace flex::target::cpu {

llvm::ArrayRef<ElfRelocation> relocationsOf(Isa isa);

/// The largest page that systems of this ISA use.
uint64_t pageBytesOf(Isa isa);

} // namespace flex::target::cpu
