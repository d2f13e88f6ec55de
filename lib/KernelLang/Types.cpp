//===- Types.cpp - Element types of the language ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One table; the order is that of the enum.
//
//===----------------------------------------------------------------------===//
#include "flex/KernelLang/Types.h"

namespace flex::lang {
namespace {

struct TypeInfo {
  const char *name;
  unsigned bits;
};

const TypeInfo kTypes[] = {
    {"bool", 8},      {"i8", 8},       {"i16", 16},   {"i32", 32},  {"i64", 64}, {"u8", 8},
    {"u16", 16},      {"u32", 32},     {"u64", 64},   {"bf16", 16}, {"f16", 16}, {"f32", 32},
    {"f64", 64},      {"f8e4m3fn", 8}, {"f8e5m2", 8}, {"i4", 4},    {"u4", 4},   {"an integer literal", 64},
    {"a literal", 64}};
constexpr size_t kConcreteTypes = 17;

} // namespace

const char *dtypeName(DType type) {
  return kTypes[static_cast<size_t>(type)].name;
}
unsigned bitWidth(DType type) {
  return kTypes[static_cast<size_t>(type)].bits;
}

std::optional<DType> dtypeFromName(std::string_view name) {
  for (size_t i = 0; i < kConcreteTypes; ++i)
    if (name == kTypes[i].name)
      return static_cast<DType>(i);
  return std::nullopt;
}

std::vector<DType> dtypeCategory(std::string_view name) {
  using T = DType;
  if (name == "float")
    return {T::F32, T::F64, T::F16, T::BF16};
  if (name == "int")
    return {T::I32, T::I64, T::I16, T::I8, T::U8, T::U16, T::U32, T::U64};
  if (name == "number")
    return {T::F32, T::F64, T::F16, T::BF16, T::I32, T::I64, T::I16, T::I8, T::U8, T::U16, T::U32, T::U64};
  return {};
}

std::vector<std::string> dtypeNames() {
  std::vector<std::string> names;
  for (size_t i = 0; i < kConcreteTypes; ++i)
    names.push_back(kTypes[i].name);
  for (const char *category : {"float", "int", "number"})
    names.push_back(category);
  return names;
}

double largestFinite(DType type) {
  switch (type) {
  case DType::F8E4M3FN: return 448.0;
  case DType::F8E5M2: return 57344.0;
  case DType::F16: return 65504.0;
  case DType::BF16: return 3.3895313892515355e38;
  case DType::F32: return 3.4028234663852886e38;
  default: return 1.7976931348623157e308;
  }
}

} // namespace flex::lang
