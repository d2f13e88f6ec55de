//===- Wgmma.cpp - Matrix instructions of four warps ----------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Target module stage. Descriptors and layouts: PTX ISA 9.7.15.5. A ring's layout of rows of 32, 64 or 128 bytes is the
// hardware's swizzle of that width, since rings begin at multiples of 1024. Register r of a result, of warp w and with
// g = lane / 4 and q = lane % 4, is row 16 w + g + 8 (r / 2 % 2), column 8 (r / 4) + 2 q + r % 2.
//
//===----------------------------------------------------------------------===//
#include "Wgmma.h"
#include "Chips.h"

#include "flex/ScheduledLoops/TileDialect.h"
#include "flex/ScheduledLoops/Workspace.h"

#include "mlir/Conversion/LLVMCommon/Pattern.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "llvm/Support/MathExtras.h"

#include <cstdio>

using namespace mlir;
using namespace flex;
using namespace flex::nvptx;

namespace {

constexpr unsigned kRows = 64;

struct Operands {
  const char *name, *types;
  unsigned elementBytes;
  bool isInteger;
};
constexpr Operands kOperands[] = {
    {"f16", "f32.f16.f16", 2, false},        {"bf16", "f32.bf16.bf16", 2, false},   {"tf32", "f32.tf32.tf32", 4, false},
    {"f8e4m3fn", "f32.e4m3.e4m3", 1, false}, {"f8e5m2", "f32.e5m2.e5m2", 1, false}, {"i8", "s32.s8.s8", 1, true},
};

/// i32 arithmetic.
struct Numbers {
  OpBuilder &b;
  Location loc;
  Value constant(int64_t value) {
    return LLVM::ConstantOp::create(b, loc, b.getI32IntegerAttr(static_cast<int32_t>(value)));
  }
  Value narrow(Value index) { return LLVM::TruncOp::create(b, loc, b.getI32Type(), index); }
  Value add(Value x, Value y) { return LLVM::AddOp::create(b, loc, x, y); }
  Value scaled(Value x, int64_t by) { return by == 1 ? x : LLVM::MulOp::create(b, loc, x, constant(by)).getResult(); }
  Value both(Value x, int64_t mask) { return LLVM::AndOp::create(b, loc, x, constant(mask)); }
  Value differ(Value x, Value y) { return LLVM::XOrOp::create(b, loc, x, y); }
  Value right(Value x, int64_t by) { return by ? LLVM::LShrOp::create(b, loc, x, constant(by)).getResult() : x; }
  void call(StringRef intrinsic, ValueRange arguments = {}) {
    LLVM::CallIntrinsicOp::create(b, loc, b.getStringAttr(intrinsic), arguments);
  }
};

/// Numbers in descriptors count 16 bytes.
int64_t units(int64_t bytes) {
  return bytes / 16;
}

/// One operand of a tile.multiply.
struct Side {
  tile::LayoutAttr layout;
  bool across;
  unsigned bytes; ///< of an element
  int64_t steps;

  int64_t rowBytes() const { return layout.getColumns() * bytes; }
  int64_t panelBytes() const { return steps * rowBytes(); }

  /// From the block's beginning to outer index `outer`, which is a multiple of 8.
  int64_t bytesTo(int64_t outer) const {
    return across ? outer / layout.getColumns() * panelBytes() + outer % layout.getColumns() * bytes
                  : outer * rowBytes();
  }
  int64_t bytesToStep(int64_t step) const { return across ? step * rowBytes() : step * bytes; }

  /// Whether the layout is the swizzle that the hardware has for rows of its length.
  bool isSwizzle() const {
    if (rowBytes() != 32 && rowBytes() != 64 && rowBytes() != 128)
      return false;
    SmallVector<int64_t> bits;
    for (int64_t length = rowBytes(); length < 128; length *= 2)
      bits.push_back(0);
    for (int64_t mask = 1; mask < units(rowBytes()); mask *= 2)
      bits.push_back(mask);
    return layout.getRowBits() == ArrayRef(bits) && layout.getChunk() * bytes == 16 &&
           (across || steps == layout.getColumns());
  }

