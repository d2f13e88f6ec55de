//===- LinkElf.h - From an object file to a shared object -------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The linker inside the compiler, for every target whose payload is an ELF
// image. No program is started; lld keeps global state, so one link runs at a
// time in the whole process.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Support/Status.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

#include <cstdint>
#include <string>
#include <vector>

namespace flex::target {

/// Links one relocatable object to a shared object. Undefined symbols are an
/// Internal error that names them: a payload refers to nothing outside itself.
/// ResourceExhausted if temporary files (in $TMPDIR) cannot be written.
StatusOr<std::vector<uint8_t>> linkElf(llvm::StringRef object, llvm::ArrayRef<std::string> extraArguments = {});

} // namespace flex::target
