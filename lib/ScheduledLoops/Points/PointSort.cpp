//===- PointSort.cpp - Sorting the values of one point --------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Radix and merge sort for a thread with scratch memory, and ranks by counting
// for threads that have none. All order by (key, place), so they are stable.
//
//===----------------------------------------------------------------------===//
#include "PointSort.h"

#include "flex/ScheduledLoops/TileDialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace flex;
using namespace flex::tile;

IntegerType tile::sortKeyType(Type type) {
  return IntegerType::get(type.getContext(), type.getIntOrFloatBitWidth() > 32 ? 64 : 32);
}

Value tile::makeSortKey(OpBuilder &b, Location loc, Value value, bool isUnsigned, bool descending) {
  Type type = value.getType(), element = getElementTypeOrSelf(type);
  unsigned width = sortKeyType(element).getWidth();
  Type keyType = sortKeyType(element);
  if (auto vector = dyn_cast<VectorType>(type))
    keyType = vector.clone(keyType);
  auto constant = [&](const APInt &bits) -> Value {
    TypedAttr one = IntegerAttr::get(getElementTypeOrSelf(keyType), bits);
    if (auto vector = dyn_cast<VectorType>(keyType))
      one = DenseElementsAttr::get(vector, one);
    return arith::ConstantOp::create(b, loc, one);
  };
  Value key;
  if (isa<FloatType>(element)) {
    // Adding +0 turns -0 into it.
    Value zero = arith::ConstantOp::create(b, loc, b.getZeroAttr(type));
    Value bits = arith::BitcastOp::create(b, loc, keyType, arith::AddFOp::create(b, loc, value, zero));
    Value sign = arith::ShRSIOp::create(b, loc, bits, constant(APInt(width, width - 1)));
    Value flip = arith::AndIOp::create(b, loc, sign, constant(APInt::getSignedMaxValue(width)));
    Value ordered = arith::XOrIOp::create(b, loc, bits, flip);
    Value isNaN = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::UNO, value, value);
    key = arith::SelectOp::create(b, loc, isNaN, constant(APInt::getSignedMaxValue(width)), ordered);
  } else {
    isUnsigned |= element.isInteger(1);
    key = value;
    if (type != keyType)
      key = isUnsigned ? arith::ExtUIOp::create(b, loc, keyType, value).getResult()
                       : arith::ExtSIOp::create(b, loc, keyType, value).getResult();
    else if (isUnsigned)
      key = arith::XOrIOp::create(b, loc, value, constant(APInt::getSignMask(width)));
  }
  return descending ? arith::XOrIOp::create(b, loc, key, constant(APInt::getAllOnes(width))).getResult() : key;
}

static constexpr int64_t kBuckets = 256;
static constexpr int64_t kDigitBits = 8;
/// From here on, going through all buckets for each byte of the key costs less than merging.
static constexpr int64_t kMinRadix = 64;

int64_t tile::radixCounts(IntegerType key) {
  return key.getWidth() / kDigitBits * kBuckets;
}

namespace {

/// What both sorts do with their memory.
class SortBase {
public:
  SortBase(const SortTask &task, const SortMemory &memory)
      : task(task), loops(task.loops), b(loops.get()), loc(loops.getLoc()), keys(memory.keys), places(memory.places) {}

protected:
  DimExpr name(Value value) {
    std::string fresh = loops.freshName("m");
    loops.define(fresh, value);
    return DimExpr::symbol(fresh);
  }
  Value read(Value buffer, const DimExpr &at) {
    return LoadOp::create(b, loc, cast<BufferType>(buffer.getType()).getElementType(), buffer, loops.emit(at), Value());
  }
  void store(Value buffer, const DimExpr &at, Value value) {
    StoreOp::create(b, loc, value, buffer, loops.emit(at), Value(), false);
  }
  void write(const DimExpr &at, Value key, Value place) {
    store(keys, at, key);
    store(places, at, place);
  }
  Value compare(arith::CmpIPredicate predicate, Value x, Value y) {
    return arith::CmpIOp::create(b, loc, predicate, x, y);
  }
  void forEach(const DimExpr &extent, llvm::function_ref<void(const DimExpr &)> body) {
    std::string place = loops.freshName("j");
    loops.loop(place, 0, extent, 1, {}, [&](ValueRange) -> SmallVector<Value> {
      body(DimExpr::symbol(place));
      return {};
    });
  }
  Value asI64(const DimExpr &place) { return arith::IndexCastOp::create(b, loc, b.getI64Type(), loops.emit(place)); }
  void storeRanks(const DimExpr &sorted) {
    forEach(task.count, [&](const DimExpr &rank) { task.store(rank, read(places, sorted + rank)); });
  }

