//===- Matrix.cpp - Tile ops for matrix units to DPAS ---------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Target module stage. Calls of the functions of cl_intel_subgroup_matrix_multiply_accumulate (and _tf32): of 8 rows, a
// lane has column l of b and c, all steps of k; the lanes of a sub-group share each row of a, which they read as a
// block where it lies so.
// Invariant: a sub-group is `threads` neighbours of a group of one dimension, so threads and lanes count alike.
//
//===----------------------------------------------------------------------===//
#include "Matrix.h"
#include "Target.h"

#include "mlir/Conversion/LLVMCommon/Pattern.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace flex;
using namespace flex::spirv;

namespace {

constexpr const char *kSubgroupId = "_Z16get_sub_group_idv", *kLaneId = "_Z22get_sub_group_local_idv",
                     *kControlBarrier = "_Z22__spirv_ControlBarrierjjj";
constexpr int64_t kRows = 8; ///< of results; other numbers of rows exist

struct Function {
  const char *unit;
  int64_t threads;
  const char *name;
};

// The tables of both extensions, in the Khronos OpenCL registry; mangled as the Itanium C++ ABI says.
constexpr Function kFunctions[] = {
    {"dpas.m8n16k16.f16", 16, "_Z38intel_sub_group_f16_f16_matrix_mad_k16Dv8_sDv8_iDv8_f"},
    {"dpas.m8n16k16.bf16", 16, "_Z40intel_sub_group_bf16_bf16_matrix_mad_k16Dv8_sDv8_iDv8_f"},
    {"dpas.m8n16k8.tf32", 16, "_Z39intel_sub_group_tf32_tf32_matrix_mad_k8Dv4_fDv8_fS0_"},
    {"dpas.m8n16k32.i8", 16, "_Z36intel_sub_group_i8_i8_matrix_mad_k32Dv8_sDv8_iS0_"},
    {"dpas.m8n16k32.u8", 16, "_Z36intel_sub_group_u8_u8_matrix_mad_k32Dv8_tDv8_jDv8_i"},
    {"dpas.m8n8k16.f16", 8, "_Z38intel_sub_group_f16_f16_matrix_mad_k16Dv8_iS_Dv8_f"},
    {"dpas.m8n8k16.bf16", 8, "_Z40intel_sub_group_bf16_bf16_matrix_mad_k16Dv8_iS_Dv8_f"},
    {"dpas.m8n8k32.i8", 8, "_Z36intel_sub_group_i8_i8_matrix_mad_k32Dv8_iS_S_"},
    {"dpas.m8n8k32.u8", 8, "_Z36intel_sub_group_u8_u8_matrix_mad_k32Dv8_jS_Dv8_i"},
};

/// Blocks of group memory that a sub-group reads (cl_intel_subgroups, _short, cl_intel_subgroup_local_block_io): vector
/// element i of lane l is number i x lanes + l from the pointer on, which is the same in all lanes and of 16 bytes. A
/// tile of a whose rows of 32 bytes lie one behind the other so comes as DPAS takes it.
struct BlockRead {
  int64_t threads, bits, count; ///< of a lane
  const char *name;
};
constexpr BlockRead kBlockReads[] = {
    {16, 16, 8, "_Z30intel_sub_group_block_read_us8PU3AS3Kt"},
    {16, 32, 4, "_Z27intel_sub_group_block_read4PU3AS3Kj"},
    {8, 32, 8, "_Z27intel_sub_group_block_read8PU3AS3Kj"},
};

const BlockRead *findBlockRead(int64_t threads, int64_t bits, int64_t count) {
  auto found = llvm::find_if(kBlockReads, [&](const BlockRead &row) {
    return row.threads == threads && row.bits == bits && row.count == count;
  });
  return found == std::end(kBlockReads) ? nullptr : found;
}

const Function *findFunction(const tile::MatrixUnit &unit) {
  auto found = llvm::find_if(kFunctions, [&](const Function &row) {
    return unit.name() == row.unit && unit.threads == row.threads && unit.m == kRows && unit.n == unit.threads;
  });
  return found == std::end(kFunctions) ? nullptr : found;
}

/// Small integers of a lane, as code or folded away, and places in a ring.
class Places {
public:
  Places(OpBuilder &builder, Location loc, tile::LayoutAttr layout)
      : layout(layout), chunk(layout.getChunk()), b(builder), loc(loc) {}

