//===- Interface.h - The CUDA driver API as the runtime's interface -*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One device through its primary context, which every library of the process
// shares: it is current only during our calls.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "Accelerator/Interface.h"
#include "Library.h"

namespace flex::rt::cuda {

/// Retains the primary context.
StatusOr<std::unique_ptr<accelerator::Interface>> createInterface(std::shared_ptr<const Library> library,
                                                                  DeviceId device);

} // namespace flex::rt::cuda
