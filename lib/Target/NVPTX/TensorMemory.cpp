//===- TensorMemory.cpp - Allocation of tensor memory ---------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Scheduled loops -> scheduled loops, with the llvm and nvvm ops that come before and
// behind them. PTX ISA 9.7.16.7 (allocation: one warp, powers of two from 32 on, every
// one given back), 9.7.13.15 (mbarrier). Invariant: one tile.multiply of tcgen05 in a
// kernel; its sums are all that is kept there.
//
//===----------------------------------------------------------------------===//
#include "TensorMemory.h"
#include "Chips.h"
#include "Tcgen05.h"

#include "flex/Target/Simt.h"

#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace flex;
using namespace flex::nvptx;

static constexpr llvm::StringLiteral kWordsAttr = "tile.tensor_memory", kOneBatchAttr = "tile.one_batch";
static constexpr unsigned kGroupSpace = 3;

std::optional<TensorMemory> TensorMemory::of(Operation *op) {
  while (op->getParentOp() && !isa<ModuleOp>(op->getParentOp()))
    op = op->getParentOp();
  if (op->getNumRegions() != 1 || op->getRegion(0).empty())
    return std::nullopt;
  for (auto parity : op->getRegion(0).front().getOps<LLVM::AllocaOp>())
    if (auto words = parity->getAttrOfType<StringAttr>(kWordsAttr))
      return TensorMemory{parity.getResult(), words.getValue(), parity->hasAttr(kOneBatchAttr)};
  return std::nullopt;
}

Value TensorMemory::slot(Numbers &n) const {
  return LLVM::AddressOfOp::create(n.b, n.loc, LLVM::LLVMPointerType::get(n.b.getContext(), kGroupSpace), words);
}

Value TensorMemory::team(Numbers &n) {
  return target::groupSizeAt(n.b) == kTeam ? n.constant(0) : n.right(n.thread(), llvm::Log2_64(kTeam));
}

Value TensorMemory::barrier(Numbers &n) const {
  Value word = n.scaled(n.add(team(n), n.constant(1)), 2);
  return n.pointer(slot(n), word);
}

Value TensorMemory::address(Numbers &n) const {
  return LLVM::LoadOp::create(n.b, n.loc, n.b.getI32Type(), slot(n), 4);
}

Value TensorMemory::pointer(Numbers &n, Value address) {
  return LLVM::IntToPtrOp::create(n.b, n.loc, LLVM::LLVMPointerType::get(n.b.getContext(), kTensorSpace), address);
}

namespace {

class TensorMemoryPass : public PassWrapper<TensorMemoryPass, OperationPass<ModuleOp>> {
public:
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(TensorMemoryPass)
  StringRef getArgument() const override { return "flex-nvptx-tensor-memory"; }
  StringRef getDescription() const override { return "kernels with tcgen05 allocate tensor memory"; }
  void getDependentDialects(DialectRegistry &registry) const override {
    registry.insert<LLVM::LLVMDialect, NVVM::NVVMDialect, scf::SCFDialect>();
  }
  void runOnOperation() override {
    for (auto kernel : getOperation().getOps<tile::KernelOp>()) {
      SmallVector<tile::MultiplyOp> found;
      kernel.walk([&](tile::MultiplyOp op) {
        if (findTcgen05(op.getUnit()))
          found.push_back(op);
      });
      if (found.empty())
        continue;
      if (found.size() > 1) {
        found[1].emitOpError("is the second one of its kernel that adds to tensor memory");
        return signalPassFailure();
      }
      if (failed(surround(kernel, found.front())))
        return signalPassFailure();
    }
  }

private:
  static LogicalResult surround(tile::KernelOp kernel, tile::MultiplyOp multiply);
  static void begin(Numbers n, const TensorMemory &memory, int64_t teams, int64_t columns);
  static void end(Numbers n, const TensorMemory &memory, int64_t columns);
};

void when(Numbers &n, Value condition, llvm::function_ref<void()> body) {
  auto branch = scf::IfOp::create(n.b, n.loc, condition, /*withElseRegion=*/false);
  OpBuilder::InsertionGuard guard(n.b);
  n.b.setInsertionPointToStart(&branch.getThenRegion().front());
  body();
}

Value isBelow(Numbers &n, Value x, int64_t y) {
  return LLVM::ICmpOp::create(n.b, n.loc, LLVM::ICmpPredicate::ult, x, n.constant(y));
}

} // namespace

