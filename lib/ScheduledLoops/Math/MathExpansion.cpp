//===- MathExpansion.cpp - Elementary functions as arithmetic --*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Finds the operations of dialect math that are not instructions and replaces
// each by what Math{Exp,Log,Trig,Inverse,Hyperbolic,Pow}.cpp emit; narrow floats go through f32.
// One walk, no rewrite driver: this is on the path of every compilation.
//
//===----------------------------------------------------------------------===//
#include "flex/ScheduledLoops/MathExpansion.h"
#include "MathBuilder.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace flex::tile;

bool flex::tile::isMathInstruction(Operation *op) {
  return isa<math::FmaOp, math::SqrtOp, math::FloorOp, math::CeilOp, math::RoundEvenOp, math::RoundOp, math::TruncOp,
             math::AbsFOp, math::CopySignOp, math::AbsIOp, math::CountLeadingZerosOp, math::CountTrailingZerosOp,
             math::CtPopOp>(op);
}

/// The exponent, if it is one constant for all lanes.
static std::optional<double> constantExponent(Value y) {
  Attribute attr;
  if (auto constant = y.getDefiningOp<arith::ConstantOp>())
    attr = constant.getValue();
  else if (auto broadcast = y.getDefiningOp(); broadcast && broadcast->getName().getStringRef() == "vector.broadcast")
    return constantExponent(broadcast->getOperand(0));
  if (auto dense = dyn_cast_if_present<DenseElementsAttr>(attr))
    attr = dense.isSplat() ? dense.getSplatValue<Attribute>() : Attribute();
  if (auto number = dyn_cast_if_present<FloatAttr>(attr))
    return number.getValueAsDouble();
  if (auto number = dyn_cast_if_present<IntegerAttr>(attr))
    return double(number.getValue().getSExtValue());
  return std::nullopt;
}

/// x^y for y = 1/2, 3/2 (`withFactor`) or -1/2 (`inverted`). pow(-0, 1/2) is 0 and pow(-inf, 1/2) inf, unlike sqrt.
static Value emitHalfPow(const MathBuilder &m, Value x, bool withFactor, bool inverted) {
  Value positive = m.add(x, m.c(0));
  Value root = math::SqrtOp::create(m.builder(), m.location(), positive);
  Value y = withFactor ? m.mul(positive, root) : root;
  y = inverted ? m.div(m.c(1), y) : y;
  return m.select(m.eq(x, m.neg(m.infinity())), inverted ? m.c(0) : m.infinity(), y);
}

/// x^y for the constants that need no logarithm to stay within 2 ulp, specials included; otherwise null.
static Value emitConstantPow(const MathBuilder &m, Value x, double y) {
  auto square = [&](Value v) { return m.mul(v, v); };
  if (y == 0)
    return m.c(1);
  if (y == 1)
    return x;
  if (y == 2)
    return square(x);
  if (y == 3)
    return m.mul(square(x), x);
  if (y == 4)
    return square(square(x));
  if (y == -1)
    return m.div(m.c(1), x);
  if (y == -2)
    return square(m.div(m.c(1), x)); // x * x could overflow where the result is a denormal
  if (y == 0.5 || y == 1.5 || y == -0.5)
    return emitHalfPow(m, x, y == 1.5, y == -0.5);
  return Value();
}

static Value emitPowOp(const MathBuilder &m, Operation *op, Value x, Value y) {
  if (std::optional<double> constant = constantExponent(op->getOperand(1)))
    if (Value result = emitConstantPow(m, x, *constant))
      return result;
  return isa<math::FPowIOp>(op) ? emitPowInt(m, x, y) : emitPow(m, x, y);
}

static Value emitClamp(const MathBuilder &m, Value x, Value low, Value high) {
  x = m.select(m.lt(x, low), low, x);
  return m.select(m.gt(x, high), high, x);
}

static Value emitIsNormal(const MathBuilder &m, Value x) {
  Value a = m.abs(x);
  return m.andI(m.cmp(arith::CmpFPredicate::OGE, a, m.c(m.minNormal())), m.lt(a, m.infinity()));
}

/// The results of `op` on operands already in the builder's type; none where there is no expansion.
//===----------------------------------------------------------------------===//
// Approximations of the chip
//===----------------------------------------------------------------------===//

static bool hasFlag(Operation *op, arith::FastMathFlags flag) {
  auto flags = dyn_cast<arith::ArithFastMathInterface>(op);
  return flags && flags.getFastMathFlagsAttr() &&
         arith::bitEnumContainsAll(flags.getFastMathFlagsAttr().getValue(), flag);
}

static Value approximate(const MathBuilder &m, const MathExpansionOptions::Approximation &ofOne, Value x) {
  auto type = dyn_cast<VectorType>(x.getType());
  if (!type)
    return ofOne(m.builder(), m.location(), x);
  Value result = x;
  for (int64_t lane = 0; lane < type.getNumElements(); ++lane) {
    Value one = vector::ExtractOp::create(m.builder(), m.location(), x, lane);
    result = vector::InsertOp::create(m.builder(), m.location(), ofOne(m.builder(), m.location(), one), result, lane);
  }
  return result;
}

