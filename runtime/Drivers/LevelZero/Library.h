//===- Library.h - libze_loader, opened at run time ------------*- C++ -*-===//
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

namespace flex::rt::levelzero {

struct Library {
#define FLEX_ZE(function, parameters) Result(*function) parameters = nullptr;
#include "Symbols.def"

  /// Opened and initialised. Unavailable if there is no loader, one without a function of the table, or no GPU.
  static StatusOr<std::shared_ptr<const Library>> open();
};

/// "ZE_RESULT_ERROR_DEVICE_LOST (0x70000001)".
std::string nameOf(Result result);
accelerator::Fault faultOf(Result result);

} // namespace flex::rt::levelzero
