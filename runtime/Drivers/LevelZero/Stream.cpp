//===- Stream.cpp - An immediate command list, kept in order -------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Every command is followed by a barrier; an event at the end tells `wait`.
//
//===----------------------------------------------------------------------===//
#include "Stream.h"

namespace flex::rt::levelzero {

StatusOr<std::unique_ptr<LevelZeroStream>> LevelZeroStream::create(LevelZeroInterface &device) {
  const Library &ze = device.ze();
  std::unique_ptr<LevelZeroStream> made(new LevelZeroStream(device));
  DeviceHandle handle = device.device();
  PoolDesc pool;
  pool.flags = kPoolHostVisible;
  pool.count = 1;
  FLEX_RETURN_IF_ERROR(
      device.check(ze.zeEventPoolCreate(device.context(), &pool, 1, &handle, &made->pool), "zeEventPoolCreate"));
  EventDesc event;
  event.signal = event.wait = kScopeHost;
  FLEX_RETURN_IF_ERROR(device.check(ze.zeEventCreate(made->pool, &event, &made->done), "zeEventCreate"));
  QueueDesc queue;
  queue.ordinal = device.computeOrdinal();
  queue.mode = kQueueModeAsynchronous;
  FLEX_RETURN_IF_ERROR(device.check(ze.zeCommandListCreateImmediate(device.context(), handle, &queue, &made->list),
                                    "zeCommandListCreateImmediate"));
  return made;
}

LevelZeroStream::~LevelZeroStream() {
  const Library &ze = device.ze();
  if (list)
    ze.zeCommandListDestroy(list);
  if (done)
    ze.zeEventDestroy(done);
  if (pool)
    ze.zeEventPoolDestroy(pool);
}

Status LevelZeroStream::separate() {
  hasWork = true;
  return device.check(device.ze().zeCommandListAppendBarrier(list, nullptr, 0, nullptr), "zeCommandListAppendBarrier");
}

Status LevelZeroStream::copy(void *to, const void *from, size_t bytes) {
  FLEX_RETURN_IF_ERROR(
      device.check(device.ze().zeCommandListAppendMemoryCopy(list, to, from, bytes, nullptr, 0, nullptr),
                   "zeCommandListAppendMemoryCopy"));
  return separate();
}

Status LevelZeroStream::launch(const accelerator::Function &function, const accelerator::Grid &grid,
                               const accelerator::Arguments &arguments) {
  const Library &ze = device.ze();
  auto &kernel = *static_cast<Kernel *>(function.handle);
  GroupCount groups;
  groups.x = grid.groups;
  {
    std::lock_guard lock(kernel.mutex);
    FLEX_RETURN_IF_ERROR(
        device.check(ze.zeKernelSetGroupSize(kernel.handle, grid.groupSize, 1, 1), "zeKernelSetGroupSize"));
    for (uint32_t i = 0; i < arguments.wordCount; ++i)
      FLEX_RETURN_IF_ERROR(
          device.check(ze.zeKernelSetArgumentValue(kernel.handle, i, sizeof(uint64_t), arguments.words + i),
                       "zeKernelSetArgumentValue of argument " + std::to_string(i)));
    FLEX_RETURN_IF_ERROR(
        device.check(ze.zeCommandListAppendLaunchKernel(list, kernel.handle, &groups, nullptr, 0, nullptr),
                     "zeCommandListAppendLaunchKernel"));
  }
  return separate();
}

Status LevelZeroStream::wait() {
  const Library &ze = device.ze();
  if (!hasWork)
    return Status::ok();
  FLEX_RETURN_IF_ERROR(
      device.check(ze.zeCommandListAppendBarrier(list, done, 0, nullptr), "zeCommandListAppendBarrier"));
  Status status = device.check(ze.zeEventHostSynchronize(done, UINT64_MAX), "zeEventHostSynchronize");
  Status reset = device.check(ze.zeEventHostReset(done), "zeEventHostReset");
  hasWork = !status.isOk();
  return status.isOk() ? reset : status;
}

} // namespace flex::rt::levelzero
