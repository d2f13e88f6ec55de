//===- EmitSimdAttention.cpp - Fused attention on a CPU -------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Strategy Attention: a work item is lanes x vectors queries. Lanes run along the queries for
// the scores and their softmax, which then combines nothing across lanes, and along
// the width for the product with the values. `depth` keys at a time: their scores, the new maximum, the
// weights, and the output so far, rescaled as it is loaded into the tile that the weights are added to.
// Invariant: lanes beyond the last query compute what nobody stores, of memory that is there.
//
//===----------------------------------------------------------------------===//
#include "EmitSimdAttention.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace flex;
using namespace flex::tile;

static Type carrierOfResult(ir::StatementInterface statement) {
  return carrierOf(cast<ir::NamedTensorType>(statement->getResult(0).getType()).getScalarType());
}

Type tile::attentionType(const OnlineSoftmax &parts) {
  return carrierOfResult(parts.scores);
}

unsigned tile::attentionBits(const OnlineSoftmax &parts) {
  return std::max(carrierOfResult(parts.scores).getIntOrFloatBitWidth(),
                  carrierOfResult(parts.output).getIntOrFloatBitWidth());
}

/// Whether a boundary rule on what a contraction reads is one of clamp, wrap and mirror, or changes nothing.
static bool hasMovableBoundaries(ir::StatementInterface statement) {
  for (unsigned operand = 0; operand < statement->getNumOperands(); ++operand)
    if (statement.isWholeAccess(operand) || statement.getAccessBoundary(operand).getKind() == ir::BoundaryKind::Fill)
      return false;
  return true;
}

std::string tile::checkSimdAttention(const OnlineSoftmax &parts, const Schedule &schedule) {
  Type type = carrierOfResult(parts.scores);
  for (ir::StatementInterface statement : {ir::StatementInterface(parts.lastScore()), ir::StatementInterface(parts.exp),
                                           ir::StatementInterface(parts.sum), ir::StatementInterface(parts.output)})
    if (carrierOfResult(statement) != type)
      return "strategy 'attention' computes scores, weights and results in one type";
  if (!hasMovableBoundaries(parts.scores) || !hasMovableBoundaries(parts.output))
    return "strategy 'attention' does not fill in what its contractions read outside of their tensors";
  if (parts.query.empty() || schedule.lane != parts.query)
    return "'lane' of strategy 'attention' must be the index of the queries, that keys and values do not move with";
  if (schedule.lanes < 2 || !llvm::isPowerOf2_64(schedule.lanes))
    return "'lanes' of strategy 'attention' must be a power of two, and at least 2";
  if (schedule.depth < 1 || schedule.depth % schedule.rows != 0)
    return "'depth' of strategy 'attention' must be a multiple of 'rows'";
  return "";
}

namespace {

class SimdAttentionEmitter : public SimdAttentionReads {
public:
  SimdAttentionEmitter(EmitContext context, OnlineSoftmax found) : SimdAttentionReads(context, std::move(found)) {}

  DimExpr items() const override { return product(parts.batchExtents) * parts.queryExtent.ceilDiv(DimExpr(queries)); }

