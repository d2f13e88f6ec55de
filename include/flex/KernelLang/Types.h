//===- Types.h - Element types of the language ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The element types that exist today, and the two open types of literals. What
// LANGUAGE promises beyond (i4, f8…) is named in Types.cpp and diagnosed.
//
//===----------------------------------------------------------------------===//
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace flex::lang {

/// LiteralInt and LiteralFloat are the types of literals, indices and dimensions
/// until they meet a typed operand.
enum class DType : uint8_t {
  Bool,
  I8,
  I16,
  I32,
  I64,
  U8,
  U16,
  U32,
  U64,
  BF16,
  F16,
  F32,
  F64,
  LiteralInt,
  LiteralFloat
};

const char *dtypeName(DType type);
std::optional<DType> dtypeFromName(std::string_view name);
/// Names promised for later: "i4", "f8e4m3fn", "f8e5m2".
bool isFutureDType(std::string_view name);
/// float, int, number: a set of types, in the order they are tried; empty for
/// any other name.
std::vector<DType> dtypeCategory(std::string_view name);
/// All names a type may have, for suggestions.
std::vector<std::string> dtypeNames();

inline bool isLiteral(DType type) {
  return type >= DType::LiteralInt;
}
inline bool isFloat(DType type) {
  return (type >= DType::BF16 && type <= DType::F64) || type == DType::LiteralFloat;
}
inline bool isSigned(DType type) {
  return (type >= DType::I8 && type <= DType::I64) || type == DType::LiteralInt;
}
inline bool isUnsigned(DType type) {
  return type >= DType::U8 && type <= DType::U64;
}
inline bool isInteger(DType type) {
  return isSigned(type) || isUnsigned(type);
}
/// Bits of an element; 8 for bool, 64 for literals.
unsigned bitWidth(DType type);
/// The largest finite value of a float type.
double largestFinite(DType type);

} // namespace flex::lang
