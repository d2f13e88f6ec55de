//===- Device.cpp - An OpenCL device -------------------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The rates are first estimates from what the device says of itself; the
// scheduler corrects them by what it measures.
//
//===----------------------------------------------------------------------===//
#include "Device.h"

#include "Executable.h"
#include "Queue.h"

#include <algorithm>
#include <array>

namespace flex::rt::opencl {
namespace {

constexpr size_t kAlignment = 128;

bool hasExtension(const std::string &list, const std::string &name) {
  return (" " + list + " ").find(" " + name + " ") != std::string::npos;
}

/// Whether the device takes SPIR-V 1.2 or later 1.x; the list looks like "SPIR-V_1.0 SPIR-V_1.2".
bool takesOurCode(const std::string &versions) {
  const std::string prefix = "SPIR-V_1.";
  for (size_t at = versions.find(prefix); at != std::string::npos; at = versions.find(prefix, at + 1))
    if (std::atoi(versions.c_str() + at + prefix.size()) >= 2)
      return true;
  return false;
}

/// Why the device cannot run our programs; Ok if it can.
Status checkUsable(const Library &cl, cl_device_id device) {
  auto lacks = [](const std::string &what) { return Status(StatusCode::Unavailable, "the device has no " + what); };
  if (!cl.deviceValue<cl_bool>(device, CL_DEVICE_AVAILABLE))
    return {StatusCode::Unavailable, "the device says that it is not available"};
  std::string versions = cl.deviceText(device, CL_DEVICE_IL_VERSION);
  if (!takesOurCode(versions))
    return lacks("SPIR-V 1.2" + (versions.empty() ? std::string() : ", only " + versions));
  if (!(cl.deviceValue<cl_device_svm_capabilities>(device, CL_DEVICE_SVM_CAPABILITIES) &
        CL_DEVICE_SVM_COARSE_GRAIN_BUFFER))
    return lacks("shared virtual memory");
  if (cl.deviceValue<cl_uint>(device, CL_DEVICE_ADDRESS_BITS) != 64)
    return lacks("64-bit addresses");
  return Status::ok();
}

} // namespace

StatusOr<std::unique_ptr<OpenCLDevice>> OpenCLDevice::create(std::shared_ptr<const Library> library,
                                                             cl_platform_id platform, cl_device_id device,
                                                             const std::string &id) {
  FLEX_RETURN_IF_ERROR(checkUsable(*library, device));
  std::unique_ptr<OpenCLDevice> made(new OpenCLDevice(std::move(library), device));
  cl_int code = CL_SUCCESS;
  made->contextHandle = made->library->clCreateContext(nullptr, 1, &device, nullptr, nullptr, &code);
  FLEX_RETURN_IF_ERROR(toStatus(code, "clCreateContext"));
  made->describe(platform, id);
  return made;
}

OpenCLDevice::~OpenCLDevice() {
  if (contextHandle)
    library->clReleaseContext(contextHandle);
}

/// The smallest sub-group, which is the one that functions for matrix units take; 0: the device has no such units.
static int64_t matrixSubgroup(const Library &cl, cl_device_id device, const std::string &extensions) {
  constexpr cl_device_info kSubgroupSizes = 0x4108; // CL_DEVICE_SUB_GROUP_SIZES_INTEL
  if (!hasExtension(extensions, "cl_intel_subgroup_matrix_multiply_accumulate") ||
      !hasExtension(extensions, "cl_intel_required_subgroup_size"))
    return 0;
  size_t smallest = 0;
  for (size_t size : cl.deviceValue<std::array<size_t, 16>>(device, kSubgroupSizes))
    if (size && (!smallest || size < smallest))
      smallest = size;
  return static_cast<int64_t>(smallest);
}

void OpenCLDevice::describe(cl_platform_id platform, const std::string &id) {
  const Library &cl = *library;
  cl_device_id device = deviceHandle;
  auto type = cl.deviceValue<cl_device_type>(device, CL_DEVICE_TYPE);
  bool isCpu = type & CL_DEVICE_TYPE_CPU, isGpu = type & CL_DEVICE_TYPE_GPU;
  bool sharesMemory = cl.deviceValue<cl_bool>(device, CL_DEVICE_HOST_UNIFIED_MEMORY);
  std::string extensions = cl.deviceText(device, CL_DEVICE_EXTENSIONS);
  description.id = id;
  description.name = cl.deviceText(device, CL_DEVICE_NAME) + " (" + cl.platformText(platform, CL_PLATFORM_NAME) + ")";
  description.kind = isCpu ? "cpu" : isGpu ? "gpu" : "accelerator";
  description.formats = {"spirv"};
  description.target = "spirv:opencl";
  for (auto [feature, extension] : {std::pair("fp16", "cl_khr_fp16"), {"fp64", "cl_khr_fp64"}})
    if (hasExtension(extensions, extension)) {
      description.features.push_back(feature);
      description.target += std::string("+") + feature;
    }
  if (int64_t size = matrixSubgroup(cl, device, extensions))
    description.features.push_back("dpas" + std::to_string(size));
  int64_t units = std::max<cl_uint>(1, cl.deviceValue<cl_uint>(device, CL_DEVICE_MAX_COMPUTE_UNITS));
  double gigahertz = std::max<cl_uint>(1000, cl.deviceValue<cl_uint>(device, CL_DEVICE_MAX_CLOCK_FREQUENCY)) / 1000.0;
  int64_t lanes =
      isCpu ? std::max<cl_uint>(1, cl.deviceValue<cl_uint>(device, CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT)) : 64;
  description.computeUnits = units;
  // A multiply-add in every lane of a GPU; a CPU reaches about half of that through this interface.
  description.gflops = static_cast<double>(units) * gigahertz * static_cast<double>(lanes) * (isCpu ? 1 : 2);
  description.memoryGBs = isCpu ? std::min<double>(8.0 * static_cast<double>(units), 40) : sharesMemory ? 50 : 300;
  description.transferGBs = isCpu ? 6 : 12;
  description.transferLatencyUs = isCpu ? 5 : 15;
  description.programLoadMs = 400; // clBuildProgram of a small kernel takes 0.2 to 1 s with the runtimes tried
  description.launchLatencyUs = isCpu ? 20 : 10;
  description.memoryBytes = static_cast<int64_t>(cl.deviceValue<cl_ulong>(device, CL_DEVICE_GLOBAL_MEM_SIZE));
  largestAllocation = static_cast<int64_t>(cl.deviceValue<cl_ulong>(device, CL_DEVICE_MAX_MEM_ALLOC_SIZE));
  description.fingerprint = description.target + " " + description.name + " " +
                            cl.deviceText(device, CL_DEVICE_VERSION) + " " + cl.deviceText(device, CL_DRIVER_VERSION) +
                            " units " + std::to_string(units);
}

StatusOr<DeviceBuffer> OpenCLDevice::allocate(int64_t bytes) {
  void *memory = nullptr;
  if (bytes >= 0 && bytes <= largestAllocation)
    memory = library->clSVMAlloc(contextHandle, CL_MEM_READ_WRITE, static_cast<size_t>(std::max<int64_t>(bytes, 1)),
                                 kAlignment);
  if (!memory)
    return Status(StatusCode::ResourceExhausted,
                  "no " + std::to_string(bytes) + " bytes of memory on " + description.id);
  return DeviceBuffer{memory, 0, bytes};
}

void OpenCLDevice::release(const DeviceBuffer &buffer) {
  if (buffer.handle)
    library->clSVMFree(contextHandle, buffer.handle);
}

StatusOr<std::unique_ptr<Executable>> OpenCLDevice::loadProgram(const ImageKernel &kernel,
                                                                const ImageProgram &program) {
  auto executable = OpenCLExecutable::load(*this, kernel, program);
  if (!executable)
    return executable.status();
  return std::unique_ptr<Executable>(std::move(*executable));
}

StatusOr<std::unique_ptr<Queue>> OpenCLDevice::createQueue() {
  auto queue = OpenCLQueue::create(*this);
  if (!queue)
    return queue.status();
  return std::unique_ptr<Queue>(std::move(*queue));
}

} // namespace flex::rt::opencl
