//===- NarrowFloats.cpp - f8, bf16 and f16 without library calls ----------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Backends turn some conversions into calls (f64 to f16) and round others twice
// (f64 to bf16 by way of f32), and x86's own instruction for f32 to bf16 flushes
// subnormals. Here every conversion is rounded once, to nearest even. The trick
// for the wide ones is a first step that rounds to odd: with at least two bits
// to spare, a second rounding then sees on which side of a tie it is. The f8 types
// are their bits everywhere; overflow is NaN for e4m3fn, which has no infinity, and
// an infinity for e5m2.
//
//===----------------------------------------------------------------------===//
#include "flex/Target/TileToLLVM.h"

#include "mlir/Dialect/Math/IR/Math.h"

#include <cmath>

using namespace mlir;

namespace {

bool isF8(Type element) {
  return isa<Float8E4M3FNType, Float8E5M2Type>(element);
}

bool isNarrow(Type type) {
  Type element = getElementTypeOrSelf(type);
  return element.isBF16() || element.isF16() || isF8(element);
}

/// Where the fields of a type of eight bits, or of f16, lie.
struct SmallFormat {
  explicit SmallFormat(Type element)
      : hasInfinity(!isa<Float8E4M3FNType>(element)), width(element.getIntOrFloatBitWidth()) {
    mantissa = element.isF16() ? 10 : hasInfinity ? 2 : 3;
    bias = hasInfinity ? 15 : 7;
    infinity = int64_t(0x1f) << mantissa;
    nan = hasInfinity ? infinity | (int64_t(1) << (mantissa - 1)) : 0x7f;
    overflow = hasInfinity ? infinity : 0x7f;
  }
  bool hasInfinity;
  int width, mantissa, bias;
  int64_t infinity, nan, overflow;

  int64_t signBit() const { return int64_t(1) << (width - 1); }
};

/// `element` in the shape of `like`.
Type shapedLike(Type like, Type element) {
  auto vector = dyn_cast<VectorType>(like);
  return vector ? vector.clone(element) : element;
}

/// Arithmetic on scalars or vectors, briefly.
struct Emit {
  OpBuilder &builder;
  Location loc;

  Value integer(Value like, int64_t value) {
    Type type = like.getType();
    auto scalar = cast<IntegerType>(getElementTypeOrSelf(type));
    TypedAttr attr = builder.getIntegerAttr(scalar, APInt(scalar.getWidth(), value, true, true));
    if (auto vector = dyn_cast<VectorType>(type))
      attr = DenseElementsAttr::get(vector, Attribute(attr));
    return arith::ConstantOp::create(builder, loc, attr);
  }
  Value bits(Value value, unsigned width) {
    return arith::BitcastOp::create(builder, loc, shapedLike(value.getType(), builder.getIntegerType(width)), value);
  }
  Value add(Value a, Value b) { return arith::AddIOp::create(builder, loc, a, b); }
  Value conjunction(Value a, Value b) { return arith::AndIOp::create(builder, loc, a, b); }
  Value disjunction(Value a, Value b) { return arith::OrIOp::create(builder, loc, a, b); }
  Value shiftRight(Value a, int64_t by) { return arith::ShRUIOp::create(builder, loc, a, integer(a, by)); }
  Value select(Value condition, Value a, Value b) { return arith::SelectOp::create(builder, loc, condition, a, b); }
  Value shiftLeft(Value a, int64_t by) { return arith::ShLIOp::create(builder, loc, a, integer(a, by)); }
  Value isEqual(Value a, Value b) { return arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq, a, b); }
  Value compare(arith::CmpFPredicate predicate, Value a, Value b) {
    return arith::CmpFOp::create(builder, loc, predicate, a, b);
  }
  Value extend(Value a, Type element) {
    return arith::ExtFOp::create(builder, loc, shapedLike(a.getType(), element), a);
  }
  Value truncate(Value a, Type element) {
    return arith::TruncFOp::create(builder, loc, shapedLike(a.getType(), element), a);
  }

  Value bf16ToF32(Value value) {
    Type wide = shapedLike(value.getType(), builder.getI32Type());
    Value extended = arith::ExtUIOp::create(builder, loc, wide, bits(value, 16));
    Value shifted = arith::ShLIOp::create(builder, loc, extended, integer(extended, 16));
    return arith::BitcastOp::create(builder, loc, shapedLike(wide, builder.getF32Type()), shifted);
  }

