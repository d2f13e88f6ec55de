//===- Stream.h - An immediate command list, kept in order -----*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Commands of a list may run in any order unless a barrier stands between them;
// version 1.0 of the interface knows no other way to keep order.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "Interface.h"

namespace flex::rt::levelzero {

class LevelZeroStream : public accelerator::Stream {
public:
  static StatusOr<std::unique_ptr<LevelZeroStream>> create(LevelZeroInterface &device);
  ~LevelZeroStream() override;
  Status write(void *to, const void *from, size_t bytes) override { return copy(to, from, bytes); }
  Status read(void *to, const void *from, size_t bytes) override { return copy(to, from, bytes); }
  Status launch(const accelerator::Function &function, const accelerator::Grid &grid,
                const accelerator::Arguments &arguments) override;
  Status wait() override;

private:
  explicit LevelZeroStream(LevelZeroInterface &device) : device(device) {}
  Status copy(void *to, const void *from, size_t bytes);
  Status separate();

  LevelZeroInterface &device;
  PoolHandle pool = nullptr; ///< of one event
  EventHandle done = nullptr;
  ListHandle list = nullptr;
  bool hasWork = false;
};

} // namespace flex::rt::levelzero
