//===- Threads.h - Instructions of a few threads, without a program -*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A group whose threads execute single instructions: operands are set by hand, the
// instruction is found by its name, as a program's would be.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Emulator/Intrinsic.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <memory>

namespace flex::emulator {

/// The operands and the result of one instruction in each thread.
class Threads {
public:
  Threads(Machine &machine, unsigned count) : machine(machine), values(count), results(count) {}

  /// Appends an operand: `of(thread)`.
  template <typename Function> Threads &argument(Function of) {
    for (unsigned t = 0; t < values.size(); ++t) {
      auto value = of(t);
      auto &bytes = values[t].emplace_back(sizeof value);
      std::memcpy(bytes.data(), &value, sizeof value);
    }
    return *this;
  }
  template <typename T> Threads &all(T value) {
    return argument([=](unsigned) { return value; });
  }
  Threads &result(uint32_t bytes) {
    resultBytes = bytes;
    return *this;
  }
  /// A thread that is elsewhere.
  Threads &without(unsigned thread) {
    absent = static_cast<int>(thread);
    return *this;
  }

  Symbol symbol(const std::string &name, const std::string &constraints = "") const {
    Symbol symbol{name, constraints, {}, resultBytes};
    for (const auto &value : values[0])
      symbol.argumentBytes.push_back(static_cast<uint32_t>(value.size()));
    return symbol;
  }

  /// Executes the instruction; each thread for itself if that is its scope.
  Outcome run(const std::string &name, const std::string &constraints = "") {
    Binding binding = bind(symbol(name, constraints));
    if (!binding.execute) {
      ADD_FAILURE() << "not executed: " << name;
      return Outcome::Done;
    }
    std::vector<std::vector<const void *>> pointers(values.size());
    std::vector<Lane> lanes(values.size());
    for (size_t t = 0; t < values.size(); ++t) {
      for (const auto &value : values[t])
        pointers[t].push_back(value.data());
      results[t].assign(resultBytes + 8, 0);
      lanes[t] = {static_cast<int>(t), static_cast<int>(t) != absent, pointers[t].data(),
                  resultBytes ? results[t].data() : nullptr};
    }
    if (binding.scope != Scope::Thread)
      return binding.execute(Call{machine, 1, lanes});
    Outcome outcome = Outcome::Done;
    for (const Lane &lane : lanes)
      if (lane.isActive)
        outcome = binding.execute(Call{machine, 1, {&lane, 1}});
    return outcome;
  }

  template <typename T> T resultOf(unsigned thread, size_t index = 0) const {
    T value;
    std::memcpy(&value, results[thread].data() + index * sizeof value, sizeof value);
    return value;
  }

private:
  Machine &machine;
  std::vector<std::vector<std::vector<char>>> values; ///< by thread and operand
  std::vector<std::vector<char>> results;
  uint32_t resultBytes = 0;
  int absent = -1;
};

/// A machine with group memory that has been started; device memory is what the test names.
struct Chip {
  explicit Chip(const std::string &name, unsigned threads, unsigned wave = 32, uint32_t shared = 65536) {
    options.chip = name;
    options.waveSize = wave;
    options.groupSize = threads;
    options.sharedBytes = options.sharedLimit = shared;
    options.sites = {"", "k.flex:1:1"};
  }
  template <typename T> void sees(std::vector<T> &memory, bool isWritable = true) {
    auto begin = reinterpret_cast<uintptr_t>(memory.data());
    options.global.push_back({begin, begin + memory.size() * sizeof(T), isWritable});
    std::sort(options.global.begin(), options.global.end(),
              [](const auto &a, const auto &b) { return a.begin < b.begin; });
  }
  Machine &start() {
    machine = std::make_unique<Machine>(options);
    machine->begin({}, {1, 1, 1});
    return *machine;
  }
  std::string failure() const { return machine->firstFailure() ? machine->firstFailure()->message : ""; }

  MachineOptions options;
  std::unique_ptr<Machine> machine;
};

} // namespace flex::emulator
