//===- Matrix.cpp - Matrix units of NVIDIA chips --------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Layouts of fragments: PTX ISA 9.7.14 (mma.sync, ldmatrix). With g = lane / 4 and q = lane % 4, register r of operand
// a holds row g + 8 (r % 2), elements from chunk q + 4 (r / 2) of 4 bytes; of b, column g, from chunk q + 4 r; of the
// result, row g + 8 (r / 2), column 2 q + r % 2. In bytes this holds for every type.
//
//===----------------------------------------------------------------------===//
#include "Matrix.h"
#include "Target.h"

#include "flex/ScheduledLoops/TileDialect.h"
#include "flex/ScheduledLoops/Workspace.h"

#include "mlir/Conversion/LLVMCommon/Pattern.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "llvm/ADT/StringSwitch.h"

using namespace mlir;
using namespace flex;
using namespace flex::nvptx;

namespace {

/// A unit of the mma.sync family: 16 x 8 results, operands in rows and columns of 32 bytes.
struct Unit {
  const char *name, *intrinsic;
  bool halfPairs = false; ///< operands are <2 x half>, else i32
};
constexpr Unit kUnits[] = {
    {"mma.m16n8k16.f16", "llvm.nvvm.mma.m16n8k16.row.col.f32.f32", true},
    {"mma.m16n8k16.bf16", "llvm.nvvm.mma.m16n8k16.row.col.bf16"},
    {"mma.m16n8k8.tf32", "llvm.nvvm.mma.m16n8k8.row.col.tf32"},
    {"mma.m16n8k32.i8", "llvm.nvvm.mma.m16n8k32.row.col.s8"},
    {"mma.m16n8k32.u8", "llvm.nvvm.mma.m16n8k32.row.col.u8"},
    {"mma.m16n8k32.f8e4m3fn", "llvm.nvvm.mma.m16n8k32.row.col.f32.e4m3.e4m3.f32"},
    {"mma.m16n8k32.f8e5m2", "llvm.nvvm.mma.m16n8k32.row.col.f32.e5m2.e5m2.f32"},
};

const Unit *findUnit(StringRef name) {
  for (const Unit &unit : kUnits)
    if (name == unit.name)
      return &unit;
  return nullptr;
}

/// i64 arithmetic of addresses.
struct Address {
  OpBuilder &b;
  Location loc;
  Value constant(int64_t value) { return LLVM::ConstantOp::create(b, loc, b.getI64IntegerAttr(value)); }
  Value add(Value x, Value y) { return LLVM::AddOp::create(b, loc, x, y, LLVM::IntegerOverflowFlags::nsw); }
  Value scaled(Value x, int64_t by) {
    return LLVM::MulOp::create(b, loc, x, constant(by), LLVM::IntegerOverflowFlags::nsw);
  }
  Value bits(Value x, int64_t from, int64_t mask) {
    Value shifted = from ? LLVM::LShrOp::create(b, loc, x, constant(from)).getResult() : x;
    return LLVM::AndOp::create(b, loc, shifted, constant(mask));
  }
  /// The xor of the row's entries of the layout.
  Value rowMask(tile::LayoutAttr layout, Value row) {
    Value mask;
    ArrayRef<int64_t> entries = layout.getRowBits();
    for (size_t first = 0; first < entries.size();) {
      size_t last = first + 1;
      while (entries[first] != 0 && last < entries.size() && entries[last] == 2 * entries[last - 1])
        ++last;
      if (entries[first] != 0) {
        // Entries that double from bit to bit: the bits times the first entry.
        Value part = scaled(bits(row, first, (int64_t(1) << (last - first)) - 1), entries[first]);
        mask = mask ? LLVM::XOrOp::create(b, loc, mask, part).getResult() : part;
      }
      first = last;
    }
    return mask ? mask : constant(0);
  }
  Value pointer(Value base, Value bytes) {
    return LLVM::GEPOp::create(b, loc, base.getType(), b.getI8Type(), base, ValueRange{bytes});
  }
  Value pointer(Value base, int64_t bytes) {
    return bytes == 0 ? base
                      : LLVM::GEPOp::create(b, loc, base.getType(), b.getI8Type(), base,
                                            ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(bytes)});
  }
  Value laneInWave() {
    Value thread = NVVM::ThreadIdXOp::create(b, loc, b.getI32Type());
    Value lane =
        LLVM::AndOp::create(b, loc, thread, LLVM::ConstantOp::create(b, loc, b.getI32IntegerAttr(kWarpSize - 1)));
    return LLVM::ZExtOp::create(b, loc, b.getI64Type(), lane);
  }
};

