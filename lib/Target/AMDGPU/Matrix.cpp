//===- Matrix.cpp - Tile ops for matrix units to MFMA and WMMA ------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Target module stage. The instructions compute the transposed tile (operands
// swapped), so that a lane holds four or more consecutive columns of one row of the
// result. Which step of k a lane's element is of does not matter as long as both
// operands agree: lanes read whole chunks of 16 bytes.
//
//===----------------------------------------------------------------------===//
#include "Matrix.h"

#include "flex/ScheduledLoops/Workspace.h"

#include "mlir/Conversion/LLVMCommon/Pattern.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/ROCDLDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace flex;
using namespace flex::amdgpu;

namespace {

enum class Form { Mfma, Wmma };

struct Instruction {
  const char *unit, *name;
  Form form;
  unsigned operandBits; ///< of the elements of the operand's type: 16 and 32 as they are, 64: one integer of all
};

// AMD's 'CDNA 3' and 'RDNA 3' ISA guides, chapters on matrix instructions; names as of LLVM's IntrinsicsAMDGPU.td.
constexpr Instruction kInstructions[] = {
    {"mfma.m16n16k16.f16", "llvm.amdgcn.mfma.f32.16x16x16f16", Form::Mfma, 0},
    {"mfma.m32n32k8.f16", "llvm.amdgcn.mfma.f32.32x32x8f16", Form::Mfma, 0},
    {"mfma.m16n16k16.bf16", "llvm.amdgcn.mfma.f32.16x16x16bf16.1k", Form::Mfma, 16},
    {"mfma.m32n32k8.bf16", "llvm.amdgcn.mfma.f32.32x32x8bf16.1k", Form::Mfma, 16},
    {"mfma.m16n16k32.f16", "llvm.amdgcn.mfma.f32.16x16x32.f16", Form::Mfma, 0},
    {"mfma.m32n32k16.f16", "llvm.amdgcn.mfma.f32.32x32x16.f16", Form::Mfma, 0},
    {"mfma.m16n16k32.bf16", "llvm.amdgcn.mfma.f32.16x16x32.bf16", Form::Mfma, 0},
    {"mfma.m32n32k16.bf16", "llvm.amdgcn.mfma.f32.32x32x16.bf16", Form::Mfma, 0},
    {"mfma.m16n16k16.i8", "llvm.amdgcn.mfma.i32.16x16x16i8", Form::Mfma, 32},
    {"mfma.m32n32k8.i8", "llvm.amdgcn.mfma.i32.32x32x8i8", Form::Mfma, 32},
    {"mfma.m16n16k32.i8", "llvm.amdgcn.mfma.i32.16x16x32.i8", Form::Mfma, 64},
    {"mfma.m32n32k16.i8", "llvm.amdgcn.mfma.i32.32x32x16.i8", Form::Mfma, 64},
    {"mfma.m16n16k64.i8", "llvm.amdgcn.mfma.i32.16x16x64.i8", Form::Mfma, 32},
    {"mfma.m32n32k32.i8", "llvm.amdgcn.mfma.i32.32x32x32.i8", Form::Mfma, 32},
    {"mfma.m16n16k32.f8e4m3fn", "llvm.amdgcn.mfma.f32.16x16x32.fp8.fp8", Form::Mfma, 64},
    {"mfma.m16n16k32.f8e5m2", "llvm.amdgcn.mfma.f32.16x16x32.bf8.bf8", Form::Mfma, 64},
    {"wmma.m16n16k16.f16", "llvm.amdgcn.wmma.f32.16x16x16.f16", Form::Wmma, 0},
    {"wmma.m16n16k16.bf16", "llvm.amdgcn.wmma.f32.16x16x16.bf16", Form::Wmma, 16},
    {"wmma.m16n16k16.i8", "llvm.amdgcn.wmma.i32.16x16x16.iu8", Form::Wmma, 32},
    {"wmma.m16n16k16.f8e4m3fn", "llvm.amdgcn.wmma.f32.16x16x16.fp8.fp8", Form::Wmma, 32},
    {"wmma.m16n16k16.f8e5m2", "llvm.amdgcn.wmma.f32.16x16x16.bf8.bf8", Form::Wmma, 32},
};

const Instruction *findInstruction(StringRef unit) {
  auto found = llvm::find_if(kInstructions, [&](const Instruction &row) { return unit == row.unit; });
  return found == std::end(kInstructions) ? nullptr : found;
}

/// Small integers of a lane, as code or folded away.
class Numbers {
public:
  Numbers(OpBuilder &builder, Location loc) : b(builder), loc(loc) {}
  Value constant(int64_t value) {
    return LLVM::ConstantOp::create(b, loc, b.getI32Type(), b.getI32IntegerAttr(static_cast<int32_t>(value)));
  }
  Value narrow(Value index) { return LLVM::TruncOp::create(b, loc, b.getI32Type(), index); }
  Value add(Value x, Value y) { return LLVM::AddOp::create(b, loc, x, y); }
  Value add(Value x, int64_t y) { return y ? add(x, constant(y)) : x; }
  Value mul(Value x, int64_t y) { return y == 1 ? x : LLVM::MulOp::create(b, loc, x, constant(y)).getResult(); }
  Value both(Value x, int64_t mask) { return LLVM::AndOp::create(b, loc, x, constant(mask)); }
  Value differ(Value x, Value y) { return LLVM::XOrOp::create(b, loc, x, y); }
  Value right(Value x, int64_t by) { return by ? LLVM::LShrOp::create(b, loc, x, constant(by)).getResult() : x; }
  Value left(Value x, int64_t by) { return by ? LLVM::ShlOp::create(b, loc, x, constant(by)).getResult() : x; }
  Value thread(int64_t groupSize) {
    auto range = LLVM::ConstantRangeAttr::get(b.getContext(), APInt(32, 0), APInt(32, groupSize));
    return ROCDL::ThreadIdXOp::create(b, loc, b.getI32Type(), range);
  }

