//===- Group.h - The threads of one group -----------------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A host thread's part of a launch: fibers, their scheduler, and the machine. Runs
// one group after the other.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "Fiber.h"
#include "flex/Emulator/Grid.h"

#include <chrono>
#include <random>

namespace flex::emulator {

/// Fibers are kept between launches: making a stack costs more than a small group's run.
class FiberPool {
public:
  static std::vector<std::unique_ptr<Fiber>> take(size_t count);
  static void giveBack(std::vector<std::unique_ptr<Fiber>> fibers);
};

class Group {
public:
  using Clock = std::chrono::steady_clock;

  Group(const LoadedProgram &program, const MachineOptions &machineOptions, const LaunchRequest &request,
        const LaunchOptions &options, Clock::time_point deadline);
  ~Group();

  /// False after a failure; see machine().
  bool run(GroupId id);
  const Machine &getMachine() const { return machine; }

  // The program's side, on a fiber of the running group.
  static void access(const void *address, uint32_t bytes, uint32_t how, uint32_t site);
  static void call(uint32_t call, const void *const *arguments, void *result);
  static char *shared();

private:
  enum class State : uint8_t { Ready, AtCall, Retrying, Yielding, Ended };
  struct Thread {
    Group *group = nullptr;
    State state = State::Ready;
    uint32_t call = 0; ///< where it waits, or made its last call
    const void *const *arguments = nullptr;
    void *result = nullptr;
    uint32_t accesses = 0; ///< since it was resumed
  };

  static void runThread(void *data);
  [[noreturn]] void leaveForGood();
  void suspend(State state);
  int pick();
  void afterTurn(int thread);
  bool wakeWaiting();
  bool resolvePartialWaves();
  /// Executes the call for the threads of [first, first + count) that wait at it; false if it has to be tried again.
  bool execute(uint32_t call, int first, int count);
  void resolveIfComplete(int thread);
  void checkTime();
  void reportDeadlock();
  Lane laneOf(int thread, uint32_t call) const;

  const LoadedProgram &program;
  const LaunchRequest &request;
  Machine machine;
  std::vector<std::unique_ptr<Fiber>> fibers;
  std::vector<Thread> threads;
  std::vector<int> ready, waiting; ///< waiting: retrying or yielding
  std::vector<Lane> lanes;
  std::minstd_rand random;
  uint64_t seed;
  Clock::time_point deadline;
  int running = -1;
  int favourite = -1; ///< the wave that goes first, in some orders
  size_t ended = 0;
  uint64_t spins = 0; ///< rounds in which nothing but spinning happened
  uint32_t turns = 0;
  bool progress = true;
};

} // namespace flex::emulator
