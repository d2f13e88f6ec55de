//===- TileToLLVM.cpp - The tile dialect in terms of llvm -----------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The conversion patterns that targets share. An access becomes an address and
// one of: a plain access, a masked one, a branch around one.
// Invariant: memory of lanes at or beyond `valid` is never touched.
//
//===----------------------------------------------------------------------===//
#include "flex/Target/TileToLLVM.h"

#include "TileAccess.h"
#include "flex/ScheduledLoops/Workspace.h"

#include "mlir/Conversion/LLVMCommon/Pattern.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

using namespace mlir;
using namespace flex;
using namespace flex::target;

namespace {

/// What every pattern here needs.
template <typename OpT> class TilePattern : public ConvertOpToLLVMPattern<OpT> {
public:
  TilePattern(const LLVMTypeConverter &converter, const TileHooks &hooks)
      : ConvertOpToLLVMPattern<OpT>(converter), hooks(hooks) {}

protected:
  const TileHooks &hooks;
};

struct LowerLoad : TilePattern<tile::LoadOp> {
  using TilePattern::TilePattern;
  LogicalResult matchAndRewrite(tile::LoadOp op, OpAdaptor adaptor, ConversionPatternRewriter &rewriter) const final {
    TileAccess access(rewriter, op, hooks);
    Type memory = memoryType(op.getResult().getType());
    Value loaded = access.load(memory, adaptor.getBuffer(), adaptor.getOffset(), op.getValid());
    rewriter.replaceOp(op, access.fromMemory(loaded, op.getResult().getType()));
    return success();
  }
};

struct LowerLoadNear : TilePattern<tile::LoadNearOp> {
  using TilePattern::TilePattern;
  LogicalResult matchAndRewrite(tile::LoadNearOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const final {
    TileAccess access(rewriter, op, hooks);
    Value offset = LLVM::AddOp::create(rewriter, op.getLoc(), adaptor.getStart(), adaptor.getShared());
    offset = LLVM::AddOp::create(rewriter, op.getLoc(), offset, adaptor.getOwn());
    Value loaded = access.load(memoryType(op.getResult().getType()), adaptor.getBuffer(), offset, Value());
    rewriter.replaceOp(op, access.fromMemory(loaded, op.getResult().getType()));
    return success();
  }
};

/// Scalar branches where the machine has no masked loads: the code generator sees to it.
struct LowerLoadWindow : TilePattern<tile::LoadWindowOp> {
  using TilePattern::TilePattern;
  LogicalResult matchAndRewrite(tile::LoadWindowOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const final {
    TileAccess access(rewriter, op, hooks);
    Type memory = memoryType(op.getResult().getType());
    Value loaded = access.loadWindow(memory, adaptor.getBuffer(), adaptor.getOffset(), op.getFirst(), op.getEnd());
    rewriter.replaceOp(op, access.fromMemory(loaded, op.getResult().getType()));
    return success();
  }
};

/// Scalar branches where the machine has no gathers: the code generator sees to it.
struct LowerGather : TilePattern<tile::GatherOp> {
  using TilePattern::TilePattern;
  LogicalResult matchAndRewrite(tile::GatherOp op, OpAdaptor adaptor, ConversionPatternRewriter &rewriter) const final {
    Type type = op.getResult().getType(), element = getElementTypeOrSelf(type);
    Value base = adaptor.getBuffer();
    auto pointers = VectorType::get(cast<VectorType>(type).getShape(), base.getType());
    Value places =
        LLVM::GEPOp::create(rewriter, op.getLoc(), pointers, element, base, ValueRange{adaptor.getOffsets()});
    rewriter.replaceOpWithNewOp<LLVM::masked_gather>(op, type, places, adaptor.getMask(),
                                                     ValueRange{adaptor.getOtherwise()}, tile::elementBytes(element));
    return success();
  }
};

struct LowerStore : TilePattern<tile::StoreOp> {
  using TilePattern::TilePattern;
  LogicalResult matchAndRewrite(tile::StoreOp op, OpAdaptor adaptor, ConversionPatternRewriter &rewriter) const final {
    TileAccess access(rewriter, op, hooks);
    // From the original value: what follows is arith, to be converted in its turn.
    Value value = access.toMemory(op.getValue());
    if (op.getNontemporal() && !op.getValid() && hooks.hasNontemporal)
      access.storeNontemporal(value, adaptor.getBuffer(), adaptor.getOffset());
    else
      access.store(value, adaptor.getBuffer(), adaptor.getOffset(), op.getValid());
    rewriter.eraseOp(op);
    return success();
  }
};

struct LowerCopy : TilePattern<tile::CopyOp> {
  using TilePattern::TilePattern;
  LogicalResult matchAndRewrite(tile::CopyOp op, OpAdaptor adaptor, ConversionPatternRewriter &rewriter) const final {
    Location loc = op.getLoc();
    TileAccess access(rewriter, op, hooks);
    Type element = memoryType(op.getSource().getType().getElementType());
    if (op.getAsync() && hooks.asyncCopy) {
      startCopy(op, adaptor, rewriter, access, element);
      rewriter.eraseOp(op);
      return success();
    }
    int64_t lanes = op.getLanes(), most = std::max<int64_t>(1, hooks.copyBytes / tile::elementBytes(element));
    for (int64_t first = 0; first < lanes;) {
      int64_t width = llvm::bit_floor<uint64_t>(std::min(most, lanes - first));
      Type type = width == 1 ? element : VectorType::get(width, element);
      Value valid = op.getValid();
      if (valid && first > 0)
        valid = arith::SubIOp::create(rewriter, loc, valid, arith::ConstantIndexOp::create(rewriter, loc, first));
      Value chunk = access.load(type, adaptor.getSource(), access.advance(adaptor.getSourceOffset(), first), valid);
      access.store(chunk, adaptor.getDestination(), access.advance(adaptor.getDestinationOffset(), first), nullptr);
      first += width;
    }
    rewriter.eraseOp(op);
    return success();
  }