  /// layout.rowMask(row): neighbouring bits that move by the same distance move together.
  Value rowMask(tile::LayoutAttr layout, Value row) {
    ArrayRef<int64_t> bits = layout.getRowBits();
    Value mask;
    for (unsigned first = 0; first < bits.size();) {
      if (!bits[first]) {
        ++first;
        continue;
      }
      unsigned last = first + 1;
      while (last < bits.size() && llvm::isPowerOf2_64(bits[first]) && bits[last] == bits[last - 1] << 1)
        ++last;
      Value part;
      if (llvm::isPowerOf2_64(bits[first])) {
        unsigned to = llvm::Log2_64(bits[first]);
        Value picked = both(right(row, first), (int64_t(1) << (last - first)) - 1);
        part = left(picked, to);
      } else {
        part = mul(both(right(row, first), 1), bits[first]);
      }
      mask = mask ? differ(mask, part) : part;
      first = last;
    }
    return mask ? mask : constant(0);
  }

  /// The rows after which a layout's mask comes again.
  static int64_t period(tile::LayoutAttr layout) { return int64_t(1) << layout.getRowBits().size(); }

  Value place(Value base, Value offset, Type element) {
    return LLVM::GEPOp::create(b, loc, base.getType(), element, base, ValueRange{offset},
                               LLVM::GEPNoWrapFlags::inbounds | LLVM::GEPNoWrapFlags::nuw);
  }

private:
  OpBuilder &b;
  Location loc;
};

template <typename OpT> class MatrixPattern : public ConvertOpToLLVMPattern<OpT> {
public:
  MatrixPattern(const LLVMTypeConverter &converter, const ChipData &chip)
      : ConvertOpToLLVMPattern<OpT>(converter, PatternBenefit(10)), chip(chip) {}

protected:
  const ChipData &chip;
};

/// Of an op that names a matrix unit. A diagnostic for one that the chip or this target does not have.
template <typename OpT> class UnitPattern : public MatrixPattern<OpT> {
public:
  using MatrixPattern<OpT>::MatrixPattern;
  using Adaptor = typename OpT::Adaptor;
  LogicalResult matchAndRewrite(OpT op, Adaptor adaptor, ConversionPatternRewriter &rewriter) const final {
    for (const target::MatrixFact &fact : this->chip.matrix)
      if (fact.unit.name() == op.getUnit() && findInstruction(op.getUnit()))
        return lower(op, fact.unit, adaptor, rewriter);
    return op.emitOpError() << "names the matrix unit '" << op.getUnit() << "', which " << this->chip.name
                            << " does not have";
  }

protected:
  virtual LogicalResult lower(OpT op, const tile::MatrixUnit &unit, Adaptor adaptor,
                              ConversionPatternRewriter &rewriter) const = 0;
};

struct LowerWave : MatrixPattern<tile::WaveOp> {
  using MatrixPattern::MatrixPattern;
  LogicalResult matchAndRewrite(tile::WaveOp op, OpAdaptor, ConversionPatternRewriter &rewriter) const final {
    Numbers n(rewriter, op.getLoc());
    Value wave = n.right(n.thread(target::groupSizeAt(rewriter)), llvm::Log2_64(op.getSize()));
    Value uniform = ROCDL::ReadfirstlaneOp::create(rewriter, op.getLoc(), rewriter.getI32Type(), wave);
    rewriter.replaceOpWithNewOp<LLVM::ZExtOp>(op, rewriter.getI64Type(), uniform);
    return success();
  }
};

/// The barrier of kernels whose threads share group memory only: loads from memory stay on their way across it.
struct LowerGroupWait : MatrixPattern<tile::WaitOp> {
  using MatrixPattern::MatrixPattern;
  LogicalResult matchAndRewrite(tile::WaitOp op, OpAdaptor, ConversionPatternRewriter &rewriter) const final {
    if (!op.getPending() && !op.getWave())
      return failure();
    Location loc = op.getLoc();
    StringRef scope = op.getWave() ? "wavefront" : "workgroup";
    auto fence = [&](LLVM::AtomicOrdering ordering) {
      auto made = LLVM::FenceOp::create(rewriter, loc, ordering, scope);
      made->setDiscardableAttr(LLVM::LLVMDialect::getMmraAttrName(),
                               LLVM::MMRATagAttr::get(rewriter.getContext(), "amdgpu-synchronize-as", "local"));
    };
    fence(LLVM::AtomicOrdering::release);
    LLVM::CallIntrinsicOp::create(
        rewriter, loc, rewriter.getStringAttr(op.getWave() ? "llvm.amdgcn.wave.barrier" : "llvm.amdgcn.s.barrier"),
        ValueRange());
    fence(LLVM::AtomicOrdering::acquire);
    rewriter.eraseOp(op);
    return success();
  }
};

/// What may cross a sched.barrier, as of LLVM's AMDGPUUsage: nothing, everything but reads of LDS and matrix
/// instructions, or scalar instructions and reads of LDS.
constexpr int32_t kNothing = 0, kAllButSteps = 0x676, kOnlyReads = 0x104;

void keepApart(OpBuilder &b, Location loc, int32_t mayCross) {
  Value mask = LLVM::ConstantOp::create(b, loc, b.getI32Type(), b.getI32IntegerAttr(mayCross));
  LLVM::CallIntrinsicOp::create(b, loc, b.getStringAttr("llvm.amdgcn.sched.barrier"), ValueRange{mask});
}

struct LowerApart : MatrixPattern<tile::ApartOp> {
  using MatrixPattern::MatrixPattern;
  LogicalResult matchAndRewrite(tile::ApartOp op, OpAdaptor, ConversionPatternRewriter &rewriter) const final {
    // CDNA's waves have registers enough; its scheduler begins copies late, to need fewer, and waits for them at once.
    if ((chip.waveSize > kWaveOfRDNA) != op.getCopies())
      return failure();
    keepApart(rewriter, op.getLoc(), op.getCopies() ? kOnlyReads : kNothing);
    rewriter.eraseOp(op);
    return success();
  }

private:
  static constexpr int64_t kWaveOfRDNA = 32; ///< with 256 registers a thread; those of larger waves have 512
};

/// RDNA 4 makes operands of its maximum numbers that are no signalling NaNs first; its other maximum takes them.
struct LowerMaximum : ConvertOpToLLVMPattern<arith::MaxNumFOp> {
  LowerMaximum(const LLVMTypeConverter &converter, const ChipData &chip)
      : ConvertOpToLLVMPattern(converter, PatternBenefit(10)), chip(chip) {}
  LogicalResult matchAndRewrite(arith::MaxNumFOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const final {
    if (!op->hasAttr(tile::kEitherNanAttr) || !StringRef(chip.name).starts_with("gfx12"))
      return failure();
    rewriter.replaceOpWithNewOp<LLVM::MaximumOp>(op, adaptor.getLhs(), adaptor.getRhs());
    return success();
  }

private:
  const ChipData &chip;
};

/// By a buffer resource: the base, the shared offset and what that is added to stay in scalar registers. Nothing is
/// beyond the end.
struct LowerLoadNear : MatrixPattern<tile::LoadNearOp> {
  using MatrixPattern::MatrixPattern;
  LogicalResult matchAndRewrite(tile::LoadNearOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const final {
    auto type = dyn_cast<VectorType>(getTypeConverter()->convertType(op.getResult().getType()));
    constexpr int64_t kBits = 128;
    if (!type || type.getNumElements() * type.getElementTypeBitWidth() != kBits)
      return failure();
    Location loc = op.getLoc();
    Numbers n(rewriter, loc);
    int64_t bytes = type.getElementTypeBitWidth() / 8;
    Value base = LLVM::GEPOp::create(rewriter, loc, adaptor.getBuffer().getType(), type.getElementType(),
                                     adaptor.getBuffer(), ValueRange{adaptor.getStart()});
    auto stride = LLVM::ConstantOp::create(rewriter, loc, rewriter.getI16Type(), rewriter.getI16IntegerAttr(0));
    auto records = LLVM::ConstantOp::create(rewriter, loc, rewriter.getI64IntegerAttr(kRecords));
    Value resource =
        ROCDL::MakeBufferRsrcOp::create(rewriter, loc, LLVM::LLVMPointerType::get(rewriter.getContext(), 8), base,
                                        stride, records, n.constant(flags()));
    auto words = VectorType::get(kBits / 32, rewriter.getI32Type());
    Value loaded = ROCDL::RawPtrBufferLoadOp::create(
        rewriter, loc, words, resource, n.mul(n.narrow(adaptor.getOwn()), bytes),
        n.mul(n.narrow(adaptor.getShared()), bytes), n.constant(0), ArrayAttr(), ArrayAttr(), ArrayAttr());
    rewriter.replaceOpWithNewOp<LLVM::BitcastOp>(op, type, loaded);
    return success();
  }

private:
  static constexpr int64_t kRecords = 0xffffffff;
  /// Of the resource's last word, as in LLVM's AMDGPUUsage and the ISA guides, 'Buffer Resource Descriptor': a format
  /// that is not invalid, and from RDNA on a bit that must be 1 and no check of what lies outside.
  int32_t flags() const {
    constexpr uint32_t kFormat = 7 << 12 | 4 << 15, kRdna = 1 << 24 | 2 << 28;
    return static_cast<int32_t>(chip.waveSize == 64 ? kFormat : kFormat | kRdna);
  }
};

/// Lane l holds one row or column of the tile and consecutive steps of k. In steps whose parts of a chunk fit side by
/// side, the chunk is a lane's: group g of lanes has chunk g of them, step s its part s.
struct LowerFrag : UnitPattern<tile::FragOp> {
  using UnitPattern::UnitPattern;
  LogicalResult lower(tile::FragOp op, const tile::MatrixUnit &unit, Adaptor adaptor,
                      ConversionPatternRewriter &rewriter) const final {
    Location loc = op.getLoc();
    Numbers n(rewriter, loc);
    tile::LayoutAttr layout = op.getLayout();
    auto type = cast<VectorType>(op.getFragments().front().getType());
    bool isA = op.getOperand() == tile::Operand::A;
    int64_t size = isA ? unit.m : unit.n, lanes = type.getNumElements();
    Value lane = n.both(n.thread(target::groupSizeAt(rewriter)), unit.threads - 1);
    Value inTile = n.both(lane, size - 1);
    if (!isA && turnsColumns(unit)) // column 8 h + r is lane 2 r + h's, so that results are consecutive
      inTile = n.add(n.left(n.both(inTile, 1), 3), n.right(inTile, 1));
    int64_t chunk = 16 / (type.getElementTypeBitWidth() / 8), parts = std::max<int64_t>(1, chunk / lanes);
    int64_t step = op.getK() / unit.k, firstK = step / parts * parts * unit.k, part = step % parts;
    int64_t groups = unit.k / lanes; // of lanes that share the steps
    Value group = groups > 1 ? n.right(lane, llvm::Log2_64(size)) : n.constant(0);
    Value base = n.narrow(adaptor.getBase()), outer = n.narrow(adaptor.getOuter());
    Type element = getTypeConverter()->convertType(type.getElementType());
    Value ring = n.place(adaptor.getRing(), base, element);
    if (findInstruction(op.getUnit())->form == Form::Wmma && beginsStep(op))
      keepApart(rewriter, loc, unit.copies == 2 && (!isA || op.getFragments().size() > 1) ? kNothing : kAllButSteps);
    // Chunk `group` of those from firstK on, or what several chunks hold.
    Place place{inTile, outer, group, parts > 1 ? chunk : lanes, firstK + part * lanes, 0};
    SmallVector<Value> fragments;
    for (auto [i, result] : llvm::enumerate(op.getFragments())) {
      place.further = static_cast<int64_t>(i) * size;
      fragments.push_back(op.getAcross() ? readAcross(rewriter, loc, n, layout, ring, place, type)
                                         : readAlong(rewriter, loc, n, layout, ring, place, type, lanes));
    }
    rewriter.replaceOp(op, fragments);
    return success();
  }

