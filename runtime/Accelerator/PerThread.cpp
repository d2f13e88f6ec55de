//===- PerThread.cpp - Interfaces whose calls act on the thread's device --===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Every call's result is looked at, but those that give something back.
//
//===----------------------------------------------------------------------===//
#include "Accelerator/PerThread.h"

#include <vector>

namespace flex::rt::accelerator {

using Current = PerThreadInterface::Current;

class PerThreadStream : public Stream {
public:
  PerThreadStream(PerThreadInterface &device, void *stream) : device(device), stream(stream) {}
  ~PerThreadStream() override {
    Current current(device);
    device.endStream(stream);
  }
  Status write(void *to, const void *from, size_t bytes) override {
    Current current(device);
    FLEX_RETURN_IF_ERROR(current.status());
    return device.check(device.copyIn(to, from, bytes, stream));
  }
  Status read(void *to, const void *from, size_t bytes) override {
    Current current(device);
    FLEX_RETURN_IF_ERROR(current.status());
    return device.check(device.copyOut(to, from, bytes, stream));
  }
  Status launch(const Function &function, const Grid &grid, const Arguments &arguments) override {
    parameters.clear();
    for (size_t i = 0; i < arguments.wordCount; ++i)
      parameters.push_back(const_cast<uint64_t *>(arguments.words + i));
    for (size_t i = 0; i < arguments.mapCount; ++i)
      parameters.push_back(const_cast<EncodedTensorMap *>(arguments.maps + i));
    Current current(device);
    FLEX_RETURN_IF_ERROR(current.status());
    return device.check(device.launch(function.handle, grid, parameters.data(), stream));
  }
  Status wait() override {
    Current current(device);
    FLEX_RETURN_IF_ERROR(current.status());
    return device.check(device.wait(stream));
  }

private:
  PerThreadInterface &device;
  void *stream;
  std::vector<void *> parameters; ///< kept between launches for its memory
};

Status PerThreadInterface::check(int code, const std::string &what) {
  return code == 0 ? Status::ok() : faults.report(what, nameOf(code), faultOf(code));
}

StatusOr<void *> PerThreadInterface::allocate(size_t bytes) {
  Current current(*this);
  FLEX_RETURN_IF_ERROR(current.status());
  void *memory = nullptr;
  Outcome outcome = takeMemory(&memory, bytes);
  FLEX_RETURN_IF_ERROR(check(outcome.code, outcome.function + (" of " + std::to_string(bytes)) + " bytes"));
  return memory;
}

void PerThreadInterface::release(void *memory) {
  Current current(*this);
  giveMemory(memory);
}

StatusOr<void *> PerThreadInterface::allocateStaging(size_t bytes) {
  Current current(*this);
  FLEX_RETURN_IF_ERROR(current.status());
  void *memory = nullptr;
  FLEX_RETURN_IF_ERROR(check(takeStaging(&memory, bytes)));
  return memory;
}

void PerThreadInterface::releaseStaging(void *memory) {
  Current current(*this);
  giveStaging(memory);
}

StatusOr<std::unique_ptr<Stream>> PerThreadInterface::createStream() {
  Current current(*this);
  FLEX_RETURN_IF_ERROR(current.status());
  void *stream = nullptr;
  FLEX_RETURN_IF_ERROR(check(makeStream(&stream)));
  return std::unique_ptr<Stream>(std::make_unique<PerThreadStream>(*this, stream));
}

} // namespace flex::rt::accelerator
