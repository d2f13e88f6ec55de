//===- Faults.cpp - What a vendor's error codes mean ----------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Too little memory says nothing of the device: such messages stay as they are.
//
//===----------------------------------------------------------------------===//
#include "Accelerator/Faults.h"

namespace flex::rt::accelerator {

Status Faults::report(const std::string &what, const std::string &code, Fault fault) {
  std::string message = what + " failed with " + code;
  if (fault == Fault::Exhausted)
    return {StatusCode::ResourceExhausted, message};
  std::lock_guard lock(mutex);
  if (!lostBecause.empty())
    message += "; this process can no longer use the device, since " + lostBecause;
  else if (fault == Fault::Lost)
    lostBecause = message;
  return {StatusCode::DeviceError, message};
}

} // namespace flex::rt::accelerator
