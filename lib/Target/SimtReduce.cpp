//===- SimtReduce.cpp - One value from all threads of a group -------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Emits arith, scf and llvm ops from inside a conversion; the conversion legalises
// them. Invariant: every thread of the group runs through every barrier here.
//
//===----------------------------------------------------------------------===//
#include "SimtReduce.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace flex;
using namespace flex::target;

/// Values that a thread combines between two barriers, without waves.
static constexpr int64_t kRadix = 8;

namespace {

/// The pieces of one reduction: the builder, where it is and what it combines.
struct GroupReduction {
  OpBuilder &builder;
  Location loc;
  const SimtLowering &lowering;
  const GroupReduce &what;

  Value integer(int64_t value, Type type) {
    return LLVM::ConstantOp::create(builder, loc, type, builder.getIntegerAttr(type, value));
  }
  Value i64(int64_t value) { return integer(value, builder.getI64Type()); }
  Value combine(Value a, Value b) { return ir::emitCombine(builder, loc, what.kind, a, b); }
  void barrier() { lowering.hooks.barrier(builder, loc); }
  /// Of the last time.
  void waitForReaders() {
    if (what.repeats)
      barrier();
  }
  Value lane() { return lowering.hooks.laneId(builder, loc); }
  Value slot(Value array, Type element, Value index) {
    return LLVM::GEPOp::create(builder, loc, array.getType(), element, array, ArrayRef<LLVM::GEPArg>{index});
  }
  Value load(Value array, Type element, Value index) {
    return LLVM::LoadOp::create(builder, loc, element, slot(array, element, index));
  }
  void store(Value value, Value array, Value index) {
    LLVM::StoreOp::create(builder, loc, value, slot(array, value.getType(), index));
  }
  /// i1 is kept as a byte in memory.
  Type memoryType(Type type) { return type.isInteger(1) ? builder.getI8Type() : type; }
  Value toMemory(Value value) {
    Type type = memoryType(value.getType());
    return type == value.getType() ? value : arith::ExtUIOp::create(builder, loc, type, value).getResult();
  }
  Value fromMemory(Value value, Type type) {
    return type == value.getType() ? value : arith::TruncIOp::create(builder, loc, type, value).getResult();
  }
  /// Runs `then` in the threads where `condition` holds.
  void when(Value condition, llvm::function_ref<void()> then) {
    auto branch =
        scf::IfOp::create(builder, loc, TypeRange(), condition, /*addThenBlock=*/true, /*addElseBlock=*/false);
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(branch.thenBlock());
    then();
    scf::YieldOp::create(builder, loc); // last: a conversion must see the branch before its terminator
  }

  Value exchange(Value value, int64_t mask);
  Value overWave(Value value, int64_t lanes);
  Value acrossWaves(Value value);
  Value throughMemory(Value value);
};

/// Takes any scalar apart into 32-bit words, exchanges them and puts them together again.
Value GroupReduction::exchange(Value value, int64_t mask) {
  Type type = value.getType(), word = builder.getI32Type();
  unsigned bits = type.getIntOrFloatBitWidth();
  Type whole = builder.getIntegerType(bits);
  if (type != whole)
    value = arith::BitcastOp::create(builder, loc, whole, value);
  if (bits <= 32) {
    if (bits < 32)
      value = arith::ExtUIOp::create(builder, loc, word, value);
    value = lowering.exchange(builder, loc, value, mask);
    if (bits < 32)
      value = arith::TruncIOp::create(builder, loc, whole, value);
  } else {
    Value half = i64(32);
    Value low = arith::TruncIOp::create(builder, loc, word, value);
    Value high = arith::TruncIOp::create(builder, loc, word, arith::ShRUIOp::create(builder, loc, value, half));
    low = lowering.exchange(builder, loc, low, mask);
    high = lowering.exchange(builder, loc, high, mask);
    high = arith::ShLIOp::create(builder, loc, arith::ExtUIOp::create(builder, loc, whole, high), half);
    value = arith::OrIOp::create(builder, loc, high, arith::ExtUIOp::create(builder, loc, whole, low));
  }
  return type == whole ? value : arith::BitcastOp::create(builder, loc, type, value).getResult();
}

Value GroupReduction::overWave(Value value, int64_t lanes) {
  for (int64_t mask = what.apart; mask < lanes * what.apart; mask *= 2)
    value = combine(value, exchange(value, mask));
  return value;
}

/// Each wave publishes its value; each thread then reads all of them, by exchange where their number allows it.
Value GroupReduction::acrossWaves(Value value) {
  int64_t wave = lowering.waveSize, waves = what.groupSize / wave;
  Type type = value.getType(), kept = memoryType(type);
  Value array = makeGroupArray(builder, loc, "reduce", kept, waves, lowering.hooks.groupAddressSpace);
  Value thread = lane();
  waitForReaders();
  Value inWave = arith::AndIOp::create(builder, loc, thread, i64(wave - 1));
  Value first = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq, inWave, i64(0));
  Value number = arith::ShRUIOp::create(builder, loc, thread, i64(llvm::Log2_64(wave)));
  when(first, [&] { store(toMemory(value), array, number); });
  barrier();
  if (llvm::isPowerOf2_64(waves) && waves <= wave) {
    Value mine = arith::AndIOp::create(builder, loc, thread, i64(waves - 1));
    return overWave(fromMemory(load(array, kept, mine), type), waves);
  }
  Value result = fromMemory(load(array, kept, i64(0)), type);
  for (int64_t i = 1; i < waves; ++i)
    result = combine(result, fromMemory(load(array, kept, i64(i)), type));
  return result;
}

