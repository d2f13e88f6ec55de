//===- Queue.cpp - Launches on the calling thread and the pool -----------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The choice between one call and a parallel loop, and how items are cut into
// tasks. The numbers are those measured in docs/decisions/threads.md.
//
//===----------------------------------------------------------------------===//
#include "Queue.h"

#include "Executable.h"
#include "Workspace.h"

#include <algorithm>
#include <atomic>
#include <cstring>

namespace flex::rt::host {
namespace {

constexpr size_t kInlineBuffers = 32;
constexpr double kMinParallelSecondsHot = 5e-6;
constexpr double kMinParallelSecondsCold = 60e-6;
constexpr double kMinTaskSeconds = 2e-6;
constexpr int64_t kTasksPerThread = 4;

char *address(const DeviceBuffer &buffer) {
  return static_cast<char *>(buffer.handle) + buffer.offset;
}

/// One launch, shared by the threads that run its tasks.
struct Job {
  EntryFunction entry;
  void *const *buffers;
  const int64_t *dims;
  int64_t items, tasks, workspaceBytes;
  std::atomic<bool> outOfMemory = false;

  void run(int64_t task) {
    // Without overflow: the first `items % tasks` tasks take one item more.
    int64_t share = items / tasks, extra = items % tasks;
    int64_t begin = task * share + std::min(task, extra), end = begin + share + (task < extra);
    void *workspace = workspaceBytes ? threadWorkspace(workspaceBytes) : nullptr;
    if (workspaceBytes && !workspace)
      outOfMemory = true;
    else
      entry(buffers, dims, begin, end, workspace);
  }
};

/// How many tasks to cut a launch into; 1 for no parallel loop.
int64_t chooseTasks(const HostDevice &device, const LaunchArguments &arguments) {
  int64_t threads = device.threads();
  if (threads == 1 || arguments.items == 1)
    return 1;
  bool known = arguments.flops > 0 || arguments.bytesMoved > 0;
  double seconds =
      std::max(arguments.flops / device.gflopsPerThread(), arguments.bytesMoved / device.memoryGBsPerThread()) * 1e-9;
  if (known && seconds < (device.isHot() ? kMinParallelSecondsHot : kMinParallelSecondsCold))
    return 1;
  int64_t tasks = arguments.items >= 2 * kTasksPerThread * threads ? kTasksPerThread * threads : threads;
  if (known)
    tasks = std::min(tasks, std::max<int64_t>(2, static_cast<int64_t>(seconds / kMinTaskSeconds)));
  return std::min(tasks, arguments.items);
}

} // namespace

Status HostQueue::write(const DeviceBuffer &to, const void *from, int64_t bytes) {
  if (bytes > 0)
    std::memcpy(address(to), from, static_cast<size_t>(bytes));
  return Status::ok();
}

Status HostQueue::read(void *to, const DeviceBuffer &from, int64_t bytes) {
  if (bytes > 0)
    std::memcpy(to, address(from), static_cast<size_t>(bytes));
  return Status::ok();
}

Status HostQueue::launch(const Executable &executable, const LaunchArguments &arguments) {
  void *inlineBuffers[kInlineBuffers];
  std::vector<void *> manyBuffers;
  void **buffers = inlineBuffers;
  if (arguments.bufferCount > kInlineBuffers) {
    manyBuffers.resize(arguments.bufferCount);
    buffers = manyBuffers.data();
  }
  for (size_t i = 0; i < arguments.bufferCount; ++i)
    buffers[i] = address(arguments.buffers[i]);
  EntryFunction entry = static_cast<const HostExecutable &>(executable).entry(arguments.index);
  Job job{entry, buffers, arguments.dims, arguments.items, chooseTasks(device, arguments), arguments.workspaceBytes};
  if (job.tasks == 1)
    job.run(0);
  else
    device.parallelFor(job.tasks, [](void *data, int64_t task) { static_cast<Job *>(data)->run(task); }, &job);
  if (job.outOfMemory)
    return {StatusCode::ResourceExhausted,
            "no " + std::to_string(arguments.workspaceBytes) + " bytes of workspace for a thread"};
  return Status::ok();
}

} // namespace flex::rt::host
