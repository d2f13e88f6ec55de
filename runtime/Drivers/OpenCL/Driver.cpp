//===- Driver.cpp - The OpenCL driver ------------------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Every device of every platform gets a number; those that cannot run our
// programs are skipped with the reason.
//
//===----------------------------------------------------------------------===//
#include "Device.h"

namespace flex::rt {
namespace {

class OpenCLDriver : public Driver {
public:
  const char *name() const override { return "opencl"; }
  std::vector<std::string> accepts() const override { return {"spirv"}; }
  double openSeconds() const override { return 0.3; }
  DriverDevices openDevices(const DriverOptions &options) override;

private:
  void openPlatform(cl_platform_id platform, DriverDevices &found);

  std::shared_ptr<const opencl::Library> library;
  size_t count = 0; ///< devices seen
};

void OpenCLDriver::openPlatform(cl_platform_id platform, DriverDevices &found) {
  cl_uint devices = 0;
  cl_int code = library->clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 0, nullptr, &devices);
  std::vector<cl_device_id> ids(devices);
  if (code == CL_SUCCESS && devices > 0)
    code = library->clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, devices, ids.data(), nullptr);
  if (code != CL_SUCCESS || devices == 0) {
    found.skipped.push_back({"opencl", library->platformText(platform, CL_PLATFORM_NAME) + " has no device here"});
    return;
  }
  for (cl_device_id device : ids) {
    std::string id = "opencl:" + std::to_string(count++);
    auto opened = opencl::OpenCLDevice::create(library, platform, device, id);
    if (opened)
      found.devices.push_back(std::move(*opened));
    else
      found.skipped.push_back({id, library->deviceText(device, CL_DEVICE_NAME) + ": " + opened.status().message()});
  }
}

DriverDevices OpenCLDriver::openDevices(const DriverOptions &) {
  DriverDevices found;
  auto opened = opencl::Library::open();
  if (!opened) {
    found.skipped.push_back({"opencl", opened.status().message()});
    return found;
  }
  library = std::move(*opened);
  cl_uint platforms = 0;
  cl_int code = library->clGetPlatformIDs(0, nullptr, &platforms);
  std::vector<cl_platform_id> ids(platforms);
  if (code == CL_SUCCESS && platforms > 0)
    code = library->clGetPlatformIDs(platforms, ids.data(), nullptr);
  if (code != CL_SUCCESS || platforms == 0) {
    found.skipped.push_back({"opencl", "no OpenCL platform is installed (or OCL_ICD_VENDORS names none)"});
    return found;
  }
  for (cl_platform_id platform : ids)
    openPlatform(platform, found);
  return found;
}

} // namespace

std::unique_ptr<Driver> createOpenCLDriver() {
  return std::make_unique<OpenCLDriver>();
}

} // namespace flex::rt