  Value f32ToBF16(Value value) {
    Value word = bits(value, 32), high = shiftRight(word, 16);
    Value bias = add(conjunction(high, integer(high, 1)), integer(high, 0x7fff));
    Value rounded = shiftRight(add(word, bias), 16);
    Value quiet = disjunction(high, integer(high, 0x40)); // a NaN stays one when its low bits go
    Value result = select(compare(arith::CmpFPredicate::UNO, value, value), quiet, rounded);
    Value half = arith::TruncIOp::create(builder, loc, shapedLike(value.getType(), builder.getI16Type()), result);
    return arith::BitcastOp::create(builder, loc, shapedLike(value.getType(), builder.getBF16Type()), half);
  }

  Value number(Value like, double value) {
    Type type = shapedLike(like.getType(), builder.getF32Type());
    TypedAttr attr = builder.getF32FloatAttr(value);
    if (auto vector = dyn_cast<VectorType>(type))
      attr = DenseElementsAttr::get(vector, Attribute(attr));
    return arith::ConstantOp::create(builder, loc, attr);
  }
  Value asFloat(Value word) {
    return arith::BitcastOp::create(builder, loc, shapedLike(word.getType(), builder.getF32Type()), word);
  }

  Value smallToF32(Value value) {
    SmallFormat format(getElementTypeOrSelf(value.getType()));
    Value word = arith::ExtUIOp::create(builder, loc, shapedLike(value.getType(), builder.getI32Type()),
                                        bits(value, format.width));
    Value magnitude = conjunction(word, integer(word, format.signBit() - 1));
    // Below the smallest normal number the mantissa counts, exactly.
    int smallest = 1 - format.bias - format.mantissa;
    Value count = arith::UIToFPOp::create(builder, loc, shapedLike(word.getType(), builder.getF32Type()), magnitude);
    Value small = arith::MulFOp::create(builder, loc, count, number(count, std::ldexp(1.0, smallest)));
    Value shifted = shiftLeft(magnitude, 23 - format.mantissa);
    Value normal = add(shifted, integer(word, int64_t(127 - format.bias) << 23));
    Value isSmall = isBelow(magnitude, int64_t(1) << format.mantissa);
    Value result = select(isSmall, bits(small, 32), normal);
    if (format.hasInfinity)
      result = select(isBelow(magnitude, format.infinity), result, disjunction(shifted, integer(word, 0x7f800000)));
    else
      result = select(isEqual(magnitude, integer(word, 0x7f)), integer(word, 0x7fc00000), result);
    Value sign = shiftLeft(conjunction(word, integer(word, format.signBit())), 32 - format.width);
    return asFloat(disjunction(result, sign));
  }

  Value isBelow(Value a, int64_t limit) {
    return arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ult, a, integer(a, limit));
  }

  Value f32ToSmall(Value value, Type element) {
    SmallFormat format(element);
    Value word = bits(value, 32), magnitude = conjunction(word, integer(word, 0x7fffffff));
    int shift = 23 - format.mantissa;
    Value lowest = conjunction(shiftRight(magnitude, shift), integer(word, 1));
    Value rounded = add(add(magnitude, lowest), integer(word, (int64_t(1) << (shift - 1)) - 1));
    Value normal = add(shiftRight(rounded, shift), integer(word, -(int64_t(127 - format.bias) << format.mantissa)));
    // A sum whose last place is that of the smallest number rounds as the result must.
    int64_t lastPlace = int64_t(127 + 1 - format.bias - format.mantissa + 23) << 23;
    Value sum = arith::AddFOp::create(builder, loc, asFloat(magnitude), asFloat(integer(word, lastPlace)));
    Value small = add(bits(sum, 32), integer(word, -lastPlace));
    Value isSmall = isBelow(magnitude, int64_t(127 + 1 - format.bias) << 23);
    Value result = arith::MinUIOp::create(builder, loc, select(isSmall, small, normal), integer(word, format.overflow));
    Value isNaN = compare(arith::CmpFPredicate::UNO, value, value);
    result = disjunction(select(isNaN, integer(word, format.nan), result),
                         conjunction(shiftRight(word, 32 - format.width), integer(word, format.signBit())));
    Type stored = shapedLike(value.getType(), builder.getIntegerType(format.width));
    result = arith::TruncIOp::create(builder, loc, stored, result);
    return arith::BitcastOp::create(builder, loc, shapedLike(value.getType(), element), result);
  }

  /// The f32 next to an f64 on the side of zero or beyond, whichever is odd; equal values stay.
  Value roundToOdd(Value value) {
    Value nearest = truncate(value, builder.getF32Type()), back = extend(nearest, builder.getF64Type());
    Value word = bits(nearest, 32);
    Value isEven = isEqual(conjunction(word, integer(word, 1)), integer(word, 0));
    Value wasRounded = compare(arith::CmpFPredicate::ONE, back, value);
    Value isTooFar = compare(arith::CmpFPredicate::OGT, math::AbsFOp::create(builder, loc, back),
                             math::AbsFOp::create(builder, loc, value));
    Value step = select(isTooFar, integer(word, -1), integer(word, 1));
    Value moves = arith::AndIOp::create(builder, loc, isEven, wasRounded);
    // Next to zero only a step away from it can be meant, and that keeps the sign.
    Value moved = add(word, select(moves, step, integer(word, 0)));
    return arith::BitcastOp::create(builder, loc, nearest.getType(), moved);
  }

  /// A 64-bit integer that f64 holds exactly: beyond 2^53 the lowest 11 bits become one sticky bit.
  Value makeSticky(Value value, bool isSigned) {
    Value low = conjunction(value, integer(value, 0x7ff));
    Value isExact = isEqual(low, integer(value, 0));
    Value high = conjunction(value, integer(value, ~int64_t(0x7ff)));
    Value sticky = select(isExact, value, disjunction(high, integer(value, 0x800)));
    Value shifted = isSigned ? add(value, integer(value, int64_t(1) << 53)) : value;
    Value isSmall = isEqual(shiftRight(shifted, isSigned ? 54 : 53), integer(value, 0));
    return select(isSmall, value, sticky);
  }
};

