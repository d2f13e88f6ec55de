//===- Library.h - libcuda, opened at run time -----------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The function table of the driver.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "Accelerator/Faults.h"
#include "Api.h"
#include "flex/Support/Status.h"

#include <memory>
#include <string>

namespace flex::rt::cuda {

struct Library {
#define FLEX_CUDA(function, parameters) Result(*function) parameters = nullptr;
#include "Symbols.def"

  /// Opened and initialised. Unavailable if there is no libcuda.so.1, one without a function of the table, the
  /// toolkit's stub, or no GPU; the message says which.
  static StatusOr<std::shared_ptr<const Library>> open();

  /// "CUDA_ERROR_ILLEGAL_ADDRESS (700)".
  std::string nameOf(Result result) const;
  /// An attribute of a device; 0 if the query fails.
  int attribute(DeviceId device, int attribute) const;
};

/// Which errors make the device useless for the rest of the process.
accelerator::Fault faultOf(Result result);

} // namespace flex::rt::cuda
