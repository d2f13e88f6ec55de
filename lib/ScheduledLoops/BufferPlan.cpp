//===- BufferPlan.cpp - Which memory a kernel's launches use --------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A group's result inside the group and its value outside are one buffer: the
// yield ties them.
//
//===----------------------------------------------------------------------===//
#include "BufferPlan.h"

#include "GroupInfo.h"
#include "flex/ScheduledLoops/EmitDimExpr.h"

using namespace mlir;
using namespace flex;
using namespace flex::tile;

namespace {

constexpr int64_t kAlignment = 64;

ImageTensor signatureOf(const std::string &name, Type type) {
  auto tensor = cast<ir::NamedTensorType>(type);
  SmallVector<DimExpr> dims = tensor.getDims();
  return {name, ir::getDTypeName(tensor.getElementType()), std::vector<DimExpr>(dims.begin(), dims.end())};
}

DimExpr bytesOf(Type type) {
  return cast<ir::NamedTensorType>(type).getSizeInBytes();
}

/// Between groups, elements of four bits take a byte each: no two threads ever share one.
DimExpr bytesOfTemporary(Type type) {
  auto tensor = cast<ir::NamedTensorType>(type);
  return product(tensor.getDims()) * DimExpr(tensor.getElementBytes());
}

/// The value outside the group for a statement's result that is yielded.
Value outsideValue(Value tensor) {
  auto group = tensor.getDefiningOp() ? dyn_cast<ir::GroupOp>(tensor.getDefiningOp()->getParentOp()) : ir::GroupOp();
  if (!group)
    return tensor;
  auto yield = cast<ir::YieldOp>(group.getBody().front().getTerminator());
  for (auto [yielded, result] : llvm::zip_equal(yield.getOperands(), group.getResults()))
    if (yielded == tensor)
      return result;
  return tensor;
}

} // namespace

BufferPlan::BufferPlan(ir::KernelOp op) : kernel(op) {
  plan.kernel = kernel.getName().str();
  plan.strict = kernel.isStrict();
  plan.doc = kernel.getDoc().value_or("").str();
  for (const std::string &dim : kernel.getDimNames())
    plan.dims.push_back(dim);
  if (auto bound = kernel->getAttrOfType<DenseI64ArrayAttr>(kBoundAttr))
    plan.bound = bound.asArrayRef().vec();
  if (auto constraints = kernel.getConstraints())
    for (Attribute constraint : *constraints)
      plan.constraints.push_back(cast<StringAttr>(constraint).getValue().str());
  for (BlockArgument argument : kernel.getBody().getArguments()) {
    ImageBuffer buffer;
    buffer.kind = ImageBuffer::Kind::Param;
    buffer.index = argument.getArgNumber();
    buffer.bytes = bytesOf(argument.getType());
    numbers[argument.getAsOpaquePointer()] = plan.buffers.size();
    plan.buffers.push_back(buffer);
    plan.params.push_back(signatureOf(kernel.getArgName(argument.getArgNumber()), argument.getType()));
    plan.params.back().defaultValue = numberText(kernel.getArgDefault(argument.getArgNumber()), argument.getType());
  }
  auto ret = cast<ir::ReturnOp>(kernel.getBody().front().getTerminator());
  for (auto [number, value] : llvm::enumerate(ret.getOperands())) {
    ImageBuffer buffer;
    buffer.kind = ImageBuffer::Kind::Result;
    buffer.index = number;
    buffer.bytes = bytesOf(value.getType());
    if (cast<ir::NamedTensorType>(value.getType()).getElementBits() < 8)
      packed.push_back({value, static_cast<int64_t>(plan.buffers.size())});
    else
      numbers[value.getAsOpaquePointer()] = plan.buffers.size();
    plan.buffers.push_back(buffer);
    plan.results.push_back(signatureOf(kernel.getResultName(number), value.getType()));
    plan.results.back().alias = kernel.getResultAlias(number);
  }
}

