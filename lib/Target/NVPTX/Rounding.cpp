//===- Rounding.cpp - f32 to bf16 by the chip's instruction ---------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Target module stage. PTX ISA 9.7.9, cvt: .rn.bf16x2.f32 takes two numbers, keeps subnormals and rounds to nearest
// even, as the integer arithmetic that other targets use does in seven instructions each.
//
//===----------------------------------------------------------------------===//
#include "Target.h"

#include "mlir/Conversion/LLVMCommon/Pattern.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

using namespace mlir;
using namespace flex;
using namespace flex::nvptx;

namespace {

/// Preferred to the patterns that every target has.
struct LowerRounding : ConvertOpToLLVMPattern<arith::TruncFOp> {
  explicit LowerRounding(const LLVMTypeConverter &converter) : ConvertOpToLLVMPattern(converter, PatternBenefit(20)) {}

  LogicalResult matchAndRewrite(arith::TruncFOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const final {
    auto vector = dyn_cast<VectorType>(op.getType());
    if (!getElementTypeOrSelf(op.getType()).isBF16() || !getElementTypeOrSelf(op.getIn().getType()).isF32() ||
        (vector && (vector.getRank() != 1 || vector.isScalable())))
      return failure();
    Location loc = op.getLoc();
    auto number = [&](int64_t value) {
      return LLVM::ConstantOp::create(rewriter, loc, rewriter.getI32IntegerAttr(static_cast<int32_t>(value)));
    };
    auto call = [&](Type type, StringRef name, ValueRange arguments) {
      return LLVM::CallIntrinsicOp::create(rewriter, loc, type, rewriter.getStringAttr(name), arguments).getResult(0);
    };
    Type half = rewriter.getBF16Type();
    if (!vector) {
      rewriter.replaceOp(op, call(half, kRoundIntrinsics[0], adaptor.getIn()));
      return success();
    }
    auto at = [&](int64_t i) { return LLVM::ExtractElementOp::create(rewriter, loc, adaptor.getIn(), number(i)); };
    Value all = LLVM::PoisonOp::create(rewriter, loc, vector);
    for (int64_t i = 0, count = vector.getNumElements(); i < count; i += 2) {
      if (i + 1 == count) {
        Value last = call(half, kRoundIntrinsics[0], Value(at(i)));
        all = LLVM::InsertElementOp::create(rewriter, loc, all, last, number(i));
        break;
      }
      Value pair = call(VectorType::get(2, half), kRoundIntrinsics[1], {at(i + 1), at(i)});
      for (int64_t j = 0; j < 2; ++j) {
        Value one = LLVM::ExtractElementOp::create(rewriter, loc, pair, number(j));
        all = LLVM::InsertElementOp::create(rewriter, loc, all, one, number(i + j));
      }
    }
    rewriter.replaceOp(op, all);
    return success();
  }
};

} // namespace

bool nvptx::roundsToBF16(const ChipData &chip) {
  return llvm::any_of(chip.matrix, [](const target::MatrixFact &fact) { return fact.unit.operand == "bf16"; });
}

void nvptx::populateRoundingPatterns(LLVMTypeConverter &converter, RewritePatternSet &patterns) {
  patterns.add<LowerRounding>(converter);
}