/// y + step * left, but y where that is zero or infinity: what is left there is no number.
static Value refine(const MathBuilder &m, Value y, Value step, Value left) {
  return m.select(m.cmp(arith::CmpFPredicate::UNO, left, left), y, m.fma(step, left, y));
}

/// 1 / x with a step of Newton's behind the chip's: within 0.51 ulp.
static Value emitRefinedReciprocal(const MathBuilder &m, const MathExpansionOptions &options, Value x) {
  Value y = approximate(m, options.reciprocal, x);
  return refine(m, y, y, m.fma(m.neg(x), y, m.c(1)));
}

/// Likewise, within an ulp; of denormals by way of 2^64 times as much.
static Value emitRefinedReciprocalRoot(const MathBuilder &m, const MathExpansionOptions &options, Value x) {
  Value isSmall = m.lt(x, m.c(0x1p-100));
  Value scaled = m.mul(x, m.select(isSmall, m.c(0x1p64), m.c(1)));
  Value y = approximate(m, options.reciprocalRoot, scaled);
  Value left = m.fma(m.neg(m.mul(scaled, y)), y, m.c(1));
  Value better = refine(m, y, m.mul(y, m.c(0.5)), left);
  return m.mul(better, m.select(isSmall, m.c(0x1p32), m.c(1)));
}

/// Null where there is none, or none is wanted.
static Value emitApproximation(const MathBuilder &m, const MathExpansionOptions &options, Operation *op, Value x) {
  if (m.isF64())
    return Value();
  if (isa<math::ExpOp, math::Exp2Op>(op) && hasFlag(op, arith::FastMathFlags::afn) && options.exp2)
    return approximate(m, options.exp2, isa<math::ExpOp>(op) ? m.mul(x, m.c(1.4426950408889634)) : x);
  if (isa<math::RsqrtOp>(op) && hasFlag(op, arith::FastMathFlags::arcp) && options.reciprocalRoot)
    return emitRefinedReciprocalRoot(m, options, x);
  return Value();
}

/// Afterwards no division has the flag: what it allows a backend is not what docs/numerics.md says.
static void expandReciprocal(arith::DivFOp op, const MathExpansionOptions &options, MathConstants &constants) {
  OpBuilder b(op);
  op.setFastmath(arith::FastMathFlags::none);
  Type type = op.getType();
  if (!getElementTypeOrSelf(type).isF32() || !options.reciprocal || constantExponent(op.getLhs()) != 1.0)
    return;
  MathBuilder m(b, op.getLoc(), type, options, constants);
  op.replaceAllUsesWith(emitRefinedReciprocal(m, options, op.getRhs()));
  op.erase();
}

static SmallVector<Value, 2> emitOp(const MathBuilder &m, Operation *op, ArrayRef<Value> in) {
  using Results = SmallVector<Value, 2>;
  Value x = in[0];
  return TypeSwitch<Operation *, Results>(op)
      .Case([&](math::ExpOp) -> Results { return {emitExp(m, x)}; })
      .Case([&](math::Exp2Op) -> Results { return {emitExp2(m, x)}; })
      .Case([&](math::ExpM1Op) -> Results { return {emitExpM1(m, x)}; })
      .Case([&](math::TanhOp) -> Results { return {emitTanh(m, x)}; })
      .Case([&](math::ErfOp) -> Results { return {emitErf(m, x)}; })
      .Case([&](math::LogOp) -> Results { return {emitLog(m, x)}; })
      .Case([&](math::Log2Op) -> Results { return {emitLog2(m, x)}; })
      .Case([&](math::Log10Op) -> Results { return {emitLog10(m, x)}; })
      .Case([&](math::Log1pOp) -> Results { return {emitLog1p(m, x)}; })
      .Case([&](math::SinOp) -> Results { return {emitSin(m, x)}; })
      .Case([&](math::CosOp) -> Results { return {emitCos(m, x)}; })
      .Case([&](math::TanOp) -> Results { return {emitTan(m, x)}; })
      .Case([&](math::AsinOp) -> Results { return {emitAsin(m, x)}; })
      .Case([&](math::AcosOp) -> Results { return {emitAcos(m, x)}; })
      .Case([&](math::AtanOp) -> Results { return {emitAtan(m, x)}; })
      .Case([&](math::Atan2Op) -> Results { return {emitAtan2(m, x, in[1])}; })
      .Case([&](math::SinhOp) -> Results { return {emitSinh(m, x)}; })
      .Case([&](math::CoshOp) -> Results { return {emitCosh(m, x)}; })
      .Case([&](math::AsinhOp) -> Results { return {emitAsinh(m, x)}; })
      .Case([&](math::AcoshOp) -> Results { return {emitAcosh(m, x)}; })
      .Case([&](math::AtanhOp) -> Results { return {emitAtanh(m, x)}; })
      .Case([&](math::CbrtOp) -> Results { return {emitCbrt(m, x)}; })
      .Case([&](math::SincosOp) -> Results { return {emitSin(m, x), emitCos(m, x)}; })
      .Case<math::PowFOp, math::FPowIOp>([&](Operation *) -> Results { return {emitPowOp(m, op, x, in[1])}; })
      .Case(
          [&](math::RsqrtOp) -> Results { return {m.div(m.c(1), math::SqrtOp::create(m.builder(), m.location(), x))}; })
      .Case([&](math::ClampFOp) -> Results { return {emitClamp(m, x, in[1], in[2])}; })
      .Case([&](math::IsNaNOp) -> Results { return {m.cmp(arith::CmpFPredicate::UNO, x, x)}; })
      .Case([&](math::IsInfOp) -> Results { return {m.eq(m.abs(x), m.infinity())}; })
      .Case([&](math::IsFiniteOp) -> Results { return {m.lt(m.abs(x), m.infinity())}; })
      .Case([&](math::IsNormalOp) -> Results { return {emitIsNormal(m, x)}; })
      .Default([](Operation *) { return Results(); });
}

