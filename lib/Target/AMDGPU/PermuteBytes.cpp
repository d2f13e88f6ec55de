//===- PermuteBytes.cpp - Words put together from bytes of two words ------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Target module stage, on the lowered module: masks, shifts and an `or` that take
// whole bytes of two words are one v_perm_b32, which LLVM finds in few of its forms.
// In kernels of matrix units only, where operands are turned on their way.
//
//===----------------------------------------------------------------------===//
#include "Matrix.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/Matchers.h"

#include <array>

using namespace mlir;
using namespace flex;

namespace {

/// Each byte of a word: which byte of `source`, or kZero.
constexpr int kZero = -1;
struct Bytes {
  Value source;
  std::array<int, 4> from;
};

std::optional<uint32_t> constantOf(Value value) {
  APInt number;
  if (!matchPattern(value, m_ConstantInt(&number)))
    return std::nullopt;
  return static_cast<uint32_t>(number.getZExtValue());
}

/// What is left of a word behind masks and shifts by whole bytes.
std::optional<Bytes> bytesOf(Value value) {
  Operation *op = value.getDefiningOp();
  if (!isa_and_nonnull<LLVM::AndOp, LLVM::ShlOp, LLVM::LShrOp>(op))
    return Bytes{value, {0, 1, 2, 3}};
  std::optional<uint32_t> number = constantOf(op->getOperand(1));
  if (!number)
    return Bytes{value, {0, 1, 2, 3}};
  std::optional<Bytes> inner = bytesOf(op->getOperand(0));
  if (!inner)
    return std::nullopt;
  Bytes result{inner->source, {kZero, kZero, kZero, kZero}};
  int up = isa<LLVM::ShlOp>(op) ? static_cast<int>(*number / 8) : isa<LLVM::LShrOp>(op) ? -int(*number / 8) : 0;
  if (!isa<LLVM::AndOp>(op) && (*number % 8 != 0 || *number >= 32))
    return std::nullopt;
  for (int i = 0; i < 4; ++i) {
    uint32_t mask = isa<LLVM::AndOp>(op) ? *number >> (8 * i) & 0xff : 0xff;
    if (mask != 0 && mask != 0xff)
      return std::nullopt;
    if (mask && i - up >= 0 && i - up < 4)
      result.from[i] = inner->from[i - up];
  }
  return result;
}

struct PermuteBytes : PassWrapper<PermuteBytes, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(PermuteBytes)
  StringRef getArgument() const override { return "flex-amdgpu-permute-bytes"; }
  StringRef getDescription() const override { return "bytes of two words are put together by one instruction"; }

  void runOnOperation() override {
    for (auto function : getOperation().getOps<LLVM::LLVMFuncOp>()) {
      bool found = function
                       .walk([](LLVM::CallIntrinsicOp call) {
                         bool isMatrix = call.getIntrin().contains(".mfma.") || call.getIntrin().contains(".wmma.");
                         return isMatrix ? WalkResult::interrupt() : WalkResult::advance();
                       })
                       .wasInterrupted();
      if (found)
        function.walk([](LLVM::OrOp op) { permute(op); });
    }
  }

private:
  static void permute(LLVM::OrOp op) {
    if (!op.getType().isInteger(32))
      return;
    std::optional<Bytes> low = bytesOf(op.getLhs()), high = bytesOf(op.getRhs());
    if (!low || !high || low->source == op.getLhs() || high->source == op.getRhs())
      return;
    // The instruction numbers the bytes of its second operand from 0 and of its first from 4; 12 is a zero.
    uint32_t selector = 0;
    for (int i = 0; i < 4; ++i) {
      if (low->from[i] != kZero && high->from[i] != kZero)
        return;
      int byte = low->from[i] != kZero ? low->from[i] : high->from[i] != kZero ? 4 + high->from[i] : 12;
      selector |= static_cast<uint32_t>(byte) << (8 * i);
    }
    OpBuilder builder(op);
    Value chosen = LLVM::ConstantOp::create(builder, op.getLoc(), builder.getI32IntegerAttr(int32_t(selector)));
    auto made =
        LLVM::CallIntrinsicOp::create(builder, op.getLoc(), op.getType(), builder.getStringAttr("llvm.amdgcn.perm"),
                                      ValueRange{high->source, low->source, chosen});
    op.replaceAllUsesWith(made.getResults());
    op.erase();
  }
};

} // namespace

std::unique_ptr<Pass> amdgpu::createPermuteBytesPass() {
  return std::make_unique<PermuteBytes>();
}
