//===- FakeCompiler.h - How often the fake compiler was called -*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The tests' side of FakeCompiler.cpp.
//
//===----------------------------------------------------------------------===//
#pragma once

#include <dlfcn.h>

namespace flex::test {

struct CompilerCalls {
  int describes = 0, compiles = 0;
  bool operator==(const CompilerCalls &) const = default;
};

/// Nothing if the library is not loaded, which this does not change.
inline CompilerCalls compilerCalls() {
  CompilerCalls calls;
  if (void *library = dlopen(FLEX_FAKE_COMPILER, RTLD_NOW | RTLD_NOLOAD)) {
    auto count = reinterpret_cast<void (*)(int *, int *)>(dlsym(library, "fakeCompilerCalls"));
    count(&calls.describes, &calls.compiles);
    dlclose(library);
  }
  return calls;
}

} // namespace flex::test
