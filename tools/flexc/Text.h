//===- Text.h - Words and numbers of the command line -----------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Small helpers that every command needs to read what a user wrote and to say
// what was expected. Nothing here prints.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Support/Status.h"
#include "flex/Support/Text.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace flex::tool {

std::string join(const std::vector<std::string> &words, const char *separator = ", ");

/// "; did you mean 'x'?" with the nearest candidate, or nothing when none is near.
std::string didYouMean(std::string_view word, const std::vector<std::string> &candidates);

/// The whole text as a number, nothing else in it.
std::optional<double> parseDouble(std::string_view text);

bool startsWith(std::string_view text, std::string_view prefix);
bool endsWith(std::string_view text, std::string_view suffix);

/// "[2, 3]"
std::string shapeText(const std::vector<int64_t> &shape);

/// "1.25 ms": three digits and a fitting unit.
std::string secondsText(double seconds);

/// Printable: control characters and broken bytes become '?'.
std::string printable(std::string_view text);

/// The whole file; "-" is standard input. NotFound, PermissionDenied, or
/// ResourceExhausted beyond `maxBytes`.
StatusOr<std::string> readFile(const std::string &path, uint64_t maxBytes);
Status writeFile(const std::string &path, const void *data, size_t size);

} // namespace flex::tool
