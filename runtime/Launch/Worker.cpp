//===- Worker.cpp - Runs jobs in order, beside the caller ----------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Jobs run in the order posted; none is dropped.
//
//===----------------------------------------------------------------------===//
#include "Worker.h"

#include <csignal>

namespace flex::rt {

void Worker::finish() {
  std::unique_lock lock(state->mutex);
  if (state->stopping)
    return;
  state->stopping = true;
  if (!state->started)
    return;
  pthread_t thread = state->thread;
  lock.unlock();
  state->changed.notify_one();
  if (pthread_equal(thread, pthread_self()))
    pthread_detach(thread);
  else
    pthread_join(thread, nullptr);
}

bool Worker::isFinished() const {
  std::lock_guard lock(state->mutex);
  return state->stopping;
}

void Worker::post(std::function<void()> job) {
  std::unique_lock lock(state->mutex);
  if (!state->started && !state->stopping) {
    sigset_t all, before; // signals are the application's threads' business
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    auto entry = [](void *data) -> void * {
      std::unique_ptr<std::shared_ptr<State>> own(static_cast<std::shared_ptr<State> *>(data));
      (*own)->work();
      return nullptr;
    };
    auto own = std::make_unique<std::shared_ptr<State>>(state);
    state->started = pthread_create(&state->thread, nullptr, entry, own.get()) == 0;
    if (state->started)
      (void)own.release(); // the thread's now
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }
  if (!state->started || state->stopping) {
    lock.unlock();
    return job();
  }
  state->jobs.push_back(std::move(job));
  state->changed.notify_one();
}

void Worker::State::work() {
  std::unique_lock lock(mutex);
  for (;;) {
    changed.wait(lock, [this] { return stopping || !jobs.empty(); });
    if (jobs.empty())
      return;
    std::function<void()> job = std::move(jobs.front());
    jobs.pop_front();
    lock.unlock();
    job();
    job = nullptr; // what it holds goes before the next one comes
    lock.lock();
  }
}

} // namespace flex::rt