void BufferPlan::addConstant(ir::ConstantOp constant, ImageBuffer &buffer) {
  auto elements = cast<DenseElementsAttr>(constant.getValue());
  int64_t width = constant.getResult().getType().getElementBytes();
  plan.constants.resize((plan.constants.size() + kAlignment - 1) / kAlignment * kAlignment);
  buffer.kind = ImageBuffer::Kind::Constant;
  buffer.index = plan.constants.size();
  bool low = true; // the half of a byte that comes next
  auto append = [&](const APInt &bits) {
    if (bits.getBitWidth() == 4) {
      if (low)
        plan.constants.push_back(bits.getZExtValue());
      else
        plan.constants.back() |= bits.getZExtValue() << 4;
      low = !low;
      return;
    }
    for (int64_t byte = 0; byte < width; ++byte)
      plan.constants.push_back(bits.getBitWidth() == 1 ? bits.getZExtValue()
                                                       : bits.extractBitsAsZExtValue(8, byte * 8));
  };
  if (isa<FloatType>(elements.getElementType()))
    for (const APFloat &value : elements.getValues<APFloat>())
      append(value.bitcastToAPInt());
  else
    for (const APInt &value : elements.getValues<APInt>())
      append(value);
}

int64_t BufferPlan::bufferOf(Value tensor) {
  tensor = outsideValue(tensor);
  auto [it, isNew] = numbers.try_emplace(tensor.getAsOpaquePointer(), plan.buffers.size());
  if (!isNew)
    return it->second;
  ImageBuffer buffer;
  buffer.bytes = bytesOfTemporary(tensor.getType());
  if (auto constant = tensor.getDefiningOp<ir::ConstantOp>()) {
    buffer.bytes = bytesOf(tensor.getType());
    addConstant(constant, buffer);
  }
  plan.buffers.push_back(buffer);
  return it->second;
}

void BufferPlan::addLaunch(KernelOp function, ArrayRef<Value> inputs, ArrayRef<Value> outputs) {
  std::vector<int64_t> buffers;
  for (ArrayRef<Value> tensors : {inputs, outputs})
    for (Value tensor : tensors)
      buffers.push_back(bufferOf(tensor));
  auto isTemporary = [&](Value tensor) { return plan.buffers[bufferOf(tensor)].kind == ImageBuffer::Kind::Temp; };
  bool isKept = !plan.bound.empty() && llvm::all_of(inputs, [&](Value tensor) { return isFixed(tensor); }) &&
                llvm::all_of(outputs, isTemporary);
  if (isKept)
    fixed.insert(buffers.end() - static_cast<ptrdiff_t>(outputs.size()), buffers.end());
  push(function, std::move(buffers));
  plan.launches.back().kept = isKept;
}

bool BufferPlan::isFixed(Value tensor) {
  tensor = outsideValue(tensor);
  auto known = numbers.find(tensor.getAsOpaquePointer());
  if (plan.bound.empty() || known == numbers.end())
    return !plan.bound.empty() && tensor.getDefiningOp<ir::ConstantOp>();
  const ImageBuffer &buffer = plan.buffers[known->second];
  return buffer.kind == ImageBuffer::Kind::Constant || fixed.count(known->second) ||
         (buffer.kind == ImageBuffer::Kind::Param && llvm::is_contained(plan.bound, buffer.index));
}

/// What kept launches write and others read gets memory that stays; what only they read is a temporary of theirs.
void BufferPlan::keep() {
  DimExpr end;
  for (const ImageLaunch &launch : plan.launches)
    for (int64_t number : launch.buffers) {
      ImageBuffer &buffer = plan.buffers[number];
      if (launch.kept || !fixed.count(number) || buffer.kind == ImageBuffer::Kind::Kept)
        continue;
      buffer.kind = ImageBuffer::Kind::Kept;
      buffer.arenaOffset = end;
      end = end + buffer.bytes.ceilDiv(DimExpr(kAlignment)) * DimExpr(kAlignment);
    }
  plan.keptBytes = end;
}

void BufferPlan::addPackLaunch(KernelOp function, const PackedResult &result) {
  push(function, {bufferOf(result.value), result.buffer});
}