  Value constant(int64_t value) {
    return LLVM::ConstantOp::create(b, loc, b.getI32Type(), b.getI32IntegerAttr(static_cast<int32_t>(value)));
  }
  Value narrow(Value index) { return LLVM::TruncOp::create(b, loc, b.getI32Type(), index); }
  Value add(Value x, Value y) { return LLVM::AddOp::create(b, loc, x, y); }
  Value add(Value x, int64_t y) { return y ? add(x, constant(y)) : x; }
  Value mul(Value x, int64_t y) { return y == 1 ? x : LLVM::MulOp::create(b, loc, x, constant(y)).getResult(); }
  Value both(Value x, int64_t mask) { return LLVM::AndOp::create(b, loc, x, constant(mask)); }
  Value differ(Value x, Value y) { return LLVM::XOrOp::create(b, loc, x, y); }
  Value differ(Value x, int64_t y) { return y ? differ(x, constant(y)) : x; }
  Value right(Value x, int64_t by) { return by ? LLVM::LShrOp::create(b, loc, x, constant(by)).getResult() : x; }
  Value lane() { return callBuiltin(b, loc, kLaneId, b.getI32Type(), {}, {"nounwind", "willreturn"}).getResult(); }

  /// layout.rowMask of the bits of `row` from bit `from` to below bit `to`; null: always zero. Masks of disjoint parts
  /// of a row go together by xor.
  Value rowMask(Value row, unsigned from, unsigned to) {
    ArrayRef<int64_t> entries = layout.getRowBits();
    Value mask;
    for (size_t first = from; first < std::min<size_t>(entries.size(), to);) {
      size_t last = first + 1;
      while (entries[first] != 0 && last < std::min<size_t>(entries.size(), to) &&
             entries[last] == 2 * entries[last - 1])
        ++last;
      if (entries[first] != 0) { // entries that double from bit to bit: the bits times the first entry
        Value part = mul(both(right(row, first), (int64_t(1) << (last - first)) - 1), entries[first]);
        mask = mask ? differ(mask, part) : part;
      }
      first = last;
    }
    return mask;
  }

  /// The place of the element `inChunk` of chunk `number` of a row.
  Value offset(Value row, Value number, Value inChunk) {
    return add(add(mul(row, layout.getColumns()), mul(number, chunk)), inChunk);
  }
  Value pointer(Value base, Value offset, Type element) {
    return LLVM::GEPOp::create(b, loc, base.getType(), element, base, ValueRange{offset},
                               LLVM::GEPNoWrapFlags::inbounds | LLVM::GEPNoWrapFlags::nuw);
  }
  /// `x` where there is no mask.
  Value masked(Value x, Value mask) { return mask ? differ(x, mask) : x; }

