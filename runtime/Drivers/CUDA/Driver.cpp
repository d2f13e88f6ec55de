//===- Driver.cpp - The CUDA driver --------------------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Devices are numbered as the library numbers them (CUDA_VISIBLE_DEVICES and
// CUDA_DEVICE_ORDER are its business); those that cannot run our programs are
// skipped with the reason.
//
//===----------------------------------------------------------------------===//
#include "Describe.h"
#include "Interface.h"

namespace flex::rt {
namespace {

class CudaDriver : public Driver {
public:
  const char *name() const override { return "cuda"; }
  std::vector<std::string> accepts() const override { return {"cubin", "ptx"}; }
  double openSeconds() const override { return 0.3; } // cuInit and a context
  DriverDevices openDevices(const DriverOptions &options) override;
};

StatusOr<std::unique_ptr<Device>> openDevice(const std::shared_ptr<const cuda::Library> &library, cuda::DeviceId device,
                                             const std::string &id) {
  auto described = cuda::describe(*library, device, id);
  if (!described)
    return described.status();
  auto interface = cuda::createInterface(library, device);
  if (!interface)
    return interface.status();
  return std::unique_ptr<Device>(
      std::make_unique<accelerator::AcceleratorDevice>(std::move(*described), std::move(*interface)));
}

DriverDevices CudaDriver::openDevices(const DriverOptions &) {
  DriverDevices found;
  auto opened = cuda::Library::open();
  if (!opened) {
    found.skipped.push_back({"cuda", opened.status().message()});
    return found;
  }
  std::shared_ptr<const cuda::Library> library = std::move(*opened);
  int count = 0;
  if (cuda::Result result = library->cuDeviceGetCount(&count); result != cuda::kSuccess || count <= 0) {
    found.skipped.push_back({"cuda", result == cuda::kSuccess
                                         ? "the driver lists no GPU"
                                         : "cuDeviceGetCount failed with " + library->nameOf(result)});
    return found;
  }
  for (int i = 0; i < count; ++i) {
    std::string id = "cuda:" + std::to_string(i);
    cuda::DeviceId device = 0;
    if (cuda::Result result = library->cuDeviceGet(&device, i); result != cuda::kSuccess) {
      found.skipped.push_back({id, "cuDeviceGet failed with " + library->nameOf(result)});
      continue;
    }
    auto made = openDevice(library, device, id);
    if (made)
      found.devices.push_back(std::move(*made));
    else
      found.skipped.push_back({id, cuda::deviceName(*library, device) + ": " + made.status().message()});
  }
  return found;
}

} // namespace

std::unique_ptr<Driver> createCUDADriver() {
  return std::make_unique<CudaDriver>();
}

} // namespace flex::rt
