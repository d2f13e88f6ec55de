//===- Types.h - Element types of the language ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The element types, and the two open types of literals. f8e4m3fn, f8e5m2, i4 and
// u4 are for storage: they are read, written, moved and cast, and nothing else.
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
  F8E4M3FN,
  F8E5M2,
  I4,
  U4,
  LiteralInt,
  LiteralFloat
};

const char *dtypeName(DType type);
std::optional<DType> dtypeFromName(std::string_view name);
/// float, int, number: a set of types, in the order they are tried; empty for
/// any other name.
std::vector<DType> dtypeCategory(std::string_view name);
/// All names a type may have, for suggestions.
std::vector<std::string> dtypeNames();

inline bool isLiteral(DType type) {
  return type >= DType::LiteralInt;
}
inline bool isFloat(DType type) {
  return (type >= DType::BF16 && type <= DType::F8E5M2) || type == DType::LiteralFloat;
}
inline bool isSigned(DType type) {
  return (type >= DType::I8 && type <= DType::I64) || type == DType::I4 || type == DType::LiteralInt;
}
inline bool isUnsigned(DType type) {
  return (type >= DType::U8 && type <= DType::U64) || type == DType::U4;
}
inline bool isInteger(DType type) {
  return isSigned(type) || isUnsigned(type);
}
/// Types without arithmetic.
inline bool isStorageOnly(DType type) {
  return type >= DType::F8E4M3FN && type <= DType::U4;
}
/// Bits of an element; 8 for bool, 64 for literals.
unsigned bitWidth(DType type);
/// The largest finite value of a float type.
double largestFinite(DType type);

} // namespace flex::lang
