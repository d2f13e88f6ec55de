//===- MergeStatements.cpp - Common subexpressions of a kernel ------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Two statements are equal whatever their indices are called: MLIR's own CSE, which
// compares attributes, would not see it. Functions that several kernels of a model
// call come in here once per call.
//
//===----------------------------------------------------------------------===//
#include "flex/TensorIR/TensorPasses.h"

#include "llvm/ADT/StringMap.h"

namespace flex::ir {
#define GEN_PASS_DEF_FLEXMERGESTATEMENTS
#include "flex/TensorIR/TensorPasses.h.inc"
} // namespace flex::ir

using namespace mlir;
using namespace flex;
using namespace flex::ir;

namespace {

/// What a statement computes as text: equal texts, equal values. Indices are known by the order in which they are
/// declared, values of the body by the order in which they are made, values from outside by their address.
class Fingerprint {
public:
  explicit Fingerprint(Operation *statement) { append(statement); }
  StringRef str() const { return text; }

private:
  void append(Operation *op) {
    add(op->getName().getAsOpaquePointer());
    if (auto declared = op->getAttrOfType<ArrayAttr>("indices"))
      for (StringAttr name : declared.getAsRange<StringAttr>())
        names[name.getValue().str()] = DimExpr::symbol("%" + std::to_string(names.size()));
    for (NamedAttribute attr : op->getAttrDictionary())
      append(attr);
    for (Value operand : op->getOperands())
      append(operand);
    for (Type type : op->getResultTypes())
      add(type.getAsOpaquePointer());
    for (Region &region : op->getRegions())
      for (Block &block : region) {
        for (BlockArgument argument : block.getArguments())
          define(argument);
        for (Operation &nested : block)
          append(&nested);
        text += '}';
      }
    for (Value result : op->getResults())
      define(result);
  }

  void append(NamedAttribute attr) {
    StringRef key = attr.getName().getValue();
    if (key == "indices") {
      add(cast<ArrayAttr>(attr.getValue()).size());
      return;
    }
    add(attr.getName().getAsOpaquePointer());
    // Extents are over dimensions, which an index of the same name does not hide.
    bool isOverIndices = key == "accesses" || key == "access" || key == "at" || key == "index_name";
    isOverIndices ? appendExprs(attr.getValue()) : add(attr.getValue().getAsOpaquePointer());
  }

  void appendExprs(Attribute attr) {
    if (auto array = dyn_cast<ArrayAttr>(attr)) {
      text += '[';
      for (Attribute element : array)
        appendExprs(element);
      text += ']';
    } else if (auto expr = dyn_cast<StringAttr>(attr)) {
      text += toDimExpr(expr).substitute(names).str() + ',';
    } else {
      add(attr.getAsOpaquePointer());
    }
  }

  void append(Value value) {
    auto known = numbers.find(value);
    known == numbers.end() ? add(value.getAsOpaquePointer()) : add(known->second);
  }
  void define(Value value) {
    add(value.getType().getAsOpaquePointer());
    numbers.try_emplace(value, numbers.size());
  }
  void add(const void *pointer) { text += '*' + llvm::utohexstr(reinterpret_cast<uintptr_t>(pointer)); }
  void add(size_t number) { text += '#' + std::to_string(number); }

  std::string text;
  std::map<std::string, DimExpr> names;
  llvm::DenseMap<Value, size_t> numbers;
};

struct MergeStatementsPass : ir::impl::FlexMergeStatementsBase<MergeStatementsPass> {
  void runOnOperation() override {
    llvm::StringMap<Operation *> known;
    for (Operation &op : llvm::make_early_inc_range(getOperation().getBody().front())) {
      if (!isa<StatementInterface>(op))
        continue;
      auto [first, isNew] = known.try_emplace(Fingerprint(&op).str(), &op);
      if (isNew)
        continue;
      op.replaceAllUsesWith(first->second);
      op.erase();
    }
  }
};

} // namespace