void BufferPlan::push(KernelOp function, std::vector<int64_t> buffers) {
  ImageLaunch launch;
  launch.entry = function.getName().str();
  launch.buffers = std::move(buffers);
  launch.dims = plan.dims;
  launch.items = ir::toDimExpr(function.getItemsAttr());
  launch.groupSize = function.getGroupSize();
  launch.flops = ir::toDimExpr(function.getFlopsAttr());
  launch.bytesMoved = ir::toDimExpr(function.getBytesAttr());
  plan.launches.push_back(launch);
}

namespace {

/// The arena: slots side by side, each holding one temporary after the other.
class Arena {
public:
  /// Memory for a temporary in use from launch `step` to `lastUse`: a free slot that held this size before, else one
  /// that is surely large enough, else one that grows; one slot more only while all are in use. Gives the slot's
  /// number.
  size_t place(const DimExpr &bytes, size_t step, size_t lastUse) {
    std::optional<size_t> same, larger, growing;
    for (size_t number = 0; number < slots.size(); ++number) {
      const Slot &slot = slots[number];
      if (slot.freeAfter >= step)
        continue;
      auto holds = [&](const DimExpr &size) { return isNonNegative(size - bytes); };
      if (!same && llvm::is_contained(slot.sizes, bytes))
        same = number;
      else if (!larger && llvm::any_of(slot.sizes, holds))
        larger = number;
      else if (!growing && slot.sizes.size() < kMaxSizes)
        growing = number;
    }
    size_t number = same ? *same : larger ? *larger : growing ? *growing : slots.size();
    if (number == slots.size())
      slots.emplace_back();
    if (!same && !larger)
      slots[number].add(bytes);
    slots[number].freeAfter = lastUse;
    return number;
  }

  void extend(size_t number, size_t lastUse) { slots[number].freeAfter = lastUse; }

  /// Where each slot begins; the end of the last one is the size of all.
  std::vector<DimExpr> offsets() const {
    std::vector<DimExpr> offsets(1);
    for (const Slot &slot : slots) {
      DimExpr bytes = slot.sizes.front();
      for (const DimExpr &size : ArrayRef(slot.sizes).drop_front())
        bytes = DimExpr::max(bytes, size);
      offsets.push_back(offsets.back() + bytes);
    }
    return offsets;
  }

private:
  static constexpr size_t kMaxSizes = 16; // expressions nest

  struct Slot {
    std::vector<DimExpr> sizes; ///< of which none is known to be at most another
    size_t freeAfter = 0;

    void add(const DimExpr &bytes) {
      llvm::erase_if(sizes, [&](const DimExpr &size) { return isNonNegative(bytes - size); });
      sizes.push_back(bytes);
    }
  };
  std::vector<Slot> slots;
};

} // namespace

std::map<int64_t, size_t> BufferPlan::lastUses() const {
  std::map<int64_t, size_t> lastUse;
  for (size_t step = 0; step < plan.launches.size(); ++step)
    for (int64_t number : plan.launches[step].buffers)
      lastUse[number] = step;
  return lastUse;
}

std::set<std::string> BufferPlan::reuseInPlace(llvm::function_ref<bool(Value, Value)> mayOverwrite) {
  std::map<int64_t, Value> tensors;
  for (auto [tensor, number] : numbers)
    tensors[number] = Value::getFromOpaquePointer(tensor);
  std::map<int64_t, size_t> lastUse = lastUses();
  std::set<int64_t> seen, taken;
  std::set<std::string> entries;
  auto isTemporary = [&](int64_t number) { return plan.buffers[number].kind == ImageBuffer::Kind::Temp; };
  for (auto [step, launch] : llvm::enumerate(plan.launches))
    for (int64_t result : launch.buffers) {
      if (!seen.insert(result).second || !isTemporary(result))
        continue; // the first launch that names a temporary writes it
      for (int64_t input : launch.buffers)
        if (input != result && isTemporary(input) && lastUse[input] == step && !taken.count(input) &&
            !fixed.count(input) && plan.buffers[input].bytes == plan.buffers[result].bytes &&
            mayOverwrite(tensors[result], tensors[input])) {
          taken.insert(input);
          overwritten[result] = input;
          entries.insert(launch.entry);
          break;
        }
    }
  return entries;
}

