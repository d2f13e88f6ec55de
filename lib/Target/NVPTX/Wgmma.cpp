//===- Wgmma.cpp - Matrix instructions of four warps ----------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Target module stage. PTX ISA 9.7.15.5. Register r of a result, of warp w and with g = lane / 4 and q = lane % 4, is
// row 16 w + g + 8 (r / 2 % 2), column 8 (r / 4) + 2 q + r % 2.
//
//===----------------------------------------------------------------------===//
#include "Wgmma.h"
#include "Chips.h"
#include "GroupOperand.h"

#include "flex/ScheduledLoops/TileDialect.h"
#include "flex/ScheduledLoops/Workspace.h"

#include "mlir/Conversion/LLVMCommon/Pattern.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "llvm/Support/MathExtras.h"

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

/// Bits 32 on: from one group of 8 rows to the next one, and the swizzle.
int64_t highWord(const GroupOperand &side) {
  int64_t mode = side.rowBytes() == 128 ? 1 : side.rowBytes() == 64 ? 2 : 3;
  return descriptorUnits(8 * side.rowBytes()) | mode << 30;
}

/// The function of an instruction. `how`: for each operand whether its rows are steps of k, or 'r': a in registers;
/// behind them 'z' if the sums begin at zero, and are no argument.
LLVM::LLVMFuncOp declare(OpBuilder &b, Operation *op, StringRef unit, StringRef how, ArrayRef<Type> arguments,
                         Type sums) {
  auto module = op->getParentOfType<ModuleOp>();
  std::string name = ("flex." + unit + "." + how).str();
  if (auto known = module.lookupSymbol<LLVM::LLVMFuncOp>(name))
    return known;
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(module.getBody());
  auto function = LLVM::LLVMFuncOp::create(b, op->getLoc(), name, LLVM::LLVMFunctionType::get(sums, arguments));
  function.setConvergent(true);
  function.setNoUnwind(true);
  return function;
}

bool hasSumsOf(const Wgmma &unit, Type type) {
  auto sums = cast<VectorType>(type);
  return sums.getNumElements() == unit.lanes() && sums.getElementType().isInteger(32) == unit.isInteger;
}

struct LowerMultiply : ConvertOpToLLVMPattern<tile::MultiplyOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;

  LogicalResult matchAndRewrite(tile::MultiplyOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const final {
    std::optional<Wgmma> unit = findWgmma(op.getUnit());
    if (!unit)
      return op.emitOpError() << "has no unit '" << op.getUnit() << "' here";
    int64_t steps = op.getSteps();
    GroupOperand sides[] = {{op.getALayout(), op.getAAcross(), unit->elementBytes, steps},
                            {op.getBLayout(), op.getBAcross(), unit->elementBytes, steps}};
    for (const GroupOperand &side : sides)
      if (!side.isReadable())
        return op.emitOpError("has an operand in a layout that the unit does not read");
    Type sums = op.getResult(0).getType(), descriptor = rewriter.getI64Type();
    if (steps % unit->k != 0 || !hasSumsOf(*unit, sums))
      return op.emitOpError("does not fit the unit");
    Location loc = op.getLoc();
    Numbers n{rewriter, loc};
    Value stage = n.right(n.narrow(adaptor.getBase()), llvm::Log2_32(16 / unit->elementBytes));
    Value starts[] = {sides[0].start(n, adaptor.getA(), adaptor.getAOuter(), op.getAFixed() ? n.constant(0) : stage),
                      sides[1].start(n, adaptor.getB(), adaptor.getBOuter(), stage)};
    std::string how = {sides[0].across ? '1' : '0', sides[1].across ? '1' : '0'};
    SmallVector<Value> results(adaptor.getAccumulators());
    bool fromZero = results.empty();
    results.resize(op.getNumResults());
    n.call("llvm.nvvm.wgmma.fence.sync.aligned");
    for (int64_t step = 0; step < steps; step += unit->k) {
      Value right = makeDescriptor(n, starts[1], highWord(sides[1]), sides[1].bytesToStep(step));
      for (auto [i, sum] : llvm::enumerate(results)) {
        int64_t bytes = sides[0].bytesToStep(step) + sides[0].bytesTo(static_cast<int64_t>(i) * kRows);
        Value left = makeDescriptor(n, starts[0], highWord(sides[0]), bytes);
        bool isFirst = fromZero && step == 0;
        auto function = isFirst ? declare(rewriter, op, op.getUnit(), how + "z", {descriptor, descriptor}, sums)
                                : declare(rewriter, op, op.getUnit(), how, {sums, descriptor, descriptor}, sums);
        SmallVector<Value> arguments{left, right};
        if (!isFirst)
          arguments.insert(arguments.begin(), sum);
        sum = LLVM::CallOp::create(rewriter, loc, function, arguments).getResult();
      }
    }
    n.call("llvm.nvvm.wgmma.commit_group.sync.aligned");
    rewriter.replaceOp(op, results);
    return success();
  }
};

