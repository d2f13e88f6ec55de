//===- KernelFunction.cpp - A tile.kernel as two functions ----------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The work item has a function of its own because arguments are where LLVM
// takes `noalias` from, and so that a profiler shows it by name.
// Invariant: no buffer pointer is called nonnull: that of an empty tensor may be null.
//
//===----------------------------------------------------------------------===//
#include "Lowering.h"

#include "flex/ScheduledLoops/EmitDimExpr.h"
#include "flex/ScheduledLoops/Workspace.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

using namespace mlir;

namespace flex::target::cpu {
namespace {

Value castTo(OpBuilder &builder, Location loc, Type type, Value value) {
  return UnrealizedConversionCastOp::create(builder, loc, type, value).getResult(0);
}

/// The pieces of one kernel's translation.
class KernelFunctions {
public:
  KernelFunctions(tile::KernelOp kernel, const FeatureSet &features)
      : kernel(kernel), builder(kernel), loc(kernel.getLoc()), pointer(LLVM::LLVMPointerType::get(kernel.getContext())),
        i64(builder.getI64Type()), numBuffers(kernel.getNumBuffers()), numDims(kernel.getDims().size()),
        isX86(features.isa() == Isa::X86_64) {}

  void run() {
    places = tile::placeRings(kernel);
    usesNontemporal = isX86 && kernel
                                   .walk([](tile::StoreOp store) {
                                     return store.getNontemporal() ? WalkResult::interrupt() : WalkResult::advance();
                                   })
                                   .wasInterrupted();
    makeBody();
    lowerArguments();
    lowerRings();
    lowerIds();
    makeEntry();
    kernel.erase();
  }

private:
  void makeBody();
  void lowerArguments();
  void lowerRings();
  void lowerIds();
  void makeEntry();
  SmallVector<Value> loadArguments(Value buffers, Value dims);

