//===- PackResult.cpp - Memory forms of tensors ---------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A byte of a packed tensor belongs to one thread of one launch.
//
//===----------------------------------------------------------------------===//
#include "PackResult.h"

#include "GroupInfo.h"
#include "LoopBuilder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace flex;
using namespace flex::tile;

BufferType tile::bufferTypeOf(Type tensor, Space space) {
  auto named = cast<ir::NamedTensorType>(tensor);
  Type element = named.getElementType();
  if (named.getElementBits() < 8)
    element = IntegerType::get(tensor.getContext(), 8);
  return BufferType::get(tensor.getContext(), element, space);
}

namespace {

class PackEmitter {
public:
  PackEmitter(LoopBuilder &loops, KernelOp function, const DimExpr &elements, int64_t lanes)
      : loops(loops), b(loops.get()), loc(loops.getLoc()), source(function.getBody().getArgument(0)),
        target(function.getBody().getArgument(1)), elements(elements), lanes(lanes) {}

  /// The packed bytes [first, last), `lanes` at a time.
  void emitRange(const DimExpr &first, const DimExpr &last) {
    std::string name = loops.freshName("byte");
    loops.loop(name, first, last, DimExpr(lanes), {}, [&](ValueRange) -> SmallVector<Value> {
      emitBytes(DimExpr::symbol(name), last);
      return {};
    });
  }

private:
  Type typeOf() const { return lanes == 1 ? Type(b.getI8Type()) : VectorType::get(lanes, b.getI8Type()); }
  Value load(const DimExpr &at) {
    return LoadOp::create(b, loc, typeOf(), source, loops.emit(at), loops.emit(elements - at));
  }

  void emitBytes(const DimExpr &byte, const DimExpr &last) {
    DimExpr from = byte * DimExpr(2);
    Value low, high, four = shiftOfFour();
    if (lanes == 1) {
      low = load(from);
      high = load(from + DimExpr(1));
    } else {
      Value left = load(from), right = load(from + DimExpr(lanes));
      SmallVector<int64_t> even, odd;
      for (int64_t lane = 0; lane < lanes; ++lane) {
        even.push_back(2 * lane);
        odd.push_back(2 * lane + 1);
      }
      low = vector::ShuffleOp::create(b, loc, left, right, even);
      high = vector::ShuffleOp::create(b, loc, left, right, odd);
    }
    Value packed = arith::OrIOp::create(b, loc, low, arith::ShLIOp::create(b, loc, high, four));
    StoreOp::create(b, loc, packed, target, loops.emit(byte), loops.emit(last - byte), false);
  }

  Value shiftOfFour() {
    TypedAttr four = b.getI8IntegerAttr(4);
    if (lanes > 1)
      four = DenseElementsAttr::get(cast<VectorType>(typeOf()), Attribute(four));
    return arith::ConstantOp::create(b, loc, four);
  }

  LoopBuilder &loops;
  OpBuilder &b;
  Location loc;
  Value source, target;
  DimExpr elements;
  int64_t lanes;
};

} // namespace

KernelOp tile::emitPackResult(OpBuilder &builder, ir::KernelOp kernel, const std::string &name, Value result,
                              const DeviceDescription &device) {
  constexpr int64_t kItemBytes = 16384;
  bool simd = device.model == ExecutionModel::Simd;
  int64_t lanes = simd ? std::max<int64_t>(1, device.vectorBits / 8) : 1;
  int64_t groupSize = simd ? 1 : std::min<int64_t>(64, device.maxGroupSize);
  SmallVector<Type> types(2, bufferTypeOf(result.getType(), Space::Global));
  SmallVector<std::string> dims = kernel.getDimNames();
  types.append(dims.size(), builder.getIndexType());
  DimExpr elements = product(cast<ir::NamedTensorType>(result.getType()).getDims());
  DimExpr bytes = elements.ceilDiv(DimExpr(2)), items = bytes.ceilDiv(DimExpr(simd ? kItemBytes : groupSize));

  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPoint(kernel);
  SmallVector<StringRef> dimRefs(dims.begin(), dims.end());
  MLIRContext *context = builder.getContext();
  auto function = KernelOp::create(
      builder, kernel.getLoc(), name, builder.getFunctionType(types, {}), builder.getStrArrayAttr(dimRefs), items.str(),
      groupSize, ir::toAttr(context, DimExpr(0)), ir::toAttr(context, elements + bytes), ArrayAttr(), ArrayAttr());
  Block &entry = function.getBody().emplaceBlock();
  for (Type type : types)
    entry.addArgument(type, kernel.getLoc());
  OpBuilder body = OpBuilder::atBlockEnd(&entry);
  LoopBuilder loops(body, kernel.getLoc());
  for (auto [number, dim] : llvm::enumerate(dims))
    loops.define(dim, entry.getArgument(2 + number));
  std::string item = loops.freshName("item");
  loops.define(item, IdOp::create(body, kernel.getLoc()));
  DimExpr first = DimExpr::symbol(item) * DimExpr(simd ? kItemBytes : groupSize);
  if (!simd) {
    std::string thread = loops.freshName("thread");
    loops.define(thread, LaneOp::create(body, kernel.getLoc()));
    first = first + DimExpr::symbol(thread);
  }
  PackEmitter pack(loops, function, elements, lanes);
  pack.emitRange(first, DimExpr::min(first + DimExpr(simd ? kItemBytes : 1), bytes));
  ReturnOp::create(body, kernel.getLoc());
  return function;
}

