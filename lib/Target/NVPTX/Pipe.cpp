//===- Pipe.cpp - Stages that one thread fills ----------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Target module stage. PTX ISA 9.7.13.15 (mbarrier: phases, parity, transactions),
// 9.7.9.27 (cp.async.bulk.tensor). A barrier that is new counts as one whose phase
// before the first, of parity 1, is over: the first round finds every stage empty.
// Both TMA and the units that read are of the async proxy, so that no fence is needed
// between them; a barrier's phase orders them.
//
//===----------------------------------------------------------------------===//
#include "Pipe.h"
#include "Chips.h"
#include "TensorMemory.h"

#include "flex/Target/Simt.h"

#include "mlir/Conversion/LLVMCommon/Pattern.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace flex;
using namespace flex::nvptx;

void nvptx::waitForPhase(Numbers &n, Value barrier, Value parity) {
  auto loop = scf::WhileOp::create(n.b, n.loc, TypeRange(), ValueRange());
  OpBuilder::InsertionGuard guard(n.b);
  n.b.createBlock(&loop.getBefore());
  auto intrinsic = n.b.getStringAttr("llvm.nvvm.mbarrier.try.wait.parity.scope.cta.space.cta");
  Value done =
      LLVM::CallIntrinsicOp::create(n.b, n.loc, n.b.getI1Type(), intrinsic, ValueRange{barrier, parity}).getResults();
  Value yes = LLVM::ConstantOp::create(n.b, n.loc, n.b.getBoolAttr(true));
  scf::ConditionOp::create(n.b, n.loc, n.differ(done, yes), ValueRange());
  n.b.createBlock(&loop.getAfter());
  scf::YieldOp::create(n.b, n.loc);
}

/// Its terminator comes last: the conversion takes ops in the order of their making.
void nvptx::whenEqual(Numbers &n, Value x, int64_t y, llvm::function_ref<void()> body) {
  Value condition = LLVM::ICmpOp::create(n.b, n.loc, LLVM::ICmpPredicate::eq, x, n.constant(y));
  auto branch = scf::IfOp::create(n.b, n.loc, TypeRange(), condition, /*addThenBlock=*/true, /*addElseBlock=*/false);
  OpBuilder::InsertionGuard guard(n.b);
  n.b.setInsertionPointToStart(&branch.getThenRegion().front());
  body();
  scf::YieldOp::create(n.b, n.loc);
}

namespace {

constexpr unsigned kGroupSpace = 3, kClusterSpace = 7;

/// The pipe that a stage's op is on.
tile::PipeOp pipeOf(Value pipe) {
  return pipe.getDefiningOp<tile::PipeOp>();
}

Value fullBarrier(Numbers &n, Value words, Value stage) {
  return n.pointer(words, n.scaled(stage, 2));
}
Value emptyBarrier(Numbers &n, Value words, Value stage, int64_t stages) {
  return n.pointer(words, n.add(n.scaled(stage, 2), n.constant(2 * stages)));
}

struct LowerPipe : ConvertOpToLLVMPattern<tile::PipeOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;
  LogicalResult matchAndRewrite(tile::PipeOp op, OpAdaptor, ConversionPatternRewriter &rewriter) const final {
    Numbers n{rewriter, op.getLoc()};
    int64_t stages = op.getStages();
    Value words = target::makeGroupArray(rewriter, n.loc, "pipe", rewriter.getI64Type(), 2 * stages, kGroupSpace, 16);
    whenEqual(n, n.thread(), 0, [&] {
      for (int64_t i = 0; i < 2 * stages; ++i) // one thread says what is to come; each reader arrives once
        n.call("llvm.nvvm.mbarrier.init.shared",
               {n.pointer(words, n.constant(2 * i)), n.constant(i < stages ? 1 : op.getReaders())});
      n.call("llvm.nvvm.fence.mbarrier_init.release.cluster");
    });
    if (TensorMemory::of(op)) // whose beginning leaves the barrier to this one
      TensorMemory::meet(n);
    else
      NVVM::Barrier0Op::create(rewriter, n.loc);
    rewriter.replaceOp(op, words);
    return success();
  }
};

struct LowerFill : ConvertOpToLLVMPattern<tile::PipeFillOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;
  LogicalResult matchAndRewrite(tile::PipeFillOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const final {
    tile::PipeOp pipe = pipeOf(op.getPipe());
    if (!pipe)
      return op.emitOpError("is on no tile.pipe of its kernel");
    Numbers n{rewriter, op.getLoc()};
    Value words = adaptor.getPipe(), stage = adaptor.getStage();
    waitForPhase(n, emptyBarrier(n, words, stage, pipe.getStages()), n.differ(adaptor.getRound(), n.constant(1)));
    auto intrinsic = rewriter.getStringAttr("llvm.nvvm.mbarrier.arrive.expect.tx.scope.cta.space.cta");
    LLVM::CallIntrinsicOp::create(rewriter, n.loc, rewriter.getI64Type(), intrinsic,
                                  ValueRange{fullBarrier(n, words, stage), n.constant(pipe.getBytes())});
    rewriter.eraseOp(op);
    return success();
  }
};

