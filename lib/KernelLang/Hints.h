//===- Hints.h - What other languages call it ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Private to the front end: tables from words and signs of Python, NumPy, PyTorch, Triton and C to
// what is written here, for the hints of diagnostics. A hint is empty when nothing is known.
//
//===----------------------------------------------------------------------===//
#pragma once

#include <string>
#include <string_view>

namespace flex::lang {

/// For a type's name: `float32` -> "the type is called 'f32'".
std::string typeHint(std::string_view name);

/// For a called name: `len` -> "a dimension's name is its size, …".
std::string functionHint(std::string_view name);

/// For a name that stands for a value: `True` -> "write 'true'".
std::string valueHint(std::string_view name);

/// For `object.member`, with or without a call: `x.T`, `np.exp`, `x.sum`.
std::string memberHint(std::string_view object, std::string_view member);

/// For the first word of something that is neither kernel, fn nor import: `def`, `void`.
std::string itemHint(std::string_view word);

/// For the first word of a statement that is none: `while`, `float`, `print`.
std::string statementHint(std::string_view word);

/// For an argument's name: `dim` -> "write 'axis'".
std::string argumentHint(std::string_view name);

/// A sign that looks like one of the language's, or is written for it in papers.
struct LookAlike {
  std::string_view bytes;    ///< UTF-8
  std::string_view spelling; ///< what is read instead; a space for what is left out
  const char *hint;
};

/// The look-alike that `text` begins with, or null.
const LookAlike *findLookAlike(std::string_view text);

} // namespace flex::lang
