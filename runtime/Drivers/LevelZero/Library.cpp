//===- Library.cpp - libze_loader, opened at run time --------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Look-up by the symbol table, and the names of results: the loader has none.
//
//===----------------------------------------------------------------------===//
#include "Library.h"

#include "Accelerator/SharedLibrary.h"

#include <cstdio>

namespace flex::rt::levelzero {

StatusOr<std::shared_ptr<const Library>> Library::open() {
  auto opened = accelerator::SharedLibrary::open({"libze_loader.so.1"});
  if (!opened)
    return opened.status();
  auto library = std::make_shared<Library>();
#define FLEX_ZE(function, parameters) opened->need(library->function, #function);
#include "Symbols.def"
  FLEX_RETURN_IF_ERROR(opened->complete("a Level Zero loader of version 1.0 or later is needed"));
  Result result = library->zeInit(kInitGpuOnly);
  if (result == kUninitialized)
    return Status(StatusCode::Unavailable, "the Level Zero loader finds no GPU and driver (libze-intel-gpu1 or "
                                           "intel-level-zero-gpu, and access to /dev/dri)");
  if (result != kSuccess)
    return Status(StatusCode::Unavailable, "zeInit failed with " + nameOf(result));
  return std::shared_ptr<const Library>(std::move(library));
}

std::string nameOf(Result result) {
  const char *name = "ze_result_t";
  switch (result) {
  case kDeviceLost: name = "ZE_RESULT_ERROR_DEVICE_LOST"; break;
  case kOutOfHostMemory: name = "ZE_RESULT_ERROR_OUT_OF_HOST_MEMORY"; break;
  case kOutOfDeviceMemory: name = "ZE_RESULT_ERROR_OUT_OF_DEVICE_MEMORY"; break;
  case kModuleBuildFailure: name = "ZE_RESULT_ERROR_MODULE_BUILD_FAILURE"; break;
  case kUninitialized: name = "ZE_RESULT_ERROR_UNINITIALIZED"; break;
  case kUnsupportedFeature: name = "ZE_RESULT_ERROR_UNSUPPORTED_FEATURE"; break;
  case kInvalidArgument: name = "ZE_RESULT_ERROR_INVALID_ARGUMENT"; break;
  case kInvalidNullHandle: name = "ZE_RESULT_ERROR_INVALID_NULL_HANDLE"; break;
  case kInvalidSize: name = "ZE_RESULT_ERROR_INVALID_SIZE"; break;
  case kUnsupportedSize: name = "ZE_RESULT_ERROR_UNSUPPORTED_SIZE"; break;
  case kInvalidNativeBinary: name = "ZE_RESULT_ERROR_INVALID_NATIVE_BINARY"; break;
  case kInvalidKernelName: name = "ZE_RESULT_ERROR_INVALID_KERNEL_NAME"; break;
  case kInvalidGroupSize: name = "ZE_RESULT_ERROR_INVALID_GROUP_SIZE_DIMENSION"; break;
  case kInvalidArgumentIndex: name = "ZE_RESULT_ERROR_INVALID_KERNEL_ARGUMENT_INDEX"; break;
  case kUnknown: name = "ZE_RESULT_ERROR_UNKNOWN"; break;
  default: break;
  }
  char number[16];
  std::snprintf(number, sizeof number, "0x%x", result);
  return std::string(name) + " (" + number + ")";
}

accelerator::Fault faultOf(Result result) {
  switch (result) {
  case kDeviceLost: return accelerator::Fault::Lost;
  case kOutOfHostMemory:
  case kOutOfDeviceMemory:
  case kUnsupportedSize: return accelerator::Fault::Exhausted;
  default: return accelerator::Fault::Call;
  }
}

} // namespace flex::rt::levelzero
