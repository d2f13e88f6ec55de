//===- BlockRegisters.cpp - AMX of x86-64 chips ---------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The tile.register ops as instructions on numbered registers: LLVM gives none of
// them out itself, so it neither spills nor configures any (docs/decisions/amx.md).
// Invariant: LLVM is asked for none that the chip does not have: it would abort.
//
//===----------------------------------------------------------------------===//
#include "Lowering.h"

#include "mlir/Conversion/LLVMCommon/Pattern.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

using namespace mlir;

namespace flex::target::cpu {
namespace {

// Palette 1, eight registers of 16 rows of 64 bytes (Intel SDM, volume 1, section 18.2.1).
constexpr int64_t kConfigBytes = 64, kFirstRowBytes = 16, kFirstRows = 48;
constexpr int64_t kRegisters = 8, kFirstOfB = 6, kRows = 16, kRowBytes = 64;

template <typename OpT> struct BlockPattern : ConvertOpToLLVMPattern<OpT> {
  BlockPattern(const LLVMTypeConverter &converter, const FeatureSet &features)
      : ConvertOpToLLVMPattern<OpT>(converter), features(features) {}

protected:
  LogicalResult require(Operation *op, llvm::StringRef feature) const {
    if (features.has(feature.str()))
      return success();
    return op->emitOpError() << "needs '" << feature << "', which the chip does not have";
  }

  static Value number(OpBuilder &b, Location loc, int64_t value) {
    return LLVM::ConstantOp::create(b, loc, b.getI8IntegerAttr(static_cast<int8_t>(value)));
  }

  static void call(OpBuilder &b, Location loc, llvm::StringRef intrinsic, ValueRange arguments) {
    LLVM::CallIntrinsicOp::create(b, loc, b.getStringAttr(intrinsic), arguments);
  }

  /// The pointer and the distance in bytes that a block's rows have.
  static std::pair<Value, Value> place(OpBuilder &b, Location loc, tile::BufferType buffer, Value pointer, Value offset,
                                       Value pitch) {
    Type element = buffer.getElementType();
    int64_t bytes = element.getIntOrFloatBitWidth() / 8;
    Value first = LLVM::GEPOp::create(b, loc, pointer.getType(), IntegerType::get(b.getContext(), 8 * bytes), pointer,
                                      ValueRange{offset});
    Value size = LLVM::ConstantOp::create(b, loc, b.getI64IntegerAttr(bytes));
    return {first, LLVM::MulOp::create(b, loc, pitch, size)};
  }

  const FeatureSet &features;
};

struct LowerRegisters : BlockPattern<tile::RegistersOp> {
  using BlockPattern::BlockPattern;
  LogicalResult matchAndRewrite(tile::RegistersOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const final {
    if (failed(require(op, "amx-tile")))
      return failure();
    Location loc = op.getLoc();
    auto pointer = LLVM::LLVMPointerType::get(op.getContext());
    auto bytes = VectorType::get(kConfigBytes, rewriter.getI8Type());
    Value memory;
    {
      OpBuilder::InsertionGuard guard(rewriter);
      rewriter.setInsertionPointToStart(&op->getParentOfType<FunctionOpInterface>().getFunctionBody().front());
      Value one = LLVM::ConstantOp::create(rewriter, loc, rewriter.getI64IntegerAttr(1));
      memory = LLVM::AllocaOp::create(rewriter, loc, pointer, bytes, one, kConfigBytes);
    }
    SmallVector<int8_t> config(kConfigBytes, 0);
    config[0] = 1;
    for (int64_t i = 0; i < kRegisters; ++i) {
      config[kFirstRowBytes + 2 * i] = kRowBytes;
      config[kFirstRows + i] = kRows;
    }
    auto known = DenseElementsAttr::get(bytes, ArrayRef<int8_t>(config));
    LLVM::StoreOp::create(rewriter, loc, LLVM::ConstantOp::create(rewriter, loc, known), memory, kConfigBytes);
    Value rows = LLVM::TruncOp::create(rewriter, loc, rewriter.getI8Type(), adaptor.getRows());
    for (int64_t i = 0; i < kFirstOfB; ++i) {
      LLVM::GEPArg place(static_cast<int32_t>(kFirstRows + i));
      Value byte = LLVM::GEPOp::create(rewriter, loc, pointer, rewriter.getI8Type(), memory, place);
      LLVM::StoreOp::create(rewriter, loc, rows, byte, 1);
    }
    call(rewriter, loc, "llvm.x86.ldtilecfg", memory);
    rewriter.eraseOp(op);
    return success();
  }
};

struct LowerRelease : BlockPattern<tile::RegistersReleaseOp> {
  using BlockPattern::BlockPattern;
  LogicalResult matchAndRewrite(tile::RegistersReleaseOp op, OpAdaptor,
                                ConversionPatternRewriter &rewriter) const final {
    if (failed(require(op, "amx-tile")))
      return failure();
    call(rewriter, op.getLoc(), "llvm.x86.tilerelease", {});
    rewriter.eraseOp(op);
    return success();
  }
};

struct LowerZero : BlockPattern<tile::RegisterZeroOp> {
  using BlockPattern::BlockPattern;
  LogicalResult matchAndRewrite(tile::RegisterZeroOp op, OpAdaptor, ConversionPatternRewriter &rewriter) const final {
    if (failed(require(op, "amx-tile")))
      return failure();
    call(rewriter, op.getLoc(), "llvm.x86.tilezero", number(rewriter, op.getLoc(), op.getNumber()));
    rewriter.eraseOp(op);
    return success();
  }
};

/// Loads and stores have the same operands.
template <typename OpT> struct LowerAccess : BlockPattern<OpT> {
  LowerAccess(const LLVMTypeConverter &converter, const FeatureSet &features, llvm::StringRef intrinsic,
              llvm::StringRef streamed)
      : BlockPattern<OpT>(converter, features), intrinsic(intrinsic), streamed(streamed) {}
  LogicalResult matchAndRewrite(OpT op, typename OpT::Adaptor adaptor,
                                ConversionPatternRewriter &rewriter) const final {
    if (failed(this->require(op, "amx-tile")))
      return failure();
    Location loc = op.getLoc();
    auto [pointer, pitch] = this->place(rewriter, loc, op.getBuffer().getType(), adaptor.getBuffer(),
                                        adaptor.getOffset(), adaptor.getPitch());
    this->call(rewriter, loc, op->hasAttr("streamed") ? streamed : intrinsic,
               {this->number(rewriter, loc, op.getNumber()), pointer, pitch});
    rewriter.eraseOp(op);
    return success();
  }
  llvm::StringRef intrinsic, streamed;
};

struct LowerMultiply : BlockPattern<tile::RegisterMultiplyOp> {
  using BlockPattern::BlockPattern;
  LogicalResult matchAndRewrite(tile::RegisterMultiplyOp op, OpAdaptor,
                                ConversionPatternRewriter &rewriter) const final {
    bool isFloat = op.getElement().isBF16();
    if (failed(require(op, isFloat ? "amx-bf16" : "amx-int8")))
      return failure();
    Location loc = op.getLoc();
    std::string intrinsic = "llvm.x86.tdpbf16ps";
    if (!isFloat)
      intrinsic =
          std::string("llvm.x86.tdpb") + (op.getUnsignedA() ? "u" : "s") + (op.getUnsignedB() ? "u" : "s") + "d";
    call(rewriter, loc, intrinsic,
         {number(rewriter, loc, op.getAccumulator()), number(rewriter, loc, op.getA()),
          number(rewriter, loc, op.getB())});
    rewriter.eraseOp(op);
    return success();
  }
};

} // namespace

std::vector<tile::MatrixUnit> blockUnits(const FeatureSet &features) {
  struct Unit {
    const char *feature, *operand, *accumulator;
    int64_t steps;
  };
  static constexpr Unit kUnits[] = {{"amx-int8", "i8", "i32", 64}, {"amx-bf16", "bf16", "f32", 32}};
  std::vector<tile::MatrixUnit> units;
  for (const Unit &each : kUnits) {
    if (!features.has(each.feature))
      continue;
    tile::MatrixUnit &unit = units.emplace_back();
    unit.unit = "amx";
    unit.operand = each.operand;
    unit.accumulator = each.accumulator;
    unit.m = kRows;
    unit.n = unit.maxN = kRows;
    unit.k = each.steps;
    unit.threads = 1;
  }
  return units;
}

void populateBlockRegisterPatterns(const LLVMTypeConverter &converter, const FeatureSet &features,
                                   RewritePatternSet &patterns) {
  patterns.add<LowerRegisters, LowerRelease, LowerZero, LowerMultiply>(converter, features);
  patterns.add<LowerAccess<tile::RegisterLoadOp>>(converter, features, "llvm.x86.tileloadd64",
                                                  "llvm.x86.tileloaddt164");
  patterns.add<LowerAccess<tile::RegisterStoreOp>>(converter, features, "llvm.x86.tilestored64",
                                                   "llvm.x86.tilestored64");
}

} // namespace flex::target::cpu