/// ldmatrix reads 8 x 16-byte matrices; lane l gives the address of row l % 8 of matrix l / 8. Four of them are one
/// tile of operand a, or two neighbouring ones of b.
struct LowerFrag : ConvertOpToLLVMPattern<tile::FragOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;

  LogicalResult matchAndRewrite(tile::FragOp op, OpAdaptor adaptor, ConversionPatternRewriter &rewriter) const final {
    if (!findUnit(op.getUnit()))
      return op.emitOpError() << "has no unit '" << op.getUnit() << "' here";
    int64_t bytes = tile::elementBytes(op.getRing().getType().getElementType());
    if (op.getAcross() && bytes == 1)
      return op.emitOpError("cannot turn bytes");
    Address at{rewriter, op.getLoc()};
    bool isA = op.getOperand() == tile::Operand::A;
    size_t count = op.getFragments().size(), perLoad = isA ? 1 : 2;
    SmallVector<Value> fragments;
    Value lane = at.laneInWave();
    for (size_t tile = 0; op.getAcross() && bytes == 4 && tile < count; ++tile)
      fragments.push_back(join(op, rewriter, loadTurned(op, adaptor, at, lane, tile)));
    for (size_t first = fragments.size(); first < count; first += perLoad) {
      size_t tiles = std::min(perLoad, count - first);
      Value address = addressOf(op, adaptor, at, lane, first, bytes);
      SmallVector<Value> words = load(op, rewriter, address, isA ? 4 : 2 * tiles);
      size_t each = words.size() / tiles;
      for (size_t tile = 0; tile < tiles; ++tile)
        fragments.push_back(join(op, rewriter, ArrayRef(words).slice(tile * each, each)));
    }
    rewriter.replaceOp(op, fragments);
    return success();
  }

  /// Where this lane's row of its matrix begins. Matrices of a tile of a come as (rows 0-7, k 0), (rows 8-15, k 0),
  /// (rows 0-7, k 1), (rows 8-15, k 1); of two tiles of b as (tile 0, k 0), (tile 0, k 1), (tile 1, k 0), (tile 1, k
  /// 1), where k counts chunks of 16 bytes. Parts that no loop changes come first, so that they leave it.
  static Value addressOf(tile::FragOp op, OpAdaptor adaptor, Address &at, Value lane, size_t tile, int64_t bytes) {
    tile::LayoutAttr layout = op.getLayout();
    bool isA = op.getOperand() == tile::Operand::A;
    int64_t size = isA ? 16 : 8, rowBytes = layout.getColumns() * bytes;
    Value low = at.bits(lane, 0, 7), bit3 = at.bits(lane, 3, 1), bit4 = at.bits(lane, 4, 1);
    Value outerBit = isA ? bit3 : bit4, depthBit = isA ? bit4 : bit3;
    Value row, chunk;
    int64_t fixed;
    if (op.getAcross()) {
      // Rows are steps of k, chunks 8 rows (columns) of the operand.
      row = at.add(low, at.scaled(depthBit, 8));
      Value first = LLVM::LShrOp::create(at.b, at.loc, adaptor.getOuter(), at.constant(3));
      chunk = at.add(at.add(first, at.constant(tile * size / 8)), outerBit);
      fixed = op.getK() * rowBytes;
    } else {
      row = at.add(low, at.scaled(outerBit, 8));
      chunk = at.add(depthBit, at.constant(op.getK() * bytes / 16));
      fixed = tile * size * rowBytes;
    }
    // The mask depends on low bits of the row, which whole tiles do not change.
    Value moved = LLVM::XOrOp::create(at.b, at.loc, chunk, at.rowMask(layout, row));
    Value place = at.add(at.scaled(row, rowBytes), at.scaled(moved, 16));
    if (!op.getAcross())
      place = at.add(place, at.scaled(adaptor.getOuter(), rowBytes));
    Value pointer = at.pointer(adaptor.getRing(), place);
    pointer = at.pointer(pointer, at.scaled(adaptor.getBase(), bytes));
    return at.pointer(pointer, fixed);
  }

  /// ldmatrix turns 16 bits at a time: elements of 32 are read one by one. Register r: row (column) g + 8 (r % 2) of a,
  /// g of b, and step q + 4 (r / 2) of a, q + 4 r of b.
  static SmallVector<Value> loadTurned(tile::FragOp op, OpAdaptor adaptor, Address &at, Value lane, size_t tile) {
    bool isA = op.getOperand() == tile::Operand::A;
    tile::LayoutAttr layout = op.getLayout();
    Value g = at.bits(lane, 2, 7), q = at.bits(lane, 0, 3);
    SmallVector<Value> words;
    for (int64_t r = 0; r < (isA ? 4 : 2); ++r) {
      int64_t step = 4 * (isA ? r / 2 : r),
              outer = static_cast<int64_t>(tile) * (isA ? 16 : 8) + (isA ? 8 * (r % 2) : 0);
      Value row = at.add(q, at.constant(op.getK() + step));
      Value column = at.add(at.add(adaptor.getOuter(), g), at.constant(outer));
      Value chunk = LLVM::LShrOp::create(at.b, at.loc, column, at.constant(llvm::Log2_64(layout.getChunk())));
      Value moved = LLVM::XOrOp::create(at.b, at.loc, chunk, at.rowMask(layout, row));
      Value place = at.add(at.scaled(row, layout.getColumns() * 4), at.scaled(moved, layout.getChunk() * 4));
      place = at.add(place, at.scaled(at.bits(column, 0, layout.getChunk() - 1), 4));
      Value pointer = at.pointer(at.pointer(adaptor.getRing(), place), at.scaled(adaptor.getBase(), 4));
      words.push_back(LLVM::LoadOp::create(at.b, at.loc, at.b.getI32Type(), pointer, 4));
    }
    return words;
  }

  static SmallVector<Value> load(tile::FragOp op, OpBuilder &b, Value address, unsigned count) {
    Location loc = op.getLoc();
    Type word = b.getI32Type();
    SmallVector<Type> words(count, word);
    Type type = LLVM::LLVMStructType::getLiteral(b.getContext(), words);
    auto layout = op.getAcross() ? NVVM::MMALayout::col : NVVM::MMALayout::row;
    auto shape = NVVM::LdStMatrixShapeAttr::get(b.getContext(), 8, 8);
    Value loaded = NVVM::LdMatrixOp::create(b, loc, type, address, count, layout, shape, NVVM::LdStMatrixEltType::B16);
    SmallVector<Value> result;
    for (unsigned i = 0; i < count; ++i)
      result.push_back(LLVM::ExtractValueOp::create(b, loc, loaded, i));
    return result;
  }

  Value join(tile::FragOp op, OpBuilder &b, ArrayRef<Value> words) const {
    Location loc = op.getLoc();
    auto vector = VectorType::get(words.size(), b.getI32Type());
    Value all = LLVM::PoisonOp::create(b, loc, vector);
    for (auto [i, word] : llvm::enumerate(words)) {
      Value index = LLVM::ConstantOp::create(b, loc, b.getI32IntegerAttr(i));
      all = LLVM::InsertElementOp::create(b, loc, all, word, index);
    }
    Type type = getTypeConverter()->convertType(op.getFragments().front().getType());
    return LLVM::BitcastOp::create(b, loc, type, all);
  }
};

