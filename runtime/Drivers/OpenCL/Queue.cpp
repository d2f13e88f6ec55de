//===- Queue.cpp - An in-order OpenCL command queue ----------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Copies and launches do not wait.
//
//===----------------------------------------------------------------------===//
#include "Queue.h"

#include "Executable.h"

#include <utility>

namespace flex::rt::opencl {
namespace {

constexpr size_t kMostPending = 1024;

void *address(const DeviceBuffer &buffer) {
  return static_cast<char *>(buffer.handle) + buffer.offset;
}

} // namespace

StatusOr<std::unique_ptr<OpenCLQueue>> OpenCLQueue::create(OpenCLDevice &device) {
  cl_int code = CL_SUCCESS;
  cl_command_queue queue =
      device.cl().clCreateCommandQueueWithProperties(device.context(), device.device(), nullptr, &code);
  FLEX_RETURN_IF_ERROR(toStatus(code, "clCreateCommandQueueWithProperties"));
  return std::unique_ptr<OpenCLQueue>(new OpenCLQueue(device, queue));
}

OpenCLQueue::~OpenCLQueue() {
  (void)finish(); // whoever cares has called it before
  device.cl().clReleaseCommandQueue(queue);
}

Status OpenCLQueue::copy(void *to, const void *from, int64_t bytes, const char *what) {
  if (bytes < 0)
    return {StatusCode::InvalidArgument, std::string(what) + " of a negative size"};
  if (bytes == 0)
    return Status::ok();
  cl_event event = nullptr;
  FLEX_RETURN_IF_ERROR(toStatus(
      device.cl().clEnqueueSVMMemcpy(queue, CL_FALSE, to, from, static_cast<size_t>(bytes), 0, nullptr, &event), what));
  return remember({event, what});
}

Status OpenCLQueue::write(const DeviceBuffer &to, const void *from, int64_t bytes) {
  return copy(address(to), from, bytes, "a copy to the device");
}

Status OpenCLQueue::read(void *to, const DeviceBuffer &from, int64_t bytes) {
  return copy(to, address(from), bytes, "a copy from the device");
}

Status OpenCLQueue::launch(const Executable &executable, const LaunchArguments &arguments) {
  cl_event event = nullptr;
  FLEX_RETURN_IF_ERROR(static_cast<const OpenCLExecutable &>(executable).enqueue(queue, arguments, &event));
  return remember({event, "a launch"});
}

Status OpenCLQueue::remember(Pending next) {
  pending.push_back(next);
  if (pending.size() < kMostPending)
    return Status::ok();
  Status status = drain();
  if (firstFailure.isOk())
    firstFailure = status;
  return Status::ok(); // told by finish
}

Status OpenCLQueue::drain() {
  Status status = toStatus(device.cl().clFinish(queue), "waiting for the device");
  for (const Pending &done : pending) {
    cl_int state = CL_COMPLETE;
    cl_int code =
        device.cl().clGetEventInfo(done.event, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof state, &state, nullptr);
    if (status.isOk() && code == CL_SUCCESS && state < 0)
      status = toStatus(state, done.what);
    device.cl().clReleaseEvent(done.event);
  }
  pending.clear();
  return status;
}

Status OpenCLQueue::finish() {
  Status now = drain();
  Status before = std::exchange(firstFailure, Status::ok());
  return before.isOk() ? now : before;
}

} // namespace flex::rt::opencl
