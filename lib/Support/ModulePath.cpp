//===- ModulePath.cpp - Where modules of the language are searched ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The environment is read at each call: a test or a host may change it.
//
//===----------------------------------------------------------------------===//
#include "flex/Support/ModulePath.h"

#include <cstdlib>
#include <sstream>

namespace flex {

std::vector<std::string> modulePath(std::vector<std::string> given) {
  const char *path = std::getenv("FLEX_PATH");
  std::istringstream folders(path ? path : "");
  for (std::string folder; std::getline(folders, folder, ':');)
    if (!folder.empty())
      given.push_back(folder);
  return given;
}

} // namespace flex
