//===- Worker.cpp - Runs asynchronous launches in order ------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Jobs run in the order posted; none is dropped.
//
//===----------------------------------------------------------------------===//
#include "Worker.h"

#include <csignal>

namespace flex::rt::capi {

Worker::~Worker() {
  {
    std::lock_guard lock(mutex);
    stopping = true;
    if (!started)
      return;
  }
  changed.notify_one();
  pthread_join(thread, nullptr);
}

void Worker::post(std::function<void()> job) {
  std::unique_lock lock(mutex);
  if (!started) {
    sigset_t all, before; // signals are the application's threads' business
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    auto entry = [](void *self) -> void * {
      static_cast<Worker *>(self)->work();
      return nullptr;
    };
    started = pthread_create(&thread, nullptr, entry, this) == 0;
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }
  if (!started) {
    lock.unlock();
    return job();
  }
  jobs.push_back(std::move(job));
  changed.notify_one();
}

void Worker::work() {
  std::unique_lock lock(mutex);
  for (;;) {
    changed.wait(lock, [this] { return stopping || !jobs.empty(); });
    if (jobs.empty())
      return;
    std::function<void()> job = std::move(jobs.front());
    jobs.pop_front();
    lock.unlock();
    job();
    lock.lock();
  }
}

} // namespace flex::rt::capi
