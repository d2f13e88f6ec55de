//===- Lowering.cpp - Scheduled loops to the nvvm dialect -----------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Target module stage: only what differs from other targets with threads.
//
//===----------------------------------------------------------------------===//
#include "Matrix.h"
#include "Pipe.h"
#include "Target.h"
#include "Tcgen05.h"
#include "Wgmma.h"

#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

using namespace mlir;
using namespace flex;
using namespace flex::nvptx;

static constexpr const char *kDataLayout = "e-p6:32:32-i64:64-i128:128-i256:256-v16:16-v32:32-n16:32:64";

static LLVM::ConstantRangeAttr range(OpBuilder &builder, int64_t end) {
  return LLVM::ConstantRangeAttr::get(builder.getContext(), llvm::APInt(32, 0), llvm::APInt(32, end));
}

static Value widen(OpBuilder &builder, Location loc, Value id) {
  return arith::ExtUIOp::create(builder, loc, builder.getI64Type(), id);
}

tile::MathExpansionOptions nvptx::mathOptions() {
  tile::MathExpansionOptions options;
  options.exp2 = target::approximationBy("llvm.nvvm.ex2.approx.ftz");
  options.reciprocal = target::approximationBy("llvm.nvvm.rcp.approx.ftz.f");
  options.reciprocalRoot = target::approximationBy("llvm.nvvm.rsqrt.approx.ftz.f");
  return options;
}

static Value shuffle(OpBuilder &builder, Location loc, Value word, int64_t mask) {
  Type i32 = builder.getI32Type();
  auto constant = [&](int64_t value) {
    return LLVM::ConstantOp::create(builder, loc, i32, builder.getI32IntegerAttr(value)).getResult();
  };
  // Threads beyond a small group do not exist: only those that do may be named.
  int64_t threads = std::min(target::groupSizeAt(builder), kWarpSize);
  Value members = constant(threads == kWarpSize ? -1 : (int64_t(1) << threads) - 1);
  return NVVM::ShflOp::create(builder, loc, i32, members, word, constant(mask), constant(31), NVVM::ShflKind::bfly,
                              UnitAttr());
}

/// Past the first-level cache where the width allows it: operands of a matrix unit are read once per group.
static void copyAsync(OpBuilder &builder, Location loc, Value destination, Value source, int64_t bytes,
                      Value validBytes) {
  auto cache = bytes == 16 ? NVVM::LoadCacheModifierKind::CG : NVVM::LoadCacheModifierKind::CA;
  NVVM::CpAsyncOp::create(builder, loc, destination, source, bytes, cache, validBytes);
}

static void addAsyncCopies(target::TileHooks &hooks) {
  hooks.asyncCopy = copyAsync;
  hooks.commitCopies = [](OpBuilder &builder, Location loc) { NVVM::CpAsyncCommitGroupOp::create(builder, loc); };
  hooks.waitCopies = [](OpBuilder &builder, Location loc, int64_t pending) {
    NVVM::CpAsyncWaitGroupOp::create(builder, loc, pending);
  };
}

target::SimtLowering nvptx::lowering(const ChipData &chip) {
  target::SimtLowering result;
  result.name = "flex-lower-to-nvptx";
  result.triple = kTriple;
  result.dataLayout = kDataLayout;
  result.convention = LLVM::CConv::PTX_Kernel;
  result.maxGroupSize = kMaxBlock;
  result.groupMemoryBytes = std::max(kStaticSharedBytes, chip.groupMemoryLimitKiB << 10);
  result.declaredGroupBytes = kStaticSharedBytes;
  result.waveSize = kWarpSize;
  result.exchange = shuffle;
  result.dialect = NVVM::NVVMDialect::getDialectNamespace();
  result.registerDialect = [](DialectRegistry &registry) { registry.insert<NVVM::NVVMDialect>(); };
  result.hooks.globalAddressSpace = 1;
  result.hooks.groupAddressSpace = 3;
  result.hooks.itemId = [](OpBuilder &builder, Location loc) {
    return widen(builder, loc, NVVM::BlockIdXOp::create(builder, loc, builder.getI32Type(), range(builder, INT32_MAX)));
  };
  result.hooks.laneId = [](OpBuilder &builder, Location loc) {
    return widen(
        builder, loc,
        NVVM::ThreadIdXOp::create(builder, loc, builder.getI32Type(), range(builder, target::groupSizeAt(builder))));
  };
  result.hooks.barrier = [](OpBuilder &builder, Location loc) { NVVM::Barrier0Op::create(builder, loc); };
  result.hooks.waveBarrier = [](OpBuilder &builder, Location loc) {
    Value all = LLVM::ConstantOp::create(builder, loc, builder.getI32IntegerAttr(-1));
    NVVM::SyncWarpOp::create(builder, loc, all);
  };
  if (chip.asyncCopyBytes >= 16)
    addAsyncCopies(result.hooks);
  bool hasWgmma = !unitsOf(chip, "wgmma").empty();
  bool hasBoxes = chip.bulkCopy != 0;
  bool hasTcgen05 = !unitsOf(chip, "tcgen05").empty();
  bool hasRounding = roundsToBF16(chip);
  result.extend = [=](LLVMTypeConverter &converter, RewritePatternSet &patterns) {
    populateMatrixPatterns(converter, patterns);
    if (hasRounding)
      populateRoundingPatterns(converter, patterns);
    if (hasWgmma)
      populateWgmmaPatterns(converter, patterns);
    if (hasTcgen05)
      populateTcgen05Patterns(converter, patterns);
    if (hasBoxes)
      populatePipePatterns(converter, patterns);
  };
  result.finishKernel = [](LLVM::LLVMFuncOp kernel, int64_t groupSize) {
    OpBuilder builder(kernel.getContext());
    // Copies take the map from where the launch put it.
    for (unsigned i = 0; i < kernel.getNumArguments(); ++i)
      if (kernel.getArgAttr(i, LLVM::LLVMDialect::getByValAttrName())) {
        kernel->setAttr(NVVM::NVVMDialect::getKernelFuncAttrName(), builder.getUnitAttr());
        kernel.setArgAttr(i, NVVM::NVVMDialect::getGridConstantAttrName(), builder.getUnitAttr());
      }
    kernel.setPassthroughAttr(
        builder.getArrayAttr({builder.getStrArrayAttr({"nvvm.reqntid", std::to_string(groupSize)})}));
  };
  return result;
}