struct LowerContract : ConvertOpToLLVMPattern<tile::ContractOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;

  LogicalResult matchAndRewrite(tile::ContractOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const final {
    const Unit *unit = findUnit(op.getUnit());
    if (!unit)
      return op.emitOpError() << "has no unit '" << op.getUnit() << "' here";
    Location loc = op.getLoc();
    Type word = unit->halfPairs ? Type(VectorType::get(2, rewriter.getF16Type())) : rewriter.getI32Type();
    SmallVector<Value> arguments = split(rewriter, loc, adaptor.getA(), word);
    llvm::append_range(arguments, split(rewriter, loc, adaptor.getB(), word));
    auto sums = cast<VectorType>(adaptor.getAccumulator().getType());
    Type sum = sums.getElementType();
    for (int64_t i = 0; i < sums.getNumElements(); ++i)
      arguments.push_back(extract(rewriter, loc, adaptor.getAccumulator(), i));
    Type type = LLVM::LLVMStructType::getLiteral(rewriter.getContext(), SmallVector<Type>(sums.getNumElements(), sum));
    Value results =
        LLVM::CallIntrinsicOp::create(rewriter, loc, type, rewriter.getStringAttr(unit->intrinsic), arguments)
            .getResults();
    Value vector = LLVM::PoisonOp::create(rewriter, loc, sums);
    for (int64_t i = 0; i < sums.getNumElements(); ++i) {
      Value index = LLVM::ConstantOp::create(rewriter, loc, rewriter.getI32IntegerAttr(i));
      Value element = LLVM::ExtractValueOp::create(rewriter, loc, results, i);
      vector = LLVM::InsertElementOp::create(rewriter, loc, vector, element, index);
    }
    rewriter.replaceOp(op, vector);
    return success();
  }

  static Value extract(OpBuilder &b, Location loc, Value vector, int64_t i) {
    return LLVM::ExtractElementOp::create(b, loc, vector, LLVM::ConstantOp::create(b, loc, b.getI32IntegerAttr(i)));
  }

  /// A fragment as 32-bit words.
  static SmallVector<Value> split(OpBuilder &b, Location loc, Value fragment, Type word) {
    auto type = cast<VectorType>(fragment.getType());
    int64_t count = type.getNumElements() * type.getElementTypeBitWidth() / 32;
    Value words = LLVM::BitcastOp::create(b, loc, VectorType::get(count, b.getI32Type()), fragment);
    SmallVector<Value> result;
    for (int64_t i = 0; i < count; ++i) {
      Value bits = extract(b, loc, words, i);
      result.push_back(word == bits.getType() ? bits : LLVM::BitcastOp::create(b, loc, word, bits).getResult());
    }
    return result;
  }
};