struct ExpandExtF : OpRewritePattern<arith::ExtFOp> {
  ExpandExtF(MLIRContext *context, PatternBenefit benefit, bool hasHalf)
      : OpRewritePattern(context, benefit), hasHalf(hasHalf) {}
  LogicalResult matchAndRewrite(arith::ExtFOp op, PatternRewriter &rewriter) const final {
    Emit emit{rewriter, op.getLoc()};
    Type from = getElementTypeOrSelf(op.getIn()), to = getElementTypeOrSelf(op.getType());
    if (!isNarrow(from) || (hasHalf && from.isF16() && to.isF32()))
      return failure();
    Value single = from.isBF16()            ? emit.bf16ToF32(op.getIn())
                   : isF8(from) || !hasHalf ? emit.smallToF32(op.getIn())
                                            : emit.extend(op.getIn(), rewriter.getF32Type());
    rewriter.replaceOp(op, to.isF32()   ? single
                           : to.isF64() ? emit.extend(single, to)
                                        : emit.truncate(single, to)); // f16 and bf16 hold every f8
    return success();
  }

  bool hasHalf;
};

struct ExpandTruncF : OpRewritePattern<arith::TruncFOp> {
  ExpandTruncF(MLIRContext *context, PatternBenefit benefit, bool hasHalf)
      : OpRewritePattern(context, benefit), hasHalf(hasHalf) {}
  LogicalResult matchAndRewrite(arith::TruncFOp op, PatternRewriter &rewriter) const final {
    Emit emit{rewriter, op.getLoc()};
    Type from = getElementTypeOrSelf(op.getIn()), to = getElementTypeOrSelf(op.getType());
    if (!isNarrow(to) || (hasHalf && to.isF16() && from.isF32()))
      return failure();
    Value single = from.isF64()   ? emit.roundToOdd(op.getIn())
                   : from.isF32() ? op.getIn()
                                  : emit.extend(op.getIn(), rewriter.getF32Type());
    rewriter.replaceOp(op, to.isBF16()            ? emit.f32ToBF16(single)
                           : isF8(to) || !hasHalf ? emit.f32ToSmall(single, to)
                                                  : emit.truncate(single, to));
    return success();
  }

  bool hasHalf;
};

template <typename OpT> struct ExpandIntToFloat : OpRewritePattern<OpT> {
  using OpRewritePattern<OpT>::OpRewritePattern;
  LogicalResult matchAndRewrite(OpT op, PatternRewriter &rewriter) const final {
    if (!isNarrow(op.getType()))
      return failure();
    Emit emit{rewriter, op.getLoc()};
    Value value = op.getIn();
    unsigned width = getElementTypeOrSelf(value.getType()).getIntOrFloatBitWidth();
    if (width > 32)
      value = emit.makeSticky(value, std::is_same_v<OpT, arith::SIToFPOp>);
    Type middle = width <= 16 ? Type(rewriter.getF32Type()) : Type(rewriter.getF64Type());
    Value wide = OpT::create(rewriter, op.getLoc(), shapedLike(op.getType(), middle), value);
    rewriter.replaceOp(op, emit.truncate(wide, getElementTypeOrSelf(op.getType())));
    return success();
  }
};

