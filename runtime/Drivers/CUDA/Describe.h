//===- Describe.h - An NVIDIA GPU as the scheduler sees it -----*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the driver says of a device, as the runtime's description.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "Accelerator/Device.h"
#include "Library.h"

namespace flex::rt::cuda {

/// Unavailable says why the device cannot run our programs.
StatusOr<accelerator::Described> describe(const Library &cu, DeviceId device, const std::string &id);
/// "NVIDIA H200", or the id of a device that does not say.
std::string deviceName(const Library &cu, DeviceId device);

} // namespace flex::rt::cuda