  /// Bits 16 to 29: from one panel to the next one. The low 14 bits are the start.
  int64_t lowBits() const { return (across ? units(panelBytes()) : 1) << 16; }
  /// Bits 32 on: from one group of 8 rows to the next one, and the swizzle.
  int64_t highBits() const {
    int64_t mode = rowBytes() == 128 ? 1 : rowBytes() == 64 ? 2 : 3;
    return units(8 * rowBytes()) | mode << 30;
  }
};

struct LowerMultiply : ConvertOpToLLVMPattern<tile::MultiplyOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;

  LogicalResult matchAndRewrite(tile::MultiplyOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const final {
    std::optional<Wgmma> unit = findWgmma(op.getUnit());
    if (!unit)
      return op.emitOpError() << "has no unit '" << op.getUnit() << "' here";
    int64_t steps = op.getSteps();
    Side sides[] = {{op.getALayout(), op.getAAcross(), unit->elementBytes, steps},
                    {op.getBLayout(), op.getBAcross(), unit->elementBytes, steps}};
    for (const Side &side : sides)
      if (!side.isSwizzle() || (side.across && side.bytes != 2))
        return op.emitOpError("has an operand in a layout that the unit does not read");
    auto sums = cast<VectorType>(op.getResult(0).getType());
    bool isInteger = sums.getElementType().isInteger(32);
    if (steps % unit->k != 0 || sums.getNumElements() != unit->lanes() || isInteger != unit->isInteger)
      return op.emitOpError("does not fit the unit");
    Location loc = op.getLoc();
    Numbers n{rewriter, loc};
    Value stage = n.right(n.narrow(adaptor.getBase()), llvm::Log2_32(16 / unit->elementBytes));
    Value starts[] = {start(n, sides[0], adaptor.getA(), adaptor.getAOuter(), stage),
                      start(n, sides[1], adaptor.getB(), adaptor.getBOuter(), stage)};
    auto function = declare(rewriter, op, sides);
    SmallVector<Value> results(adaptor.getAccumulators());
    n.call("llvm.nvvm.wgmma.fence.sync.aligned");
    for (int64_t step = 0; step < steps; step += unit->k) {
      Value right = descriptor(n, sides[1], starts[1], sides[1].bytesToStep(step));
      for (auto [i, sum] : llvm::enumerate(results)) {
        Value left = descriptor(n, sides[0], starts[0],
                                sides[0].bytesToStep(step) + sides[0].bytesTo(static_cast<int64_t>(i) * kRows));
        sum = LLVM::CallOp::create(rewriter, loc, function, ValueRange{sum, left, right}).getResult();
      }
    }
    n.call("llvm.nvvm.wgmma.commit_group.sync.aligned");
    rewriter.replaceOp(op, results);
    return success();
  }

private:
  static Value start(Numbers &n, const Side &side, Value ring, Value outer, Value stage) {
    Value address = LLVM::PtrToIntOp::create(n.b, n.loc, n.b.getI32Type(), ring);
    Value begin = n.add(n.both(n.right(address, 4), 0x3fff), n.constant(side.lowBits()));
    Value index = n.narrow(outer), moved;
    if (side.across) {
      int64_t columns = side.layout.getColumns();
      moved = n.add(n.scaled(n.right(index, llvm::Log2_64(columns)), units(side.panelBytes())),
                    n.right(n.scaled(n.both(index, columns - 1), side.bytes), 4));
    } else {
      moved = n.scaled(index, units(side.rowBytes()));
    }
    return n.add(n.add(begin, moved), stage);
  }

  /// Made of two words: only the low one changes.
  static Value descriptor(Numbers &n, const Side &side, Value start, int64_t bytes) {
    OpBuilder &b = n.b;
    Value words = LLVM::ConstantOp::create(b, n.loc, VectorType::get(2, b.getI32Type()),
                                           b.getI32VectorAttr({0, static_cast<int32_t>(side.highBits())}));
    words = LLVM::InsertElementOp::create(b, n.loc, words, n.add(start, n.constant(units(bytes))), n.constant(0));
    return LLVM::BitcastOp::create(b, n.loc, b.getI64Type(), words);
  }

  static LLVM::LLVMFuncOp declare(OpBuilder &b, tile::MultiplyOp op, ArrayRef<Side> sides) {
    auto module = op->getParentOfType<ModuleOp>();
    std::string name = "flex." + op.getUnit().str() + (sides[0].across ? ".1" : ".0") + (sides[1].across ? "1" : "0");
    if (auto known = module.lookupSymbol<LLVM::LLVMFuncOp>(name))
      return known;
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(module.getBody());
    Type sums = op.getResult(0).getType(), descriptor = b.getI64Type();
    auto type = LLVM::LLVMFunctionType::get(sums, {sums, descriptor, descriptor});
    auto function = LLVM::LLVMFuncOp::create(b, op.getLoc(), name, type);
    function.setConvergent(true);
    function.setNoUnwind(true);
    return function;
  }
};

struct LowerSettle : ConvertOpToLLVMPattern<tile::SettleOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;
  LogicalResult matchAndRewrite(tile::SettleOp op, OpAdaptor, ConversionPatternRewriter &rewriter) const final {
    Value pending = LLVM::ConstantOp::create(rewriter, op.getLoc(), rewriter.getI64IntegerAttr(op.getPending()));
    Numbers{rewriter, op.getLoc()}.call("llvm.nvvm.wgmma.wait_group.sync.aligned", pending);
    rewriter.eraseOp(op);
    return success();
  }
};