struct LowerAwait : ConvertOpToLLVMPattern<tile::PipeAwaitOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;
  LogicalResult matchAndRewrite(tile::PipeAwaitOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const final {
    Numbers n{rewriter, op.getLoc()};
    auto wait = [&] { waitForPhase(n, fullBarrier(n, adaptor.getPipe(), adaptor.getStage()), adaptor.getRound()); };
    if (op.getUnits()) // only the thread that starts the unit's instructions
      whenEqual(n, n.both(n.thread(), kTeam - 1), 0, wait);
    else
      wait();
    rewriter.eraseOp(op);
    return success();
  }
};

struct LowerRelease : ConvertOpToLLVMPattern<tile::PipeReleaseOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;
  LogicalResult matchAndRewrite(tile::PipeReleaseOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const final {
    tile::PipeOp pipe = pipeOf(op.getPipe());
    if (!pipe)
      return op.emitOpError("is on no tile.pipe of its kernel");
    Numbers n{rewriter, op.getLoc()};
    if (op.getUnits()) {
      whenEqual(n, n.both(n.thread(), kTeam - 1), 0, [&] {
        n.call("llvm.nvvm.tcgen05.commit.shared.cg1",
               emptyBarrier(n, adaptor.getPipe(), adaptor.getStage(), pipe.getStages()));
      });
      rewriter.eraseOp(op);
      return success();
    }
    whenEqual(n, n.both(n.thread(), kWarpSize - 1), 0, [&] {
      auto intrinsic = rewriter.getStringAttr("llvm.nvvm.mbarrier.arrive.shared");
      LLVM::CallIntrinsicOp::create(
          rewriter, n.loc, rewriter.getI64Type(), intrinsic,
          ValueRange{emptyBarrier(n, adaptor.getPipe(), adaptor.getStage(), pipe.getStages())});
    });
    rewriter.eraseOp(op);
    return success();
  }
};

struct LowerCopyBox : ConvertOpToLLVMPattern<tile::CopyBoxOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;
  LogicalResult matchAndRewrite(tile::CopyBoxOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const final {
    auto number = op->getAttrOfType<IntegerAttr>(target::kMapAttr);
    Value map = number ? target::tensorMapArgument(op, number.getInt()) : Value();
    if (!map)
      return op.emitOpError("has no tensor map among its kernel's arguments");
    Numbers n{rewriter, op.getLoc()};
    int64_t bytes = op.getSource().getType().getElementType().getIntOrFloatBitWidth() / 8;
    Value place = LLVM::MulOp::create(rewriter, n.loc, adaptor.getDestinationOffset(),
                                      LLVM::ConstantOp::create(rewriter, n.loc, rewriter.getI64IntegerAttr(bytes)));
    Value to = LLVM::GEPOp::create(rewriter, n.loc, adaptor.getDestination().getType(), rewriter.getI8Type(),
                                   adaptor.getDestination(), ValueRange{place});
    auto cluster = LLVM::LLVMPointerType::get(rewriter.getContext(), kClusterSpace);
    SmallVector<Value> arguments = {LLVM::AddrSpaceCastOp::create(rewriter, n.loc, cluster, to),
                                    fullBarrier(n, adaptor.getPipe(), adaptor.getStage()), map};
    for (Value at : adaptor.getAt())
      arguments.push_back(n.narrow(at));
    auto constant = [&](IntegerAttr value) { return LLVM::ConstantOp::create(rewriter, n.loc, value).getResult(); };
    // Not to several groups, no hint for the cache, groups of no pairs.
    arguments.append({constant(rewriter.getI16IntegerAttr(0)), constant(rewriter.getI64IntegerAttr(0)),
                      constant(rewriter.getBoolAttr(false)), constant(rewriter.getBoolAttr(false)), n.constant(0)});
    n.call("llvm.nvvm.cp.async.bulk.tensor.g2s.tile." + std::to_string(adaptor.getAt().size()) + "d", arguments);
    rewriter.eraseOp(op);
    return success();
  }
};

/// Barrier 1 is that of a group's first threads; all of them meet at 0.
struct LowerWaitOfSome : ConvertOpToLLVMPattern<tile::WaitOp> {
  explicit LowerWaitOfSome(const LLVMTypeConverter &converter)
      : ConvertOpToLLVMPattern(converter, PatternBenefit(20)) {}
  LogicalResult matchAndRewrite(tile::WaitOp op, OpAdaptor, ConversionPatternRewriter &rewriter) const final {
    if (!op.getThreads())
      return failure();
    Numbers n{rewriter, op.getLoc()};
    if (op.getPending())
      NVVM::CpAsyncWaitGroupOp::create(rewriter, n.loc, *op.getPending());
    if (op.getUnits())
      n.call("llvm.nvvm.fence.proxy.async.shared_cta");
    n.call("llvm.nvvm.barrier.cta.sync.aligned.count", {n.constant(1), n.constant(*op.getThreads())});
    rewriter.eraseOp(op);
    return success();
  }
};

} // namespace

void nvptx::populatePipePatterns(LLVMTypeConverter &converter, RewritePatternSet &patterns) {
  patterns.add<LowerPipe, LowerFill, LowerAwait, LowerRelease, LowerCopyBox, LowerWaitOfSome>(converter);
}
