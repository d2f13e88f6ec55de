//===- Npy.h - NumPy's .npy and .npz files ----------------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reading takes any bytes and gives an array or says what is wrong with them.
// Format: numpy.lib.format, versions 1 to 3; .npz is a zip of .npy members, stored
// or deflated.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "Array.h"

#include <string_view>
#include <utility>

namespace flex::tool {

/// What the bytes of a .npy file say; `name` is for messages. bf16 is how
/// ml_dtypes writes it ('<V2'): dtype "raw16".
StatusOr<Array> parseNpy(std::string_view bytes, const std::string &name);

/// Reads `path`, or the member `key` of a .npz. Without a key a .npz must have
/// exactly one member, or one called `preferred`.
StatusOr<Array> readNumpyFile(const std::string &path, const std::string &key, const std::string &preferred);

std::string formatNpy(const Array &array);

/// By extension: one array as .npy, any number as .npz.
Status writeNumpyFile(const std::string &path, const std::vector<std::pair<std::string, const Array *>> &arrays);

} // namespace flex::tool