  static bool turnsColumns(const tile::MatrixUnit &unit) { return unit.copies == 2; }

private:
  /// The first read of a step of k. Fragments of RDNA take many of a thread's 256 registers: those of the next step are
  /// not read before the ones of this step are multiplied.
  static bool beginsStep(tile::FragOp op) {
    Operation *before = op->getPrevNode();
    while (before && !isa<tile::FragOp, tile::ContractOp, LLVM::CallIntrinsicOp>(before))
      before = before->getPrevNode();
    auto read = dyn_cast_or_null<tile::FragOp>(before);
    return !read || read.getK() != op.getK();
  }

  /// Where a lane's elements begin: at row `outer` + `further` + `inTile` and step of k `group` x `perGroup` + `step`.
  struct Place {
    Value inTile, outer, group;
    int64_t perGroup, step, further;
  };

  /// A row of the ring is the lane's row: pieces of at most a chunk. What is the lane's and what is the same for all
  /// has no bit in common, neither of the row nor of the chunk's number: places that differ by a constant share a
  /// register.
  Value readAlong(OpBuilder &b, Location loc, Numbers &n, tile::LayoutAttr layout, Value ring, const Place &place,
                  VectorType type, int64_t lanes) const {
    Type element = getTypeConverter()->convertType(type.getElementType());
    int64_t chunk = layout.getChunk(), piece = std::min(lanes, chunk);
    Value own = n.differ(n.mul(place.group, place.perGroup / chunk), n.rowMask(layout, place.inTile));
    Value mask = n.rowMask(layout, n.add(place.outer, place.further));
    Value start = n.mul(n.add(place.outer, place.inTile), layout.getColumns());
    Value whole;
    for (int64_t first = place.step; first < place.step + lanes; first += piece) {
      Value number = n.differ(own, n.differ(n.constant(first / chunk), mask));
      // The constant by itself: it becomes the instruction's, not another bit to be set.
      Value at = n.place(n.place(ring, n.add(start, n.mul(number, chunk)), element),
                         n.constant(place.further * layout.getColumns() + first % chunk), element);
      auto part = VectorType::get(piece, element);
      Value read = LLVM::LoadOp::create(b, loc, part, at, piece * type.getElementTypeBitWidth() / 8);
      if (!whole) {
        whole = read;
        continue;
      }
      whole = join(b, loc, whole, read);
    }
    return whole;
  }