  const SortTask &task;
  LoopBuilder &loops;
  OpBuilder &b;
  Location loc;
  Value keys, places;
};

/// Stable passes over the bytes of the keys, whose sign is flipped so that they order as unsigned numbers do. How often
/// each byte occurs is counted while the keys are made; a pass in which all have the same byte is left out.
class RadixSort : SortBase {
public:
  RadixSort(const SortTask &task, const SortMemory &memory) : SortBase(task, memory), counts(memory.counts) {
    keyType = cast<IntegerType>(cast<BufferType>(keys.getType()).getElementType());
    digits = keyType.getWidth() / kDigitBits;
  }

  void emit() {
    Value none = arith::ConstantIntOp::create(b, loc, b.getI64Type(), 0);
    forEach(DimExpr(digits * kBuckets), [&](const DimExpr &at) { store(counts, at, none); });
    Value sign = arith::ConstantOp::create(b, loc, IntegerAttr::get(keyType, APInt::getSignMask(keyType.getWidth())));
    forEach(task.extent, [&](const DimExpr &place) {
      Value key = arith::XOrIOp::create(b, loc, task.keyAt(place), sign);
      write(place, key, asI64(place));
      for (int64_t digit = 0; digit < digits; ++digit)
        countUp(bucketOf(key, DimExpr(digit)));
    });
    std::string digit = loops.freshName("digit");
    SmallVector<Value> from =
        loops.loop(digit, 0, DimExpr(digits), 1, loops.constant(0), [&](ValueRange state) -> SmallVector<Value> {
          DimExpr source = name(state[0]), which = DimExpr::symbol(digit);
          Value common = read(counts, bucketOf(read(keys, source), which));
          Value differ = compare(arith::CmpIPredicate::ne, common, asI64(task.extent));
          return loops.conditional(differ, state, [&](ValueRange) -> SmallVector<Value> {
            emitPass(which, source, task.extent - source);
            return {loops.emit(task.extent - source)};
          });
        });
    storeRanks(name(from[0]));
  }

private:
  /// Where the byte of a key is counted.
  DimExpr bucketOf(Value key, const DimExpr &digit) {
    Value shift = arith::IndexCastOp::create(b, loc, keyType, loops.emit(digit * DimExpr(kDigitBits)));
    Value mask = arith::ConstantOp::create(b, loc, IntegerAttr::get(keyType, kBuckets - 1));
    Value byte = arith::AndIOp::create(b, loc, arith::ShRUIOp::create(b, loc, key, shift), mask);
    return digit * DimExpr(kBuckets) + name(arith::IndexCastUIOp::create(b, loc, b.getIndexType(), byte));
  }

  /// Adds one, and gives what was there.
  Value countUp(const DimExpr &at) {
    Value before = read(counts, at), one = arith::ConstantIntOp::create(b, loc, b.getI64Type(), 1);
    store(counts, at, arith::AddIOp::create(b, loc, before, one));
    return before;
  }

  void emitPass(const DimExpr &digit, const DimExpr &source, const DimExpr &target) {
    // Counts become first places.
    std::string bucket = loops.freshName("bucket");
    Value none = arith::ConstantIntOp::create(b, loc, b.getI64Type(), 0);
    loops.loop(bucket, 0, DimExpr(kBuckets), 1, none, [&](ValueRange state) -> SmallVector<Value> {
      DimExpr at = digit * DimExpr(kBuckets) + DimExpr::symbol(bucket);
      Value count = read(counts, at);
      store(counts, at, state[0]);
      return {arith::AddIOp::create(b, loc, state[0], count)};
    });
    forEach(task.extent, [&](const DimExpr &place) {
      Value key = read(keys, source + place);
      Value to = arith::IndexCastOp::create(b, loc, b.getIndexType(), countUp(bucketOf(key, digit)));
      write(target + name(to), key, read(places, source + place));
    });
  }

  Value counts;
  IntegerType keyType;
  int64_t digits;
};

/// Few enough lines per step to be read as an algorithm.
class MergeSort : SortBase {
public:
  using SortBase::SortBase;

  void emit() {
    forEach(task.extent, [&](const DimExpr &place) { write(place, task.keyAt(place), asI64(place)); });
    std::string pass = loops.freshName("pass");
    SmallVector<Value> from = loops.loop(pass, 0, name(passes()), 1, loops.constant(0), [&](ValueRange state) {
      Value one = loops.constant(1);
      DimExpr width = name(arith::ShLIOp::create(b, loc, one, loops.emit(DimExpr::symbol(pass))));
      DimExpr source = name(state[0]);
      emitPass(width, source, task.extent - source);
      return SmallVector<Value>{loops.emit(task.extent - source)};
    });
    storeRanks(name(from[0]));
  }

private:
  /// How often runs must be doubled: the bits of extent - 1.
  Value passes() {
    Value last = loops.emit(DimExpr::max(task.extent - DimExpr(1), 0));
    Value zeros = math::CountLeadingZerosOp::create(b, loc, arith::IndexCastOp::create(b, loc, b.getI64Type(), last));
    Value bits = arith::ConstantIntOp::create(b, loc, b.getI64Type(), 64);
    return arith::IndexCastOp::create(b, loc, b.getIndexType(), arith::SubIOp::create(b, loc, bits, zeros));
  }

