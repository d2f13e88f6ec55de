//===- Lowering.cpp - Scheduled loops to the rocdl dialect ----------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Target module stage: only what differs from other targets with threads.
//
//===----------------------------------------------------------------------===//
#include "Matrix.h"
#include "Target.h"

#include "mlir/Dialect/LLVMIR/ROCDLDialect.h"

using namespace mlir;
using namespace flex;
using namespace flex::amdgpu;

static constexpr const char *kDataLayout =
    "e-m:e-p:64:64-p1:64:64-p2:32:32-p3:32:32-p4:64:64-p5:32:32-p6:32:32-p7:160:256:256:32-p8:128:128:128:48-p9:192:"
    "256:"
    "256:32-i64:64-v16:16-v24:32-v32:32-v48:64-v96:128-v192:256-v256:256-v512:512-v1024:1024-v2048:2048-n32:64-S32-A5-"
    "G1-ni:7:8:9";

static Value constant(OpBuilder &builder, Location loc, int64_t value) {
  return LLVM::ConstantOp::create(builder, loc, builder.getI32Type(), builder.getI32IntegerAttr(value));
}

static LLVM::ConstantRangeAttr range(OpBuilder &builder, int64_t end) {
  return LLVM::ConstantRangeAttr::get(builder.getContext(), llvm::APInt(32, 0), llvm::APInt(32, end));
}

static Value widen(OpBuilder &builder, Location loc, Value id) {
  return arith::ExtUIOp::create(builder, loc, builder.getI64Type(), id);
}

/// v_ldexp: n as an integer is in the low bits of its sum with 1.5 * 2^mantissa.
static Value scaleByPower(OpBuilder &builder, Location loc, Value x, Value n) {
  Type type = x.getType();
  bool isWide = getElementTypeOrSelf(type).isF64();
  auto shaped = [&](Type element) -> Type {
    auto vector = dyn_cast<VectorType>(type);
    return vector ? vector.clone(element) : element;
  };
  auto splat = [&](Type of, TypedAttr value) -> Value {
    auto vector = dyn_cast<VectorType>(of);
    return arith::ConstantOp::create(builder, loc, vector ? DenseElementsAttr::get(vector, value) : value);
  };
  Type bits = shaped(builder.getIntegerType(isWide ? 64 : 32));
  Value magic = splat(type, builder.getFloatAttr(getElementTypeOrSelf(type), isWide ? 0x1.8p52 : 0x1.8p23));
  Value number = arith::SubIOp::create(
      builder, loc, arith::BitcastOp::create(builder, loc, bits, arith::AddFOp::create(builder, loc, n, magic)),
      arith::BitcastOp::create(builder, loc, bits, magic));
  if (isWide)
    number = arith::TruncIOp::create(builder, loc, shaped(builder.getI32Type()), number);
  return LLVM::CallIntrinsicOp::create(builder, loc, type, builder.getStringAttr("llvm.ldexp"), ValueRange{x, number})
      .getResults();
}

tile::MathExpansionOptions amdgpu::mathOptions() {
  tile::MathExpansionOptions options;
  options.ldexp = scaleByPower;
  options.exp2 = target::approximationBy("llvm.amdgcn.exp2");
  options.reciprocal = target::approximationBy("llvm.amdgcn.rcp");
  options.reciprocalRoot = target::approximationBy("llvm.amdgcn.rsq");
  return options;
}