/// Two neighbouring columns at a time.
struct LowerPut : ConvertOpToLLVMPattern<tile::PutOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;

  LogicalResult matchAndRewrite(tile::PutOp op, OpAdaptor adaptor, ConversionPatternRewriter &rewriter) const final {
    if (!findUnit(op.getUnit()))
      return op.emitOpError() << "has no unit '" << op.getUnit() << "' here";
    Address at{rewriter, op.getLoc()};
    tile::LayoutAttr layout = op.getLayout();
    Value lane = at.laneInWave(), g = at.bits(lane, 2, 7), q = at.bits(lane, 0, 3);
    Value column = at.add(at.scaled(q, 2), at.constant(op.getColumn()));
    auto sums = cast<VectorType>(adaptor.getAccumulator().getType());
    auto pair = VectorType::get(2, sums.getElementType());
    for (int64_t half = 0; half < 2; ++half) {
      Value row = at.add(g, at.constant(op.getRow() + 8 * half));
      // Rows are multiples of 8 apart: those of the lane alone decide the mask of a layout of up to 8 rows.
      Value chunk = LLVM::LShrOp::create(rewriter, op.getLoc(), column, at.constant(llvm::Log2_64(layout.getChunk())));
      Value moved = LLVM::XOrOp::create(rewriter, op.getLoc(), chunk, at.rowMask(layout, row));
      Value place = at.add(at.scaled(row, layout.getColumns()), at.scaled(moved, layout.getChunk()));
      place = at.add(place, at.bits(column, 0, layout.getChunk() - 1));
      Value pointer = at.pointer(adaptor.getRing(), at.scaled(at.add(place, adaptor.getBase()), 4));
      Value value = LLVM::PoisonOp::create(rewriter, op.getLoc(), pair);
      for (int64_t i = 0; i < 2; ++i) {
        Value index = LLVM::ConstantOp::create(rewriter, op.getLoc(), rewriter.getI32IntegerAttr(i));
        Value element = LowerContract::extract(rewriter, op.getLoc(), adaptor.getAccumulator(), 2 * half + i);
        value = LLVM::InsertElementOp::create(rewriter, op.getLoc(), value, element, index);
      }
      LLVM::StoreOp::create(rewriter, op.getLoc(), value, pointer, 8);
    }
    rewriter.eraseOp(op);
    return success();
  }
};

} // namespace

const char *nvptx::matrixIntrinsic(StringRef name) {
  const Unit *unit = findUnit(name);
  return unit ? unit->intrinsic : nullptr;
}

void nvptx::populateMatrixPatterns(LLVMTypeConverter &converter, RewritePatternSet &patterns) {
  patterns.add<LowerFrag, LowerContract, LowerPut>(converter);
}
