//===- Tcgen05.cpp - Matrix instructions with sums in tensor memory -------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Target module stage. PTX ISA 9.7.16: instruction and matrix descriptors (9.7.16.4),
// tcgen05.mma (9.7.16.10), tcgen05.ld (9.7.16.8). Row r of a sum is lane r of tensor
// memory, column c is column c; warp w of four reaches lanes 32 w to 32 w + 31.
//
//===----------------------------------------------------------------------===//
#include "Tcgen05.h"
#include "Chips.h"
#include "Pipe.h"
#include "TensorMemory.h"

#include "mlir/Conversion/LLVMCommon/Pattern.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace flex;
using namespace flex::nvptx;

namespace {

constexpr int64_t kRows = 128;
/// Columns that a thread reads at once: as many registers.
constexpr int64_t kLoadColumns = 32;

struct Operands {
  const char *name;
  unsigned kind, format, elementBytes;
  bool isInteger;
};
constexpr Operands kOperands[] = {
    {"f16", 0, 0, 2, false},      {"bf16", 0, 1, 2, false},   {"tf32", 1, 2, 4, false},
    {"f8e4m3fn", 2, 0, 1, false}, {"f8e5m2", 2, 1, 1, false}, {"i8", 3, 1, 1, true},
};

/// Bits 32 on of a matrix descriptor: from one group of 8 rows to the next one, the version, the swizzle.
int64_t highWord(const GroupOperand &side) {
  int64_t mode = side.rowBytes() == 128 ? 2 : side.rowBytes() == 64 ? 4 : 6;
  return descriptorUnits(8 * side.rowBytes()) | 1 << 14 | mode << 29;
}

/// The instruction descriptor: types, which operands' rows are steps of k, and the shape.
int64_t instructionWord(const Tcgen05 &unit, ArrayRef<GroupOperand> sides) {
  int64_t sum = unit.isInteger ? 2 : 1, format = unit.format;
  return sum << 4 | format << 7 | format << 10 | int64_t(sides[0].across) << 15 | int64_t(sides[1].across) << 16 |
         int64_t(unit.n / 8) << 17 | (kRows / 16) << 24;
}

Value bitsOf(Numbers &n, Value sum) {
  Value element = LLVM::ExtractElementOp::create(n.b, n.loc, sum, n.constant(0));
  return LLVM::BitcastOp::create(n.b, n.loc, n.b.getI32Type(), element);
}

Value isSet(Numbers &n, Value bits) {
  return LLVM::ICmpOp::create(n.b, n.loc, LLVM::ICmpPredicate::ne, bits, n.constant(0));
}

Value flag(Numbers &n, bool value) {
  return LLVM::ConstantOp::create(n.b, n.loc, n.b.getBoolAttr(value));
}

struct LowerMultiply : ConvertOpToLLVMPattern<tile::MultiplyOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;

