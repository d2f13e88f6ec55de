//===- Interface.h - The HIP runtime as the runtime's interface -*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The calling thread's own device is set back after each of our calls.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "Accelerator/Interface.h"
#include "Library.h"

namespace flex::rt::hip {

std::unique_ptr<accelerator::Interface> createInterface(std::shared_ptr<const Library> library, int device);

} // namespace flex::rt::hip
