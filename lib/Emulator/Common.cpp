//===- Common.cpp - Instructions of no vendor -----------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// LLVM's own intrinsics that the host's code generator has no instruction for.
//
//===----------------------------------------------------------------------===//
#include "Tables.h"

namespace flex::emulator {
namespace {

Execute nothing(const Symbol &) {
  return [](const Call &) { return Outcome::Done; };
}

constexpr Entry kEntries[] = {
    {"llvm.sideeffect", Scope::Thread, nothing},
};

} // namespace

Table commonTable() {
  return kEntries;
}

} // namespace flex::emulator
