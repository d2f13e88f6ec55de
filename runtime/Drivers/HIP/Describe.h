//===- Describe.h - An AMD GPU as the scheduler sees it --------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the runtime library says of a device, as the runtime's description.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "Accelerator/Device.h"
#include "Library.h"

namespace flex::rt::hip {

/// Unavailable says why the device cannot run our programs.
StatusOr<accelerator::Described> describe(const Library &hip, int device, const std::string &id);
/// "AMD Instinct MI300X", or the number of a device that does not say.
std::string deviceName(const Library &hip, int device);

} // namespace flex::rt::hip
