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
  plan.doc = kernel.getDoc().value_or("").str();
  for (const std::string &dim : kernel.getDimNames())
    plan.dims.push_back(dim);
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
  }
  auto ret = cast<ir::ReturnOp>(kernel.getBody().front().getTerminator());
  for (auto [number, value] : llvm::enumerate(ret.getOperands())) {
    ImageBuffer buffer;
    buffer.kind = ImageBuffer::Kind::Result;
    buffer.index = number;
    buffer.bytes = bytesOf(value.getType());
    numbers[value.getAsOpaquePointer()] = plan.buffers.size();
    plan.buffers.push_back(buffer);
    plan.results.push_back(signatureOf(kernel.getResultName(number), value.getType()));
  }
}

void BufferPlan::addConstant(ir::ConstantOp constant, ImageBuffer &buffer) {
  auto elements = cast<DenseElementsAttr>(constant.getValue());
  int64_t width = constant.getResult().getType().getElementBytes();
  plan.constants.resize((plan.constants.size() + kAlignment - 1) / kAlignment * kAlignment);
  buffer.kind = ImageBuffer::Kind::Constant;
  buffer.index = plan.constants.size();
  auto append = [&](const APInt &bits) {
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
  buffer.bytes = bytesOf(tensor.getType());
  if (auto constant = tensor.getDefiningOp<ir::ConstantOp>())
    addConstant(constant, buffer);
  plan.buffers.push_back(buffer);
  return it->second;
}

void BufferPlan::addLaunch(KernelOp function, ArrayRef<Value> tensors) {
  ImageLaunch launch;
  launch.entry = function.getName().str();
  for (Value tensor : tensors)
    launch.buffers.push_back(bufferOf(tensor));
  launch.dims = plan.dims;
  launch.items = ir::toDimExpr(function.getItemsAttr());
  launch.groupSize = function.getGroupSize();
  launch.flops = ir::toDimExpr(function.getFlopsAttr());
  launch.bytesMoved = ir::toDimExpr(function.getBytesAttr());
  plan.launches.push_back(launch);
}

KernelPlan BufferPlan::finish() {
  // A slot of the arena holds temporaries one after the other; slots only grow by exact fit.
  struct Slot {
    DimExpr bytes;
    size_t freeAfter;
  };
  std::vector<Slot> slots;
  std::map<int64_t, size_t> slotOf;
  for (size_t step = 0; step < plan.launches.size(); ++step)
    for (int64_t number : plan.launches[step].buffers) {
      if (plan.buffers[number].kind != ImageBuffer::Kind::Temp)
        continue;
      if (auto known = slotOf.find(number); known != slotOf.end())
        continue;
      size_t lastUse = step;
      for (size_t later = step; later < plan.launches.size(); ++later)
        if (llvm::is_contained(plan.launches[later].buffers, number))
          lastUse = later;
      DimExpr bytes = plan.buffers[number].bytes.ceilDiv(DimExpr(kAlignment)) * DimExpr(kAlignment);
      auto fits = [&](const Slot &slot) {
        auto have = slot.bytes.constant(), need = bytes.constant();
        return slot.freeAfter < step && (slot.bytes == bytes || (have && need && *have >= *need));
      };
      auto slot = llvm::find_if(slots, fits);
      if (slot == slots.end()) {
        slots.push_back({bytes, lastUse});
        slot = std::prev(slots.end());
      }
      slot->freeAfter = lastUse;
      slotOf[number] = slot - slots.begin();
    }
  std::vector<DimExpr> offsets;
  for (const Slot &slot : slots) {
    offsets.push_back(plan.arenaBytes);
    plan.arenaBytes = plan.arenaBytes + slot.bytes;
  }
  for (const auto &[number, slot] : slotOf)
    plan.buffers[number].arenaOffset = offsets[slot];
  return plan;
}
