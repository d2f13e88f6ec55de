//===- DotUnits.cpp - Dot instructions of x86-64 chips --------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which there are, as facts for the cost model, and tile.contract in terms of them;
// their sums rounded to bf16.
// Invariant: LLVM is asked for none that the chip does not have: it would abort.
//
//===----------------------------------------------------------------------===//
#include "Lowering.h"

#include "flex/ScheduledLoops/Workspace.h"

#include "mlir/Conversion/LLVMCommon/Pattern.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

using namespace mlir;

namespace flex::target::cpu {
namespace {

/// One instruction: sums of four products of unsigned and signed bytes, or of two products of bf16.
struct Dot {
  const char *family, *feature, *operand, *accumulator;
  int64_t lanes, steps;
  const char *intrinsic;
};
constexpr Dot kDots[] = {
    {"vnni", "avx512vnni", "i8", "i32", 16, 4, "llvm.x86.avx512.vpdpbusd.512"},
    {"vnni", "avx512vnni", "i8", "i32", 8, 4, "llvm.x86.avx512.vpdpbusd.256"},
    {"vnni", "avxvnni", "i8", "i32", 8, 4, "llvm.x86.avx512.vpdpbusd.256"},
    {"vnni", "avx512bf16", "bf16", "f32", 16, 2, "llvm.x86.avx512bf16.dpbf16ps.512"},
    {"vnni", "avx512bf16", "bf16", "f32", 8, 2, "llvm.x86.avx512bf16.dpbf16ps.256"},
};

bool takes(const Dot &dot, tile::ContractOp op) {
  Builder b(op.getContext());
  bool isInteger = llvm::StringRef(dot.accumulator) == "i32";
  Type element = isInteger ? Type(b.getI8Type()) : b.getBF16Type();
  auto run = VectorType::get(dot.lanes * dot.steps, element);
  auto sums = VectorType::get(dot.lanes, isInteger ? Type(b.getI32Type()) : b.getF32Type());
  return op.getUnit() == dot.family && op.getAccumulator().getType() == sums && op.getA().getType() == run &&
         op.getB().getType() == run;
}

struct LowerContract : ConvertOpToLLVMPattern<tile::ContractOp> {
  LowerContract(const LLVMTypeConverter &converter, const FeatureSet &features)
      : ConvertOpToLLVMPattern(converter), features(features) {}

  LogicalResult matchAndRewrite(tile::ContractOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const final {
    std::string needed;
    const Dot *dot = nullptr;
    for (const Dot &each : kDots)
      if (takes(each, op)) {
        needed += (needed.empty() ? "'" : " or '") + std::string(each.feature) + "'";
        dot = features.has(each.feature) ? &each : dot;
      }
    if (needed.empty())
      return op.emitOpError() << "has no instruction of unit '" << op.getUnit() << "' for these vectors";
    if (!dot)
      return op.emitOpError() << "needs " << needed << ", which the chip does not have";
    rewriter.replaceOpWithNewOp<LLVM::CallIntrinsicOp>(
        op, op.getResult().getType(), rewriter.getStringAttr(dot->intrinsic),
        ValueRange{adaptor.getAccumulator(), adaptor.getA(), adaptor.getB()});
    return success();
  }

  const FeatureSet &features;
};

/// f32 to bf16 in one instruction instead of a dozen. It takes denormal numbers for 0.
struct LowerPlainTruncF : ConvertOpToLLVMPattern<arith::TruncFOp> {
  LowerPlainTruncF(const LLVMTypeConverter &converter, const FeatureSet &features)
      : ConvertOpToLLVMPattern(converter, /*benefit=*/10), features(features) {}

  LogicalResult matchAndRewrite(arith::TruncFOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const final {
    auto type = dyn_cast<VectorType>(op.getType());
    auto from = dyn_cast<VectorType>(op.getIn().getType());
    if (!op->hasAttr(tile::kNoDenormalsAttr) || !features.has("avx512bf16") || !type || !from ||
        !type.getElementType().isBF16() || !from.getElementType().isF32() ||
        (type.getNumElements() != 16 && type.getNumElements() != 8))
      return failure();
    bool isWide = type.getNumElements() == 16;
    rewriter.replaceOpWithNewOp<LLVM::CallIntrinsicOp>(
        op, type,
        rewriter.getStringAttr(isWide ? "llvm.x86.avx512bf16.cvtneps2bf16.512"
                                      : "llvm.x86.avx512bf16.cvtneps2bf16.256"),
        adaptor.getIn());
    return success();
  }

  const FeatureSet &features;
};

} // namespace

std::vector<tile::MatrixUnit> dotUnits(const FeatureSet &features, bool withBf16) {
  std::vector<tile::MatrixUnit> units;
  for (const Dot &dot : kDots) {
    bool isKnown = llvm::any_of(
        units, [&](const tile::MatrixUnit &unit) { return unit.operand == dot.operand && unit.n == dot.lanes; });
    if (!features.has(dot.feature) || isKnown || (!withBf16 && llvm::StringRef(dot.operand) == "bf16"))
      continue;
    tile::MatrixUnit &unit = units.emplace_back();
    unit.unit = dot.family;
    unit.operand = dot.operand;
    unit.accumulator = dot.accumulator;
    unit.m = 1;
    unit.n = unit.maxN = dot.lanes;
    unit.k = dot.steps;
    unit.threads = 1;
  }
  return units;
}

void populateDotPatterns(const LLVMTypeConverter &converter, const FeatureSet &features, RewritePatternSet &patterns) {
  patterns.add<LowerContract, LowerPlainTruncF>(converter, features);
}

} // namespace flex::target::cpu
