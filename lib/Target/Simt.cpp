//===- Simt.cpp - tile.kernel to a device function ------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Scheduled loops -> target module, for targets with groups of threads. Group
// reductions are in SimtReduce.cpp.
//
//===----------------------------------------------------------------------===//
#include "flex/Target/Simt.h"
#include "SimtReduce.h"
#include "SimtTensorMaps.h"
#include "TileAccess.h"
#include "flex/ScheduledLoops/Workspace.h"

#include "mlir/Conversion/LLVMCommon/ConversionTarget.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Interfaces/LoopLikeInterface.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace flex;
using namespace flex::target;

tile::MathExpansionOptions::Approximation target::approximationBy(const char *intrinsic) {
  return [intrinsic](OpBuilder &builder, Location loc, Value x) {
    return LLVM::CallIntrinsicOp::create(builder, loc, x.getType(), builder.getStringAttr(intrinsic), x).getResults();
  };
}

Value target::makeGroupArray(OpBuilder &builder, Location loc, const std::string &name, Type element, int64_t count,
                             unsigned space, unsigned alignment) {
  auto module = builder.getInsertionBlock()->getParentOp()->getParentOfType<ModuleOp>();
  std::string unique = name;
  for (unsigned next = 0; module.lookupSymbol(unique); ++next)
    unique = name + "_" + std::to_string(next);
  {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(module.getBody());
    auto global =
        LLVM::GlobalOp::create(builder, loc, LLVM::LLVMArrayType::get(element, std::max<int64_t>(count, 1)),
                               /*isConstant=*/false, LLVM::Linkage::Internal, unique, Attribute(), alignment, space);
    builder.createBlock(&global.getInitializerRegion());
    Value nothing = LLVM::UndefOp::create(builder, loc, global.getGlobalType());
    LLVM::ReturnOp::create(builder, loc, nothing);
  }
  return LLVM::AddressOfOp::create(builder, loc, LLVM::LLVMPointerType::get(builder.getContext(), space), unique);
}

Value target::tensorMapArgument(Operation *inside, int64_t number) {
  auto function = inside->getParentOfType<LLVM::LLVMFuncOp>();
  auto maps = function ? function->getAttrOfType<ArrayAttr>(kTensorMapsAttr) : ArrayAttr();
  auto count = static_cast<int64_t>(maps ? maps.size() : 0);
  if (number < 0 || number >= count)
    return {};
  Block &entry = function.getBody().front();
  return entry.getArgument(static_cast<unsigned>(entry.getNumArguments() - count + number));
}

int64_t target::groupSizeAt(OpBuilder &builder) {
  for (Operation *op = builder.getInsertionBlock()->getParentOp(); op; op = op->getParentOp()) {
    if (auto kernel = dyn_cast<tile::KernelOp>(op))
      return kernel.getGroupSize();
    if (auto size = op->getAttrOfType<IntegerAttr>(kGroupSizeAttr))
      return size.getInt();
  }
  return 1;
}

namespace {

/// The kernel becomes a function of the target's convention; buffers become pointers that do not alias.
struct LowerKernel : OpConversionPattern<tile::KernelOp> {
  LowerKernel(const LLVMTypeConverter &converter, MLIRContext *context, const SimtLowering &lowering)
      : OpConversionPattern(converter, context), lowering(lowering) {}