void TensorMemory::meet(Numbers &n) {
  n.call("llvm.nvvm.tcgen05.fence.before.thread.sync");
  NVVM::Barrier0Op::create(n.b, n.loc);
  n.call("llvm.nvvm.tcgen05.fence.after.thread.sync");
}

LogicalResult TensorMemoryPass::surround(tile::KernelOp kernel, tile::MultiplyOp multiply) {
  bool hasPipe = !kernel.getBody().getOps<tile::PipeOp>().empty(); // and a warp that fills it
  int64_t threads = kernel.getGroupSize() - (hasPipe ? kWarpSize : 0), teams = threads / kTeam;
  int64_t used = teams * multiply.getNumResults() * findTcgen05(multiply.getUnit())->n;
  if (threads % kTeam != 0 || used > kTensorColumns)
    return multiply.emitOpError() << "needs whole groups of " << kTeam << " threads, and " << used << " of the "
                                  << kTensorColumns << " columns of tensor memory";
  int64_t columns = llvm::PowerOf2Ceil(std::max<int64_t>(used, 32));
  OpBuilder b(kernel.getContext());
  b.setInsertionPointToStart(&kernel.getBody().front());
  Numbers n{b, multiply.getLoc()};
  Value words = target::makeGroupArray(b, n.loc, "tensor_memory", b.getI64Type(), teams + 1, kGroupSpace, 16);
  auto pointer = LLVM::LLVMPointerType::get(b.getContext());
  auto parity = LLVM::AllocaOp::create(b, n.loc, pointer, b.getI32Type(), n.constant(1), 4);
  auto name = words.getDefiningOp<LLVM::AddressOfOp>().getGlobalNameAttr().getAttr();
  parity->setAttr(kWordsAttr, name);
  if (hasPipe)
    parity->setAttr(kOneBatchAttr, b.getUnitAttr());
  TensorMemory memory{parity.getResult(), name.getValue(), hasPipe};
  begin(n, memory, teams, columns);
  kernel.walk([&](tile::ReturnOp op) {
    b.setInsertionPoint(op);
    end(n, memory, columns);
  });
  return success();
}

void TensorMemoryPass::begin(Numbers n, const TensorMemory &memory, int64_t teams, int64_t columns) {
  Value thread = n.thread();
  LLVM::StoreOp::create(n.b, n.loc, n.constant(0), memory.parity, 4);
  when(n, isBelow(n, thread, kWarpSize), [&] {
    n.call("llvm.nvvm.tcgen05.alloc.shared.cg1", {memory.slot(n), n.constant(columns)});
    n.call("llvm.nvvm.tcgen05.relinq.alloc.permit.cg1");
  });
  when(n, isBelow(n, thread, 1), [&] {
    for (int64_t team = 0; team < teams; ++team) // a batch arrives once
      n.call("llvm.nvvm.mbarrier.init.shared", {n.pointer(memory.slot(n), n.constant(2 * (team + 1))), n.constant(1)});
    if (!memory.isOneBatch)
      n.call("llvm.nvvm.fence.mbarrier_init.release.cluster");
  });
  if (!memory.isOneBatch) // else a pipe comes, whose beginning is a fence and a barrier for all of this, too
    TensorMemory::meet(n);
}

void TensorMemoryPass::end(Numbers n, const TensorMemory &memory, int64_t columns) {
  TensorMemory::meet(n);
  when(n, isBelow(n, n.thread(), kWarpSize), [&] {
    n.call("llvm.nvvm.tcgen05.dealloc.cg1", {TensorMemory::pointer(n, memory.address(n)), n.constant(columns)});
  });
}

std::unique_ptr<Pass> nvptx::createTensorMemoryPass() {
  return std::make_unique<TensorMemoryPass>();
}
