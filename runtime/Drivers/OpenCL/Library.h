//===- Library.h - libOpenCL, opened at run time ---------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The function table of the driver. Stays open as long as the process: vendors'
// libraries start threads and do not survive being closed.
//
//===----------------------------------------------------------------------===//
#pragma once

#define CL_TARGET_OPENCL_VERSION 300
#include <CL/cl.h>

#include "flex/Support/Status.h"

#include <memory>
#include <string>

namespace flex::rt::opencl {

struct Library {
#define FLEX_CL(function) decltype(&::function) function = nullptr;
#include "Symbols.def"

  /// Unavailable if there is no libOpenCL.so.1, or one without a function of the table; the message names it.
  static StatusOr<std::shared_ptr<const Library>> open();

  /// The text of an info query, without its terminator; empty if the query fails.
  std::string deviceText(cl_device_id device, cl_device_info what) const;
  std::string platformText(cl_platform_id platform, cl_platform_info what) const;
  template <typename T> T deviceValue(cl_device_id device, cl_device_info what) const {
    T value{};
    return clGetDeviceInfo(device, what, sizeof value, &value, nullptr) == CL_SUCCESS ? value : T{};
  }
};

/// `what` failed: memory and resources are ResourceExhausted, the rest DeviceError. Ok for CL_SUCCESS.
Status toStatus(cl_int code, const std::string &what);

} // namespace flex::rt::opencl
