//===- Text.h - Words and numbers in text -----------------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What reads a text of a few words has in common, in the tool and in the runtime.
//
//===----------------------------------------------------------------------===//
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace flex {

/// The whole text as a number, nothing else in it.
std::optional<int64_t> parseInteger(std::string_view text);

std::string_view trim(std::string_view text);

/// Splits at `separator` outside brackets and parentheses; the parts are trimmed.
std::vector<std::string_view> splitOutside(std::string_view text, char separator);

} // namespace flex