  LogicalResult matchAndRewrite(tile::MultiplyOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const final {
    std::optional<Tcgen05> unit = findTcgen05(op.getUnit());
    std::optional<TensorMemory> memory = TensorMemory::of(op);
    if (!unit || !memory)
      return op.emitOpError() << "has no unit '" << op.getUnit() << "' here";
    if (op.getAFixed() || op.getAccumulators().empty())
      return op.emitOpError("has no sums to add to, or a block of a at another place than that of b");
    int64_t steps = op.getSteps();
    GroupOperand sides[] = {{op.getALayout(), op.getAAcross(), unit->elementBytes, steps},
                            {op.getBLayout(), op.getBAcross(), unit->elementBytes, steps}};
    for (const GroupOperand &side : sides)
      if (!side.isReadable())
        return op.emitOpError("has an operand in a layout that the unit does not read");
    auto type = cast<VectorType>(op.getResult(0).getType());
    if (steps % unit->k != 0 || type.getNumElements() != 1 || type.getElementTypeBitWidth() != 32 ||
        type.getElementType().isInteger(32) != unit->isInteger)
      return op.emitOpError("does not fit the unit");
    Numbers n{rewriter, op.getLoc()};
    Value stage = n.right(n.narrow(adaptor.getBase()), llvm::Log2_32(16 / unit->elementBytes));
    Value starts[] = {sides[0].start(n, adaptor.getA(), adaptor.getAOuter(), stage),
                      sides[1].start(n, adaptor.getB(), adaptor.getBOuter(), stage)};
    int64_t count = op.getNumResults();
    Value first = n.scaled(TensorMemory::team(n), count * unit->n);
    SmallVector<Value> columns, adds, sums;
    for (auto [i, sum] : llvm::enumerate(adaptor.getAccumulators())) {
      columns.push_back(n.add(first, n.constant(static_cast<int64_t>(i) * unit->n)));
      adds.push_back(isSet(n, bitsOf(n, sum)));
      sums.push_back(sumAt(n, columns.back(), type));
    }
    Value isFirst =
        LLVM::ICmpOp::create(rewriter, n.loc, LLVM::ICmpPredicate::eq, n.both(n.thread(), kTeam - 1), n.constant(0));
    // Its terminator comes last: the conversion takes ops in the order of their making.
    auto branch =
        scf::IfOp::create(rewriter, n.loc, TypeRange(), isFirst, /*addThenBlock=*/true, /*addElseBlock=*/false);
    {
      OpBuilder::InsertionGuard guard(rewriter);
      rewriter.setInsertionPointToStart(&branch.getThenRegion().front());
      n.call("llvm.nvvm.tcgen05.fence.after.thread.sync");
      Value word = n.constant(instructionWord(*unit, sides)), address = memory->address(n);
      for (int64_t step = 0; step < steps; step += unit->k) {
        Value right = makeDescriptor(n, starts[1], highWord(sides[1]), sides[1].bytesToStep(step));
        for (int64_t i = 0; i < count; ++i) {
          int64_t bytes = sides[0].bytesToStep(step) + sides[0].bytesTo(i * kRows);
          Value left = makeDescriptor(n, starts[0], highWord(sides[0]), bytes);
          // Of a group of one, operands not kept for another instruction.
          n.call("llvm.nvvm.tcgen05.mma.shared",
                 {TensorMemory::pointer(n, n.add(address, columns[i])), left, right, word,
                  step == 0 ? adds[i] : flag(n, true), n.constant(unit->kind), n.constant(1), n.constant(0)});
        }
      }
      if (!memory->isOneBatch)
        n.call("llvm.nvvm.tcgen05.commit.shared.cg1", memory->barrier(n));
      scf::YieldOp::create(rewriter, n.loc);
    }
    if (!memory->isOneBatch) {
      Value parity = LLVM::LoadOp::create(rewriter, n.loc, rewriter.getI32Type(), memory->parity, 4);
      LLVM::StoreOp::create(rewriter, n.loc, n.differ(parity, n.constant(1)), memory->parity, 4);
    }
    rewriter.replaceOp(op, sums);
    return success();
  }

private:
  static Value sumAt(Numbers &n, Value column, VectorType type) {
    Value element = LLVM::BitcastOp::create(n.b, n.loc, type.getElementType(), n.add(column, n.constant(1)));
    Value none = LLVM::PoisonOp::create(n.b, n.loc, type);
    return LLVM::InsertElementOp::create(n.b, n.loc, none, element, n.constant(0));
  }
};

/// Each batch, or all of them at once where a pipe waits for those before, ends a phase of the barrier. Before the
/// first one the phase that counts is the one before the barrier's first, which is over.
struct LowerSettle : ConvertOpToLLVMPattern<tile::SettleOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;
  LogicalResult matchAndRewrite(tile::SettleOp op, OpAdaptor, ConversionPatternRewriter &rewriter) const final {
    std::optional<TensorMemory> memory = TensorMemory::of(op);
    if (op.getPending() != 0)
      return op.emitOpError("waits for all batches on this unit");
    if (!memory) { // nor is there a batch
      rewriter.eraseOp(op);
      return success();
    }
    Location loc = op.getLoc();
    Numbers n{rewriter, loc};
    Value parity = n.constant(0);
    if (memory->isOneBatch)
      whenEqual(n, n.both(n.thread(), kTeam - 1), 0,
                [&] { n.call("llvm.nvvm.tcgen05.commit.shared.cg1", memory->barrier(n)); });
    else
      parity = n.differ(LLVM::LoadOp::create(rewriter, loc, rewriter.getI32Type(), memory->parity, 4), n.constant(1));
    waitForPhase(n, memory->barrier(n), parity);
    n.call("llvm.nvvm.tcgen05.fence.after.thread.sync");
    rewriter.eraseOp(op);
    return success();
  }
};

/// A thread writes its row, in pieces of four columns: eight neighbouring rows of a layout of results lie in different
/// banks.
struct LowerPut : ConvertOpToLLVMPattern<tile::PutOp> {
  explicit LowerPut(const LLVMTypeConverter &converter) : ConvertOpToLLVMPattern(converter, PatternBenefit(10)) {}