  tile::LayoutAttr layout;
  int64_t chunk;

private:
  OpBuilder &b;
  Location loc;
};

/// Of an op that names a matrix unit. A diagnostic for one that the chip or this target does not have.
template <typename OpT> class UnitPattern : public ConvertOpToLLVMPattern<OpT> {
public:
  UnitPattern(const LLVMTypeConverter &converter, const target::ChipFacts &chip)
      : ConvertOpToLLVMPattern<OpT>(converter, PatternBenefit(10)), chip(chip) {}
  using Adaptor = typename OpT::Adaptor;
  LogicalResult matchAndRewrite(OpT op, Adaptor adaptor, ConversionPatternRewriter &rewriter) const final {
    for (const target::MatrixFact &fact : chip.matrix)
      if (fact.unit.name() == op.getUnit() && findFunction(fact.unit))
        return lower(op, fact.unit, adaptor, rewriter);
    return op.emitOpError() << "names the matrix unit '" << op.getUnit() << "', which " << chip.name
                            << " does not have";
  }

protected:
  virtual LogicalResult lower(OpT op, const tile::MatrixUnit &unit, Adaptor adaptor,
                              ConversionPatternRewriter &rewriter) const = 0;
  const target::ChipFacts &chip;
};

/// The function says what arithmetic on a thread's number does not: it is the same for all lanes.
struct LowerWave : ConvertOpToLLVMPattern<tile::WaveOp> {
  LowerWave(const LLVMTypeConverter &converter, const target::ChipFacts &chip)
      : ConvertOpToLLVMPattern(converter, PatternBenefit(10)), waveSize(chip.waveSize) {}
  LogicalResult matchAndRewrite(tile::WaveOp op, OpAdaptor, ConversionPatternRewriter &rewriter) const final {
    if (static_cast<int64_t>(op.getSize()) != waveSize)
      return failure();
    Value id = callBuiltin(rewriter, op.getLoc(), kSubgroupId, rewriter.getI32Type(), {}, {"nounwind", "willreturn"})
                   .getResult();
    rewriter.replaceOpWithNewOp<LLVM::ZExtOp>(op, rewriter.getI64Type(), id);
    return success();
  }
  int64_t waveSize;
};

/// OpenCL's sub_group_barrier, which the backend does not know, as the instruction that it stands for.
struct LowerWaveWait : ConvertOpToLLVMPattern<tile::WaitOp> {
  LowerWaveWait(const LLVMTypeConverter &converter, const target::ChipFacts &)
      : ConvertOpToLLVMPattern(converter, PatternBenefit(10)) {}
  LogicalResult matchAndRewrite(tile::WaitOp op, OpAdaptor, ConversionPatternRewriter &rewriter) const final {
    if (!op.getWave())
      return failure();
    constexpr int32_t kSubgroup = 3, kSequentiallyConsistent = 0x10, kWorkgroupMemory = 0x100;
    auto number = [&](int32_t value) -> Value {
      return LLVM::ConstantOp::create(rewriter, op.getLoc(), rewriter.getI32Type(), rewriter.getI32IntegerAttr(value));
    };
    callBuiltin(rewriter, op.getLoc(), kControlBarrier, LLVM::LLVMVoidType::get(rewriter.getContext()),
                {number(kSubgroup), number(kSubgroup), number(kSequentiallyConsistent | kWorkgroupMemory)},
                {"convergent", "nounwind"})
        .setConvergent(true);
    rewriter.eraseOp(op);
    return success();
  }
};

/// Reads one tile of an operand, from row (column) `first` on: a multiple of the tile's size.
class Fragment {
public:
  Fragment(OpBuilder &builder, tile::FragOp op, const tile::MatrixUnit &unit, Type element, Value ring, Value base)
      : b(builder), loc(op.getLoc()), op(op), unit(unit), at(builder, loc, op.getLayout()), element(element),
        bits(element.getIntOrFloatBitWidth()), lane(at.lane()), ring(at.pointer(ring, at.narrow(base), element)) {}

  Value read(Value outer, int64_t tile) {
    if (op.getOperand() == tile::Operand::A)
      return rows(at.add(at.narrow(outer), tile * unit.m));
    Value first = at.add(at.narrow(outer), tile * unit.n);
    return op.getAcross() ? columnAcross(first) : column(first);
  }

private:
  /// Register r of a is a row of it, shared out to the lanes in order; two rows if they have fewer elements than lanes.
  Value rows(Value first) {
    int64_t perLane = std::max<int64_t>(1, unit.k / unit.threads),
            together = std::max<int64_t>(1, unit.threads / unit.k);
    Type word = b.getIntegerType(static_cast<unsigned>(perLane * bits));
    if (Value block = wholeBlock(first, word, unit.m / together))
      return block;
    Value step = at.mul(lane, perLane), row, laneMask;
    if (together > 1) {
      step = at.both(lane, unit.k - 1);
      row = at.right(lane, llvm::Log2_64(unit.k));
      laneMask = at.rowMask(row, 0, llvm::Log2_64(together));
    }
    Value tileMask = at.rowMask(first, llvm::Log2_64(unit.m), 32), from = row ? at.add(first, row) : first;
    Value all = LLVM::PoisonOp::create(b, loc, VectorType::get(unit.m / together, word));
    for (int64_t r = 0; r < unit.m / together; ++r) {
      Value outer = at.add(from, r * together), part;
      if (op.getAcross()) {
        part = LLVM::BitcastOp::create(b, loc, word, across(outer, step, perLane));
      } else {
        Value steps = at.add(step, op.getK());
        Value number = at.masked(at.masked(at.right(steps, llvm::Log2_64(at.chunk)), tileMask), laneMask);
        part = load(outer, at.differ(number, at.layout.rowMask(r * together)), at.both(steps, at.chunk - 1), word);
      }
      all = LLVM::InsertElementOp::create(b, loc, all, part, at.constant(r));
    }
    return all;
  }

