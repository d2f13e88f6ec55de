//===- Subject.h - What a conformance case works on ------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The driver under test with its devices, and kernels compiled for whatever
// target a device names. A case runs once per device; a device or a driver that
// is not there skips it with the driver's own reason.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Runtime/Driver.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

namespace flex::rt::conformance {

using Dims = std::map<std::string, int64_t>;

/// A kernel of Kernels.flex compiled for one target.
struct Kernel {
  ImageKernel kernel;
  const ImageProgram &program() const { return kernel.programs.front(); }
};

/// Compiled once per process and target. Unavailable if this build has no compiler.
StatusOr<const Kernel *> compileFor(const DeviceDescription &device, const std::string &name);

/// A driver of the kind that this program was built for.
std::unique_ptr<Driver> createDriver();

/// One such driver, opened once.
struct Subject {
  std::unique_ptr<Driver> driver;
  DriverDevices found;
  std::map<std::string, std::string> exclusions; ///< case -> written reason
  static Subject &get();
  static void close();
};

/// Memory of a device, released at the end of its scope.
class Buffer {
public:
  Buffer(Device &device, int64_t bytes);
  ~Buffer();
  Buffer(const Buffer &) = delete;
  Buffer &operator=(const Buffer &) = delete;
  DeviceBuffer at(int64_t offset, int64_t bytes) const { return {whole.handle, whole.offset + offset, bytes}; }
  const DeviceBuffer &all() const { return whole; }

private:
  Device &device;
  DeviceBuffer whole;
};

/// Evaluates the program's plan as the runtime does and launches all of it on
/// `queue`. `tensors` are the parameters, then the results; `arena` and
/// `constants` hold at least what arenaBytes and the kernel's constants need.
Status launchAll(Queue &queue, const Executable &executable, const Kernel &kernel,
                 const std::vector<DeviceBuffer> &tensors, const Dims &dims, const DeviceBuffer &arena = {},
                 const DeviceBuffer &constants = {});

/// What every case needs; see the head of this file.
class Conformance : public testing::Test {
protected:
  void SetUp() override;
  std::vector<std::unique_ptr<Device>> &devices() { return Subject::get().found.devices; }
};

std::unique_ptr<Queue> makeQueue(Device &device);
/// The kernel loaded; null after a failure that is noted.
std::unique_ptr<Executable> load(Device &device, const Kernel &kernel);

template <typename T> Status writeVector(Queue &queue, const DeviceBuffer &to, const std::vector<T> &values) {
  return queue.write(to, values.data(), static_cast<int64_t>(values.size() * sizeof(T)));
}
template <typename T> std::vector<T> readVector(Queue &queue, const DeviceBuffer &from, size_t count) {
  std::vector<T> values(count);
  Status read = queue.read(values.data(), from, static_cast<int64_t>(count * sizeof(T)));
  EXPECT_TRUE(read.isOk()) << read.str();
  Status done = queue.finish();
  EXPECT_TRUE(done.isOk()) << done.str();
  return values;
}
template <typename T> std::vector<T> counted(size_t count, T first) {
  std::vector<T> values(count);
  std::iota(values.begin(), values.end(), first);
  return values;
}

/// Runs add_one on new memory and compares: what shows that a device still works.
void expectWorks(Device &device);

} // namespace flex::rt::conformance

#define EXPECT_OK(expression)                                                                                          \
  do {                                                                                                                 \
    ::flex::Status flexGot_ = (expression);                                                                            \
    EXPECT_TRUE(flexGot_.isOk()) << #expression << ": " << flexGot_.str();                                             \
  } while (false)

/// Defines `name` for the kernel of that name compiled for `device`, or skips or fails the case.
#define FLEX_KERNEL(name, device)                                                                                      \
  auto name##Compiled = ::flex::rt::conformance::compileFor((device).info(), #name);                                   \
  if (!name##Compiled && name##Compiled.status().code() == ::flex::StatusCode::Unavailable)                            \
    GTEST_SKIP() << name##Compiled.status().message();                                                                 \
  ASSERT_TRUE(name##Compiled.isOk()) << name##Compiled.status().str();                                                 \
  const ::flex::rt::conformance::Kernel &name = **name##Compiled
