//===- Drivers.cpp - The drivers found by the build ----------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The only place where drivers come together; the list is generated.
//
//===----------------------------------------------------------------------===//
#include "flex/Runtime/Driver.h"

namespace flex::rt {

#define FLEX_DRIVER(Name) std::unique_ptr<Driver> create##Name##Driver();
#include "flex/drivers.def"
#undef FLEX_DRIVER

std::vector<std::unique_ptr<Driver>> createAllDrivers() {
  std::vector<std::unique_ptr<Driver>> drivers;
#define FLEX_DRIVER(Name) drivers.push_back(create##Name##Driver());
#include "flex/drivers.def"
#undef FLEX_DRIVER
  return drivers;
}

} // namespace flex::rt