  /// The tile in one read, where its rows are those of the layout and lie as they are; null: they do not.
  Value wholeBlock(Value first, Type word, int64_t count) {
    const BlockRead *read = findBlockRead(unit.threads, word.getIntOrFloatBitWidth(), count);
    if (!read || op.getAcross() || at.layout.getColumns() != unit.k || !at.layout.getRowBits().empty())
      return Value();
    Value from = at.pointer(ring, at.mul(first, unit.k), element);
    // Of a function that only reads, LLVM's backend writes that it is Const, which to SPIR-V is one that reads nothing.
    auto call =
        callBuiltin(b, loc, read->name, VectorType::get(count, word), from, {"convergent", "nounwind", "willreturn"});
    call.setConvergent(true);
    return call.getResult();
  }

  /// A lane has the steps of its column in order: whole chunks of the ring's row.
  Value column(Value first) {
    int64_t piece = std::min(at.chunk, unit.k);
    auto words = VectorType::get(piece * bits / 32, b.getI32Type());
    Value row = at.add(first, lane), tileMask = at.rowMask(first, llvm::Log2_64(unit.n), 32),
          laneMask = at.rowMask(lane, 0, llvm::Log2_64(unit.n)), all;
    for (int64_t done = 0; done < unit.k; done += piece) {
      int64_t step = op.getK() + done;
      Value number = at.masked(at.masked(at.constant(step / at.chunk), tileMask), laneMask);
      Value read = load(row, number, at.constant(step % at.chunk), words);
      if (!all) {
        all = read;
        continue;
      }
      auto lanes = llvm::to_vector(llvm::seq<int64_t>(0, (done + piece) * bits / 32));
      all = vector::ShuffleOp::create(b, loc, all, read, lanes);
    }
    return all;
  }

  Value columnAcross(Value first) { return across(at.add(first, lane), Value(), unit.k); }

  /// Where rows of the ring are steps of k: elements of a column of it, from a step of the lane's on.
  Value across(Value column, Value step, int64_t count) {
    Value all = LLVM::PoisonOp::create(b, loc, VectorType::get(count, element));
    Value number = at.right(column, llvm::Log2_64(at.chunk)), inChunk = at.both(column, at.chunk - 1);
    for (int64_t i = 0; i < count; ++i) {
      int64_t fixed = op.getK() + i;
      Value row = step ? at.add(step, fixed) : at.constant(fixed);
      Value moved = step ? at.masked(number, at.rowMask(row, 0, 32)) : at.differ(number, at.layout.rowMask(fixed));
      all = LLVM::InsertElementOp::create(b, loc, all, load(row, moved, inChunk, element), at.constant(i));
    }
    return all;
  }

  Value load(Value row, Value number, Value inChunk, Type type) {
    auto vector = dyn_cast<VectorType>(type);
    int64_t bytes = (vector ? vector.getNumElements() : 1) * getElementTypeOrSelf(type).getIntOrFloatBitWidth() / 8;
    return LLVM::LoadOp::create(b, loc, type, at.pointer(ring, at.offset(row, number, inChunk), element),
                                static_cast<unsigned>(bytes));
  }

