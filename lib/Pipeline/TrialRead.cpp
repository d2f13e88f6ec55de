//===- TrialRead.cpp - Reading bytes that may kill the reader -------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The child only reads and exits, so it takes no lock that another thread of the
// parent may hold but the allocator's, which fork keeps usable; a child that hangs
// all the same is ended by its limit of time.
//
//===----------------------------------------------------------------------===//
#include "TrialRead.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace flex;

namespace {

constexpr unsigned kSeconds = 20;
constexpr int kSurvived = 42;

void limit(int resource, rlim_t value) {
  rlimit limits{value, value};
  setrlimit(resource, &limits);
}

[[noreturn]] void runChild(const std::function<void()> &read) {
  for (int signal : {SIGSEGV, SIGBUS, SIGABRT, SIGILL, SIGFPE, SIGALRM, SIGXCPU})
    std::signal(signal, SIG_DFL);
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_CPU, kSeconds);
#if !defined(__SANITIZE_ADDRESS__) && !__has_feature(address_sanitizer)
  limit(RLIMIT_AS, rlim_t(16) << 30); // a sanitizer's shadow alone is larger
#endif
  alarm(kSeconds);
  if (int null = open("/dev/null", O_WRONLY); null >= 0)
    dup2(null, STDERR_FILENO);
  read();
  _exit(kSurvived);
}

} // namespace

std::string flex::trialRun(const std::function<void()> &read) {
  pid_t child = fork();
  if (child < 0)
    return "";
  if (child == 0)
    runChild(read);
  int status = 0;
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR)
      return "";
  if (WIFEXITED(status) && WEXITSTATUS(status) == kSurvived)
    return "";
  return WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "exit status " + std::to_string(WEXITSTATUS(status));
}