  void emitPass(const DimExpr &width, const DimExpr &source, const DimExpr &target) {
    std::string first = loops.freshName("first");
    loops.loop(first, 0, task.extent, width * DimExpr(2), {}, [&](ValueRange) -> SmallVector<Value> {
      DimExpr low = DimExpr::symbol(first);
      DimExpr middle = name(loops.emit(DimExpr::min(low + width, task.extent)));
      DimExpr high = name(loops.emit(DimExpr::min(low + width * DimExpr(2), task.extent)));
      merge(low, middle, high, source, target);
      return {};
    });
  }

  void merge(const DimExpr &low, const DimExpr &middle, const DimExpr &high, const DimExpr &source,
             const DimExpr &target) {
    std::string next = loops.freshName("next");
    SmallVector<Value> start = {loops.emit(low), loops.emit(middle)};
    loops.loop(next, low, high, 1, start, [&](ValueRange state) -> SmallVector<Value> {
      DimExpr left = name(state[0]), right = name(state[1]);
      // A run that is used up lends its last key: it is not taken.
      Value leftKey = read(keys, source + DimExpr::min(left, middle - DimExpr(1)));
      Value rightKey = read(keys, source + DimExpr::min(right, high - DimExpr(1)));
      Value leftOver = compare(arith::CmpIPredicate::slt, state[0], loops.emit(middle));
      Value rightDone = compare(arith::CmpIPredicate::sge, state[1], loops.emit(high));
      Value notLater = compare(arith::CmpIPredicate::sle, leftKey, rightKey);
      Value takesLeft = arith::AndIOp::create(b, loc, leftOver, arith::OrIOp::create(b, loc, rightDone, notLater));
      Value taken = arith::SelectOp::create(b, loc, takesLeft, state[0], state[1]);
      write(target + DimExpr::symbol(next), arith::SelectOp::create(b, loc, takesLeft, leftKey, rightKey),
            read(places, source + name(taken)));
      Value step = arith::IndexCastUIOp::create(b, loc, b.getIndexType(), takesLeft);
      Value other = arith::SubIOp::create(b, loc, loops.constant(1), step);
      return {arith::AddIOp::create(b, loc, state[0], step), arith::AddIOp::create(b, loc, state[1], other)};
    });
  }
};

} // namespace

void tile::emitSortInMemory(const SortTask &task, const SortMemory &memory) {
  LoopBuilder &loops = task.loops;
  auto when = [&](arith::CmpIPredicate predicate, llvm::function_ref<void()> sort) {
    Value extent = loops.emit(task.extent), limit = loops.constant(kMinRadix);
    Value holds = arith::CmpIOp::create(loops.get(), loops.getLoc(), predicate, extent, limit);
    loops.conditional(holds, {}, [&](ValueRange) -> SmallVector<Value> {
      sort();
      return {};
    });
  };
  auto extent = task.extent.constant();
  if (!extent || *extent >= kMinRadix)
    when(arith::CmpIPredicate::sge, [&] { RadixSort(task, memory).emit(); });
  if (!extent || *extent < kMinRadix)
    when(arith::CmpIPredicate::slt, [&] { MergeSort(task, memory).emit(); });
}

void tile::emitRankOf(const SortTask &task, const DimExpr &place) {
  LoopBuilder &loops = task.loops;
  OpBuilder &b = loops.get();
  Location loc = loops.getLoc();
  Value own = task.keyAt(place), zero = loops.constant(0), one = loops.constant(1);
  std::string other = loops.freshName("j");
  Value rank = loops.loop(other, 0, task.extent, 1, zero, [&](ValueRange state) -> SmallVector<Value> {
    Value key = task.keyAt(DimExpr::symbol(other));
    Value before = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt, key, own);
    Value same = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, key, own);
    Value earlier =
        arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt, loops.emit(DimExpr::symbol(other)), loops.emit(place));
    Value counts = arith::OrIOp::create(b, loc, before, arith::AndIOp::create(b, loc, same, earlier));
    return {arith::AddIOp::create(b, loc, state[0], arith::SelectOp::create(b, loc, counts, one, zero))};
  })[0];
  std::string name = loops.freshName("rank");
  loops.define(name, rank);
  Value kept = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt, rank, loops.emit(task.count));
  loops.conditional(kept, {}, [&](ValueRange) -> SmallVector<Value> {
    task.store(DimExpr::symbol(name), arith::IndexCastOp::create(b, loc, b.getI64Type(), loops.emit(place)));
    return {};
  });
}