  static Value join(OpBuilder &b, Location loc, Value low, Value high) {
    int64_t lanes =
        cast<VectorType>(low.getType()).getNumElements() + cast<VectorType>(high.getType()).getNumElements();
    return vector::ShuffleOp::create(b, loc, low, high, llvm::to_vector(llvm::seq<int64_t>(0, lanes)));
  }

  /// A row of the ring is a step of k: one element each.
  Value readAcross(OpBuilder &b, Location loc, Numbers &n, tile::LayoutAttr layout, Value ring, const Place &place,
                   VectorType type) const {
    Type element = getTypeConverter()->convertType(type.getElementType());
    Value column = n.add(n.add(place.outer, place.inTile), place.further),
          k = n.add(n.mul(place.group, place.perGroup), place.step);
    int64_t chunk = layout.getChunk();
    auto converted = VectorType::get(type.getShape(), element);
    Value whole = LLVM::UndefOp::create(b, loc, converted);
    for (int64_t i = 0; i < type.getNumElements(); ++i) {
      Value row = n.add(k, i);
      Value number = n.differ(n.right(column, llvm::Log2_64(chunk)), n.rowMask(layout, row));
      Value offset = n.add(n.mul(row, layout.getColumns()), n.add(n.mul(number, chunk), n.both(column, chunk - 1)));
      Value read =
          LLVM::LoadOp::create(b, loc, element, n.place(ring, offset, element), type.getElementTypeBitWidth() / 8);
      whole = LLVM::InsertElementOp::create(b, loc, whole, read, n.constant(i));
    }
    return whole;
  }
};

struct LowerContract : UnitPattern<tile::ContractOp> {
  using UnitPattern::UnitPattern;
  LogicalResult lower(tile::ContractOp op, const tile::MatrixUnit &unit, Adaptor adaptor,
                      ConversionPatternRewriter &rewriter) const final {
    Location loc = op.getLoc();
    const Instruction &instruction = *findInstruction(op.getUnit());
    Value a = asOperand(rewriter, loc, adaptor.getA(), instruction),
          b = asOperand(rewriter, loc, adaptor.getB(), instruction);
    Value sum = adaptor.getAccumulator();
    auto flag = [&](bool value) -> Value {
      return LLVM::ConstantOp::create(rewriter, loc, rewriter.getI1Type(), rewriter.getBoolAttr(value));
    };
    Numbers n(rewriter, loc);
    SmallVector<Value> operands;
    if (instruction.form == Form::Mfma)
      operands = {b, a, sum, n.constant(0), n.constant(0), n.constant(0)};
    else if (unit.operand == "i8")
      operands = {flag(true), b, flag(true), a, sum, flag(false)};
    else
      operands = {b, a, sum};
    auto name = rewriter.getStringAttr(instruction.name);
    rewriter.replaceOpWithNewOp<LLVM::CallIntrinsicOp>(op, sum.getType(), name, operands);
    return success();
  }

