//===- ModulePath.h - Where modules of the language are searched ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The folders a user gives, then those of the environment. Read where a request
// begins (a tool, a context), so that what the compiler sees is in the cache's key.
//
//===----------------------------------------------------------------------===//
#pragma once

#include <string>
#include <vector>

namespace flex {

/// `given`, then the folders of FLEX_PATH, which ':' separates; empty ones are skipped.
std::vector<std::string> modulePath(std::vector<std::string> given);

} // namespace flex
