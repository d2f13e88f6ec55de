//===- ScaleByPower.cpp - x * 2^n in one instruction ----------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// AVX-512's vscalef rounds once and handles subnormals and overflow, which takes
// several steps in plain arithmetic. Vectors of any length are cut into
// registers, and shorter ones padded.
//
//===----------------------------------------------------------------------===//
#include "Lowering.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

using namespace mlir;

namespace flex::target::cpu {
namespace {

constexpr int64_t kNearestEvenNow = 4; // _MM_FROUND_CUR_DIRECTION

/// One register: `x` and `n` are of 128, 256 or 512 bits.
Value scaleRegister(OpBuilder &builder, Location loc, Value x, Value n) {
  auto type = cast<VectorType>(x.getType());
  unsigned bits = type.getElementTypeBitWidth(), lanes = type.getNumElements(), width = bits * lanes;
  std::string name = std::string("llvm.x86.avx512.mask.scalef.") + (bits == 32 ? "ps." : "pd.") + std::to_string(width);
  auto maskType = builder.getIntegerType(std::max(lanes, 8u));
  Value mask = LLVM::ConstantOp::create(builder, loc, IntegerAttr::get(maskType, -1));
  SmallVector<Value> operands = {x, n, x, mask};
  if (width == 512)
    operands.push_back(LLVM::ConstantOp::create(builder, loc, builder.getI32IntegerAttr(kNearestEvenNow)));
  return LLVM::CallIntrinsicOp::create(builder, loc, type, builder.getStringAttr(name), operands).getResults();
}

/// Lanes [first, first + count) of a vector; beyond its end, the last one again.
Value slice(OpBuilder &builder, Location loc, Value vector, int64_t first, int64_t count) {
  int64_t lanes = cast<VectorType>(vector.getType()).getNumElements();
  if (first == 0 && count == lanes)
    return vector;
  SmallVector<int64_t> mask;
  for (int64_t lane = first; lane < first + count; ++lane)
    mask.push_back(std::min(lane, lanes - 1));
  return vector::ShuffleOp::create(builder, loc, vector, vector, mask);
}

Value concatenate(OpBuilder &builder, Location loc, Value a, Value b) {
  int64_t lanes = cast<VectorType>(a.getType()).getNumElements() + cast<VectorType>(b.getType()).getNumElements();
  return vector::ShuffleOp::create(builder, loc, a, b, llvm::to_vector(llvm::seq<int64_t>(0, lanes)));
}

} // namespace

Value emitScaleByPower(OpBuilder &builder, Location loc, Value x, Value n) {
  auto type = dyn_cast<VectorType>(x.getType());
  if (!type) {
    auto one = VectorType::get(1, x.getType());
    Value result = emitScaleByPower(builder, loc, vector::BroadcastOp::create(builder, loc, one, x),
                                    vector::BroadcastOp::create(builder, loc, one, n));
    return vector::ExtractOp::create(builder, loc, result, 0);
  }
  int64_t lanes = type.getNumElements(), most = 512 / type.getElementTypeBitWidth(), least = most / 4;
  Value result;
  for (int64_t first = 0; first < lanes;) {
    int64_t left = lanes - first;
    int64_t width = left >= most ? most : std::max<int64_t>(least, llvm::PowerOf2Ceil(left));
    Value piece =
        scaleRegister(builder, loc, slice(builder, loc, x, first, width), slice(builder, loc, n, first, width));
    result = result ? concatenate(builder, loc, result, piece) : piece;
    first += width;
  }
  return slice(builder, loc, result, 0, lanes);
}

} // namespace flex::target::cpu
