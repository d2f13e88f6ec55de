//===- Driver.h - The seam between the runtime and a device ----*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A driver is a folder runtime/Drivers/<Name> that defines
// `std::unique_ptr<Driver> flex::rt::create<Name>Driver()`; CMake finds it and
// generates flex/drivers.def. The runtime matches the payload formats of an
// image with what a driver accepts; it knows no driver's name. How to write
// one: docs/howto/add-driver.md, runtime/Drivers/Null is the skeleton.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Binary/Image.h"
#include "flex/Runtime/Export.h"

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace flex::rt {

/// What the scheduler, the cache and `flexc devices` know of a device. Rates
/// are estimates to rank devices by, corrected later by measured times; 0 means
/// unknown. Transfers are from and to host memory.
struct DeviceDescription {
  std::string id;                    ///< "host", "null": what `--device` pins
  std::string name;                  ///< for people
  std::string kind;                  ///< "cpu", "gpu", "accelerator", "simulator"
  std::string target;                ///< what `flexc --target` compiles for to run here
  std::vector<std::string> formats;  ///< payloads that loadProgram takes, best first
  std::vector<std::string> features; ///< in LLVM's spelling, matched with ImageProgram::requires_
  double gflops = 0;                 ///< f32, all units
  double memoryGBs = 0;              ///< of the device's own memory, all units
  double transferGBs = 0;            ///< unused if sharesHostMemory
  double transferLatencyUs = 0;      ///< per copy
  double launchLatencyUs = 0;        ///< per launch
  double programLoadMs = 0;          ///< to make a compiled program runnable: a vendor's compiler inside the driver
  int64_t memoryBytes = 0;
  int64_t computeUnits = 1;
  /// Host pointers are device memory: no copies are made, and a DeviceBuffer's
  /// handle is a host address.
  bool sharesHostMemory = false;
  /// Never chosen by the scheduler unless the caller pins it.
  bool onlyWhenPinned = false;
  /// Everything about the device that compiled code may depend on (ISA, cache
  /// sizes, driver version): part of the key of compiled images.
  std::string fingerprint;
};

/// A piece of device memory. `handle` means something only to its device: an
/// address, a cl_mem. A launch may get a part of an allocation.
struct DeviceBuffer {
  void *handle = nullptr;
  int64_t offset = 0; ///< bytes from the start of the allocation
  int64_t bytes = 0;
};

/// A program loaded on one device. Destroyed before its device. Immutable:
/// many queues may launch it at once.
class Executable {
public:
  virtual ~Executable() = default;
};

/// An ImageTensorMap with every expression evaluated and checked: it lies in its buffer, pitches and the offset are
/// multiples of 16 bytes, sizes are from 1 to 2^32, pitches below 2^40.
struct TensorMap {
  size_t buffer = 0; ///< index into LaunchArguments::buffers
  int64_t offset = 0;
  uint32_t elementBytes = 1, rank = 1;
  std::array<uint64_t, kMaxMapRank> sizes{};
  std::array<uint64_t, kMaxMapRank - 1> pitches{};
  std::array<uint32_t, kMaxMapRank> box{};
  uint32_t swizzle = 0; ///< bytes
};
/// As a device takes it.
struct alignas(64) EncodedTensorMap {
  std::array<std::byte, 128> bytes;
};

/// One launch: the arguments of entry `index` of ImageProgram::launches, with
/// every expression evaluated. Pointers are valid during the call only.
struct LaunchArguments {
  size_t index = 0;
  const DeviceBuffer *buffers = nullptr; ///< in the order of ImageLaunch::buffers
  size_t bufferCount = 0;
  const int64_t *dims = nullptr; ///< in the order of ImageLaunch::dims
  size_t dimCount = 0;
  const TensorMap *maps = nullptr; ///< in the order of ImageLaunch::maps
  size_t mapCount = 0;
  int64_t items = 0; ///< > 0
  int64_t workspaceBytes = 0;
  double flops = 0, bytesMoved = 0; ///< the cost model's figures, 0 if unknown
};

/// An in-order queue of one device. Used by one thread at a time; several
/// queues of a device may run at once. write, read and launch may return before
/// the work is done; `finish` waits for all of it and reports the first failure.
/// Host memory given to write and read stays valid until then.
class Queue {
public:
  virtual ~Queue() = default;
  virtual Status write(const DeviceBuffer &to, const void *from, int64_t bytes) = 0;
  virtual Status read(void *to, const DeviceBuffer &from, int64_t bytes) = 0;
  virtual Status launch(const Executable &executable, const LaunchArguments &arguments) = 0;
  virtual Status finish() = 0;
};

/// One line of a device's calibration.
struct Rate {
  std::string name; ///< lower case, no spaces: "fma.f32.512"
  double value = 0; ///< > 0
  std::string unit; ///< "GFLOP/s", "GB/s", "us", "KiB"
};
using RateTable = std::vector<Rate>;

/// A device. Thread-safe. Outlives its buffers, executables and queues.
class Device {
public:
  virtual ~Device() = default;
  virtual const DeviceDescription &info() const = 0;
  /// At least 64-byte aligned; `bytes` may be 0. ResourceExhausted if there is no memory.
  virtual StatusOr<DeviceBuffer> allocate(int64_t bytes) = 0;
  virtual void release(const DeviceBuffer &buffer) = 0;
  /// Loads the payload and finds every entry. REQUIRES: program.format is one of
  /// info().formats; the caller has checked requires_ against info().features.
  /// Copies what it needs: the image may go away.
  virtual StatusOr<std::unique_ptr<Executable>> loadProgram(const ImageKernel &kernel, const ImageProgram &program) = 0;
  virtual StatusOr<std::unique_ptr<Queue>> createQueue() = 0;
  /// Measures the device in well under a second. Empty: it has nothing to calibrate.
  virtual RateTable measureRates() { return {}; }
  /// Works with these rates from now on; what info() would say with them.
  virtual DeviceDescription useRates(const RateTable & /*rates*/) { return info(); }
};

/// Runs body(data, i) once for each i in [0, tasks), on any threads, and
/// returns when all are done. Replaces the runtime's own pool.
struct ParallelForHook {
  void (*run)(void *user, int64_t tasks, void (*body)(void *data, int64_t task), void *data) = nullptr;
  void *user = nullptr;
};

enum class LogLevel { Debug = 0, Info = 1, Warning = 2, Error = 3 };
using LogFunction = std::function<void(LogLevel, const std::string &)>;

struct DriverOptions {
  int threads = 0; ///< 0: FLEX_NUM_THREADS, else all the process may use
  bool pinThreads = false;
  ParallelForHook parallelFor; ///< run is null: the driver's own
  LogFunction log;             ///< may be empty
};

/// A device, or a whole driver, that is not usable here, and why.
struct SkippedDevice {
  std::string id;
  std::string reason; ///< e.g. "libOpenCL.so.1 not found"
};

struct DriverDevices {
  std::vector<std::unique_ptr<Device>> devices;
  std::vector<SkippedDevice> skipped;
};

/// Makes the devices of one kind. Construction is free: no library is opened,
/// no device touched before openDevices.
class Driver {
public:
  virtual ~Driver() = default;
  virtual const char *name() const = 0;                 ///< lower case: the prefix of its devices' ids
  virtual std::vector<std::string> accepts() const = 0; ///< payload formats any of its devices may take
  /// Roughly what openDevices costs the first time. A driver that is not free
  /// is opened once the process has done that much work without it, or at once
  /// when one of its devices is pinned or listed.
  virtual double openSeconds() const { return 0; }
  /// Never fails: what is missing is in `skipped`. Called once; the driver outlives the devices.
  virtual DriverDevices openDevices(const DriverOptions &options) = 0;
};

/// One of each folder below runtime/Drivers, in alphabetical order.
FLEX_RT_API std::vector<std::unique_ptr<Driver>> createAllDrivers();

} // namespace flex::rt