/// Offsets of temporaries whose sizes are numbers: the largest first, each as low as those around at the same time
/// leave room. Gives the size of all.
static int64_t placeBySize(MutableArrayRef<Span> spans) {
  SmallVector<Span *> order;
  for (Span &span : spans)
    order.push_back(&span);
  llvm::stable_sort(order, [](const Span *a, const Span *b) { return a->bytes > b->bytes; });
  int64_t end = 0;
  SmallVector<Span *> placed; // by offset
  for (Span *span : order) {
    for (const Span *other : placed)
      if (other->first <= span->last && span->first <= other->last && other->offset < span->offset + span->bytes)
        span->offset = std::max(span->offset, other->offset + other->bytes);
    placed.insert(llvm::upper_bound(placed, span, [](const Span *a, const Span *b) { return a->offset < b->offset; }),
                  span);
    end = std::max(end, span->offset + span->bytes);
  }
  return end;
}

/// The temporaries that share no memory by being one over the other, and when each is in use.
std::map<int64_t, Span> BufferPlan::spans() const {
  std::map<int64_t, size_t> lastUse = lastUses();
  std::map<int64_t, Span> spans;
  for (size_t step = 0; step < plan.launches.size(); ++step)
    for (int64_t number : plan.launches[step].buffers)
      if (plan.buffers[number].kind == ImageBuffer::Kind::Temp) {
        DimExpr bytes = plan.buffers[number].bytes.ceilDiv(DimExpr(kAlignment)) * DimExpr(kAlignment);
        Span &span =
            spans.try_emplace(bottomOf(number), Span{step, step, bytes.constant().value_or(-1), 0}).first->second;
        span.last = std::max(span.last, lastUse[number]);
      }
  return spans;
}

int64_t BufferPlan::bottomOf(int64_t number) const {
  for (auto below = overwritten.find(number); below != overwritten.end(); below = overwritten.find(number))
    number = below->second;
  return number;
}

/// Nothing where a size is open.
std::optional<int64_t> BufferPlan::placeKnownSizes() {
  std::map<int64_t, Span> known = spans();
  SmallVector<Span> list;
  for (const auto &[number, span] : known) {
    if (span.bytes < 0)
      return std::nullopt;
    list.push_back(span);
  }
  int64_t end = placeBySize(list);
  for (auto [entry, placed] : llvm::zip_equal(known, list))
    entry.second = placed;
  for (auto [number, buffer] : llvm::enumerate(plan.buffers))
    if (auto found = known.find(bottomOf(number)); found != known.end())
      buffer.arenaOffset = DimExpr(found->second.offset);
  return end;
}

KernelPlan BufferPlan::finish() {
  keep();
  if (std::optional<int64_t> bytes = placeKnownSizes()) {
    plan.arenaBytes = DimExpr(*bytes);
    return plan;
  }
  std::map<int64_t, size_t> lastUse = lastUses();
  Arena arena;
  std::map<int64_t, size_t> slotOf;
  for (size_t step = 0; step < plan.launches.size(); ++step)
    for (int64_t number : plan.launches[step].buffers) {
      if (plan.buffers[number].kind != ImageBuffer::Kind::Temp || slotOf.count(number))
        continue;
      DimExpr bytes = plan.buffers[number].bytes.ceilDiv(DimExpr(kAlignment)) * DimExpr(kAlignment);
      auto below = overwritten.find(number);
      slotOf[number] = below == overwritten.end() ? arena.place(bytes, step, lastUse[number]) : slotOf[below->second];
      arena.extend(slotOf[number], lastUse[number]);
    }
  std::vector<DimExpr> offsets = arena.offsets();
  for (const auto &[number, slot] : slotOf)
    plan.buffers[number].arenaOffset = offsets[slot];
  plan.arenaBytes = offsets.back();
  return plan;
}
