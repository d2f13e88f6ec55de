//===- TileAccess.cpp - One access to memory, emitted ---------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// An address may be called `inbounds` only where the access is unconditional:
// behind `valid`, it can lie anywhere.
//
//===----------------------------------------------------------------------===//
#include "TileAccess.h"

#include "flex/ScheduledLoops/Workspace.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

#include <bit>

using namespace mlir;

namespace flex::target {

Type memoryType(Type type) {
  if (auto vector = dyn_cast<VectorType>(type))
    return vector.clone(memoryType(vector.getElementType()));
  unsigned bits = type.getIntOrFloatBitWidth();
  if (isa<IntegerType>(type))
    return IntegerType::get(type.getContext(), std::max(bits, 8u));
  return bits < 32 ? IntegerType::get(type.getContext(), bits) : type;
}

static int64_t laneCount(Type type) {
  auto vector = dyn_cast<VectorType>(type);
  return vector ? vector.getNumElements() : 1;
}

Value TileAccess::zero(Type type) {
  return arith::ConstantOp::create(builder, loc, builder.getZeroAttr(type));
}

Value TileAccess::constantIndex(int64_t value) {
  return arith::ConstantIndexOp::create(builder, loc, value);
}

unsigned TileAccess::alignmentOf(Type type) const {
  unsigned element = tile::elementBytes(getElementTypeOrSelf(type)), known = 0;
  if (auto attr = op->getAttrOfType<IntegerAttr>(tile::kAlignmentAttr))
    known = attr.getInt();
  else if (hooks.alignment)
    known = hooks.alignment(op, element, element * laneCount(type));
  return std::max(element, known);
}

bool TileAccess::isMaskable(VectorType type) const {
  return hooks.hasMaskedMemory && type.getElementTypeBitWidth() >= hooks.minMaskedBits;
}

Value TileAccess::address(Type element, Value pointer, Value offset, bool inBounds) {
  auto flags = inBounds ? LLVM::GEPNoWrapFlags::inbounds | LLVM::GEPNoWrapFlags::nuw : LLVM::GEPNoWrapFlags::none;
  return LLVM::GEPOp::create(builder, loc, pointer.getType(), element, pointer, ValueRange{offset}, flags);
}

Value TileAccess::advance(Value offset, int64_t elements) {
  if (elements == 0)
    return offset;
  Value constant = LLVM::ConstantOp::create(builder, loc, builder.getI64IntegerAttr(elements));
  return LLVM::AddOp::create(builder, loc, offset, constant, LLVM::IntegerOverflowFlags::nsw);
}

Value TileAccess::isAtLeast(Value valid, int64_t lanes) {
  return arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::sge, valid, constantIndex(lanes));
}

/// A branch without results. Its terminators come last: a conversion that saw them before the branch itself would
/// find nothing to turn them into.
void TileAccess::emitIf(Value condition, llvm::function_ref<void()> then, llvm::function_ref<void()> otherwise) {
  auto branch = scf::IfOp::create(builder, loc, TypeRange(), condition, /*addThenBlock=*/true, /*addElseBlock=*/true);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(branch.thenBlock());
  then();
  scf::YieldOp::create(builder, loc);
  builder.setInsertionPointToStart(branch.elseBlock());
  otherwise();
  scf::YieldOp::create(builder, loc);
}

/// lane < valid, computed in integers as wide as the data where the lanes can be
/// counted in them: then the mask fits the data's registers. It is computed where `valid` is: often outside the loop.
Value TileAccess::laneMask(VectorType type, Value valid) {
  OpBuilder::InsertionGuard guard(builder);
  if (Operation *definition = valid.getDefiningOp())
    builder.setInsertionPointAfter(definition);
  int64_t lanes = type.getNumElements();
  unsigned bits = std::max<unsigned>(type.getElementTypeBitWidth(), lanes > 127 ? 16 : 8);
  auto counter = IntegerType::get(builder.getContext(), bits);
  Value bounded = arith::MinSIOp::create(builder, loc, valid, constantIndex(lanes));
  bounded = arith::MaxSIOp::create(builder, loc, bounded, constantIndex(0));
  bounded = arith::IndexCastOp::create(builder, loc, counter, bounded);
  auto counters = VectorType::get(lanes, counter);
  SmallVector<APInt> numbers;
  for (int64_t lane = 0; lane < lanes; ++lane)
    numbers.push_back(APInt(bits, lane));
  Value iota = arith::ConstantOp::create(builder, loc, DenseElementsAttr::get(counters, numbers));
  Value limit = vector::BroadcastOp::create(builder, loc, counters, bounded);
  return arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::slt, iota, limit);
}