/// 9.7.15.5.1: of 16 rows of a, a thread has rows g and g + 8, of 32 bytes two words in turn: as mma.sync's fragments,
/// and results rounded to 16 bits.
struct LowerMultiplyHeld : ConvertOpToLLVMPattern<tile::MultiplyHeldOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;

  LogicalResult matchAndRewrite(tile::MultiplyHeldOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const final {
    std::optional<Wgmma> unit = findWgmma(op.getUnit());
    if (!unit)
      return op.emitOpError() << "has no unit '" << op.getUnit() << "' here";
    SmallVector<Value> results(adaptor.getAccumulators()), fragments(adaptor.getFragments());
    int64_t steps = static_cast<int64_t>(fragments.size() / results.size()) * unit->k;
    GroupOperand side{op.getBLayout(), op.getBAcross(), unit->elementBytes, steps};
    if (!side.isReadable())
      return op.emitOpError("has an operand in a layout that the unit does not read");
    auto fragment = cast<VectorType>(fragments.front().getType());
    Type sums = op.getResult(0).getType(), descriptor = rewriter.getI64Type();
    if (!hasSumsOf(*unit, sums) || fragment.getNumElements() * fragment.getElementTypeBitWidth() != 32 * kWordsOfA)
      return op.emitOpError("does not fit the unit");
    Location loc = op.getLoc();
    Numbers n{rewriter, loc};
    Value stage = n.right(n.narrow(adaptor.getBase()), llvm::Log2_32(16 / unit->elementBytes));
    Value start = side.start(n, adaptor.getB(), adaptor.getBOuter(), stage);
    Type words = VectorType::get(kWordsOfA, rewriter.getI32Type());
    auto function = declare(rewriter, op, op.getUnit(), side.across ? "r1" : "r0", {sums, words, descriptor}, sums);
    for (Value &held : fragments)
      held = LLVM::BitcastOp::create(rewriter, loc, words, held);
    n.call("llvm.nvvm.wgmma.fence.sync.aligned");
    for (auto [number, held] : llvm::enumerate(fragments)) {
      int64_t step = static_cast<int64_t>(number / results.size()) * unit->k;
      Value right = makeDescriptor(n, start, highWord(side), side.bytesToStep(step));
      Value &sum = results[number % results.size()];
      sum = LLVM::CallOp::create(rewriter, loc, function, ValueRange{sum, held, right}).getResult();
    }
    n.call("llvm.nvvm.wgmma.commit_group.sync.aligned");
    rewriter.replaceOp(op, results);
    return success();
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
    Value thread = n.thread(), lane = n.both(thread, kWarpSize - 1), warp = n.both(n.right(thread, 5), 3);
    Value g = n.right(lane, 2), q = n.both(lane, 3);
    Value row = n.add(n.scaled(warp, 16), g);
    Value mask = n.rowMask(layout, g), chunk = n.differ(n.right(q, 1), mask);
    Value inChunk = n.scaled(n.both(q, 1), 2);
    Value base = n.add(n.narrow(adaptor.getBase()), n.add(n.scaled(row, layout.getColumns()), inChunk));
    int64_t fixed = op.getRow() * layout.getColumns() + op.getColumn();
    // Columns 8 j + 2 q are chunk 2 j + q / 2: j's low bits move within the mask's reach, the others past it.
    SmallVector<Value> places;
    for (int64_t j = 0; j < 4; ++j)
      places.push_back(
          n.pointer(adaptor.getRing(), n.add(base, n.scaled(n.differ(chunk, n.constant(2 * j)), layout.getChunk()))));
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
};

} // namespace

std::optional<Wgmma> nvptx::findWgmma(StringRef unit) {
  auto name = parseUnitName(unit, "wgmma.m64");
  for (const Operands &row : kOperands)
    if (name && name->operand == row.name && name->k * row.elementBytes == 32)
      return Wgmma{name->n, name->k, row.types, row.elementBytes, row.isInteger};
  return std::nullopt;
}

std::vector<tile::MatrixUnit> nvptx::wgmmaUnits(const tile::MatrixUnit &family) {
  return unitsByColumns(family, [](StringRef name) { return findWgmma(name).has_value(); });
}

void nvptx::populateWgmmaPatterns(LLVMTypeConverter &converter, RewritePatternSet &patterns) {
  patterns.add<LowerMultiply, LowerMultiplyHeld, LowerSettle, LowerPut>(converter);
  populateWaitForUnitsPattern(converter, patterns);
}