//===----------------------------------------------------------------------===//
// Results over arguments
//===----------------------------------------------------------------------===//

namespace {

/// How a statement reads certain tensors: not at all, only the element of its own point, or otherwise.
enum class Reads { None, Own, Other };

Reads readsOf(ir::StatementInterface statement, const llvm::SmallPtrSetImpl<void *> &tensors) {
  Reads reads = Reads::None;
  SmallVector<StringRef> names = statement.getIndexNames();
  for (unsigned operand = 0; operand < statement->getNumOperands(); ++operand) {
    if (!tensors.count(statement->getOperand(operand).getAsOpaquePointer()))
      continue;
    bool isOwn = !statement.isWholeAccess(operand) &&
                 statement.getAccessBoundary(operand).getKind() == ir::BoundaryKind::None &&
                 llvm::equal(statement.getAccessExprs(operand), names, [](const DimExpr &expr, StringRef name) {
                   return expr.isSymbol(std::string_view(name.data(), name.size()));
                 });
    if (!isOwn)
      return Reads::Other;
    reads = Reads::Own;
  }
  return reads;
}

/// Within the group that writes: whether every element is read before it is written, and never again. What a map over
/// rows makes of it, and does not store, may be computed again wherever that is read.
bool readsBeforeWriting(const GroupInfo &info, Operation *writer, Value argument) {
  llvm::SmallPtrSet<void *, 4> tensors;
  tensors.insert(argument.getAsOpaquePointer());
  bool written = false;
  for (ir::StatementInterface reader : info.statements) {
    Reads reads = readsOf(reader, tensors);
    if (reads == Reads::Other || (written && reads != Reads::None))
      return false;
    if (reads == Reads::Own && isa<ir::MapOp>(reader) && !info.escapes(reader) && !info.hasOnlyOuterResults())
      tensors.insert(reader->getResult(0).getAsOpaquePointer());
    written |= reader.getOperation() == writer;
  }
  return true;
}

/// Elements of the same size at the same places.
bool haveSameLayout(Value a, Value b) {
  auto left = cast<ir::NamedTensorType>(a.getType()), right = cast<ir::NamedTensorType>(b.getType());
  return left.getDims() == right.getDims() && left.getElementBits() == right.getElementBits();
}

} // namespace

bool tile::isInPlace(ir::KernelOp kernel, Value result, Value argument) {
  auto writer = result.getDefiningOp<ir::GroupOp>();
  if (!writer || !haveSameLayout(result, argument))
    return false;
  auto yield = cast<ir::YieldOp>(writer.getBody().front().getTerminator());
  Operation *statement = yield.getOperand(cast<OpResult>(result).getResultNumber()).getDefiningOp();
  // A work item has its points for itself, and reads nothing else.
  GroupInfo info(writer);
  if (!isa<ir::MapOp>(statement) || info.isOrdered() || !readsBeforeWriting(info, statement, argument))
    return false;
  // Groups before it may read anything, those after it nothing.
  llvm::SmallPtrSet<void *, 1> tensors;
  tensors.insert(argument.getAsOpaquePointer());
  bool written = false;
  for (ir::GroupOp group : kernel.getBody().getOps<ir::GroupOp>()) {
    if (written && llvm::any_of(GroupInfo(group).statements,
                                [&](ir::StatementInterface s) { return readsOf(s, tensors) != Reads::None; }))
      return false;
    written |= group == writer;
  }
  return true;
}

std::vector<int64_t> tile::resultsInPlace(ir::KernelOp kernel) {
  std::vector<int64_t> results;
  Operation *ret = kernel.getBody().front().getTerminator();
  for (auto [number, value] : llvm::enumerate(ret->getOperands())) {
    int64_t alias = kernel.getResultAlias(number);
    if (alias >= 0 && cast<ir::NamedTensorType>(value.getType()).getElementBits() >= 8 &&
        isInPlace(kernel, value, kernel.getBody().getArgument(alias)))
      results.push_back(static_cast<int64_t>(number));
  }
  return results;
}
