//===- MathBuilder.h - Writes arithmetic of one float type -----*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the expansions of elementary functions are written with: arithmetic on
// one float type (f32 or f64, scalar or vector), on the integers of its bits,
// and constants made once per region. Private to the Math*.cpp files.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/ScheduledLoops/MathExpansion.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/ADT/DenseMap.h"

namespace flex::tile {

/// The constants of the regions under expansion, each made once at the start of its region.
class MathConstants {
public:
  mlir::Value get(mlir::OpBuilder &b, mlir::Location loc, mlir::TypedAttr value);

private:
  llvm::DenseMap<std::pair<mlir::Region *, mlir::Attribute>, mlir::Value> made;
};

/// Emits operations on values of one float type at the builder's insertion point. Every function returns a value of
/// that type, of its bits (an integer type of the same width and shape), or of i1 of the same shape.
class MathBuilder {
public:
  using Value = mlir::Value;
  MathBuilder(mlir::OpBuilder &b, mlir::Location loc, mlir::Type type, const MathExpansionOptions &options,
              MathConstants &constants);

  /// The same place and options for values of another type.
  MathBuilder with(mlir::Type other) const { return {b, loc, other, options, constants}; }
  /// This type's shape with another element type.
  mlir::Type shaped(mlir::Type element) const;
  mlir::Type floatType() const { return type; }
  mlir::OpBuilder &builder() const { return b; }
  mlir::Location location() const { return loc; }

  bool isF64() const { return mantissa == 52; }
  int mantissaBits() const { return mantissa; }
  int64_t bias() const { return isF64() ? 1023 : 127; }
  double minNormal() const { return isF64() ? 0x1p-1022 : 0x1p-126; }
  /// 1.5 * 2^mantissaBits: added to a float, it leaves the nearest integer in the low bits of the sum.
  double magic() const { return isF64() ? 0x1.8p52 : 0x1.8p23; }
  /// The coefficients of this type, of a pair of tables.
  template <size_t N, size_t M> llvm::ArrayRef<double> pick(const double (&narrow)[N], const double (&wide)[M]) const {
    return isF64() ? llvm::ArrayRef<double>(wide) : llvm::ArrayRef<double>(narrow);
  }

  Value c(double value) const;
  Value infinity() const;
  Value nan() const;
  Value bitsConst(int64_t value) const;

  Value add(Value x, Value y) const { return mlir::arith::AddFOp::create(b, loc, x, y); }
  Value sub(Value x, Value y) const { return mlir::arith::SubFOp::create(b, loc, x, y); }
  Value mul(Value x, Value y) const { return mlir::arith::MulFOp::create(b, loc, x, y); }
  Value div(Value x, Value y) const { return mlir::arith::DivFOp::create(b, loc, x, y); }
  Value neg(Value x) const { return mlir::arith::NegFOp::create(b, loc, x); }
  Value abs(Value x) const { return mlir::math::AbsFOp::create(b, loc, x); }
  Value fma(Value x, Value y, Value z) const { return mlir::math::FmaOp::create(b, loc, x, y, z); }
  Value roundEven(Value x) const { return mlir::math::RoundEvenOp::create(b, loc, x); }
  Value copySign(Value x, Value sign) const { return mlir::math::CopySignOp::create(b, loc, x, sign); }
  /// The polynomial with these coefficients, constant first, at x.
  Value horner(llvm::ArrayRef<double> coefficients, Value x) const;

  Value cmp(mlir::arith::CmpFPredicate p, Value x, Value y) const {
    return mlir::arith::CmpFOp::create(b, loc, p, x, y);
  }
  /// Ordered comparisons: false for a NaN.
  Value lt(Value x, Value y) const { return cmp(mlir::arith::CmpFPredicate::OLT, x, y); }
  Value gt(Value x, Value y) const { return cmp(mlir::arith::CmpFPredicate::OGT, x, y); }
  Value eq(Value x, Value y) const { return cmp(mlir::arith::CmpFPredicate::OEQ, x, y); }
  Value select(Value condition, Value x, Value y) const {
    return mlir::arith::SelectOp::create(b, loc, condition, x, y);
  }
  /// x, but not beyond the limit; a NaN stays.
  Value atMost(Value x, double limit) const;
  Value atLeast(Value x, double limit) const;

