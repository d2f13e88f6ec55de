//===- Device.cpp - A device made of a vendor's interface ----------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Sizes are checked here, so that a vendor's library never sees a negative one.
//
//===----------------------------------------------------------------------===//
#include "Accelerator/Device.h"

#include "Accelerator/Executable.h"
#include "Accelerator/Queue.h"

#include <algorithm>

namespace flex::rt::accelerator {

StatusOr<DeviceBuffer> AcceleratorDevice::allocate(int64_t bytes) {
  if (bytes < 0 || bytes > description.memoryBytes)
    return Status(StatusCode::ResourceExhausted, description.id + ": no " + std::to_string(bytes) +
                                                     " bytes of memory, the device has " +
                                                     std::to_string(description.memoryBytes));
  auto memory = vendor->allocate(static_cast<size_t>(std::max<int64_t>(bytes, 1)));
  if (!memory)
    return memory.status();
  return DeviceBuffer{*memory, 0, bytes};
}

void AcceleratorDevice::release(const DeviceBuffer &buffer) {
  if (buffer.handle)
    vendor->release(buffer.handle);
}

StatusOr<std::unique_ptr<Executable>> AcceleratorDevice::loadProgram(const ImageKernel &kernel,
                                                                     const ImageProgram &program) {
  auto executable = AcceleratorExecutable::load(*this, kernel, program);
  if (!executable)
    return executable.status();
  return std::unique_ptr<Executable>(std::move(*executable));
}

StatusOr<std::unique_ptr<Queue>> AcceleratorDevice::createQueue() {
  auto stream = vendor->createStream();
  if (!stream)
    return stream.status();
  return std::unique_ptr<Queue>(std::make_unique<AcceleratorQueue>(*this, std::move(*stream)));
}

} // namespace flex::rt::accelerator