/// Replacements for the results of `op`, emitted at the builder's insertion point; none, with nothing emitted that
/// is used, where there is no expansion.
static SmallVector<Value, 2> expandOp(OpBuilder &b, Operation *op, const MathExpansionOptions &options,
                                      MathConstants &constants) {
  Type type = op->getNumOperands() ? op->getOperand(0).getType() : Type();
  auto element = type ? dyn_cast<FloatType>(getElementTypeOrSelf(type)) : FloatType();
  if (!element || !(element.isF16() || element.isBF16() || element.isF32() || element.isF64()))
    return {};
  bool narrow = element.getWidth() < 32;
  if (narrow && isa<math::IsNormalOp>(op))
    return {}; // normal in f32 is not normal in f16
  Type work = type;
  if (narrow) {
    work = b.getF32Type();
    if (auto vector = dyn_cast<VectorType>(type))
      work = vector.clone(work);
  }
  MathBuilder m(b, op->getLoc(), work, options, constants);
  SmallVector<Value, 3> operands;
  for (Value operand : op->getOperands())
    operands.push_back(narrow && operand.getType() == type ? m.extend(operand, work) : operand);
  SmallVector<Value, 2> results;
  if (Value result = emitApproximation(m, options, op, operands[0]))
    results = {result};
  else
    results = emitOp(m, op, operands);
  if (narrow)
    for (Value &result : results)
      if (result.getType() == work)
        result = m.truncate(result, type);
  return results;
}

static bool wantsExpansion(Operation *op) {
  return isa_and_nonnull<math::MathDialect>(op->getDialect()) && !isMathInstruction(op);
}

LogicalResult flex::tile::expandMath(Operation *root, const MathExpansionOptions &options) {
  SmallVector<Operation *> found;
  SmallVector<arith::DivFOp> reciprocals;
  root->walk([&](Operation *op) {
    if (op != root && wantsExpansion(op))
      found.push_back(op);
    if (auto division = dyn_cast<arith::DivFOp>(op); division && hasFlag(op, arith::FastMathFlags::arcp))
      reciprocals.push_back(division);
  });
  MathConstants constants;
  for (arith::DivFOp division : reciprocals)
    expandReciprocal(division, options, constants);
  LogicalResult outcome = success();
  for (Operation *op : found) {
    OpBuilder b(op);
    SmallVector<Value, 2> results = expandOp(b, op, options, constants);
    if (results.empty()) {
      op->emitError("there is no expansion of '") << op->getName() << "' on " << op->getOperandTypes();
      outcome = failure();
      continue;
    }
    op->replaceAllUsesWith(results);
    op->erase();
  }
  return outcome;
}

namespace {
struct ExpandMath : RewritePattern {
  ExpandMath(MLIRContext *context, const MathExpansionOptions &options)
      : RewritePattern(MatchAnyOpTypeTag(), /*benefit=*/1, context), options(options) {}

  LogicalResult matchAndRewrite(Operation *op, PatternRewriter &rewriter) const override {
    if (!wantsExpansion(op))
      return failure();
    MathConstants constants;
    SmallVector<Value, 2> results = expandOp(rewriter, op, options, constants);
    if (results.empty())
      return rewriter.notifyMatchFailure(op, "no expansion of this function on this type");
    rewriter.replaceOp(op, results);
    return success();
  }
  MathExpansionOptions options;
};
} // namespace

void flex::tile::populateMathExpansionPatterns(RewritePatternSet &patterns, const MathExpansionOptions &options) {
  patterns.add<ExpandMath>(patterns.getContext(), options);
}
