//===- Engine.h - What the fake vendor libraries have in common -*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A fake is a library with a vendor's name and symbols that a driver opens in its
// place. Device memory is host memory; work in a stream is done as late as it may
// be, when the stream is waited for; every object is counted; any call can be made
// to fail (README.md). Misuse is an error of the fake, as it would be on hardware.
//
//===----------------------------------------------------------------------===//
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace fake {

/// Counts a call; the code it must return instead of doing anything, or 0.
int enter(const char *function);

/// Keeps which objects are alive, of all kinds together: those that could not be given back are not the tester's leak.
void born(const void *object);
void died(const void *object);

/// A range of device or pinned host memory; null if there is too little.
void *allocate(size_t bytes);
/// False if nothing begins there.
bool release(void *memory);
/// Whether [address, address + bytes) lies within one allocation.
bool isMemory(const void *address, size_t bytes);
/// The allocation that the address lies in; false if it is in none.
bool allocationOf(uint64_t address, uintptr_t &begin, uintptr_t &end);
/// How much there is in all.
constexpr size_t kMemoryBytes = size_t{8} << 30;

/// What a launch gives a kernel.
struct Launch {
  uint32_t groups = 0, groupSize = 0, dynamicGroupMemory = 0;
  std::vector<std::vector<uint64_t>> arguments; ///< words of eight bytes; a tensor map has sixteen
};

struct Kernel {
  std::string name;
  std::vector<size_t> argumentBytes; ///< of each argument
  uint32_t groupMemoryBytes = 0;
  std::function<bool(const Launch &)> run; ///< false: the kernel failed

  /// A launch with the arguments at the addresses of `parameters`.
  Launch launch(uint32_t groups, uint32_t groupSize, uint32_t dynamicGroupMemory, void *const *parameters) const;
};

/// Threads in a group, at most.
constexpr uint32_t kGroupLimit = 1024;
/// One dimension and not more than that.
bool isGrid(uint32_t groups, uint32_t groupsY, uint32_t groupsZ, uint32_t size, uint32_t sizeY, uint32_t sizeZ);

/// A loaded payload.
class Module {
public:
  /// Null if the payload is none that can be executed; `log` says why.
  static std::unique_ptr<Module> load(const void *payload, size_t bytes, std::string &log);
  virtual ~Module() = default;
  /// Null if there is no such entry.
  virtual const Kernel *find(const std::string &entry) = 0;
};

/// In order, and lazy. The first failure is told by `wait`.
class Stream {
public:
  /// `work` returns the vendor's code, 0 for success.
  void add(std::function<int()> work) { pending.push_back(std::move(work)); }
  /// False, and nothing is copied, unless `bytes` from `onDevice` on, one of the two, lie within an allocation.
  bool copy(void *to, const void *from, size_t bytes, const void *onDevice);
  /// `failed`: the vendor's code for a kernel that fails.
  void launch(const Kernel &kernel, Launch launch, int failed);
  int wait();

private:
  std::vector<std::function<int()>> pending;
};

} // namespace fake

// For the tests, in each of the libraries.
extern "C" {
/// From now on the `call`-th call (1 is the next) of `function`, or of any if it is null, returns `code`, once.
void flexFakeFail(const char *function, long call, int code);
/// Calls of `function`, or of all, since the last flexFakeFail.
long flexFakeCalls(const char *function);
/// The function that failed since then, or null.
const char *flexFakeFailed(void);
/// Objects that are alive.
long flexFakeLive(void);
}