Value TileAccess::load(Type type, Value pointer, Value offset, Value valid) {
  std::optional<int64_t> known = valid ? getConstantIntValue(valid) : std::nullopt;
  if (!valid || (known && *known >= laneCount(type))) {
    Value place = address(getElementTypeOrSelf(type), pointer, offset, /*inBounds=*/true);
    return LLVM::LoadOp::create(builder, loc, type, place, alignmentOf(type));
  }
  auto vector = dyn_cast<VectorType>(type);
  if (vector && isMaskable(vector)) {
    Value place = address(vector.getElementType(), pointer, offset, /*inBounds=*/false);
    return LLVM::MaskedLoadOp::create(builder, loc, type, place, laneMask(vector, valid), zero(type),
                                      alignmentOf(type));
  }
  auto branch = scf::IfOp::create(builder, loc, type, isAtLeast(valid, laneCount(type)), /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(branch.thenBlock());
  scf::YieldOp::create(builder, loc, load(type, pointer, offset, nullptr));
  builder.setInsertionPointToStart(branch.elseBlock());
  scf::YieldOp::create(builder, loc, vector ? loadTail(vector, pointer, offset, valid) : zero(type));
  return branch.getResult(0);
}

Value TileAccess::loadWindow(Type type, Value pointer, Value offset, Value first, Value end) {
  auto vector = cast<VectorType>(type);
  Value place = address(vector.getElementType(), pointer, offset, /*inBounds=*/false);
  // Behind the first lane and not before it: the mask of what comes before, turned round.
  Value before = laneMask(vector, first), upTo = laneMask(vector, end);
  Value all = arith::ConstantOp::create(
      builder, loc, DenseElementsAttr::get(cast<VectorType>(before.getType()), builder.getBoolAttr(true)));
  Value mask = arith::AndIOp::create(builder, loc, upTo, arith::XOrIOp::create(builder, loc, before, all));
  return LLVM::MaskedLoadOp::create(builder, loc, type, place, mask, zero(type), alignmentOf(type));
}

void TileAccess::store(Value value, Value pointer, Value offset, Value valid) {
  Type type = value.getType();
  std::optional<int64_t> known = valid ? getConstantIntValue(valid) : std::nullopt;
  if (!valid || (known && *known >= laneCount(type))) {
    Value place = address(getElementTypeOrSelf(type), pointer, offset, /*inBounds=*/true);
    LLVM::StoreOp::create(builder, loc, value, place, alignmentOf(type));
    return;
  }
  auto vector = dyn_cast<VectorType>(type);
  if (vector && isMaskable(vector)) {
    Value place = address(vector.getElementType(), pointer, offset, /*inBounds=*/false);
    LLVM::MaskedStoreOp::create(builder, loc, value, place, laneMask(vector, valid), alignmentOf(type));
    return;
  }
  emitIf(
      isAtLeast(valid, laneCount(type)), [&] { store(value, pointer, offset, nullptr); },
      [&] {
        if (vector)
          storeTail(value, pointer, offset, valid);
      });
}

/// Lane by lane, as far as `valid` reaches. A chain of branches rather than a loop: a lane number that is not
/// constant would send the vector through memory.
Value TileAccess::loadTail(VectorType type, Value pointer, Value offset, Value valid) {
  Value result = zero(type);
  Type element = type.getElementType();
  for (int64_t lane = 0; lane + 1 < type.getNumElements(); ++lane) {
    Value scalar =
        load(element, pointer, advance(offset, lane), arith::SubIOp::create(builder, loc, valid, constantIndex(lane)));
    result = vector::InsertOp::create(builder, loc, scalar, result, lane);
  }
  return result;
}

void TileAccess::storeTail(Value value, Value pointer, Value offset, Value valid) {
  int64_t lanes = laneCount(value.getType());
  for (int64_t lane = 0; lane + 1 < lanes; ++lane) {
    Value scalar = vector::ExtractOp::create(builder, loc, value, lane);
    store(scalar, pointer, advance(offset, lane), arith::SubIOp::create(builder, loc, valid, constantIndex(lane)));
  }
}

/// A vector store that is not known to be aligned would be cut into scalar ones, which are slower than no bypass at
/// all; so the address is tested, a well predicted branch next to a whole cache line of traffic.
void TileAccess::storeNontemporal(Value value, Value pointer, Value offset) {
  Type type = value.getType();
  int64_t bytes = laneCount(type) * tile::elementBytes(getElementTypeOrSelf(type));
  if (!isa<VectorType>(type) || bytes < 16 || !std::has_single_bit(static_cast<uint64_t>(bytes)))
    return store(value, pointer, offset, nullptr);
  unsigned alignment = std::min<int64_t>(bytes, 64);
  Value place = address(getElementTypeOrSelf(type), pointer, offset, /*inBounds=*/true);
  if (alignmentOf(type) >= alignment) {
    LLVM::StoreOp::create(builder, loc, value, place, alignment, /*isVolatile=*/false, /*isNonTemporal=*/true);
    return;
  }
  Value number = LLVM::PtrToIntOp::create(builder, loc, builder.getI64Type(), place);
  Value low = arith::AndIOp::create(builder, loc, number,
                                    arith::ConstantOp::create(builder, loc, builder.getI64IntegerAttr(alignment - 1)));
  Value aligned = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq, low,
                                        arith::ConstantOp::create(builder, loc, builder.getI64IntegerAttr(0)));
  emitIf(
      aligned,
      [&] {
        LLVM::StoreOp::create(builder, loc, value, place, alignment, /*isVolatile=*/false, /*isNonTemporal=*/true);
      },
      [&] { LLVM::StoreOp::create(builder, loc, value, place, alignmentOf(type)); });
}

Value TileAccess::fromMemory(Value value, Type type) {
  if (value.getType() == type)
    return value;
  if (getElementTypeOrSelf(type).isInteger(1))
    return arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ne, value, zero(value.getType()));
  return arith::BitcastOp::create(builder, loc, type, value);
}

Value TileAccess::toMemory(Value value) {
  Type type = memoryType(value.getType());
  if (value.getType() == type)
    return value;
  if (getElementTypeOrSelf(value).isInteger(1))
    return arith::ExtUIOp::create(builder, loc, type, value);
  return arith::BitcastOp::create(builder, loc, type, value);
}

} // namespace flex::target
