//===- Executable.cpp - A program built for an OpenCL device -------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Everything that can be wrong with a module is found when it is loaded, not at
// the first launch.
//
//===----------------------------------------------------------------------===//
#include "Executable.h"

#include "Accelerator/Payload.h"

#include <limits>

namespace flex::rt::opencl {
namespace {

/// Compiled code relies on it (flex/Binary/Image.h); our allocations keep it.
constexpr uintptr_t kPointerAlignment = 16;
/// The SPIR-V specification, 2.3: magic number, five words of header; OpFunctionEnd is 56.
constexpr accelerator::WordFormat kModuleFormat = {"a SPIR-V module", 0x07230203, 5, 56};

} // namespace

StatusOr<std::unique_ptr<OpenCLExecutable>> OpenCLExecutable::load(OpenCLDevice &device, const ImageKernel &kernel,
                                                                   const ImageProgram &program) {
  std::unique_ptr<OpenCLExecutable> executable(new OpenCLExecutable(device));
  std::string where = device.info().id + ": kernel '" + kernel.name + "'";
  FLEX_RETURN_IF_ERROR(executable->build(program.payload, kernel.strict).withContext(where));
  for (const ImageLaunch &launch : program.launches)
    FLEX_RETURN_IF_ERROR(executable->addEntry(launch).withContext(where));
  return executable;
}

OpenCLExecutable::~OpenCLExecutable() {
  for (const Entry &entry : entries)
    if (entry.kernel)
      device.cl().clReleaseKernel(entry.kernel);
  if (program)
    device.cl().clReleaseProgram(program);
}

Status OpenCLExecutable::build(const std::vector<uint8_t> &module, bool strict) {
  FLEX_RETURN_IF_ERROR(accelerator::checkWords(module, kModuleFormat));
  const Library &cl = device.cl();
  cl_device_id id = device.device();
  cl_int code = CL_SUCCESS;
  program = cl.clCreateProgramWithIL(device.context(), module.data(), module.size(), &code);
  if (code == CL_INVALID_VALUE)
    return {StatusCode::DataLoss, "the payload is not a SPIR-V module that the device takes"};
  FLEX_RETURN_IF_ERROR(toStatus(code, "clCreateProgramWithIL"));
  // Division and square root are promised to be correctly rounded.
  auto config = cl.deviceValue<cl_device_fp_config>(id, CL_DEVICE_SINGLE_FP_CONFIG);
  std::string options = config & CL_FP_CORRECTLY_ROUNDED_DIVIDE_SQRT ? "-cl-fp32-correctly-rounded-divide-sqrt" : "";
  // Vendors' optimisers are known to vectorise sums, which reorders them.
  if (strict)
    options += " -cl-opt-disable";
  code = cl.clBuildProgram(program, 1, &id, options.c_str(), nullptr, nullptr);
  if (code == CL_SUCCESS)
    return Status::ok();
  size_t size = 0;
  std::string log;
  if (cl.clGetProgramBuildInfo(program, id, CL_PROGRAM_BUILD_LOG, 0, nullptr, &size) == CL_SUCCESS && size > 1) {
    log.resize(size);
    cl.clGetProgramBuildInfo(program, id, CL_PROGRAM_BUILD_LOG, size, log.data(), nullptr);
    log.resize(log.find('\0') == std::string::npos ? size : log.find('\0'));
  }
  return {StatusCode::DeviceError,
          "the device's compiler refused the program (OpenCL error " + std::to_string(code) + "): " + log};
}

Status OpenCLExecutable::addEntry(const ImageLaunch &launch) {
  const Library &cl = device.cl();
  Entry entry;
  entry.name = launch.entry;
  entry.groupSize = static_cast<size_t>(launch.groupSize);
  entry.buffers = launch.buffers.size();
  entry.dims = launch.dims.size();
  cl_int code = CL_SUCCESS;
  entry.kernel = cl.clCreateKernel(program, launch.entry.c_str(), &code);
  if (code == CL_INVALID_KERNEL_NAME)
    return {StatusCode::DataLoss, "the payload has no entry '" + launch.entry + "'"};
  FLEX_RETURN_IF_ERROR(toStatus(code, "clCreateKernel"));
  cl_kernel kernel = entry.kernel;
  entries.push_back(std::move(entry)); // from here on ours to release
  cl_uint arguments = 0;
  cl.clGetKernelInfo(kernel, CL_KERNEL_NUM_ARGS, sizeof arguments, &arguments, nullptr);
  if (arguments != launch.buffers.size() + launch.dims.size())
    return {StatusCode::DataLoss, "entry '" + launch.entry + "' takes " + std::to_string(arguments) +
                                      " arguments, the image says " +
                                      std::to_string(launch.buffers.size() + launch.dims.size())};
  size_t most = 0;
  cl_ulong local = 0;
  cl.clGetKernelWorkGroupInfo(kernel, device.device(), CL_KERNEL_WORK_GROUP_SIZE, sizeof most, &most, nullptr);
  cl.clGetKernelWorkGroupInfo(kernel, device.device(), CL_KERNEL_LOCAL_MEM_SIZE, sizeof local, &local, nullptr);
  auto limit = cl.deviceValue<cl_ulong>(device.device(), CL_DEVICE_LOCAL_MEM_SIZE);
  if (static_cast<size_t>(launch.groupSize) > most)
    return {StatusCode::Unimplemented, "entry '" + launch.entry + "' needs groups of " +
                                           std::to_string(launch.groupSize) + " threads, the device runs " +
                                           std::to_string(most)};
  if (local > limit)
    return {StatusCode::Unimplemented, "entry '" + launch.entry + "' needs " + std::to_string(local) +
                                           " bytes of local memory, the device has " + std::to_string(limit)};
  return Status::ok();
}

Status OpenCLExecutable::setArguments(const Entry &entry, const LaunchArguments &arguments) const {
  const Library &cl = device.cl();
  cl_uint position = 0;
  for (size_t i = 0; i < arguments.bufferCount; ++i) {
    const DeviceBuffer &buffer = arguments.buffers[i];
    void *pointer = static_cast<char *>(buffer.handle) + buffer.offset;
    if (reinterpret_cast<uintptr_t>(pointer) % kPointerAlignment != 0)
      return {StatusCode::InvalidArgument, "buffer " + std::to_string(i) + " of entry '" + entry.name + "' is not " +
                                               std::to_string(kPointerAlignment) + "-byte aligned"};
    FLEX_RETURN_IF_ERROR(toStatus(cl.clSetKernelArgSVMPointer(entry.kernel, position++, pointer),
                                  "setting buffer " + std::to_string(i) + " of entry '" + entry.name + "'"));
  }
  for (size_t i = 0; i < arguments.dimCount; ++i) {
    cl_long dim = arguments.dims[i];
    FLEX_RETURN_IF_ERROR(toStatus(cl.clSetKernelArg(entry.kernel, position++, sizeof dim, &dim),
                                  "setting dim " + std::to_string(i) + " of entry '" + entry.name + "'"));
  }
  return Status::ok();
}

Status OpenCLExecutable::enqueue(cl_command_queue queue, const LaunchArguments &arguments, cl_event *event) const {
  if (arguments.index >= entries.size())
    return {StatusCode::InvalidArgument,
            "launch " + std::to_string(arguments.index) + " of a program of " + std::to_string(entries.size())};
  const Entry &entry = entries[arguments.index];
  if (arguments.bufferCount != entry.buffers || arguments.dimCount != entry.dims)
    return {StatusCode::InvalidArgument, "entry '" + entry.name + "' takes " + std::to_string(entry.buffers) +
                                             " buffers and " + std::to_string(entry.dims) + " dims"};
  auto items = static_cast<size_t>(arguments.items);
  if (arguments.items <= 0 || items > std::numeric_limits<size_t>::max() / entry.groupSize)
    return {StatusCode::InvalidArgument,
            "entry '" + entry.name + "' was launched over " + std::to_string(arguments.items) + " items"};
  size_t threads = items * entry.groupSize;
  std::lock_guard lock(*entry.mutex);
  FLEX_RETURN_IF_ERROR(setArguments(entry, arguments));
  return toStatus(device.cl().clEnqueueNDRangeKernel(queue, entry.kernel, 1, nullptr, &threads, &entry.groupSize, 0,
                                                     nullptr, event),
                  "launching entry '" + entry.name + "'");
}

} // namespace flex::rt::opencl
