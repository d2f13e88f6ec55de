//===- Queue.h - A queue over a vendor's stream ----------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Small copies go through staging memory, so that neither a write nor a read
// makes the caller wait: reads are delivered by `finish`. Larger copies pay for
// themselves and go straight to the vendor's library.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "Accelerator/Device.h"

namespace flex::rt::accelerator {

class AcceleratorQueue : public Queue {
public:
  /// Copies of up to this many bytes are staged while there is room.
  static constexpr size_t kStagedCopyBytes = 64 << 10, kStagingBytes = 512 << 10;

  AcceleratorQueue(AcceleratorDevice &device, std::unique_ptr<Stream> stream)
      : device(device), stream(std::move(stream)) {}
  ~AcceleratorQueue() override;
  Status write(const DeviceBuffer &to, const void *from, int64_t bytes) override;
  Status read(void *to, const DeviceBuffer &from, int64_t bytes) override;
  Status launch(const Executable &executable, const LaunchArguments &arguments) override;
  Status finish() override;

private:
  struct Delivery {
    void *to;
    const char *from;
    size_t bytes;
  };

  char *stage(size_t bytes);
  Status noted(Status status);

  AcceleratorDevice &device;
  std::unique_ptr<Stream> stream;
  char *staging = nullptr; ///< null until the first small copy, and if there is no such memory
  bool askedForStaging = false;
  size_t used = 0;
  std::vector<Delivery> deliveries;
  bool broken = false; ///< a call failed since the last finish: what was read is not delivered
};

} // namespace flex::rt::accelerator
