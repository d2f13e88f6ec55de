//===- Library.cpp - libamdhip64, opened at run time ---------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Look-up by the symbol table, and what differs between ROCm's versions.
//
//===----------------------------------------------------------------------===//
#include "Library.h"

#include "Accelerator/SharedLibrary.h"

#include <vector>

namespace flex::rt::hip {

StatusOr<std::shared_ptr<const Library>> Library::open() {
  auto opened = accelerator::SharedLibrary::open({"libamdhip64.so.7", "libamdhip64.so.6", "libamdhip64.so.5"});
  if (!opened)
    return opened.status();
  auto library = std::make_shared<Library>();
#define FLEX_HIP(function, parameters) opened->need(library->function, #function);
#include "Symbols.def"
  opened->need(library->hipGetErrorName, "hipGetErrorName");
  void *properties = opened->find("hipGetDevicePropertiesR0600");
  library->isR0600 = properties != nullptr;
  if (!properties)
    properties = opened->need("hipGetDeviceProperties");
  library->properties = reinterpret_cast<decltype(library->properties)>(properties);
  FLEX_RETURN_IF_ERROR(opened->complete("ROCm 5.0 or later is needed"));
  Result result = library->hipInit(0);
  if (result == kNoDevice || result == kInvalidDevice)
    return Status(StatusCode::Unavailable, opened->name() + " finds no AMD GPU: hipInit failed with " +
                                               library->nameOf(result) +
                                               " (see rocminfo, HIP_VISIBLE_DEVICES and access to /dev/kfd)");
  if (result != kSuccess)
    return Status(StatusCode::Unavailable, "hipInit failed with " + library->nameOf(result));
  return std::shared_ptr<const Library>(std::move(library));
}

std::string Library::nameOf(Result result) const {
  const char *name = hipGetErrorName(result);
  return std::string(name ? name : "HIP error") + " (" + std::to_string(result) + ")";
}

int Library::attribute(int device, int attribute) const {
  int value = 0;
  return hipDeviceGetAttribute(&value, attribute, device) == kSuccess ? value : 0;
}

std::string Library::architecture(int device) const {
  std::vector<char> bytes(kPropertiesBytes, '\0');
  if (properties(bytes.data(), device) != kSuccess)
    return {};
  const char *name = bytes.data() + (isR0600 ? kArchNameR0600 : kArchNameR0000);
  std::string text(name, kArchNameBytes);
  return text.substr(0, text.find('\0'));
}

accelerator::Fault faultOf(Result result) {
  switch (result) {
  case kEccNotCorrectable:
  case kIllegalAddress:
  case kLaunchTimeOut:
  case kAssert:
  case kLaunchFailure: return accelerator::Fault::Lost;
  case kOutOfMemory:
  case kLaunchOutOfResources: return accelerator::Fault::Exhausted;
  default: return accelerator::Fault::Call;
  }
}

} // namespace flex::rt::hip
