//===- SimtTensorMaps.cpp - Tensors that kernels copy boxes of ------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Scheduled loops -> scheduled loops with attributes. What a map says is
// ImageTensorMap (flex/Binary/Image.h), key by key; the pipeline reads it there.
//
//===----------------------------------------------------------------------===//
#include "SimtTensorMaps.h"

#include "flex/ScheduledLoops/Workspace.h"

using namespace mlir;
using namespace flex;
using namespace flex::target;

static FailureOr<DictionaryAttr> mapOf(tile::CopyBoxOp op, tile::KernelOp kernel) {
  auto buffer = dyn_cast<BlockArgument>(op.getSource());
  if (!buffer || buffer.getOwner() != &kernel.getBody().front())
    return op.emitOpError("copies from a buffer that is no argument of the kernel");
  Builder b(op.getContext());
  int64_t bytes = tile::elementBytes(op.getSource().getType().getElementType());
  return b.getDictionaryAttr({b.getNamedAttr("buffer", b.getI64IntegerAttr(buffer.getArgNumber())),
                              b.getNamedAttr("element_bytes", b.getI64IntegerAttr(bytes)),
                              b.getNamedAttr("offset", op.getOffsetAttr()), b.getNamedAttr("sizes", op.getSizes()),
                              b.getNamedAttr("pitches", op.getPitches()), b.getNamedAttr("box", op.getBoxAttr()),
                              b.getNamedAttr("swizzle", b.getI64IntegerAttr(op.getSwizzle()))});
}

LogicalResult target::numberTensorMaps(ModuleOp module) {
  for (auto kernel : module.getOps<tile::KernelOp>()) {
    SmallVector<Attribute> maps;
    auto walked = kernel.walk([&](tile::CopyBoxOp op) {
      FailureOr<DictionaryAttr> map = mapOf(op, kernel);
      if (failed(map))
        return WalkResult::interrupt();
      auto *known = llvm::find(maps, *map);
      int64_t number = known - maps.begin();
      if (known == maps.end())
        maps.push_back(*map);
      op->setAttr(kMapAttr, IntegerAttr::get(IntegerType::get(op.getContext(), 64), number));
      return WalkResult::advance();
    });
    if (walked.wasInterrupted())
      return failure();
    if (!maps.empty())
      kernel->setAttr(kTensorMapsAttr, ArrayAttr::get(module.getContext(), maps));
  }
  return success();
}
