//===- Faults.h - What a vendor's error codes mean --------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A driver sorts its codes into three kinds; the status and its text are made here.
// The first error that makes a device useless is kept: later messages repeat it.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Support/Status.h"

#include <mutex>

namespace flex::rt::accelerator {

enum class Fault {
  Call,      ///< of this call only
  Exhausted, ///< too little memory, or of another resource
  Lost,      ///< no other call of this process will succeed on the device
};

/// Of one device. Thread-safe.
class Faults {
public:
  /// `what` failed with the vendor's `code`, spelled out.
  Status report(const std::string &what, const std::string &code, Fault fault);

private:
  std::mutex mutex;        ///< guards lostBecause
  std::string lostBecause; ///< empty while the device works
};

} // namespace flex::rt::accelerator