/// Within rows of 16 lanes a data-parallel-primitive modifier does it for free: the two mirrors stand for xor 4 and
/// xor 8, since the lanes below already agree. Then a swizzle within 32 lanes, a permutation beyond.
static Value exchange(OpBuilder &builder, Location loc, Value word, int64_t mask) {
  constexpr unsigned kQuadSwapPairs = 0xB1, kQuadSwapHalves = 0x4E, kRowHalfMirror = 0x141, kRowMirror = 0x140;
  auto permute = [&](unsigned control) -> Value {
    return ROCDL::DPPUpdateOp::create(builder, loc, word.getType(), word, word, control, 0xF, 0xF, true);
  };
  switch (mask) {
  case 1: return permute(kQuadSwapPairs);
  case 2: return permute(kQuadSwapHalves);
  case 4: return permute(kRowHalfMirror);
  case 8: return permute(kRowMirror);
  case 16: // the pattern: xor 16, or 0, and 31
    return ROCDL::DsSwizzleOp::create(builder, loc, word.getType(), word, constant(builder, loc, 0x401F));
  default: break;
  }
  // Takes byte addresses: the lane's number times 4, wrapped at the wave's size by the hardware.
  Value thread = ROCDL::ThreadIdXOp::create(builder, loc, builder.getI32Type());
  Value partner = arith::XOrIOp::create(builder, loc, thread, constant(builder, loc, mask));
  Value address = arith::ShLIOp::create(builder, loc, partner, constant(builder, loc, 2));
  return ROCDL::DsBpermuteOp::create(builder, loc, word.getType(), address, word);
}

static void finishKernel(LLVM::LLVMFuncOp kernel, int64_t groupSize) {
  OpBuilder builder(kernel.getContext());
  std::string size = std::to_string(groupSize);
  SmallVector<Attribute> attributes = {
      builder.getStrArrayAttr({"amdgpu-flat-work-group-size", size + "," + size}),
      builder.getStrArrayAttr({"uniform-work-group-size", "true"}),
      builder.getStrArrayAttr({"amdgpu-implicitarg-num-bytes", "0"}),
      // Else each operand of a minimum or maximum that may be a signalling NaN is made a quiet one first: nobody asks.
      builder.getStrArrayAttr({"amdgpu-ieee", "false"}),
  };
  // Nothing of what the runtime could pass beside the arguments is used: no registers are set up for it.
  for (const char *unused :
       {"amdgpu-no-implicitarg-ptr", "amdgpu-no-dispatch-ptr", "amdgpu-no-queue-ptr", "amdgpu-no-dispatch-id",
        "amdgpu-no-workgroup-id-y", "amdgpu-no-workgroup-id-z", "amdgpu-no-workitem-id-y", "amdgpu-no-workitem-id-z",
        "amdgpu-no-lds-kernel-id", "amdgpu-no-hostcall-ptr", "amdgpu-no-heap-ptr", "amdgpu-no-default-queue",
        "amdgpu-no-completion-action", "amdgpu-no-multigrid-sync-arg"})
    attributes.push_back(builder.getStringAttr(unused));
  kernel.setPassthroughAttr(builder.getArrayAttr(attributes));
}

target::SimtLowering amdgpu::lowering(const ChipData &chip) {
  target::SimtLowering result;
  result.name = "flex-lower-to-amdgpu";
  result.triple = kTriple;
  result.dataLayout = kDataLayout;
  result.convention = LLVM::CConv::AMDGPU_KERNEL;
  result.maxGroupSize = kMaxWorkgroup;
  result.groupMemoryBytes = chip.groupMemoryKiB << 10;
  result.waveSize = chip.waveSize;
  result.exchange = exchange;
  result.privateSpace = 5;
  result.finishKernel = finishKernel;
  result.dialect = ROCDL::ROCDLDialect::getDialectNamespace();
  result.registerDialect = [](DialectRegistry &registry) { registry.insert<ROCDL::ROCDLDialect>(); };
  result.hooks.globalAddressSpace = 1;
  result.hooks.groupAddressSpace = 3;
  result.hooks.itemId = [](OpBuilder &builder, Location loc) {
    return widen(builder, loc, ROCDL::BlockIdXOp::create(builder, loc, builder.getI32Type()));
  };
  result.hooks.laneId = [](OpBuilder &builder, Location loc) {
    return widen(
        builder, loc,
        ROCDL::ThreadIdXOp::create(builder, loc, builder.getI32Type(), range(builder, target::groupSizeAt(builder))));
  };
  result.hooks.barrier = [](OpBuilder &builder, Location loc) { ROCDL::BarrierOp::create(builder, loc); };
  result.extend = [&chip](LLVMTypeConverter &converter, RewritePatternSet &patterns) {
    populateMatrixPatterns(converter, chip, patterns);
  };
  return result;
}