  LogicalResult matchAndRewrite(tile::KernelOp op, OpAdaptor, ConversionPatternRewriter &rewriter) const override {
    TypeConverter::SignatureConversion signature(op.getArgumentTypes().size());
    if (failed(getTypeConverter()->convertSignatureArgs(op.getArgumentTypes(), signature)))
      return failure();
    auto maps = op->getAttrOfType<ArrayAttr>(kTensorMapsAttr);
    SmallVector<Type> mapTypes(maps ? maps.size() : 0, LLVM::LLVMPointerType::get(op.getContext()));
    signature.addInputs(mapTypes);
    auto type = LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(op.getContext()), signature.getConvertedTypes());
    auto function = LLVM::LLVMFuncOp::create(rewriter, op.getLoc(), op.getSymName(), type, LLVM::Linkage::External,
                                             /*dsoLocal=*/false, lowering.convention);
    function->setAttr(kGroupSizeAttr, rewriter.getI64IntegerAttr(op.getGroupSize()));
    for (unsigned i = 0; i < op.getNumBuffers(); ++i) {
      if (!op->hasAttr(tile::kMayAliasAttr))
        function.setArgAttr(i, LLVM::LLVMDialect::getNoAliasAttrName(), rewriter.getUnitAttr());
      function.setArgAttr(i, LLVM::LLVMDialect::getAlignAttrName(), rewriter.getI64IntegerAttr(kSimtPointerAlignment));
    }
    if (maps)
      function->setAttr(kTensorMapsAttr, maps);
    for (unsigned first = function.getNumArguments() - mapTypes.size(), i = first; i < function.getNumArguments(); ++i)
      passByValue(function, i);
    if (lowering.finishKernel)
      lowering.finishKernel(function, op.getGroupSize());
    rewriter.inlineRegionBefore(op.getBody(), function.getBody(), function.end());
    if (failed(rewriter.convertRegionTypes(&function.getBody(), *getTypeConverter(), &signature)))
      return failure();
    rewriter.eraseOp(op);
    return success();
  }

  static void passByValue(LLVM::LLVMFuncOp function, unsigned argument) {
    Builder builder(function.getContext());
    auto bytes = LLVM::LLVMArrayType::get(builder.getI8Type(), kTensorMapBytes);
    function.setArgAttr(argument, LLVM::LLVMDialect::getByValAttrName(), TypeAttr::get(bytes));
    function.setArgAttr(argument, LLVM::LLVMDialect::getAlignAttrName(), builder.getI64IntegerAttr(64));
  }

  const SimtLowering &lowering;
};

struct LowerReturn : OpConversionPattern<tile::ReturnOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(tile::ReturnOp op, OpAdaptor, ConversionPatternRewriter &rewriter) const override {
    rewriter.replaceOpWithNewOp<LLVM::ReturnOp>(op, ValueRange());
    return success();
  }
};

class SimtLoweringPass : public PassWrapper<SimtLoweringPass, OperationPass<ModuleOp>> {
public:
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(SimtLoweringPass)
  explicit SimtLoweringPass(SimtLowering given) : lowering(std::move(given)) { fillHooks(); }
  SimtLoweringPass(const SimtLoweringPass &other) : PassWrapper(other), lowering(other.lowering) { fillHooks(); }

  StringRef getArgument() const override { return lowering.name; }
  StringRef getDescription() const override { return "scheduled loops become device functions"; }
  void getDependentDialects(DialectRegistry &registry) const override {
    registry.insert<LLVM::LLVMDialect, arith::ArithDialect, cf::ControlFlowDialect, scf::SCFDialect,
                    vector::VectorDialect>();
    if (lowering.registerDialect)
      lowering.registerDialect(registry);
  }
  void runOnOperation() override;

private:
  void fillHooks();
  LogicalResult checkLimits(tile::KernelOp kernel);

  SimtLowering lowering;
  TileHooks hooks; ///< the target's, completed
};

} // namespace

