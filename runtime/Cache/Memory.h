//===- Memory.h - The memory part of the cache -----------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A map from hash to payload with a list in order of use, bounded by bytes.
// Private to runtime/Cache. Thread-safe.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Runtime/Cache.h"

#include <list>
#include <mutex>
#include <unordered_map>

namespace flex::rt {

class MemoryCache {
public:
  explicit MemoryCache(uint64_t maxBytes) : maxBytes(maxBytes) {}

  std::optional<CacheValue> lookup(const std::string &hash) {
    std::lock_guard lock(mutex);
    auto it = index.find(hash);
    if (it == index.end())
      return std::nullopt;
    order.splice(order.begin(), order, it->second);
    CacheValue value = it->second->second;
    value.fromMemory = true;
    return value;
  }

  void store(const std::string &hash, const CacheValue &value) {
    std::lock_guard lock(mutex);
    if (auto it = index.find(hash); it != index.end())
      erase(it->second);
    if (value.payload->size() > maxBytes)
      return;
    order.emplace_front(hash, value);
    index[hash] = order.begin();
    bytes += value.payload->size();
    while (bytes > maxBytes)
      erase(std::prev(order.end()));
  }

  void clear() {
    std::lock_guard lock(mutex);
    order.clear();
    index.clear();
    bytes = 0;
  }

private:
  using Order = std::list<std::pair<std::string, CacheValue>>; // front: most recently used
  void erase(Order::iterator it) {
    bytes -= it->second.payload->size();
    index.erase(it->first);
    order.erase(it);
  }

  const uint64_t maxBytes;
  std::mutex mutex; // guards all below
  Order order;
  std::unordered_map<std::string, Order::iterator> index;
  uint64_t bytes = 0;
};

} // namespace flex::rt
