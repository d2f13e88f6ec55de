//===- Describe.h - An Intel GPU as the scheduler sees it ------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the loader says of a device, as the runtime's description.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "Accelerator/Device.h"
#include "Library.h"

namespace flex::rt::levelzero {

/// Unavailable says why the device cannot run our programs.
StatusOr<accelerator::Described> describe(const Library &ze, DriverHandle driver, DeviceHandle device,
                                          const std::string &id);

} // namespace flex::rt::levelzero
