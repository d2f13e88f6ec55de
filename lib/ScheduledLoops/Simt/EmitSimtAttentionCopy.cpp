//===- EmitSimtAttentionCopy.cpp - Blocks of rows on their way ------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Threads stand in rows of as many as a row has chunks and go down the block
// together. Where a chunk goes and where it comes from but for the block's first row is known
// before the loop.
//
//===----------------------------------------------------------------------===//
#include "EmitSimtAttentionCopy.h"
#include "EmitSimt.h"
#include "EmitSimtContractStore.h"
#include "EmitSimtContractTurn.h"
#include "flex/ScheduledLoops/Workspace.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace flex;
using namespace flex::tile;

BlockCopies::BlockCopies(EmitContext context, const BlockSource &source, int64_t height, Value ring, int64_t begin,
                         const std::map<std::string, DimExpr> &at, const DimExpr &thread)
    : context(context), loops(context.loops), b(loops.get()), loc(loops.getLoc()), source(source), height(height),
      begin(begin), bytes(ring), ring(panel(0)), at(at), thread(thread) {
  int64_t bytes = elementBytes(source.operand.element);
  chunk = kChunkBytes / bytes;
  perRow = source.width / chunk;
  rowsTogether = context.schedule.groupSize / perRow;
  shares = height / rowsTogether;
  run = source.turned ? std::min(shares, chunk) : 1;
  ringColumns = source.turned ? height : source.panel;
  placing = operandLayout(b.getContext(), ringColumns, bytes, source.turned);
  threadRow = bind("copy_row", thread.floorDiv(DimExpr(perRow)) * DimExpr(run));
  threadChunk = bind("copy_chunk", thread.mod(DimExpr(perRow)));
  int64_t period = int64_t(1) << placing.getRowBits().size();
  for (int64_t share = 0; share < shares && !source.turned; ++share) {
    DimExpr further(share * rowsTogether);
    destinations.push_back(share > 0 && rowsTogether % std::max(period, 4 * source.swapped) == 0
                               ? destinations.front() + further * DimExpr(ringColumns)
                               : bind("ring_place", chunkPlace(ringRow(threadRow + further), threadChunk)));
  }
  if (!source.operand.chunks)
    return;
  std::map<std::string, DimExpr> place = at;
  place[source.row] = DimExpr(0);
  place[source.column] = threadChunk * DimExpr(chunk);
  stride = source.operand.offset.linearIn(source.row)->first.substitute(at);
  start = bind("copy_from", source.operand.offset.substitute(place) + threadRow * stride);
  areChunks = areMultiples(loops, *source.operand.chunks, chunk);
}

Value BlockCopies::panel(int64_t number) const {
  auto elements = BufferType::get(b.getContext(), source.operand.element, Space::Group);
  int64_t place = begin + number * height * source.panel * elementBytes(source.operand.element);
  return ViewOp::create(b, loc, elements, bytes, loops.constant(place));
}

DimExpr BlockCopies::bind(const std::string &stem, const DimExpr &expr) {
  if (expr.isConstant() || expr.asSymbol())
    return expr;
  std::string name = loops.freshName(stem);
  loops.define(name, loops.emit(expr));
  return DimExpr::symbol(name);
}

/// Of a row of the block that is one in the ring, too.
DimExpr BlockCopies::ringRow(const DimExpr &row) {
  if (!source.swapped)
    return row;
  DimExpr low = row.floorDiv(DimExpr(source.swapped)).mod(DimExpr(2));
  DimExpr high = row.floorDiv(DimExpr(2 * source.swapped)).mod(DimExpr(2));
  return bind("ring_row", row + (low - high) * DimExpr(source.swapped));
}

DimExpr BlockCopies::chunkPlace(const DimExpr &row, const DimExpr &number) {
  Value mask = emitRowMask(b, loc, placing, loops.emit(row));
  std::string name = loops.freshName("ring_chunk");
  bool isOne = source.turned || source.panel == source.width;
  DimExpr panel = isOne ? DimExpr(0) : bind("panel", number.floorDiv(DimExpr(ringColumns / chunk)));
  DimExpr inPanel = isOne ? number : number.mod(DimExpr(ringColumns / chunk));
  loops.define(name, arith::XOrIOp::create(b, loc, loops.emit(inPanel), mask));
  return (panel * DimExpr(height) + row) * DimExpr(ringColumns) + DimExpr::symbol(name) * DimExpr(chunk);
}

void BlockCopies::copy(const DimExpr &first, const DimExpr &stage) {
  if (!source.operand.chunks)
    return copyElements(first, stage);
  auto chunks = [&] {
    auto move = [&](bool isWhole) {
      return source.turned ? copyTurned(first, stage, isWhole) : copyChunks(first, stage, isWhole);
    };
    if (source.rows.mod(DimExpr(height)) == DimExpr(0))
      return move(true);
    Value isWhole = lessThan(loops, first + DimExpr(height - 1), source.rows);
    either(loops, isWhole, [&] { move(true); }, [&] { move(false); });
  };
  if (areChunks)
    either(loops, areChunks, chunks, [&] { copyElements(first, stage); });
  else
    chunks();
}