  /// What is not valid is not read, but its address may lie anywhere: it is not `inbounds`.
  void startCopy(tile::CopyOp op, OpAdaptor adaptor, OpBuilder &builder, TileAccess &access, Type element) const {
    Location loc = op.getLoc();
    int64_t bytes = tile::elementBytes(element);
    Value validBytes;
    if (Value valid = op.getValid()) {
      Value bounded =
          arith::MinSIOp::create(builder, loc, valid, arith::ConstantIndexOp::create(builder, loc, op.getLanes()));
      bounded = arith::MaxSIOp::create(builder, loc, bounded, arith::ConstantIndexOp::create(builder, loc, 0));
      Value size = arith::MulIOp::create(builder, loc, bounded, arith::ConstantIndexOp::create(builder, loc, bytes));
      validBytes = arith::IndexCastOp::create(builder, loc, builder.getI32Type(), size);
    }
    Value source = access.address(element, adaptor.getSource(), adaptor.getSourceOffset(), !validBytes);
    Value destination = access.address(element, adaptor.getDestination(), adaptor.getDestinationOffset(), true);
    hooks.asyncCopy(builder, loc, destination, source, op.getLanes() * bytes, validBytes);
  }
};

struct LowerCommit : TilePattern<tile::CommitOp> {
  using TilePattern::TilePattern;
  LogicalResult matchAndRewrite(tile::CommitOp op, OpAdaptor, ConversionPatternRewriter &rewriter) const final {
    if (hooks.commitCopies)
      hooks.commitCopies(rewriter, op.getLoc());
    rewriter.eraseOp(op);
    return success();
  }
};

struct LowerView : TilePattern<tile::ViewOp> {
  using TilePattern::TilePattern;
  LogicalResult matchAndRewrite(tile::ViewOp op, OpAdaptor adaptor, ConversionPatternRewriter &rewriter) const final {
    TileAccess access(rewriter, op, hooks);
    Type element = memoryType(op.getSource().getType().getElementType());
    rewriter.replaceOp(op, access.address(element, adaptor.getSource(), adaptor.getStart(), /*inBounds=*/true));
    return success();
  }
};

/// Waves are numbered along the threads of a group.
struct LowerWave : TilePattern<tile::WaveOp> {
  using TilePattern::TilePattern;
  LogicalResult matchAndRewrite(tile::WaveOp op, OpAdaptor, ConversionPatternRewriter &rewriter) const final {
    Location loc = op.getLoc();
    if (!hooks.laneId || !llvm::isPowerOf2_64(op.getSize()))
      return rewriter.notifyMatchFailure(op, "the target has no waves of this size");
    Value shift = LLVM::ConstantOp::create(rewriter, loc, rewriter.getI64IntegerAttr(llvm::Log2_64(op.getSize())));
    Value wave = LLVM::LShrOp::create(rewriter, loc, hooks.laneId(rewriter, loc), shift);
    rewriter.replaceOp(op, hooks.uniform ? hooks.uniform(rewriter, loc, wave) : wave);
    return success();
  }
};

struct LowerApart : TilePattern<tile::ApartOp> {
  using TilePattern::TilePattern;
  LogicalResult matchAndRewrite(tile::ApartOp op, OpAdaptor, ConversionPatternRewriter &rewriter) const final {
    rewriter.eraseOp(op);
    return success();
  }
};

struct LowerPrefetch : TilePattern<tile::PrefetchOp> {
  using TilePattern::TilePattern;
  LogicalResult matchAndRewrite(tile::PrefetchOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const final {
    if (hooks.hasPrefetch) {
      TileAccess access(rewriter, op, hooks);
      Type element = memoryType(op.getBuffer().getType().getElementType());
      // An address past the end is fine for a hint, not for `inbounds`.
      Value address = access.address(element, adaptor.getBuffer(), adaptor.getOffset(), /*inBounds=*/false);
      uint32_t locality = 4 - std::clamp<int64_t>(op.getLevel(), 1, 3);
      LLVM::Prefetch::create(rewriter, op.getLoc(), address, /*rw=*/0, locality, /*cache=*/1);
    }
    rewriter.eraseOp(op);
    return success();
  }
};

struct LowerLead : TilePattern<tile::LeadOp> {
  using TilePattern::TilePattern;
  LogicalResult matchAndRewrite(tile::LeadOp op, OpAdaptor adaptor, ConversionPatternRewriter &rewriter) const final {
    auto number = [&](int64_t value) -> Value {
      return LLVM::ConstantOp::create(rewriter, op.getLoc(), rewriter.getI64IntegerAttr(value));
    };
    if (!hooks.hasNontemporal) {
      rewriter.replaceOp(op, number(0));
      return success();
    }
    TileAccess access(rewriter, op, hooks);
    Type element = memoryType(op.getBuffer().getType().getElementType()), word = rewriter.getI64Type();
    Value place =
        LLVM::PtrToIntOp::create(rewriter, op.getLoc(), word,
                                 access.address(element, adaptor.getBuffer(), adaptor.getOffset(), /*inBounds=*/false));
    Value back = LLVM::SubOp::create(rewriter, op.getLoc(), number(0), place);
    Value bytes = LLVM::AndOp::create(rewriter, op.getLoc(), back, number(op.getBytes() - 1));
    rewriter.replaceOpWithNewOp<LLVM::LShrOp>(op, bytes, number(llvm::Log2_64(tile::elementBytes(element))));
    return success();
  }
};

struct LowerRing : TilePattern<tile::RingOp> {
  using TilePattern::TilePattern;
  LogicalResult matchAndRewrite(tile::RingOp op, OpAdaptor, ConversionPatternRewriter &rewriter) const final {
    if (!hooks.ring)
      return rewriter.notifyMatchFailure(op, "the target has no rings");
    rewriter.replaceOp(op, hooks.ring(rewriter, op));
    return success();
  }
};

struct LowerWait : TilePattern<tile::WaitOp> {
  using TilePattern::TilePattern;
  LogicalResult matchAndRewrite(tile::WaitOp op, OpAdaptor, ConversionPatternRewriter &rewriter) const final {
    if (op.getThreads())
      return rewriter.notifyMatchFailure(op, "the target has no barriers for a part of a group");
    if (op.getPending() && hooks.waitCopies)
      hooks.waitCopies(rewriter, op.getLoc(), *op.getPending());
    if (op.getWave() && hooks.waveBarrier)
      hooks.waveBarrier(rewriter, op.getLoc());
    else if (hooks.barrier)
      hooks.barrier(rewriter, op.getLoc());
    rewriter.eraseOp(op);
    return success();
  }
};

struct LowerId : TilePattern<tile::IdOp> {
  using TilePattern::TilePattern;
  LogicalResult matchAndRewrite(tile::IdOp op, OpAdaptor, ConversionPatternRewriter &rewriter) const final {
    rewriter.replaceOp(op, hooks.itemId(rewriter, op.getLoc()));
    return success();
  }
};

struct LowerLane : TilePattern<tile::LaneOp> {
  using TilePattern::TilePattern;
  LogicalResult matchAndRewrite(tile::LaneOp op, OpAdaptor, ConversionPatternRewriter &rewriter) const final {
    if (hooks.laneId)
      rewriter.replaceOp(op, hooks.laneId(rewriter, op.getLoc()));
    else
      rewriter.replaceOpWithNewOp<LLVM::ConstantOp>(op, rewriter.getI64IntegerAttr(0));
    return success();
  }
};

int64_t groupSizeAround(Operation *op) {
  if (auto kernel = op->getParentOfType<tile::KernelOp>())
    return kernel.getGroupSize();
  auto function = op->getParentOfType<FunctionOpInterface>();
  auto attr = function ? function->getAttrOfType<IntegerAttr>(kGroupSizeAttr) : nullptr;
  return attr ? attr.getInt() : 1;
}

/// Combines the lanes of a vector by halves: the same tree on every target, and
/// what a reduction intrinsic would become anyway.
Value reduceLanes(OpBuilder &builder, Location loc, ir::CombinerKind kind, Value value) {
  Value leftover; // odd lanes, combined last
  for (int64_t lanes = cast<VectorType>(value.getType()).getNumElements(); lanes > 1; lanes /= 2) {
    if (lanes % 2) {
      Value odd = vector::ExtractOp::create(builder, loc, value, lanes - 1);
      leftover = leftover ? ir::emitCombine(builder, loc, kind, leftover, odd) : odd;
    }
    auto half = [&](int64_t first) -> Value {
      SmallVector<int64_t> mask = llvm::to_vector(llvm::seq<int64_t>(first, first + lanes / 2));
      return vector::ShuffleOp::create(builder, loc, value, value, mask);
    };
    value = ir::emitCombine(builder, loc, kind, half(0), half(lanes / 2));
  }
  Value result = vector::ExtractOp::create(builder, loc, value, 0);
  return leftover ? ir::emitCombine(builder, loc, kind, result, leftover) : result;
}

struct LowerReduce : TilePattern<tile::ReduceOp> {
  using TilePattern::TilePattern;
  LogicalResult matchAndRewrite(tile::ReduceOp op, OpAdaptor, ConversionPatternRewriter &rewriter) const final {
    ir::CombinerKind kind = op.getCombiner();
    Value value = op.getValue();
    if (isa<VectorType>(value.getType()))
      value = reduceLanes(rewriter, op.getLoc(), kind, value);
    int64_t groupSize = groupSizeAround(op);
    if (op.getGroup() && groupSize > 1) {
      if (!hooks.groupReduce)
        return rewriter.notifyMatchFailure(op, "the target has no groups of threads");
      GroupReduce reduce{kind, groupSize, static_cast<int64_t>(op.getThreads().value_or(groupSize)),
                         !op->hasAttr(kRunsOnceAttr), static_cast<int64_t>(op.getApart().value_or(1))};
      value = hooks.groupReduce(rewriter, op.getLoc(), reduce, value);
      if (!value)
        return op.emitOpError("combines threads apart that are not of one wave");
    }
    rewriter.replaceOp(op, value);
    return success();
  }
};

} // namespace

void flex::target::populateTileTypeConversions(LLVMTypeConverter &converter, const TileHooks &hooks) {
  unsigned global = hooks.globalAddressSpace, group = hooks.groupAddressSpace;
  converter.addConversion([=](tile::BufferType buffer) -> Type {
    tile::Space space = buffer.getSpace();
    return LLVM::LLVMPointerType::get(buffer.getContext(), space == tile::Space::Global  ? global
                                                           : space == tile::Space::Group ? group
                                                                                         : 0);
  });
}

void flex::target::populateTileToLLVMPatterns(const LLVMTypeConverter &converter, const TileHooks &hooks,
                                              RewritePatternSet &patterns) {
  patterns.add<LowerLoad, LowerLoadNear, LowerLoadWindow, LowerGather, LowerStore, LowerCopy, LowerCommit, LowerView,
               LowerWave, LowerApart, LowerPrefetch, LowerLead, LowerRing, LowerWait, LowerId, LowerLane, LowerReduce>(
      converter, hooks);
}