  Value bits(Value x) const { return mlir::arith::BitcastOp::create(b, loc, bitsType, x); }
  Value fromBits(Value x) const { return mlir::arith::BitcastOp::create(b, loc, type, x); }
  Value addI(Value x, Value y) const { return mlir::arith::AddIOp::create(b, loc, x, y); }
  Value subI(Value x, Value y) const { return mlir::arith::SubIOp::create(b, loc, x, y); }
  Value andI(Value x, Value y) const { return mlir::arith::AndIOp::create(b, loc, x, y); }
  Value orI(Value x, Value y) const { return mlir::arith::OrIOp::create(b, loc, x, y); }
  Value xorI(Value x, Value y) const { return mlir::arith::XOrIOp::create(b, loc, x, y); }
  Value shl(Value x, int by) const { return mlir::arith::ShLIOp::create(b, loc, x, bitsConst(by)); }
  Value shr(Value x, int by) const { return mlir::arith::ShRUIOp::create(b, loc, x, bitsConst(by)); }
  Value cmpI(mlir::arith::CmpIPredicate p, Value x, Value y) const {
    return mlir::arith::CmpIOp::create(b, loc, p, x, y);
  }
  Value extend(Value x, mlir::Type to) const { return mlir::arith::ExtFOp::create(b, loc, to, x); }
  Value truncate(Value x, mlir::Type to) const { return mlir::arith::TruncFOp::create(b, loc, to, x); }

  /// A float rounded to the nearest integer n, for |n| < 2^(mantissaBits - 2).
  struct Rounded {
    Value n;       ///< as a float
    Value shifted; ///< magic() + n, whose low bits are those of n
  };
  /// round(x * scale), to even where it is a tie.
  Rounded round(Value x, double scale) const;
  /// x * 2^n, rounded once, right below the normal range, too. REQUIRES: |n| < 2 * bias.
  Value scaleByPowerOfTwo(Value x, const Rounded &n) const;
  /// x * 2^n. REQUIRES: 2^n is a normal number.
  Value scaleInRange(Value x, const Rounded &n) const { return mul(x, powerOfTwo(n)); }
  Value powerOfTwo(const Rounded &n) const;

private:
  mlir::OpBuilder &b;
  mlir::Location loc;
  mlir::Type type, bitsType;
  const MathExpansionOptions &options;
  MathConstants &constants;
  int mantissa;
};

// One function each, on f32 or f64 values of the builder's type.
mlir::Value emitExp(const MathBuilder &m, mlir::Value x);
mlir::Value emitExp2(const MathBuilder &m, mlir::Value x);
mlir::Value emitExpM1(const MathBuilder &m, mlir::Value x);
mlir::Value emitTanh(const MathBuilder &m, mlir::Value x);
mlir::Value emitErf(const MathBuilder &m, mlir::Value x);
mlir::Value emitLog(const MathBuilder &m, mlir::Value x);
mlir::Value emitLog2(const MathBuilder &m, mlir::Value x);
mlir::Value emitLog10(const MathBuilder &m, mlir::Value x);
mlir::Value emitLog1p(const MathBuilder &m, mlir::Value x);
mlir::Value emitSin(const MathBuilder &m, mlir::Value x);
mlir::Value emitCos(const MathBuilder &m, mlir::Value x);
mlir::Value emitTan(const MathBuilder &m, mlir::Value x);
mlir::Value emitAsin(const MathBuilder &m, mlir::Value x);
mlir::Value emitAcos(const MathBuilder &m, mlir::Value x);
mlir::Value emitAtan(const MathBuilder &m, mlir::Value x);
mlir::Value emitAtan2(const MathBuilder &m, mlir::Value y, mlir::Value x);
mlir::Value emitSinh(const MathBuilder &m, mlir::Value x);
mlir::Value emitCosh(const MathBuilder &m, mlir::Value x);
mlir::Value emitAsinh(const MathBuilder &m, mlir::Value x);
mlir::Value emitAcosh(const MathBuilder &m, mlir::Value x);
mlir::Value emitAtanh(const MathBuilder &m, mlir::Value x);
mlir::Value emitCbrt(const MathBuilder &m, mlir::Value x);
mlir::Value emitPow(const MathBuilder &m, mlir::Value x, mlir::Value y);
/// `exponent` is of an integer type of x's shape.
mlir::Value emitPowInt(const MathBuilder &m, mlir::Value x, mlir::Value exponent);

/// The argument of a logarithm, positive and finite, as (1 + f) * 2^k with 1/sqrt2 <= 1 + f < sqrt2; k is a float.
struct LogParts {
  mlir::Value f, k;
};
LogParts splitForLog(const MathBuilder &m, mlir::Value x);
/// 2^r for |r| <= 1/2.
mlir::Value emitExp2Reduced(const MathBuilder &m, llvm::ArrayRef<double> q, mlir::Value r);

} // namespace flex::tile
