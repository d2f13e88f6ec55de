//===- Export.h - What libflexrt shows to others ---------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Everything in libflexrt is hidden but the C ABI (flex-c/flex.h) and the
// flex::rt classes marked FLEX_RT_API, which `flexc` uses and which carry no
// promise across versions.
//
//===----------------------------------------------------------------------===//
#pragma once

#define FLEX_RT_API __attribute__((visibility("default")))