/// i1: a chunk of the thread lies in the matrix; null: for certain. `isWhole`: all rows of the block do.
Value BlockCopies::isInside(const DimExpr &first, int64_t share, bool isWhole) {
  Value inside;
  if (source.columns != DimExpr(source.width))
    inside = lessThan(loops, threadChunk * DimExpr(chunk), source.columns);
  return isWhole ? inside
                 : allOf(loops, inside, lessThan(loops, first + threadRow + DimExpr(rowsTo(share)), source.rows));
}

void BlockCopies::copyChunks(const DimExpr &first, const DimExpr &stage, bool isWhole) {
  Value memory = context.values.memory.at(tensor().getAsOpaquePointer()).buffer;
  DimExpr from = bind("copy_from", start + first * stride);
  for (int64_t share = 0; share < shares; ++share) {
    Value valid;
    if (Value inside = isInside(first, share, isWhole))
      valid = arith::SelectOp::create(b, loc, inside, loops.constant(chunk), loops.constant(0));
    CopyOp::create(b, loc, memory, loops.emit(from + DimExpr(rowsTo(share)) * stride), ring,
                   loops.emit(destinations[share] + stage), chunk, valid, true);
  }
}

/// Neighbouring rows become runs of as many elements, of as many rows of the ring as a chunk has elements.
void BlockCopies::copyTurned(const DimExpr &first, const DimExpr &stage, bool isWhole) {
  Value memory = context.values.memory.at(tensor().getAsOpaquePointer()).buffer;
  auto type = VectorType::get(chunk, source.operand.element);
  DimExpr from = bind("copy_from", start + first * stride);
  SmallVector<Value> chunks;
  for (int64_t share = 0; share < shares; ++share) {
    auto load = [&](ValueRange) -> SmallVector<Value> {
      auto op = LoadOp::create(b, loc, type, memory, loops.emit(from + DimExpr(rowsTo(share)) * stride), Value());
      op->setAttr(kAlignmentAttr, b.getI64IntegerAttr(kChunkBytes));
      return {op};
    };
    Value inside = isInside(first, share, isWhole);
    Value zero = arith::ConstantOp::create(b, loc, b.getZeroAttr(type));
    chunks.push_back(inside ? loops.conditional(inside, zero, load)[0] : load({})[0]);
  }
  DimExpr ringRow = bind("turned_row", threadChunk * DimExpr(chunk));
  Value mask = emitRowMask(b, loc, placing, loops.emit(ringRow));
  for (int64_t share = 0; share < shares; share += run) {
    DimExpr row = bind("turned_from", threadRow + DimExpr(rowsTo(share)));
    Value number = arith::XOrIOp::create(b, loc, loops.emit(row.floorDiv(DimExpr(chunk))), mask);
    for (auto [i, turned] : llvm::enumerate(turnChunks(b, loc, ArrayRef(chunks).slice(share, run)))) {
      std::string name = loops.freshName("ring_chunk");
      loops.define(name, arith::XOrIOp::create(b, loc, number, loops.constant(placing.rowMask(i))));
      DimExpr place = (ringRow + DimExpr(static_cast<int64_t>(i))) * DimExpr(ringColumns) +
                      DimExpr::symbol(name) * DimExpr(chunk) + row.mod(DimExpr(chunk));
      auto op = StoreOp::create(b, loc, turned, ring, loops.emit(place + stage), Value(), false);
      op->setAttr(kAlignmentAttr, b.getI64IntegerAttr(run * elementBytes(source.operand.element)));
    }
  }
}

void BlockCopies::copyElements(const DimExpr &first, const DimExpr &stage) {
  std::string name = loops.freshName("element");
  // From the thread's number on: no constant number of turns, which would be unrolled.
  loops.loop(name, thread, DimExpr(elements()), DimExpr(context.schedule.groupSize), {},
             [&](ValueRange) -> SmallVector<Value> {
               DimExpr number = DimExpr::symbol(name);
               DimExpr row = bind("element_row", number.floorDiv(DimExpr(source.width)));
               DimExpr column = bind("element_column", number.mod(DimExpr(source.width)));
               Value value = loadElement(bind("row", first + row), column);
               DimExpr to = source.turned ? column : ringRow(row);
               const DimExpr &ringColumn = source.turned ? row : column;
               DimExpr place = chunkPlace(to, ringColumn.floorDiv(DimExpr(chunk))) + ringColumn.mod(DimExpr(chunk));
               StoreOp::create(b, loc, value, ring, loops.emit(place + stage), Value(), false);
               return {};
             });
}

Value BlockCopies::loadElement(const DimExpr &row, const DimExpr &column) {
  Value inside = allOf(loops, lessThan(loops, row, source.rows), lessThan(loops, column, source.columns));
  Value zero = arith::ConstantOp::create(b, loc, b.getZeroAttr(carrierOf(source.operand.element)));
  context.values.beginBlock();
  Value value = loops.conditional(inside, zero, [&](ValueRange) -> SmallVector<Value> {
    context.values.beginBlock();
    return {context.values.evaluate(source.statement, source.operand.factor, pointAt(row, column))};
  })[0];
  context.values.beginBlock();
  return arith::TruncFOp::create(b, loc, source.operand.element, value);
}

Point BlockCopies::pointAt(const DimExpr &row, const DimExpr &column) const {
  Point point;
  point.coordinates = at;
  point.coordinates[source.row] = row;
  point.coordinates[source.column] = column;
  return point;
}
