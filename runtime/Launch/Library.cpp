//===- Library.cpp - What libflexrt.so is made of ------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Empty: a shared library needs a source of its own; everything comes from the
// static FlexRuntime.
//
//===----------------------------------------------------------------------===//