  LogicalResult matchAndRewrite(tile::PutOp op, OpAdaptor adaptor, ConversionPatternRewriter &rewriter) const final {
    std::optional<Tcgen05> unit = findTcgen05(op.getUnit());
    if (!unit)
      return failure();
    std::optional<TensorMemory> memory = TensorMemory::of(op);
    tile::LayoutAttr layout = op.getLayout();
    int64_t row = op.getRow(), column = op.getColumn(), columns = layout.getColumns();
    auto type = cast<VectorType>(op.getAccumulator().getType());
    if (type.getNumElements() != 1 || type.getElementTypeBitWidth() != 32)
      return op.emitOpError() << "has no sum of unit '" << op.getUnit() << "'";
    if (layout.getChunk() != 4 || layout.getRowBits().size() > 3 || row % 8 != 0 || column % kLoadColumns != 0 ||
        columns % kLoadColumns != 0)
      return op.emitOpError("has a layout that the unit's results are not written in");
    Location loc = op.getLoc();
    Numbers n{rewriter, loc};
    Value thread = n.thread(), inTeam = n.both(thread, kRows - 1), bits = bitsOf(n, adaptor.getAccumulator());
    Value isThere = isSet(n, bits), mask = n.rowMask(layout, inTeam);
    Value lanes = LLVM::ShlOp::create(rewriter, loc, n.both(inTeam, kRows - kWarpSize), n.constant(16));
    Value source = n.add(lanes, n.add(bits, n.constant(-1)));
    if (memory)
      source = n.add(source, memory->address(n));
    Value base = n.add(n.narrow(adaptor.getBase()), n.scaled(n.add(inTeam, n.constant(row)), columns));
    int64_t end = std::min<int64_t>(unit->n, columns - column);
    for (int64_t first = std::max<int64_t>(-column, 0); first < end; first += kLoadColumns) {
      Value values = memory ? load(n, isThere, n.add(source, n.constant(first))) : zeros(n);
      for (int64_t i = 0; i < kLoadColumns; i += 4) {
        Value chunk = n.differ(mask, n.constant((column + first + i) / 4));
        Value place = n.pointer(adaptor.getRing(), n.add(base, n.scaled(chunk, 4)));
        Value piece = LLVM::PoisonOp::create(rewriter, loc, VectorType::get(4, rewriter.getI32Type()));
        for (int64_t j = 0; j < 4; ++j) {
          Value element = LLVM::ExtractElementOp::create(rewriter, loc, values, n.constant(i + j));
          piece = LLVM::InsertElementOp::create(rewriter, loc, piece, element, n.constant(j));
        }
        LLVM::StoreOp::create(rewriter, loc, piece, place, 16);
      }
    }
    rewriter.eraseOp(op);
    return success();
  }

private:
  /// Zeros as long as nothing has been added. Behind the branch, registers have arrived whatever moves.
  static Value load(Numbers &n, Value isThere, Value address) {
    auto type = VectorType::get(kLoadColumns, n.b.getI32Type());
    auto branch = scf::IfOp::create(n.b, n.loc, TypeRange(type), isThere, /*addThenBlock=*/true, /*addElseBlock=*/true);
    OpBuilder::InsertionGuard guard(n.b);
    n.b.setInsertionPointToStart(&branch.getThenRegion().front());
    auto intrinsic = n.b.getStringAttr("llvm.nvvm.tcgen05.ld.32x32b.x32");
    Value values = LLVM::CallIntrinsicOp::create(n.b, n.loc, type, intrinsic,
                                                 ValueRange{TensorMemory::pointer(n, address), flag(n, false)})
                       .getResults();
    n.call("llvm.nvvm.tcgen05.wait.ld");
    scf::YieldOp::create(n.b, n.loc, values);
    n.b.setInsertionPointToStart(&branch.getElseRegion().front());
    scf::YieldOp::create(n.b, n.loc, zeros(n));
    return branch.getResult(0);
  }

  static Value zeros(Numbers &n) {
    return LLVM::ConstantOp::create(n.b, n.loc, n.b.getZeroAttr(VectorType::get(kLoadColumns, n.b.getI32Type())));
  }
};

} // namespace

std::optional<Tcgen05> nvptx::findTcgen05(StringRef unit) {
  auto name = parseUnitName(unit, "tcgen05.m128");
  for (const Operands &row : kOperands)
    if (name && name->operand == row.name && name->k * row.elementBytes == 32)
      return Tcgen05{name->n, name->k, row.kind, row.format, row.elementBytes, row.isInteger};
  return std::nullopt;
}

std::vector<tile::MatrixUnit> nvptx::tcgen05Units(const tile::MatrixUnit &family) {
  tile::MatrixUnit team = family;
  team.threads = kTeam;
  return unitsByColumns(team, [](StringRef name) { return findTcgen05(name).has_value(); });
}

void nvptx::populateTcgen05Patterns(LLVMTypeConverter &converter, RewritePatternSet &patterns) {
  patterns.add<LowerMultiply, LowerSettle, LowerPut>(converter);
  populateWaitForUnitsPattern(converter, patterns);
}