  tile::KernelOp kernel;
  OpBuilder builder;
  Location loc;
  Type pointer, i64;
  unsigned numBuffers, numDims;
  bool isX86, usesNontemporal = false;
  SmallVector<tile::RingPlace> places;
  LLVM::LLVMFuncOp body;
  Value item, workspace;
  SmallVector<Value> dims; ///< as index
};

void KernelFunctions::makeBody() {
  SmallVector<Type> types(numBuffers, pointer);
  types.append(numDims + 1, i64); // the dims and the item
  types.push_back(pointer);       // the workspace
  auto type = LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(builder.getContext()), types);
  body = LLVM::LLVMFuncOp::create(builder, loc, (kernel.getName() + ".body").str(), type, LLVM::Linkage::Internal,
                                  /*dsoLocal=*/true);
  for (unsigned argument = 0; argument < types.size(); ++argument)
    if (types[argument] == pointer && !kernel->hasAttr(tile::kMayAliasAttr))
      body.setArgAttr(argument, LLVM::LLVMDialect::getNoAliasAttrName(), builder.getUnitAttr());
  body.setNoUnwind(true);
  body.getBody().takeBody(kernel.getBody());
}

void KernelFunctions::lowerArguments() {
  Block &entry = body.getBody().front();
  builder.setInsertionPointToStart(&entry);
  for (BlockArgument argument : entry.getArguments()) {
    Type type = argument.getType();
    argument.setType(isa<tile::BufferType>(type) ? pointer : i64);
    auto cast = UnrealizedConversionCastOp::create(builder, loc, type, argument);
    argument.replaceAllUsesExcept(cast.getResult(0), cast);
    if (type.isIndex())
      dims.push_back(cast.getResult(0));
  }
  item = entry.addArgument(i64, loc);
  workspace = entry.addArgument(pointer, loc);
}

void KernelFunctions::lowerRings() {
  auto valueOf = [&](StringRef name) -> Value {
    for (auto [position, dim] : llvm::enumerate(kernel.getDims().getAsRange<StringAttr>()))
      if (dim.getValue() == name)
        return dims[position];
    return nullptr;
  };
  for (auto [ring, offset] : places) {
    Value place = tile::emitDimExpr(builder, ring.getLoc(), offset, valueOf);
    place = arith::IndexCastOp::create(builder, ring.getLoc(), i64, place);
    Value address = LLVM::GEPOp::create(builder, ring.getLoc(), pointer, builder.getI8Type(), workspace,
                                        ValueRange{place}, LLVM::GEPNoWrapFlags::inbounds | LLVM::GEPNoWrapFlags::nuw);
    ring.replaceAllUsesWith(castTo(builder, ring.getLoc(), ring.getType(), address));
    ring.erase();
  }
}

void KernelFunctions::lowerIds() {
  Value index;
  SmallVector<Operation *> done;
  body.walk([&](Operation *op) {
    if (isa<tile::IdOp>(op)) {
      if (!index)
        index = castTo(builder, loc, builder.getIndexType(), item);
      op->getResult(0).replaceAllUsesWith(index);
    } else if (isa<tile::LaneOp>(op)) {
      op->getResult(0).replaceAllUsesWith(arith::ConstantIndexOp::create(builder, loc, 0)); // one thread per item
    } else if (isa<tile::ReturnOp>(op)) {
      OpBuilder atReturn(op);
      LLVM::ReturnOp::create(atReturn, op->getLoc(), ValueRange());
    } else {
      return;
    }
    done.push_back(op);
  });
  for (Operation *op : done)
    op->erase();
}

SmallVector<Value> KernelFunctions::loadArguments(Value bufferArray, Value dimArray) {
  SmallVector<Value> values;
  for (unsigned i = 0; i < numBuffers + numDims; ++i) {
    bool isBuffer = i < numBuffers;
    Type type = isBuffer ? pointer : i64;
    auto position = LLVM::GEPArg(static_cast<int32_t>(isBuffer ? i : i - numBuffers));
    Value address = LLVM::GEPOp::create(builder, loc, pointer, type, isBuffer ? bufferArray : dimArray, position);
    values.push_back(LLVM::LoadOp::create(builder, loc, type, address));
  }
  return values;
}

/// void NAME(void *const *buffers, const int64_t *dims, int64_t begin, int64_t end, void *workspace)
void KernelFunctions::makeEntry() {
  builder.setInsertionPointAfter(body);
  auto type =
      LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(builder.getContext()), {pointer, pointer, i64, i64, pointer});
  auto function = LLVM::LLVMFuncOp::create(builder, loc, kernel.getName(), type);
  function.setNoUnwind(true);
  Block *entry = function.addEntryBlock(builder);
  Block *header = builder.createBlock(&function.getBody(), function.getBody().end(), {i64}, {loc});
  Block *loop = builder.createBlock(&function.getBody(), function.getBody().end());
  Block *exit = builder.createBlock(&function.getBody(), function.getBody().end());

  builder.setInsertionPointToEnd(entry);
  SmallVector<Value> arguments = loadArguments(entry->getArgument(0), entry->getArgument(1));
  LLVM::BrOp::create(builder, loc, entry->getArgument(2), header);

  builder.setInsertionPointToEnd(header);
  Value current = header->getArgument(0);
  Value more = LLVM::ICmpOp::create(builder, loc, LLVM::ICmpPredicate::slt, current, entry->getArgument(3));
  LLVM::CondBrOp::create(builder, loc, more, loop, exit);

  builder.setInsertionPointToEnd(loop);
  arguments.append({current, entry->getArgument(4)});
  LLVM::CallOp::create(builder, loc, body, arguments);
  Value one = LLVM::ConstantOp::create(builder, loc, builder.getI64IntegerAttr(1));
  LLVM::BrOp::create(builder, loc, LLVM::AddOp::create(builder, loc, current, one).getResult(), header);

  builder.setInsertionPointToEnd(exit);
  if (usesNontemporal) // such stores are weakly ordered: the pool's release would not cover them
    LLVM::CallIntrinsicOp::create(builder, loc, builder.getStringAttr("llvm.x86.sse.sfence"), ValueRange());
  LLVM::ReturnOp::create(builder, loc, ValueRange());
}

} // namespace

void makeKernelFunctions(tile::KernelOp kernel, const FeatureSet &features) {
  KernelFunctions(kernel, features).run();
}

} // namespace flex::target::cpu