static Value lowerRing(OpBuilder &builder, tile::RingOp ring, const SimtLowering &lowering) {
  int64_t count = std::max<int64_t>(ir::toDimExpr(ring.getElementsAttr()).constant().value_or(1), 1);
  Type element = memoryType(ring.getResult().getType().getElementType());
  if (ring.getResult().getType().getSpace() == tile::Space::Group) {
    auto asked = ring->getAttrOfType<IntegerAttr>(tile::kAlignmentAttr);
    return makeGroupArray(builder, ring.getLoc(), "ring", element, count, lowering.hooks.groupAddressSpace,
                          asked ? asked.getInt() : kGroupArrayAlignment);
  }
  OpBuilder::InsertionGuard guard(builder);
  Block *entry = builder.getInsertionBlock();
  builder.setInsertionPointToStart(&entry->getParent()->front());
  Value size = LLVM::ConstantOp::create(builder, ring.getLoc(), builder.getI64Type(), count);
  auto own = LLVM::LLVMPointerType::get(builder.getContext(), lowering.privateSpace);
  Value memory = LLVM::AllocaOp::create(builder, ring.getLoc(), own, element, size, 16);
  if (lowering.privateSpace == 0)
    return memory;
  return LLVM::AddrSpaceCastOp::create(builder, ring.getLoc(), LLVM::LLVMPointerType::get(builder.getContext()),
                                       memory);
}

void SimtLoweringPass::fillHooks() {
  hooks = lowering.hooks;
  hooks.ring = [this](OpBuilder &builder, tile::RingOp ring) { return lowerRing(builder, ring, lowering); };
  hooks.groupReduce = [this](OpBuilder &builder, Location loc, const GroupReduce &reduce, Value value) {
    return reduceOverGroup(builder, loc, lowering, reduce, value);
  };
}

LogicalResult SimtLoweringPass::checkLimits(tile::KernelOp kernel) {
  if (static_cast<int64_t>(kernel.getGroupSize()) > lowering.maxGroupSize)
    return kernel.emitOpError() << "has groups of " << kernel.getGroupSize() << " threads, the chip takes "
                                << lowering.maxGroupSize;
  if (auto bad = llvm::find_if(kernel.getSymName(), [](char c) { return !llvm::isAlnum(c) && c != '_'; });
      bad != kernel.getSymName().end())
    return kernel.emitOpError() << "has '" << *bad << "' in its name, which device assemblers do not take";
  bool fits = true;
  kernel.walk([&](tile::RingOp ring) {
    if (ir::toDimExpr(ring.getElementsAttr()).isConstant())
      return;
    ring.emitOpError("needs a constant size: threads of this target have no workspace");
    fits = false;
  });
  return success(fits);
}

/// Bytes of the group arrays that a lowered function uses; the data layout of these types is the same on all chips.
static int64_t groupBytes(LLVM::LLVMFuncOp function, unsigned space) {
  auto module = function->getParentOfType<ModuleOp>();
  llvm::SetVector<Operation *> globals;
  function.walk([&](LLVM::AddressOfOp address) {
    if (auto global = module.lookupSymbol<LLVM::GlobalOp>(address.getGlobalName());
        global && global.getAddrSpace() == space)
      globals.insert(global);
  });
  int64_t total = 0;
  DataLayout layout(module);
  for (Operation *op : globals) {
    auto global = cast<LLVM::GlobalOp>(op);
    total = llvm::alignTo(total, global.getAlignment().value_or(1)) + layout.getTypeSize(global.getGlobalType());
  }
  return total;
}

static constexpr llvm::StringLiteral kLoopAnnotation = "llvm.loop_annotation";

/// A step of a matrix kernel's loop is as long as a loop's body should be: unrolled whole, its code would no longer fit
/// the instruction cache. Other loops are marked.
static void keepLoops(ModuleOp module) {
  MLIRContext *context = module.getContext();
  auto unroll = LLVM::LoopUnrollAttr::get(context, BoolAttr::get(context, true), {}, {}, {}, {}, {}, {});
  auto annotation =
      LLVM::LoopAnnotationAttr::get(context, {}, {}, {}, unroll, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {});
  module.walk([&](Operation *op) {
    if (!isa<tile::ContractOp, tile::MultiplyOp, tile::MultiplyHeldOp>(op))
      return;
    if (auto loop = dyn_cast<scf::ForOp>(op->getParentOp()))
      loop->setAttr(kLoopAnnotation, annotation);
  });
  module.walk([&](scf::ForOp loop) {
    if (loop->removeAttr(tile::kRolledAttr))
      loop->setAttr(kLoopAnnotation, annotation);
  });
}