  /// The lanes in the type that the intrinsic takes: the same bits.
  static Value asOperand(OpBuilder &b, Location loc, Value value, const Instruction &instruction) {
    auto type = cast<VectorType>(value.getType());
    int64_t bits = type.getNumElements() * type.getElementTypeBitWidth();
    if (!instruction.operandBits || type.getElementTypeBitWidth() == 0)
      return value;
    auto word = b.getIntegerType(instruction.operandBits);
    Type wanted = bits == instruction.operandBits ? Type(word) : VectorType::get(bits / instruction.operandBits, word);
    return wanted == type ? value : LLVM::BitcastOp::create(b, loc, wanted, value).getResult();
  }
};

/// A lane's results: runs of four columns of one row.
struct LowerPut : UnitPattern<tile::PutOp> {
  using UnitPattern::UnitPattern;
  LogicalResult lower(tile::PutOp op, const tile::MatrixUnit &unit, Adaptor adaptor,
                      ConversionPatternRewriter &rewriter) const final {
    Location loc = op.getLoc();
    Numbers n(rewriter, loc);
    tile::LayoutAttr layout = op.getLayout();
    constexpr int64_t kRun = 4;
    if (layout.getChunk() % kRun != 0)
      return op.emitOpError("needs chunks of a multiple of 4 results");
    Type element = cast<VectorType>(op.getAccumulator().getType()).getElementType();
    Value lane = n.both(n.thread(target::groupSizeAt(rewriter)), unit.threads - 1);
    Value inRow = n.both(lane, unit.m - 1), group = n.right(lane, llvm::Log2_64(unit.m));
    Value row = n.add(inRow, op.getRow());
    Value mask = n.rowMask(layout, row), rowStart = n.mul(row, layout.getColumns());
    Value ring = n.place(adaptor.getRing(), n.narrow(adaptor.getBase()), element);
    // 32 x 32: runs of the groups of lanes alternate. 16 x 16: a group's columns follow each other.
    int64_t count = unit.lanesOfC();
    int64_t groupColumns = unit.m == 32 ? kRun : count, runColumns = unit.m == 32 ? 2 * kRun : kRun;
    for (int64_t first = 0; first < count; first += kRun) {
      Value column = n.add(n.mul(group, groupColumns), op.getColumn() + first / kRun * runColumns);
      Value number = n.differ(n.right(column, llvm::Log2_64(layout.getChunk())), mask);
      Value offset = n.add(rowStart, n.add(n.mul(number, layout.getChunk()), n.both(column, layout.getChunk() - 1)));
      auto lanes = llvm::to_vector(llvm::seq<int64_t>(first, first + kRun));
      Value run = vector::ShuffleOp::create(rewriter, loc, op.getAccumulator(), op.getAccumulator(), lanes);
      LLVM::StoreOp::create(rewriter, loc, run, n.place(ring, offset, element), 16);
    }
    rewriter.eraseOp(op);
    return success();
  }
};

} // namespace

bool amdgpu::lowersMatrixUnit(const std::string &name) {
  return findInstruction(name) != nullptr;
}

void amdgpu::populateMatrixPatterns(const LLVMTypeConverter &converter, const ChipData &chip,
                                    RewritePatternSet &patterns) {
  patterns.add<LowerWave, LowerApart, LowerMaximum, LowerLoadNear, LowerGroupWait, LowerFrag, LowerContract, LowerPut>(
      converter, chip);
}

namespace {

struct KeepOutOfAccumulators : PassWrapper<KeepOutOfAccumulators, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(KeepOutOfAccumulators)
  StringRef getArgument() const override { return "flex-amdgpu-keep-out-of-accumulators"; }
  StringRef getDescription() const override { return "results of matrix instructions stay in ordinary registers"; }
  void runOnOperation() override {
    for (auto function : getOperation().getOps<LLVM::LLVMFuncOp>()) {
      bool found = function
                       .walk([](LLVM::CallIntrinsicOp call) {
                         return call.getIntrin().contains(".mfma.") ? WalkResult::interrupt() : WalkResult::advance();
                       })
                       .wasInterrupted();
      if (found)
        append(function);
    }
  }

private:
  static void append(LLVM::LLVMFuncOp function) {
    OpBuilder builder(function.getContext());
    SmallVector<Attribute> attributes;
    if (auto passthrough = function.getPassthroughAttr())
      llvm::append_range(attributes, passthrough);
    attributes.push_back(builder.getStrArrayAttr({"amdgpu-agpr-alloc", "0"}));
    function.setPassthroughAttr(builder.getArrayAttr(attributes));
  }
};

} // namespace

std::unique_ptr<Pass> amdgpu::createKeepOutOfAccumulatorsPass() {
  return std::make_unique<KeepOutOfAccumulators>();
}
