//===- GroupOperand.cpp - Operands that a unit reads itself ---------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Target module stage. Descriptors: PTX ISA 9.7.15.5 (wgmma), 9.7.16.4 (tcgen05);
// both have start, panels and groups of rows in the same bits.
//
//===----------------------------------------------------------------------===//
#include "GroupOperand.h"

#include "mlir/Conversion/LLVMCommon/Pattern.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace flex;
using namespace flex::nvptx;

Value Numbers::constant(int64_t value) {
  return LLVM::ConstantOp::create(b, loc, b.getI32IntegerAttr(static_cast<int32_t>(value)));
}
Value Numbers::narrow(Value index) {
  return LLVM::TruncOp::create(b, loc, b.getI32Type(), index);
}
Value Numbers::add(Value x, Value y) {
  return LLVM::AddOp::create(b, loc, x, y);
}
Value Numbers::scaled(Value x, int64_t by) {
  return by == 1 ? x : LLVM::MulOp::create(b, loc, x, constant(by)).getResult();
}
Value Numbers::both(Value x, int64_t mask) {
  return LLVM::AndOp::create(b, loc, x, constant(mask));
}
Value Numbers::differ(Value x, Value y) {
  return LLVM::XOrOp::create(b, loc, x, y);
}
Value Numbers::right(Value x, int64_t by) {
  return by ? LLVM::LShrOp::create(b, loc, x, constant(by)).getResult() : x;
}
Value Numbers::thread() {
  return NVVM::ThreadIdXOp::create(b, loc, b.getI32Type());
}
Value Numbers::rowMask(tile::LayoutAttr layout, Value row) {
  Value mask = constant(0);
  for (auto [bit, entry] : llvm::enumerate(layout.getRowBits()))
    if (entry)
      mask = differ(mask, scaled(both(right(row, static_cast<int64_t>(bit)), 1), entry));
  return mask;
}
Value Numbers::pointer(Value ring, Value element) {
  Value bytes = LLVM::ZExtOp::create(b, loc, b.getI64Type(), scaled(element, 4));
  return LLVM::GEPOp::create(b, loc, ring.getType(), b.getI8Type(), ring, ValueRange{bytes});
}
void Numbers::call(StringRef intrinsic, ValueRange arguments) {
  LLVM::CallIntrinsicOp::create(b, loc, b.getStringAttr(intrinsic), arguments);
}

int64_t GroupOperand::bytesTo(int64_t outer) const {
  return across ? outer / layout.getColumns() * panelBytes() + outer % layout.getColumns() * bytes : outer * rowBytes();
}

bool GroupOperand::isReadable() const {
  if ((rowBytes() != 32 && rowBytes() != 64 && rowBytes() != 128) || (across && bytes != 2))
    return false;
  SmallVector<int64_t> bits;
  for (int64_t length = rowBytes(); length < 128; length *= 2)
    bits.push_back(0);
  for (int64_t mask = 1; mask < descriptorUnits(rowBytes()); mask *= 2)
    bits.push_back(mask);
  return layout.getRowBits() == ArrayRef(bits) && layout.getChunk() * bytes == 16 &&
         (across || steps == layout.getColumns());
}

Value GroupOperand::start(Numbers &n, Value ring, Value outer, Value stage) const {
  Value address = LLVM::PtrToIntOp::create(n.b, n.loc, n.b.getI32Type(), ring);
  int64_t panel = (across ? descriptorUnits(panelBytes()) : 1) << 16;
  Value begin = n.add(n.both(n.right(address, 4), 0x3fff), n.constant(panel));
  Value index = n.narrow(outer), moved;
  if (across) {
    int64_t columns = layout.getColumns();
    moved = n.add(n.scaled(n.right(index, llvm::Log2_64(columns)), descriptorUnits(panelBytes())),
                  n.right(n.scaled(n.both(index, columns - 1), bytes), 4));
  } else {
    moved = n.scaled(index, descriptorUnits(rowBytes()));
  }
  return n.add(n.add(begin, moved), stage);
}

std::optional<UnitName> nvptx::parseUnitName(StringRef unit, StringRef shape) {
  UnitName name;
  auto [size, operand] = unit.rsplit('.');
  name.operand = operand;
  if (!size.consume_front(shape) || !size.consume_front("n") || size.consumeInteger(10, name.n) ||
      !size.consume_front("k") || size.getAsInteger(10, name.k))
    return std::nullopt;
  bool isWide = llvm::isPowerOf2_32(name.n) && name.n >= 32 && name.n <= 256;
  return isWide ? std::optional(name) : std::nullopt;
}

std::vector<tile::MatrixUnit> nvptx::unitsByColumns(const tile::MatrixUnit &family,
                                                    llvm::function_ref<bool(StringRef)> isKnown) {
  std::vector<tile::MatrixUnit> units;
  for (int64_t n = 256; n >= 32; n /= 2) {
    tile::MatrixUnit unit = family;
    unit.n = unit.maxN = n;
    if (n >= family.n && n <= family.maxN && n % family.n == 0 && isKnown(unit.name()))
      units.push_back(unit);
  }
  return units;
}

Value nvptx::makeDescriptor(Numbers &n, Value low, int64_t high, int64_t bytes) {
  OpBuilder &b = n.b;
  Value words = LLVM::ConstantOp::create(b, n.loc, VectorType::get(2, b.getI32Type()),
                                         b.getI32VectorAttr({0, static_cast<int32_t>(high)}));
  words = LLVM::InsertElementOp::create(b, n.loc, words, n.add(low, n.constant(descriptorUnits(bytes))), n.constant(0));
  return LLVM::BitcastOp::create(b, n.loc, b.getI64Type(), words);
}

namespace {

/// The unit reads group memory past the way that threads' stores and copies take: each thread puts its own in order.
struct LowerWaitForUnits : ConvertOpToLLVMPattern<tile::WaitOp> {
  explicit LowerWaitForUnits(const LLVMTypeConverter &converter)
      : ConvertOpToLLVMPattern(converter, PatternBenefit(10)) {}
  LogicalResult matchAndRewrite(tile::WaitOp op, OpAdaptor, ConversionPatternRewriter &rewriter) const final {
    if (!op.getUnits())
      return failure();
    if (op.getPending())
      NVVM::CpAsyncWaitGroupOp::create(rewriter, op.getLoc(), *op.getPending());
    Numbers{rewriter, op.getLoc()}.call("llvm.nvvm.fence.proxy.async.shared_cta");
    NVVM::Barrier0Op::create(rewriter, op.getLoc());
    rewriter.eraseOp(op);
    return success();
  }
};

} // namespace

void nvptx::populateWaitForUnitsPattern(LLVMTypeConverter &converter, RewritePatternSet &patterns) {
  patterns.add<LowerWaitForUnits>(converter);
}
