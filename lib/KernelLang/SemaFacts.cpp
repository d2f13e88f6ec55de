//===- SemaFacts.cpp - Semantic analysis: what editors show ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Notes types, shapes and ranges at the names of the root function, for hovers and
// hints. Several instances of a generic function note at the same names: what a
// type is called is what fits all of them, so `T` where it follows T.
//
//===----------------------------------------------------------------------===//
#include "SemaImpl.h"

#include <algorithm>

namespace flex::lang {

void Sema::note(SourceRange name, const Value &value) {
  if (!facts || frames.size() > 1 || value.isError() || !name.isValid())
    return;
  bool literal = isLiteral(value.expr->type);
  std::set<std::string> types;
  if (!literal)
    types.insert(dtypeName(value.expr->type));
  for (const auto &[param, type] : frame().types)
    if (type == value.expr->type && !literal)
      types.insert(param);
  auto [it, first] = facts->try_emplace(name.begin);
  NameFact &fact = it->second;
  if (first) {
    fact.types = std::move(types);
    std::vector<DimExpr> shape = shapeOf(value);
    fact.text = shape.empty() ? "" : shapeText(shape);
    return;
  }
  std::erase_if(fact.types, [&](const std::string &known) { return !types.count(known); });
}

void Sema::noteRange(const IndexVar &var) {
  if (!facts || frames.size() > 1 || !var.range.isValid() || !var.extent)
    return;
  NameFact &fact = (*facts)[var.range.begin];
  fact.isIndex = true;
  fact.text = var.first.str() + ".." + (var.first + *var.extent - 1).str();
}

} // namespace flex::lang
