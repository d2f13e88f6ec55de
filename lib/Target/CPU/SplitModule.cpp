//===- SplitModule.cpp - Parts of a module that code is made of apart -----===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Unites symbols with what uses them, then deals the unions out, largest first.
//
//===----------------------------------------------------------------------===//
#include "SplitModule.h"

#include "mlir/IR/SymbolTable.h"
#include "llvm/ADT/EquivalenceClasses.h"
#include "llvm/ADT/MapVector.h"

using namespace mlir;

namespace flex::target::cpu {

static size_t sizeOf(ArrayRef<Operation *> ops) {
  size_t size = 0;
  for (Operation *op : ops)
    op->walk([&](Operation *) { ++size; });
  return size;
}

std::vector<OwningOpRef<ModuleOp>> splitModule(ModuleOp module, size_t maxParts) {
  llvm::EquivalenceClasses<Operation *> classes;
  SymbolTable symbols(module);
  for (Operation &op : *module.getBody()) {
    if (!isa<SymbolOpInterface>(op))
      return {};
    classes.insert(&op);
    auto uses = SymbolTable::getSymbolUses(&op);
    if (!uses)
      return {};
    for (const SymbolTable::SymbolUse &use : *uses)
      if (Operation *used = symbols.lookup(use.getSymbolRef().getRootReference()))
        classes.unionSets(&op, used);
  }
  llvm::MapVector<Operation *, SmallVector<Operation *>> unions;
  for (Operation &op : *module.getBody())
    unions[classes.getLeaderValue(&op)].push_back(&op);
  if (unions.size() < 2 || maxParts < 2)
    return {};
  std::vector<std::pair<size_t, ArrayRef<Operation *>>> bySize;
  for (auto &[leader, ops] : unions)
    bySize.emplace_back(sizeOf(ops), ops);
  llvm::stable_sort(bySize, [](const auto &a, const auto &b) { return a.first > b.first; });
  // In each part, and from part to part, in the order of the module: assembly is read by people.
  std::vector<std::pair<size_t, SmallVector<Operation *>>> dealt(std::min(maxParts, bySize.size()));
  for (auto &[size, ops] : bySize) {
    auto smallest = llvm::min_element(dealt, [](const auto &a, const auto &b) { return a.first < b.first; });
    smallest->first += size;
    smallest->second.append(ops.begin(), ops.end());
  }
  auto isBefore = [](Operation *a, Operation *b) { return a->isBeforeInBlock(b); };
  for (auto &[size, ops] : dealt)
    llvm::sort(ops, isBefore);
  llvm::sort(dealt, [&](const auto &a, const auto &b) { return isBefore(a.second.front(), b.second.front()); });
  std::vector<OwningOpRef<ModuleOp>> parts;
  for (auto &[size, ops] : dealt) {
    parts.emplace_back(cast<ModuleOp>(module->cloneWithoutRegions()));
    Block &body = parts.back()->getBodyRegion().emplaceBlock();
    for (Operation *op : ops)
      body.push_back(op->clone());
  }
  return parts;
}

} // namespace flex::target::cpu
