//===- Fuzz.h - What the fuzz targets share ---------------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A property that does not hold ends the process, as libFuzzer wants it.
//
//===----------------------------------------------------------------------===//
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#define FUZZ_CHECK(condition, text)                                                                                    \
  do {                                                                                                                 \
    if (!(condition)) {                                                                                                \
      std::string_view fuzzText_ = (text);                                                                             \
      std::fprintf(stderr, "%s:%d: %s does not hold: %.*s\n", __FILE__, __LINE__, #condition,                          \
                   static_cast<int>(fuzzText_.size()), fuzzText_.data());                                              \
      std::abort();                                                                                                    \
    }                                                                                                                  \
  } while (false)

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