/// The unit reads group memory past the way that threads' stores and copies take: each thread puts its own in order.
struct LowerWaitForUnits : ConvertOpToLLVMPattern<tile::WaitOp> {
  explicit LowerWaitForUnits(const LLVMTypeConverter &converter)
      : ConvertOpToLLVMPattern(converter, PatternBenefit(10)) {}
  LogicalResult matchAndRewrite(tile::WaitOp op, OpAdaptor, ConversionPatternRewriter &rewriter) const final {
    if (!op.getUnits())
      return failure();
    if (op.getPending())
      NVVM::CpAsyncWaitGroupOp::create(rewriter, op.getLoc(), *op.getPending());
    Numbers{rewriter, op.getLoc()}.call("llvm.nvvm.fence.proxy.async.shared_cta");
    NVVM::Barrier0Op::create(rewriter, op.getLoc());
    rewriter.eraseOp(op);
    return success();
  }
};

/// Two neighbouring columns at a time. All rows of a thread are equal modulo 8, so they share the layout's mask.
struct LowerPut : ConvertOpToLLVMPattern<tile::PutOp> {
  explicit LowerPut(const LLVMTypeConverter &converter) : ConvertOpToLLVMPattern(converter, PatternBenefit(10)) {}

  LogicalResult matchAndRewrite(tile::PutOp op, OpAdaptor adaptor, ConversionPatternRewriter &rewriter) const final {
    std::optional<Wgmma> unit = findWgmma(op.getUnit());
    if (!unit)
      return failure();
    tile::LayoutAttr layout = op.getLayout();
    if (layout.getChunk() != 4 || layout.getRowBits().size() > 3 || op.getRow() % 8 != 0 || op.getColumn() % 32 != 0 ||
        layout.getColumns() % 32 != 0)
      return op.emitOpError("has a layout that the unit's results are not written in");
    Location loc = op.getLoc();
    Numbers n{rewriter, loc};
    auto sums = cast<VectorType>(adaptor.getAccumulator().getType());
    auto pair = VectorType::get(2, sums.getElementType());
    Value thread = NVVM::ThreadIdXOp::create(rewriter, loc, rewriter.getI32Type());
    Value lane = n.both(thread, kWarpSize - 1), warp = n.both(n.right(thread, 5), 3);
    Value g = n.right(lane, 2), q = n.both(lane, 3);
    Value row = n.add(n.scaled(warp, 16), g);
    Value mask = rowMask(n, layout, g), chunk = n.differ(n.right(q, 1), mask);
    Value inChunk = n.scaled(n.both(q, 1), 2);
    Value base = n.add(n.narrow(adaptor.getBase()), n.add(n.scaled(row, layout.getColumns()), inChunk));
    int64_t fixed = op.getRow() * layout.getColumns() + op.getColumn();
    // Columns 8 j + 2 q are chunk 2 j + q / 2: j's low bits move within the mask's reach, the others past it.
    SmallVector<Value> places;
    for (int64_t j = 0; j < 4; ++j)
      places.push_back(
          pointer(n, adaptor.getRing(), n.add(base, n.scaled(n.differ(chunk, n.constant(2 * j)), layout.getChunk()))));
    for (int64_t j = 0; j < unit->n / 8; ++j)
      for (int64_t half = 0; half < 2; ++half) {
        Value value = LLVM::PoisonOp::create(rewriter, loc, pair);
        for (int64_t i = 0; i < 2; ++i) {
          Value element =
              LLVM::ExtractElementOp::create(rewriter, loc, adaptor.getAccumulator(), n.constant(4 * j + 2 * half + i));
          value = LLVM::InsertElementOp::create(rewriter, loc, value, element, n.constant(i));
        }
        int64_t offset = 4 * (fixed + j / 4 * 32 + half * 8 * layout.getColumns());
        Value place = LLVM::GEPOp::create(rewriter, loc, places[j % 4].getType(), rewriter.getI8Type(), places[j % 4],
                                          ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(offset)});
        LLVM::StoreOp::create(rewriter, loc, value, place, 8);
      }
    rewriter.eraseOp(op);
    return success();
  }

