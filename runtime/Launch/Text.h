//===- Text.h - Lists in messages ------------------------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Private to runtime/.
//
//===----------------------------------------------------------------------===//
#pragma once

#include <string>
#include <string_view>

namespace flex::rt {

inline void appendItem(std::string &list, std::string_view item, std::string_view separator = ", ") {
  if (!list.empty())
    list += separator;
  list += item;
}

} // namespace flex::rt
