//===- Worker.h - Runs jobs in order, beside the caller --------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One thread, started by the first job. finish() and the destructor run what is
// queued and end it; the destructor may run on that thread, as the last act of a job.
//
//===----------------------------------------------------------------------===//
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <pthread.h>

namespace flex::rt {

class Worker {
public:
  Worker() : state(std::make_shared<State>()) {}
  ~Worker() { finish(); }
  Worker(const Worker &) = delete;
  Worker &operator=(const Worker &) = delete;
  /// Runs the job here if no thread can be had, or after finish().
  void post(std::function<void()> job);
  /// Waits for all jobs, but for the one that calls it.
  void finish();
  bool isFinished() const;

private:
  struct State {
    void work();
    std::mutex mutex; // guards all below
    std::condition_variable changed;
    std::deque<std::function<void()>> jobs;
    pthread_t thread{};
    bool started = false, stopping = false;
  };
  const std::shared_ptr<State> state; ///< the thread's, too
};

} // namespace flex::rt