private:
  static Value rowMask(Numbers &n, tile::LayoutAttr layout, Value row) {
    Value mask = n.constant(0);
    for (auto [bit, entry] : llvm::enumerate(layout.getRowBits()))
      if (entry)
        mask = n.differ(mask, n.scaled(n.both(n.right(row, static_cast<int64_t>(bit)), 1), entry));
    return mask;
  }
  static Value pointer(Numbers &n, Value ring, Value element) {
    Value bytes = LLVM::ZExtOp::create(n.b, n.loc, n.b.getI64Type(), n.scaled(element, 4));
    return LLVM::GEPOp::create(n.b, n.loc, ring.getType(), n.b.getI8Type(), ring, ValueRange{bytes});
  }
};

} // namespace

std::optional<Wgmma> nvptx::findWgmma(StringRef unit) {
  auto [shape, operand] = unit.rsplit('.');
  Wgmma result;
  int end = 0;
  std::string text = shape.str();
  if (std::sscanf(text.c_str(), "wgmma.m64n%uk%u%n", &result.n, &result.k, &end) != 2 ||
      static_cast<size_t>(end) != text.size())
    return std::nullopt;
  for (const Operands &row : kOperands)
    if (operand == row.name && result.k * row.elementBytes == 32 && llvm::isPowerOf2_32(result.n) && result.n >= 32 &&
        result.n <= 256) {
      result.types = row.types;
      result.elementBytes = row.elementBytes;
      result.isInteger = row.isInteger;
      return result;
    }
  return std::nullopt;
}

std::vector<tile::MatrixUnit> nvptx::wgmmaUnits(const tile::MatrixUnit &family) {
  std::vector<tile::MatrixUnit> units;
  for (int64_t n = 256; n >= 32; n /= 2) {
    tile::MatrixUnit unit = family;
    unit.n = unit.maxN = n;
    if (n >= family.n && n <= family.maxN && n % family.n == 0 && findWgmma(unit.name()))
      units.push_back(unit);
  }
  return units;
}

void nvptx::populateWgmmaPatterns(LLVMTypeConverter &converter, RewritePatternSet &patterns) {
  patterns.add<LowerMultiply, LowerSettle, LowerWaitForUnits, LowerPut>(converter);
}