  void emit(Value item) override {
    std::string name = loops.freshName("item");
    loops.define(name, item);
    DimExpr id = DimExpr::symbol(name), blocks = parts.queryExtent.ceilDiv(DimExpr(queries));
    DimExpr block = bind("query_item", id.mod(blocks));
    SmallVector<DimExpr> at = delinearize(bind("batch_item", id.floorDiv(blocks)), parts.batchExtents);
    for (auto [index, coordinate] : llvm::zip_equal(parts.batch, at))
      batch[index] = coordinate;
    queryName = loops.freshName("query");
    loops.define(queryName, loops.emit(block * DimExpr(queries)));
    createRings();
    emitBlocks(DimExpr::symbol(queryName));
  }

private:
  /// All queries of an item. What is left of them for the last item takes as few vectors as that, or one if nobody
  /// knows.
  void emitBlocks(const DimExpr &first) {
    DimExpr left = parts.queryExtent.mod(DimExpr(queries)), all(queries);
    int64_t few = llvm::divideCeil(left.constant().value_or(1), lanes);
    if (left == DimExpr(0))
      return emitBlock(first, all, vectors);
    if (parts.queryExtent == left)
      return emitBlock(first, left, few);
    DimExpr some = bind("queries", DimExpr::min(all, parts.queryExtent - first));
    if (few >= vectors)
      return emitBlock(first, some, vectors);
    Value bound = loops.constant(few * lanes), size = loops.emit(some);
    Value areFew = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::sle, size, bound);
    Value areMany = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::sgt, size, bound);
    loops.conditional(areMany, {}, [&](ValueRange) -> SmallVector<Value> {
      emitBlock(first, left.isConstant() ? all : some, vectors);
      return {};
    });
    loops.conditional(areFew, {}, [&](ValueRange) -> SmallVector<Value> {
      emitBlock(first, left.isConstant() ? left : some, few);
      return {};
    });
  }

  void emitBlock(const DimExpr &first, const DimExpr &size, int64_t wide) {
    count = size;
    vectors = wide;
    queries = wide * lanes;
    isWhole = count == DimExpr(queries);
    forget();
    turnQueries();
    keys = visibleKeys(parts, loops, values, first, first + count - DimExpr(1), batch);
    clearOutput();
    emitKeys();
    emitHidden();
    emitResults();
    forget();
  }

  //===--------------------------------------------------------------------===//
  // Scratch memory
  //===--------------------------------------------------------------------===//

  Value createRing(const DimExpr &elements) {
    auto type = BufferType::get(b.getContext(), element, Space::Private);
    return RingOp::create(b, loc, type, elements.str());
  }
  DimExpr paddedWidth() const { return parts.widthExtent.ceilDiv(DimExpr(lanes)) * DimExpr(lanes); }

  void createRings() {
    // Rows of a tile that reach beyond the last query read what is in the next rows, and add to rows nobody stores.
    int64_t padded = queries + rows;
    turned = createRing(parts.depthExtent.ceilDiv(DimExpr(lanes)) * DimExpr(lanes * queries));
    weights = createRing(DimExpr(schedule.depth * queries + rows));
    output = createRing(DimExpr(padded) * paddedWidth());
    scales = createRing(DimExpr(padded));
    hidden = createRing(paddedWidth());
    for (ir::MapOp map : parts.scoreMaps)
      for (unsigned operand = 0; operand < map->getNumOperands(); ++operand)
        if (runsAlongKeys(map, operand)) {
          Type type = ringTypeOf(map->getOperand(operand));
          auto buffer = BufferType::get(b.getContext(), type, Space::Private);
          DimExpr size(llvm::alignTo(schedule.depth, lanes) * queries);
          turnedReads.push_back({map, operand, RingOp::create(b, loc, buffer, size.str())});
        }
  }

  //===--------------------------------------------------------------------===//
  // Keys
  //===--------------------------------------------------------------------===//

  void emitKeys() {
    SmallVector<Value> state(vectors, lowest());
    state.append(vectors, splat(0));
    DimExpr step(schedule.depth);
    bool even = keys.first == DimExpr(0) && (keys.end - keys.first).mod(step) == DimExpr(0);
    state = carry("keys", keys.first, keys.end, schedule.depth, state, [&](const DimExpr &key, ValueRange carried) {
      DimExpr part = even ? step : bind("part", DimExpr::min(step, keys.end - key));
      return emitPart(key, part, carried);
    });
    for (int64_t v = 0; v < vectors; ++v)
      store(state[vectors + v], scales, DimExpr(v * lanes));
  }

  /// `count` keys from `key` on: the new maxima and sums.
  SmallVector<Value> emitPart(const DimExpr &key, const DimExpr &part, ValueRange carried) {
    turnReads(key, part);
    SmallVector<Value> maxima = emitScores(key, part, carried.take_front(vectors)), shifts, result;
    for (int64_t v = 0; v < vectors; ++v) {
      // Of a row that has seen no score above -inf nothing is subtracted, or its weights would be NaN for good.
      Value isLowest = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OEQ, maxima[v], lowest());
      shifts.push_back(arith::SelectOp::create(b, loc, isLowest, splat(0), maxima[v]));
      Value scale = weightOf(carried[v], shifts[v]);
      store(scale, scales, DimExpr(v * lanes));
      result.push_back(arith::MulFOp::create(b, loc, carried[vectors + v], scale));
    }
    SmallVector<Value> none(vectors, splat(0));
    SmallVector<Value> sums = carry("weight", 0, part, 1, none, [&](const DimExpr &row, ValueRange before) {
      SmallVector<Value> next;
      for (int64_t v = 0; v < vectors; ++v) {
        DimExpr place = row * DimExpr(queries) + DimExpr(v * lanes);
        Value weight = weightOf(load(weights, place), shifts[v]);
        store(weight, weights, place);
        next.push_back(arith::AddFOp::create(b, loc, before[v], weight));
      }
      return next;
    });
    for (int64_t v = 0; v < vectors; ++v)
      result[v] = arith::AddFOp::create(b, loc, result[v], sums[v]);
    emitProducts(key, part);
    maxima.append(result);
    return maxima;
  }

  /// exp(score - shift), by the body of the group's own map.
  Value weightOf(Value score, Value shift) {
    forget();
    SmallVector<DimExpr> outer = outerAt(DimExpr::symbol(queryName)), at(outer);
    at.push_back(DimExpr(0));
    Point point = pointOf(parts.exp, outer, {DimExpr(0)});
    point.lane = queryName;
    point.lanes = lanes;
    values.publish(parts.lastScore()->getResult(0), point, at, score);
    values.publish(parts.max->getResult(0), point, outer, shift);
    Value weight = values.evaluate(parts.exp, point);
    forget();
    return weight;
  }

  /// Scores of a part go to `weights`. Keys that all queries see come between those that the mask decides.
  SmallVector<Value> emitScores(const DimExpr &key, const DimExpr &part, ValueRange maxima) {
    DimExpr height(rows), main = part.constant() ? DimExpr(*part.constant() / rows * rows)
                                                 : bind("tiles_end", part.floorDiv(height) * height);
    SmallVector<Value> state(maxima);
    auto tiles = [&](const DimExpr &from, const DimExpr &to, int64_t step, bool masked) {
      state = carry("row", from, to, step, state, [&](const DimExpr &row, ValueRange before) {
        return emitScoreTile(key, row, step, masked, before);
      });
    };
    if (!parts.condition) {
      tiles(0, main, rows, false);
    } else if (keys.endFull == DimExpr(0)) {
      tiles(0, main, rows, true);
    } else {
      DimExpr begin(0), zero(0);
      if (keys.hasFirst) {
        DimExpr from = DimExpr::max(keys.firstFull - key, zero);
        begin = bind("full_row", DimExpr::min(from.ceilDiv(height) * height, main));
        tiles(0, begin, rows, true);
      }
      DimExpr to = DimExpr::min(DimExpr::max(keys.endFull - key, zero), main);
      DimExpr end = bind("full_rows", DimExpr::max(to.floorDiv(height) * height, begin));
      tiles(begin, end, rows, false);
      tiles(end, main, rows, true);
    }
    if (main != part)
      tiles(main, part, 1, static_cast<bool>(parts.condition));
    return state;
  }

  SmallVector<Value> emitScoreTile(const DimExpr &key, const DimExpr &row, int64_t height, bool masked,
                                   ValueRange maxima) {
    SmallVector<Value> sums(height * vectors, splat(0));
    sums = carry("d", 0, parts.depthExtent, 1, sums, [&](const DimExpr &depth, ValueRange before) {
      SmallVector<Value> next, columns;
      for (int64_t v = 0; v < vectors; ++v)
        columns.push_back(load(turned, depth * DimExpr(queries) + DimExpr(v * lanes)));
      for (int64_t r = 0; r < height; ++r) {
        Point point = pointOf(parts.scores, outerAt(DimExpr::symbol(queryName)), {key + row + DimExpr(r), depth});
        Value factors = spread(factor(parts.scores, parts.keyFactor, point));
        for (int64_t v = 0; v < vectors; ++v)
          next.push_back(math::FmaOp::create(b, loc, factors, columns[v], before[r * vectors + v]));
      }
      return next;
    });
    SmallVector<Value> largest(maxima);
    for (int64_t r = 0; r < height; ++r)
      for (int64_t v = 0; v < vectors; ++v) {
        publishReads(key, row + DimExpr(r), v);
        Value score = scoreAt(key + row + DimExpr(r), v, sums[r * vectors + v], masked);
        store(score, weights, (row + DimExpr(r)) * DimExpr(queries) + DimExpr(v * lanes));
        // A NaN need not get through: its weight is one, too, and so is the sum.
        Value isLarger = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OGT, score, largest[v]);
        largest[v] = arith::SelectOp::create(b, loc, isLarger, score, largest[v]);
      }
    return largest;
  }

  /// What the maps between the contraction and the softmax make of a sum.
  Value scoreAt(const DimExpr &key, int64_t v, Value sum, bool masked) {
    if (parts.scoreMaps.empty())
      return sum;
    SmallVector<DimExpr> outer = outerAt(DimExpr::symbol(queryName) + DimExpr(v * lanes)), at(outer);
    at.push_back(key);
    Point point = pointOf(parts.lastScore(), outer, {key});
    point.lane = queryName;
    point.lanes = lanes;
    if (!isWhole)
      point.valid = loops.emit(count - DimExpr(v * lanes));
    values.publish(parts.scores->getResult(0), point, at, sum);
    ir::StatementInterface map = parts.lastScore();
    Value score = parts.condition && !masked ? values.evaluate(map, parts.visible, point) : values.evaluate(map, point);
    return values.broadcast(score, lanes);
  }

  //===--------------------------------------------------------------------===//
  // Output
  //===--------------------------------------------------------------------===//

  /// Vectors along the width: full tiles, then what is left of them, the last one perhaps in part.
  void forWidth(int64_t most, llvm::function_ref<void(const DimExpr &at, int64_t vectors, Value valid)> body) {
    DimExpr width = parts.widthExtent, step(most * lanes);
    if (auto known = width.constant()) {
      int64_t main = *known / (most * lanes) * (most * lanes), left = *known - main;
      loop("column", 0, DimExpr(main), most * lanes, [&](const DimExpr &at) { body(at, most, Value()); });
      if (left > 0)
        loop("column", DimExpr(main), DimExpr(main + left), most * lanes, [&](const DimExpr &at) {
          body(at, llvm::divideCeil(left, lanes), left % lanes ? loops.constant(left % lanes) : Value());
        });
      return;
    }
    DimExpr main = bind("columns_end", width.floorDiv(step) * step);
    loop("column", 0, main, most * lanes, [&](const DimExpr &at) { body(at, most, Value()); });
    loop("column", main, width, lanes, [&](const DimExpr &at) { body(at, 1, loops.emit(width - at)); });
  }

  Value valueAt(const DimExpr &key, const DimExpr &column, Value valid) {
    Point point = pointOf(parts.output, outerAt(DimExpr::symbol(queryName)), {column, key});
    point.lane = laneOf(column);
    point.lanes = lanes;
    point.valid = valid;
    return values.broadcast(factor(parts.output, parts.valueFactor, point), lanes);
  }
  /// The name in a column: a loop's that runs once is gone, and its value a number.
  std::string laneOf(const DimExpr &column) {
    std::set<std::string> names;
    column.collectSymbols(names);
    return *names.begin();
  }

  void clearOutput() {
    forWidth(1, [&](const DimExpr &column, int64_t, Value) {
      store(splat(0), hidden, column);
      loop("row", 0, DimExpr(queries + rows), 1,
           [&](const DimExpr &row) { store(splat(0), output, row * paddedWidth() + column); });
    });
  }

  /// output = output * scale + weights . values, for `part` keys.
  void emitProducts(const DimExpr &key, const DimExpr &part) {
    auto tiles = [&](const DimExpr &from, const DimExpr &to, int64_t height) {
      loop("tile", from, to, height, [&](const DimExpr &row) {
        forWidth(schedule.vectors, [&](const DimExpr &column, int64_t wide, Value valid) {
          emitProductTile(key, part, row, height, column, wide, valid);
        });
      });
    };
    DimExpr height(rows), main;
    if (auto known = count.constant()) {
      main = *known / rows * rows;
      tiles(0, main, rows);
      return tiles(main, count, std::max<int64_t>(1, *known % rows));
    }
    // A last tile of all rows is cheaper than some of one row, but of a single query.
    bool isNarrow = vectors < schedule.vectors;
    main = bind("rows_end", isNarrow ? count.floorDiv(height) * height : count);
    tiles(0, main, rows);
    if (isNarrow)
      tiles(main, count, 1);
  }

  void emitProductTile(const DimExpr &key, const DimExpr &part, const DimExpr &row, int64_t height,
                       const DimExpr &column, int64_t wide, Value valid) {
    auto place = [&](int64_t r, int64_t v) { return (row + DimExpr(r)) * paddedWidth() + column + DimExpr(v * lanes); };
    SmallVector<Value> sums;
    for (int64_t r = 0; r < height; ++r) {
      Value scale = spread(loadScalar(scales, row + DimExpr(r)));
      for (int64_t v = 0; v < wide; ++v)
        sums.push_back(arith::MulFOp::create(b, loc, load(output, place(r, v)), scale));
    }
    sums = carry("k", 0, part, 1, sums, [&](const DimExpr &step, ValueRange before) {
      SmallVector<Value> next, line;
      for (int64_t v = 0; v < wide; ++v)
        line.push_back(valueAt(key + step, column + DimExpr(v * lanes), v + 1 == wide ? valid : Value()));
      for (int64_t r = 0; r < height; ++r) {
        Value weight = spread(loadScalar(weights, step * DimExpr(queries) + row + DimExpr(r)));
        for (int64_t v = 0; v < wide; ++v)
          next.push_back(math::FmaOp::create(b, loc, weight, line[v], before[r * wide + v]));
      }
      return next;
    });
    for (int64_t r = 0; r < height; ++r)
      for (int64_t v = 0; v < wide; ++v)
        store(sums[r * wide + v], output, place(r, v));
  }

  /// Keys that no query sees weigh nothing, but nothing times infinity or NaN is NaN: 0 or NaN for each column.
  void emitHidden() {
    auto add = [&](const DimExpr &from, const DimExpr &to) {
      forWidth(schedule.vectors, [&](const DimExpr &column, int64_t wide, Value valid) {
        SmallVector<Value> sums;
        for (int64_t v = 0; v < wide; ++v)
          sums.push_back(load(hidden, column + DimExpr(v * lanes)));
        sums = carry("hidden", from, to, 1, sums, [&](const DimExpr &key, ValueRange before) {
          SmallVector<Value> next;
          for (int64_t v = 0; v < wide; ++v) {
            Value line = valueAt(key, column + DimExpr(v * lanes), v + 1 == wide ? valid : Value());
            next.push_back(math::FmaOp::create(b, loc, line, splat(0), before[v]));
          }
          return next;
        });
        for (int64_t v = 0; v < wide; ++v)
          store(sums[v], hidden, column + DimExpr(v * lanes));
      });
    };
    hasHidden = keys.end != parts.keyExtent || keys.hasFirst;
    if (keys.hasFirst)
      add(0, keys.first);
    if (keys.end != parts.keyExtent)
      add(DimExpr::max(keys.end, keys.first), parts.keyExtent);
  }

  void emitResults() {
    loop("row", 0, count, 1, [&](const DimExpr &row) {
      forWidth(1, [&](const DimExpr &column, int64_t, Value valid) {
        SmallVector<DimExpr> outer = outerAt(DimExpr::symbol(queryName) + row), at(outer);
        at.push_back(column);
        Point point = pointOf(parts.output, outer, {column, DimExpr(0)});
        point.lane = laneOf(column);
        point.lanes = lanes;
        point.valid = valid;
        Value total = load(output, row * paddedWidth() + column);
        if (hasHidden)
          total = arith::AddFOp::create(b, loc, total, load(hidden, column));
        values.publish(parts.output->getResult(0), point, at, total);
        values.publish(parts.sum->getResult(0), point, outer, loadScalar(scales, row));
        for (ir::MapOp map : parts.epilogue) {
          Point here = pointOf(map, outer, column);
          here.lane = point.lane;
          here.lanes = lanes;
          here.valid = valid;
          finish(map, here, at, values.evaluate(map, here));
        }
      });
    });
  }

  bool hasHidden = false;
  VisibleKeys keys;
  Value weights; ///< scores, then weights, of a part: a row for each key
  Value output;  ///< a row for each query
  Value scales;  ///< what the output is multiplied by before a part; at the end the sums of weights
  Value hidden;  ///< 0 for each column, or NaN
};

} // namespace

std::unique_ptr<Emitter> tile::createSimdAttentionEmitter(EmitContext context) {
  auto parts = findOnlineSoftmax(context.info.group);
  return parts ? std::make_unique<SimdAttentionEmitter>(context, *parts) : nullptr;
}
