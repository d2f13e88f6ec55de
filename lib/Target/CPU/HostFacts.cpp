//===- HostFacts.cpp - Caches and cores for the cost model ----------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Linux tells cache sizes in sysfs; where it does not (some containers and
// virtual machines), the defaults of DeviceDescription stay.
//
//===----------------------------------------------------------------------===//
#include "HostFacts.h"

#include "Lowering.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"

#include <sched.h>
#include <unistd.h>

namespace flex::target::cpu {
namespace {

std::string readSmallFile(const llvm::Twine &path) {
  auto file = llvm::MemoryBuffer::getFileAsStream(path);
  return file ? (*file)->getBuffer().trim().str() : std::string();
}

/// "32K", "1M" as sysfs writes sizes; 0 if it is none.
int64_t parseSize(llvm::StringRef text) {
  int64_t factor = text.consume_back("K") ? 1 << 10 : text.consume_back("M") ? 1 << 20 : 1, value = 0;
  return text.getAsInteger(10, value) || value < 0 || value > (int64_t(1) << 40) ? 0 : value * factor;
}

/// How many processors a list like "0-3,8" names.
int64_t countList(llvm::StringRef list) {
  int64_t count = 0;
  while (!list.empty()) {
    llvm::StringRef item;
    std::tie(item, list) = list.split(',');
    auto [first, last] = item.split('-');
    int64_t low = 0, high = 0;
    if (first.getAsInteger(10, low) || (!last.empty() && last.getAsInteger(10, high)))
      return 0;
    count += last.empty() ? 1 : std::max<int64_t>(0, high - low + 1);
  }
  return count;
}

int64_t usableCores() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0)
    return std::max(1, CPU_COUNT(&set));
  return std::max<int64_t>(1, sysconf(_SC_NPROCESSORS_ONLN));
}

void readCaches(tile::DeviceDescription &device) {
  constexpr int kMostCaches = 8;
  for (int index = 0; index < kMostCaches; ++index) {
    std::string folder = "/sys/devices/system/cpu/cpu0/cache/index" + std::to_string(index) + "/";
    std::string level = readSmallFile(folder + "level");
    if (level.empty())
      return;
    int64_t size = parseSize(readSmallFile(folder + "size"));
    if (readSmallFile(folder + "type") == "Instruction" || size == 0)
      continue;
    // A cache below the last is shared by hyper-threads at most, except on chips whose clusters share L2.
    int64_t sharers = std::max<int64_t>(1, countList(readSmallFile(folder + "shared_cpu_list")));
    if (level == "1")
      device.l1Bytes = size;
    else if (level == "2")
      device.l2Bytes = sharers > 2 ? size / sharers : size;
    else if (level == "3")
      device.l3Bytes = size;
  }
}

void setUnits(tile::DeviceDescription &device, const FeatureSet &features, bool withBf16Dots) {
  device.matrixUnits = blockUnits(features);
  llvm::append_range(device.matrixUnits, dotUnits(features, withBf16Dots));
}

} // namespace

tile::DeviceDescription describeChip(const FeatureSet &features) {
  tile::DeviceDescription device;
  device.model = tile::ExecutionModel::Simd;
  device.vectorBits = features.vectorBits();
  device.vectorRegisters = features.vectorRegisters();
  // 3 GHz with two multiply-adds of 256 bits a cycle; wider units are there on some AVX-512 chips only. Of other
  // chips' registers, 2.5 GHz and two.
  device.gflops = features.isa() == Isa::X86_64 ? 96 : 10.0 * features.vectorBits() / 32;
  setUnits(device, features, /*withBf16Dots=*/false);
  return device;
}

tile::DeviceDescription describeHost(const FeatureSet &features) {
  tile::DeviceDescription device = describeChip(features);
  setUnits(device, features, features.has("avx512bf16") && hasFastBf16Dots());
  readCaches(device);
  device.cores = usableCores();
  // A virtual machine sees the whole L3 of a chip, whose other cores use it, too.
  constexpr int64_t kShareOfL3 = 16 << 20;
  device.streamingBytes = std::min(device.l3Bytes, kShareOfL3 * device.cores);
  return device;
}

} // namespace flex::target::cpu
