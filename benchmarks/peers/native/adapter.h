//===- adapter.h - A C++ library as a peer of the benchmark ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What peers/_native.py calls. A peer's file defines `version` and `make`,
// which turns a row of the suite into a function without arguments, or an empty
// one if the library has nothing for it.
// Invariant: no exception leaves; it becomes the reason of an unsupported row.
//
//===----------------------------------------------------------------------===//
#pragma once

#include <exception>
#include <functional>
#include <string>
#include <string_view>

namespace bench {

/// A kernel of the suite at one size. Dimensions go by their letter: `dim('M')`.
struct Row {
  std::string_view kernel;
  const long *dims;
  void **arguments, **results;
  int threads;
  bool bound; ///< weights stay from call to call: what is made of them alone is not timed

  long dim(char letter) const { return dims[letter - 'A']; }
  template <class T = float> T *in(int i) const { return static_cast<T *>(arguments[i]); }
  template <class T = float> T *out(int i = 0) const { return static_cast<T *>(results[i]); }
};

using Function = std::function<void()>;

/// The library's version, and what it detected.
std::string version();

/// The function to time; `chosen` is the library's own name for its kernel, if it has one.
Function make(const Row &row, std::string &chosen);

struct Contender {
  Function function;
  std::string chosen;
};

inline std::string &reason() {
  static std::string text;
  return text;
}

} // namespace bench

extern "C" const char *bench_version() {
  static std::string text = bench::version();
  return text.c_str();
}

extern "C" const char *bench_reason() {
  return bench::reason().c_str();
}

extern "C" void *bench_make(const char *kernel, const long *dims, void **arguments, void **results, int threads,
                            int bound) {
  try {
    std::string chosen;
    bench::Function function = bench::make(bench::Row{kernel, dims, arguments, results, threads, bound != 0}, chosen);
    bench::reason() = "no such function";
    return function ? new bench::Contender{std::move(function), chosen} : nullptr;
  } catch (const std::exception &error) {
    bench::reason() = error.what();
    return nullptr;
  }
}

extern "C" const char *bench_chosen(void *contender) {
  return static_cast<bench::Contender *>(contender)->chosen.c_str();
}

extern "C" void bench_run(void *contender) {
  static_cast<bench::Contender *>(contender)->function();
}