/// A tree over the threads' slots: thread t takes in the values of the threads t + step, t + 2 * step, …; few threads'
/// values are read by all at the end.
Value GroupReduction::throughMemory(Value value) {
  Type type = value.getType(), kept = memoryType(type);
  Value array = makeGroupArray(builder, loc, "reduce", kept, what.groupSize, lowering.hooks.groupAddressSpace);
  Value thread = lane(), first = i64(0), own = thread;
  if (what.threads != what.groupSize) {
    own = arith::AndIOp::create(builder, loc, thread, i64(what.threads - 1));
    first = arith::SubIOp::create(builder, loc, thread, own);
  }
  auto valueAt = [&](Value base, int64_t step) {
    Value place = step == 0 ? base : arith::AddIOp::create(builder, loc, base, i64(step)).getResult();
    return fromMemory(load(array, kept, place), type);
  };
  auto gather = [&](Value base, int64_t step, int64_t count) {
    Value result = valueAt(base, 0);
    for (int64_t i = 1; i < count; ++i)
      result = combine(result, valueAt(base, i * step));
    return result;
  };
  waitForReaders();
  store(toMemory(value), array, thread);
  barrier();
  int64_t left = what.threads;
  while (left > kRadix) {
    // Where the threads are no power of two, the last of them by two.
    int64_t step = left % kRadix == 0 ? left / kRadix : left - left / 2;
    Value limit = i64(left % kRadix == 0 ? step : left / 2);
    int64_t count = left % kRadix == 0 ? kRadix : 2;
    when(arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ult, own, limit),
         [&] { store(toMemory(gather(thread, step, count)), array, thread); });
    barrier();
    left = step;
  }
  return gather(first, 1, left);
}

} // namespace

Value target::reduceOverGroup(OpBuilder &builder, Location loc, const SimtLowering &lowering, const GroupReduce &reduce,
                              Value value) {
  GroupReduction reduction{builder, loc, lowering, reduce};
  if (reduce.threads == 1)
    return value;
  int64_t wave = lowering.waveSize;
  bool hasWaves = wave > 1 && (reduce.groupSize % wave == 0 || reduce.groupSize < wave);
  if (reduce.apart > 1 && !(hasWaves && reduce.threads * reduce.apart <= wave))
    return Value();
  if (hasWaves && reduce.threads <= wave && llvm::isPowerOf2_64(reduce.threads))
    return reduction.overWave(value, reduce.threads);
  if (!hasWaves || reduce.groupSize < wave || reduce.threads != reduce.groupSize)
    return reduction.throughMemory(value);
  return reduction.acrossWaves(reduction.overWave(value, wave));
}