template <typename OpT> struct ExpandFloatToInt : OpRewritePattern<OpT> {
  using OpRewritePattern<OpT>::OpRewritePattern;
  LogicalResult matchAndRewrite(OpT op, PatternRewriter &rewriter) const final {
    if (!isNarrow(op.getIn().getType()))
      return failure();
    Emit emit{rewriter, op.getLoc()};
    rewriter.replaceOpWithNewOp<OpT>(op, op.getType(), emit.extend(op.getIn(), rewriter.getF32Type()));
    return success();
  }
};

/// An element of a bf16 vector at an index that is computed, by its bits: LLVM's x86 code generator widens such an
/// element and calls a library to make it narrow again.
struct ExtractBits : OpRewritePattern<vector::ExtractOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(vector::ExtractOp op, PatternRewriter &rewriter) const final {
    if (!op.getType().isBF16() || !op.hasDynamicPosition())
      return failure();
    auto bits = op.getSourceVectorType().clone(rewriter.getI16Type());
    Value source = arith::BitcastOp::create(rewriter, op.getLoc(), bits, op.getSource());
    Value element = vector::ExtractOp::create(rewriter, op.getLoc(), source, op.getMixedPosition());
    rewriter.replaceOpWithNewOp<arith::BitcastOp>(op, op.getType(), element);
    return success();
  }
};

/// copysign by its bits: LLVM moves a conversion of the result to f16 in front of it, takes the sign from what that was
/// converted from, and on x86 then converts an f64 to f16, by a call of a library, for its sign alone.
struct ExpandCopySign : OpRewritePattern<math::CopySignOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(math::CopySignOp op, PatternRewriter &rewriter) const final {
    Emit emit{rewriter, op.getLoc()};
    unsigned width = getElementTypeOrSelf(op.getType()).getIntOrFloatBitWidth();
    Value magnitude = emit.bits(op.getLhs(), width), sign = emit.bits(op.getRhs(), width);
    auto signBit = static_cast<int64_t>(uint64_t(1) << (width - 1));
    magnitude = emit.conjunction(magnitude, emit.integer(magnitude, ~signBit));
    sign = emit.conjunction(sign, emit.integer(sign, signBit));
    rewriter.replaceOpWithNewOp<arith::BitcastOp>(op, op.getType(), emit.disjunction(magnitude, sign));
    return success();
  }
};

/// Any arithmetic on narrow floats, in f32.
struct WidenArithmetic : RewritePattern {
  explicit WidenArithmetic(MLIRContext *context) : RewritePattern(MatchAnyOpTypeTag(), /*benefit=*/2, context) {}

  LogicalResult matchAndRewrite(Operation *op, PatternRewriter &rewriter) const final {
    bool isArithmetic = isa<arith::ArithDialect, math::MathDialect>(op->getDialect());
    bool moves = isa<arith::ConstantOp, arith::SelectOp, arith::BitcastOp, arith::ExtFOp, arith::TruncFOp,
                     arith::SIToFPOp, arith::UIToFPOp, arith::FPToSIOp, arith::FPToUIOp>(op);
    if (!isArithmetic || moves || op->getNumOperands() == 0 || !llvm::any_of(op->getOperandTypes(), isNarrow))
      return failure();
    Emit emit{rewriter, op->getLoc()};
    SmallVector<Value> operands;
    for (Value operand : op->getOperands())
      operands.push_back(isNarrow(operand.getType()) ? emit.extend(operand, rewriter.getF32Type()) : operand);
    SmallVector<Type> types;
    for (Type type : op->getResultTypes())
      types.push_back(isNarrow(type) ? shapedLike(type, rewriter.getF32Type()) : type);
    Operation *wide = rewriter.create(op->getLoc(), op->getName().getIdentifier(), operands, types, op->getAttrs());
    SmallVector<Value> results;
    for (auto [old, result] : llvm::zip(op->getResults(), wide->getResults()))
      results.push_back(isNarrow(old.getType()) ? emit.truncate(result, getElementTypeOrSelf(old.getType())) : result);
    rewriter.replaceOp(op, results);
    return success();
  }
};

} // namespace

void flex::target::populateNarrowFloatPatterns(RewritePatternSet &patterns, bool hasHalf) {
  patterns.add<ExpandExtF, ExpandTruncF>(patterns.getContext(), /*benefit=*/2, hasHalf);
  patterns.add<ExpandIntToFloat<arith::SIToFPOp>, ExpandIntToFloat<arith::UIToFPOp>, ExpandFloatToInt<arith::FPToSIOp>,
               ExpandFloatToInt<arith::FPToUIOp>, ExtractBits, ExpandCopySign>(patterns.getContext(),
                                                                               /*benefit=*/2);
}

void flex::target::populateWidenFloatPatterns(RewritePatternSet &patterns) {
  patterns.add<WidenArithmetic>(patterns.getContext());
}