  OpBuilder &b;
  Location loc;
  tile::FragOp op;
  const tile::MatrixUnit &unit;
  Places at;
  Type element;
  int64_t bits;
  Value lane, ring;
};

struct LowerFrag : UnitPattern<tile::FragOp> {
  using UnitPattern::UnitPattern;
  LogicalResult lower(tile::FragOp op, const tile::MatrixUnit &unit, Adaptor adaptor,
                      ConversionPatternRewriter &rewriter) const final {
    auto type = cast<VectorType>(getTypeConverter()->convertType(op.getFragments().front().getType()));
    Fragment fragment(rewriter, op, unit, type.getElementType(), adaptor.getRing(), adaptor.getBase());
    SmallVector<Value> fragments;
    for (size_t i = 0; i < op.getFragments().size(); ++i) {
      Value registers = fragment.read(adaptor.getOuter(), static_cast<int64_t>(i));
      fragments.push_back(LLVM::BitcastOp::create(rewriter, op.getLoc(), type, registers));
    }
    rewriter.replaceOp(op, fragments);
    return success();
  }
};

struct LowerContract : UnitPattern<tile::ContractOp> {
  using UnitPattern::UnitPattern;
  LogicalResult lower(tile::ContractOp op, const tile::MatrixUnit &unit, Adaptor adaptor,
                      ConversionPatternRewriter &rewriter) const final {
    Location loc = op.getLoc();
    Value sum = adaptor.getAccumulator();
    Type scalar = rewriter.getI32Type(), wide = scalar;
    if (unit.operand == "tf32")
      scalar = wide = rewriter.getF32Type();
    else if (unit.k * bitsOf(adaptor.getA()) == 16 * unit.threads)
      scalar = rewriter.getI16Type(); // a lane has 16 bits of each row
    auto as = [&](Value value, Type element) -> Value {
      int64_t bits = cast<VectorType>(value.getType()).getNumElements() * bitsOf(value);
      auto type = VectorType::get(bits / element.getIntOrFloatBitWidth(), element);
      return type == value.getType() ? value : LLVM::BitcastOp::create(rewriter, loc, type, value).getResult();
    };
    auto call = callBuiltin(rewriter, loc, findFunction(unit)->name, sum.getType(),
                            {as(adaptor.getA(), scalar), as(adaptor.getB(), wide), sum},
                            {"convergent", "nounwind", "willreturn"}, /*hasNoEffects=*/true);
    call.setConvergent(true);
    rewriter.replaceOp(op, call);
    return success();
  }

private:
  static int64_t bitsOf(Value vector) { return getElementTypeOrSelf(vector.getType()).getIntOrFloatBitWidth(); }
};

/// A lane's results: one column.
struct LowerPut : UnitPattern<tile::PutOp> {
  using UnitPattern::UnitPattern;
  LogicalResult lower(tile::PutOp op, const tile::MatrixUnit &unit, Adaptor adaptor,
                      ConversionPatternRewriter &rewriter) const final {
    Location loc = op.getLoc();
    Places at(rewriter, loc, op.getLayout());
    Type element = cast<VectorType>(op.getAccumulator().getType()).getElementType();
    Value ring = at.pointer(adaptor.getRing(), at.narrow(adaptor.getBase()), element);
    Value column = at.add(at.lane(), op.getColumn());
    Value number = at.right(column, llvm::Log2_64(at.chunk)), inChunk = at.both(column, at.chunk - 1);
    for (int64_t r = 0; r < unit.m; ++r) {
      int64_t row = op.getRow() + r;
      Value place = at.offset(at.constant(row), at.differ(number, at.layout.rowMask(row)), inChunk);
      Value one = LLVM::ExtractElementOp::create(rewriter, loc, adaptor.getAccumulator(), at.constant(r));
      LLVM::StoreOp::create(rewriter, loc, one, at.pointer(ring, place, element), 4);
    }
    rewriter.eraseOp(op);
    return success();
  }
};

} // namespace

bool spirv::lowersMatrixUnit(const tile::MatrixUnit &unit) {
  return findFunction(unit) != nullptr;
}

std::vector<std::string> spirv::subgroupFunctions() {
  std::vector<std::string> names{kSubgroupId, kLaneId, kControlBarrier};
  for (const Function &row : kFunctions)
    names.push_back(row.name);
  llvm::append_range(names, blockReads());
  return names;
}

std::vector<std::string> spirv::blockReads() {
  std::vector<std::string> names;
  for (const BlockRead &row : kBlockReads)
    names.push_back(row.name);
  return names;
}

void spirv::populateMatrixPatterns(const LLVMTypeConverter &converter, const target::ChipFacts &chip,
                                   RewritePatternSet &patterns) {
  patterns.add<LowerWave, LowerWaveWait, LowerFrag, LowerContract, LowerPut>(converter, chip);
}
