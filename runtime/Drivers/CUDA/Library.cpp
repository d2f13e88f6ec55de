//===- Library.cpp - libcuda, opened at run time -------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Look-up by the symbol table, and what each failure of cuInit means for a user.
//
//===----------------------------------------------------------------------===//
#include "Library.h"

#include "Accelerator/SharedLibrary.h"

namespace flex::rt::cuda {
namespace {

Status explainInit(const Library &cu, Result result) {
  const char *why = "";
  if (result == kNoDevice)
    why = "no NVIDIA GPU is visible (see nvidia-smi and CUDA_VISIBLE_DEVICES)";
  else if (result == kStubLibrary)
    why = "this libcuda.so.1 is the toolkit's stub, made for linking; take its folder out of the library path";
  else if (result == kSystemDriverMismatch)
    why = "the kernel module and libcuda.so.1 are of different versions; restart the machine after an update";
  else if (result == kUnknown)
    why = "the NVIDIA kernel modules are not usable (see dmesg, and nvidia-modprobe)";
  return {StatusCode::Unavailable, "cuInit failed with " + cu.nameOf(result) + (*why ? ": " : "") + why};
}

} // namespace

StatusOr<std::shared_ptr<const Library>> Library::open() {
  auto opened = accelerator::SharedLibrary::open({"libcuda.so.1"});
  if (!opened)
    return opened.status();
  auto library = std::make_shared<Library>();
#define FLEX_CUDA(function, parameters) opened->need(library->function, #function);
#define FLEX_CUDA_OPTIONAL(function, parameters) opened->find(library->function, #function);
#include "Symbols.def"
  FLEX_RETURN_IF_ERROR(opened->complete("a driver of CUDA 11.0 or later is needed"));
  if (Result result = library->cuInit(0); result != kSuccess)
    return explainInit(*library, result);
  return std::shared_ptr<const Library>(std::move(library));
}

std::string Library::nameOf(Result result) const {
  const char *name = nullptr; // stays null for an unknown code, and in the stub
  if (cuGetErrorName(result, &name) != kSuccess || !name)
    name = result == kStubLibrary ? "CUDA_ERROR_STUB_LIBRARY" : "CUDA error";
  return std::string(name) + " (" + std::to_string(result) + ")";
}

int Library::attribute(DeviceId device, int attribute) const {
  int value = 0;
  return cuDeviceGetAttribute(&value, attribute, device) == kSuccess ? value : 0;
}

accelerator::Fault faultOf(Result result) {
  switch (result) {
  case kEccUncorrectable:
  case kNvlinkUncorrectable:
  case kContained:
  case kIllegalAddress:
  case kLaunchTimeout:
  case kAssert:
  case kHardwareStackError:
  case kIllegalInstruction:
  case kMisalignedAddress:
  case kInvalidAddressSpace:
  case kInvalidPc:
  case kLaunchFailed:
  case kTensorMemoryLeak:
  case kExternalDevice: return accelerator::Fault::Lost;
  case kOutOfMemory:
  case kLaunchOutOfResources: return accelerator::Fault::Exhausted;
  default: return accelerator::Fault::Call;
  }
}

} // namespace flex::rt::cuda
