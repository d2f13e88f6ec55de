//===- Lowering.cpp - Scheduled loops to OpenCL's builtins ----------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Target module stage. Ids and barriers are calls of mangled builtins, which the
// backend turns into instructions and built-in variables.
//
//===----------------------------------------------------------------------===//
#include "Matrix.h"
#include "Target.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

using namespace mlir;
using namespace flex;
using namespace flex::spirv;

static constexpr const char *kDataLayout = "e-i64:64-v16:16-v24:32-v32:32-v48:64-v96:128-v192:256-v256:256-v512:512-"
                                           "v1024:1024-n8:16:32:64-G1";

LLVM::CallOp spirv::callBuiltin(OpBuilder &builder, Location loc, StringRef name, Type result, ValueRange arguments,
                                ArrayRef<StringRef> attributes, bool hasNoEffects) {
  auto module = builder.getInsertionBlock()->getParentOp()->getParentOfType<ModuleOp>();
  auto function = module.lookupSymbol<LLVM::LLVMFuncOp>(name);
  if (!function) {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(module.getBody());
    auto type = LLVM::LLVMFunctionType::get(result, llvm::to_vector(arguments.getTypes()));
    function = LLVM::LLVMFuncOp::create(builder, loc, name, type, LLVM::Linkage::External, /*dsoLocal=*/false,
                                        LLVM::CConv::SPIR_FUNC);
    function.setPassthroughAttr(builder.getStrArrayAttr(attributes));
    constexpr auto kNone = LLVM::ModRefInfo::NoModRef;
    if (hasNoEffects)
      function.setMemoryEffectsAttr(
          LLVM::MemoryEffectsAttr::get(builder.getContext(), {kNone, kNone, kNone, kNone, kNone, kNone}));
  }
  auto call = LLVM::CallOp::create(builder, loc, function, arguments);
  call.setCConv(LLVM::CConv::SPIR_FUNC);
  return call;
}

static Value constant(OpBuilder &builder, Location loc, int32_t value) {
  return LLVM::ConstantOp::create(builder, loc, builder.getI32Type(), builder.getI32IntegerAttr(value));
}

static std::function<Value(OpBuilder &, Location)> idBuiltin(const char *name) {
  return [name](OpBuilder &builder, Location loc) -> Value {
    return callBuiltin(builder, loc, name, builder.getI64Type(), constant(builder, loc, 0), {"nounwind", "willreturn"})
        .getResult();
  };
}

namespace {

/// OpenCL's fmax and fmin drop NaN and may take either zero; arith's maximum and minimum pass NaN on and order zeros.
template <typename OpT> struct ExactExtremum : OpRewritePattern<OpT> {
  using OpRewritePattern<OpT>::OpRewritePattern;

  LogicalResult matchAndRewrite(OpT op, PatternRewriter &rewriter) const override {
    constexpr bool isMax = std::is_same_v<OpT, arith::MaximumFOp>;
    Location loc = op.getLoc();
    Value a = op.getLhs(), b = op.getRhs();
    Type type = a.getType();
    auto compare = [&](arith::CmpFPredicate predicate) {
      return arith::CmpFOp::create(rewriter, loc, predicate, a, b).getResult();
    };
    auto select = [&](Value condition, Value yes, Value no) {
      return arith::SelectOp::create(rewriter, loc, condition, yes, no).getResult();
    };
    Value nan = arith::AddFOp::create(rewriter, loc, a, b); // NaN wherever one of them is
    Value first = compare(isMax ? arith::CmpFPredicate::OGT : arith::CmpFPredicate::OLT);
    Value second = compare(isMax ? arith::CmpFPredicate::OLT : arith::CmpFPredicate::OGT);
    Value same = zeroOf(rewriter, loc, isMax, type, a, b);
    Value ordered = select(first, a, select(second, b, same));
    rewriter.replaceOp(op, select(compare(arith::CmpFPredicate::UNO), nan, ordered));
    return success();
  }

  /// Of two equal numbers: equal bits, or zeros whose signs count.
  static Value zeroOf(PatternRewriter &rewriter, Location loc, bool isMax, Type type, Value a, Value b) {
    Type bits = rewriter.getIntegerType(getElementTypeOrSelf(type).getIntOrFloatBitWidth());
    if (auto vector = dyn_cast<VectorType>(type))
      bits = vector.clone(bits);
    Value x = arith::BitcastOp::create(rewriter, loc, bits, a), y = arith::BitcastOp::create(rewriter, loc, bits, b);
    Value both = isMax ? arith::AndIOp::create(rewriter, loc, x, y).getResult()
                       : arith::OrIOp::create(rewriter, loc, x, y).getResult();
    return arith::BitcastOp::create(rewriter, loc, type, both);
  }
};

} // namespace

target::SimtLowering spirv::lowering(const ChipData &chip) {
  target::SimtLowering result;
  result.name = "flex-lower-to-spirv";
  result.triple = chip.triple();
  result.dataLayout = kDataLayout;
  result.convention = LLVM::CConv::SPIR_KERNEL;
  result.maxGroupSize = chip.facts->maxGroupSize;
  result.groupMemoryBytes = chip.facts->groupMemoryKiB << 10;
  result.hooks.globalAddressSpace = 1;
  result.hooks.groupAddressSpace = 3;
  result.hooks.itemId = idBuiltin("_Z12get_group_idj");
  result.hooks.laneId = idBuiltin("_Z12get_local_idj");
  result.hooks.barrier = [](OpBuilder &builder, Location loc) {
    constexpr int32_t kLocalAndGlobal = 3;
    callBuiltin(builder, loc, "_Z7barrierj", LLVM::LLVMVoidType::get(builder.getContext()),
                constant(builder, loc, kLocalAndGlobal), {"convergent", "nounwind"})
        .setConvergent(true);
  };
  result.extend = [facts = chip.facts](LLVMTypeConverter &converter, RewritePatternSet &patterns) {
    patterns.add<ExactExtremum<arith::MaximumFOp>, ExactExtremum<arith::MinimumFOp>>(patterns.getContext(),
                                                                                     PatternBenefit(10));
    populateMatrixPatterns(converter, *facts, patterns);
  };
  return result;
}