/// Its memory is its own: nobody has read it before.
static void markSingleReductions(ModuleOp module) {
  module.walk([](tile::ReduceOp op) {
    if (!op->getParentOfType<LoopLikeOpInterface>())
      op->setAttr(kRunsOnceAttr, UnitAttr::get(op.getContext()));
  });
}

/// From where the conversion of loops leaves it to where LLVM looks for it.
static void moveLoopAnnotations(ModuleOp module) {
  module.walk([](LLVM::BrOp branch) {
    if (auto annotation = branch->getAttrOfType<LLVM::LoopAnnotationAttr>(kLoopAnnotation)) {
      branch->removeAttr(kLoopAnnotation);
      branch.setLoopAnnotationAttr(annotation);
    }
  });
}

void SimtLoweringPass::runOnOperation() {
  ModuleOp module = getOperation();
  keepLoops(module);
  markSingleReductions(module);
  for (auto kernel : module.getOps<tile::KernelOp>())
    if (failed(checkLimits(kernel)))
      return signalPassFailure();
  if (failed(numberTensorMaps(module)))
    return signalPassFailure();
  LowerToLLVMOptions options(&getContext());
  options.overrideIndexBitwidth(64);
  LLVMTypeConverter converter(&getContext(), options);
  populateTileTypeConversions(converter, hooks);
  RewritePatternSet patterns(&getContext());
  if (lowering.extend)
    lowering.extend(converter, patterns);
  populateTileToLLVMPatterns(converter, hooks, patterns);
  populateScalarToLLVMPatterns(converter, patterns);
  populateNarrowFloatPatterns(patterns);
  patterns.add<LowerKernel>(converter, &getContext(), lowering);
  patterns.add<LowerReturn>(converter, &getContext());
  LLVMConversionTarget legal(getContext());
  legal.addLegalOp<ModuleOp>();
  legal.addIllegalDialect<tile::TileDialect>();
  if (!lowering.dialect.empty())
    legal.addLegalDialect(lowering.dialect);
  if (failed(applyFullConversion(module, legal, std::move(patterns))))
    return signalPassFailure();
  moveLoopAnnotations(module);
  module->setAttr(LLVM::LLVMDialect::getTargetTripleAttrName(), StringAttr::get(&getContext(), lowering.triple));
  module->setAttr(LLVM::LLVMDialect::getDataLayoutAttrName(), StringAttr::get(&getContext(), lowering.dataLayout));
  SmallVector<NamedAttribute> needs, tensorMaps;
  int64_t most = 0;
  Builder builder(&getContext());
  for (auto function : module.getOps<LLVM::LLVMFuncOp>()) {
    int64_t bytes = groupBytes(function, hooks.groupAddressSpace);
    if (bytes > lowering.groupMemoryBytes) {
      function.emitError() << "needs " << bytes << " bytes of group memory, the chip has " << lowering.groupMemoryBytes;
      return signalPassFailure();
    }
    if (bytes > 0)
      needs.push_back(builder.getNamedAttr(function.getSymName(), builder.getI64IntegerAttr(bytes)));
    most = std::max(most, bytes);
    if (Attribute maps = function->removeAttr(kTensorMapsAttr))
      tensorMaps.push_back(builder.getNamedAttr(function.getSymName(), maps));
  }
  if (!tensorMaps.empty())
    module->setAttr(kTensorMapsAttr, builder.getDictionaryAttr(tensorMaps));
  if (lowering.declaredGroupBytes && most > *lowering.declaredGroupBytes)
    module->setAttr(kGroupMemoryAttr, builder.getDictionaryAttr(needs));
}

std::unique_ptr<Pass> target::createSimtLoweringPass(SimtLowering lowering) {
  return std::make_unique<SimtLoweringPass>(std::move(lowering));
}
