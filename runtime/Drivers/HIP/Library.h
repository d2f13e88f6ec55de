//===- Library.h - libamdhip64, opened at run time -------------*- C++ -*-===//
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

namespace flex::rt::hip {

struct Library {
#define FLEX_HIP(function, parameters) Result(*function) parameters = nullptr;
#include "Symbols.def"
  const char *(*hipGetErrorName)(Result result) = nullptr;
  Result (*properties)(void *properties, int device) = nullptr; ///< one of the two forms below
  bool isR0600 = false;

  /// Opened and initialised: libamdhip64.so of ROCm 7, 6 or 5. Unavailable says what is missing.
  static StatusOr<std::shared_ptr<const Library>> open();

  /// "hipErrorOutOfMemory (2)".
  std::string nameOf(Result result) const;
  /// An attribute of a device; 0 if the query fails.
  int attribute(int device, int attribute) const;
  /// "gfx90a:sramecc+:xnack-"; empty if the query fails.
  std::string architecture(int device) const;
};

/// Which errors make the device useless for the rest of the process.
accelerator::Fault faultOf(Result result);

} // namespace flex::rt::hip
