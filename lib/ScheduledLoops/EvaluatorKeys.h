//===- EvaluatorKeys.h - What the evaluator's files share -------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Parts of the keys that computed values are known by, and the lanes of a value.
// Only for the Evaluator*.cpp files.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "Evaluator.h"

namespace flex::tile {

inline int64_t lanesOf(mlir::Value value) {
  auto vector = llvm::dyn_cast<mlir::VectorType>(value.getType());
  return vector ? vector.getNumElements() : 1;
}

inline std::string keyOf(const void *pointer) {
  return std::to_string(reinterpret_cast<uintptr_t>(pointer));
}
inline std::string keyOf(mlir::Value value) {
  return keyOf(value.getAsOpaquePointer());
}
inline std::string keyOf(llvm::ArrayRef<DimExpr> at) {
  std::string key;
  for (const DimExpr &expr : at)
    key += expr.str() + ";";
  return key;
}

inline DimExpr linearOffset(const Memory &memory, llvm::ArrayRef<DimExpr> at) {
  DimExpr offset;
  for (auto [index, stride] : llvm::zip_equal(at, memory.strides))
    offset = offset + index * stride;
  return offset;
}

} // namespace flex::tile
