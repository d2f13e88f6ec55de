//===- EmitSimtAttention.cpp - Fused attention on matrix units ------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A work item computes a tile of queries of one head. Blocks of keys and values
// go through a ring; each wave owns some rows of queries and goes through all keys, with the
// scores, the results so far, and the maximum and sum of each row in registers. Weights
// become operands as they are, where the unit's layout allows it, else through the
// queries' part of the ring, which is free once their fragments are read.
//
//===----------------------------------------------------------------------===//
#include "EmitSimtAttention.h"
#include "../Simd/EmitSimdAttention.h"
#include "EmitSimt.h"
#include "EmitSimtAttentionCopy.h"
#include "EmitSimtAttentionProducts.h"
#include "EmitSimtAttentionRow.h"
#include "EmitSimtContractStore.h"
#include "flex/ScheduledLoops/Workspace.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace flex;
using namespace flex::tile;

namespace {

class SimtAttentionEmitter : public Emitter {
public:
  SimtAttentionEmitter(EmitContext context, const DeviceDescription &device, AttentionPlan given)
      : Emitter(context), device(device), plan(std::move(given)), unit(*plan.unit), layout(plan.layout), b(loops.get()),
        loc(loops.getLoc()), rowTiles(schedule.tileM / schedule.wavesM / unit.m),
        keyTiles(schedule.tileN / plan.scoreUnit->n), widthTiles(plan.values.width / unit.n),
        isAsync(device.asyncCopyBytes >= kChunkBytes), ahead(attentionAhead(plan, schedule)) {}

  DimExpr items() const override { return plan.results.axes.rest.size() * queryTiles(); }

  void emit(Value item) override {
    locate(item);
    auto bytes = BufferType::get(b.getContext(), b.getI8Type(), Space::Group);
    ring = RingOp::create(b, loc, bytes, std::to_string(attentionRingBytes(plan, schedule)));
    if (plan.readsGroup()) // the unit's swizzles are functions of addresses
      ring.getDefiningOp()->setAttr(kAlignmentAttr, b.getI64IntegerAttr(8 * kPanelBytes));
    int64_t stagesAt = attentionQueryBytes(plan, schedule), each = elementBytes(plan.element);
    std::map<std::string, DimExpr> at = rest;
    for (const std::string &name : {plan.parts.query, plan.parts.key, plan.parts.depth, plan.parts.width})
      at[name] = DimExpr(0);
    EmitContext context{info, schedule, loops, values};
    BlockCopies queries(context, plan.queries, schedule.tileM, ring, 0, at, thread);
    BlockCopies keyCopies(context, plan.keys, schedule.tileN, ring, stagesAt, at, thread);
    int64_t valuesAt = stagesAt + keyCopies.elements() * each;
    BlockCopies valueCopies(context, plan.values, schedule.tileN, ring, valuesAt, at, thread);
    AttentionProducts all(loops, plan, schedule, queries, keyCopies, valueCopies, {waveRow, laneRow, laneColumn});
    products = &all;
    keys = &keyCopies;
    vals = &valueCopies;
    stageElements = keyCopies.elements() + valueCopies.elements();
    queries.copy(firstQuery, 0);
    if (isAsync && !plan.readsGroup()) // else they are waited for with the first block
      CommitOp::create(b, loc);
    store(emitLoop());
  }

private:
  using State = SmallVector<Value>;
  /// A run of scores as the unit gave them, and where it is: so far from the thread's first key.
  struct Score {
    DimExpr query, firstKey;
    int64_t offset;
    Value value;
  };

  DimExpr queryTiles() const { return plan.parts.queryExtent.ceilDiv(DimExpr(schedule.tileM)); }

  //===--------------------------------------------------------------------===//
  // Which tile, which thread
  //===--------------------------------------------------------------------===//

  void locate(Value item) {
    std::string name = loops.freshName("item");
    loops.define(name, item);
    DimExpr id = DimExpr::symbol(name), down = bind("tiles_down", queryTiles());
    const IndexAxis &batch = plan.results.axes.rest;
    DimExpr restItem = batch.names.empty() ? DimExpr(0) : divideNumber(loops, "rest_item", id, down);
    firstQuery = bind("first_query", (id - restItem * down) * DimExpr(schedule.tileM));
    if (!batch.names.empty())
      restAt = splitNumber(loops, restItem, batch);
    for (auto [index, coordinate] : llvm::zip_equal(batch.names, restAt))
      rest[index] = coordinate;
    thread = threadNumber(loops);
    name = loops.freshName("wave");
    loops.define(name, WaveOp::create(b, loc, b.getIndexType(), b.getI64IntegerAttr(unit.threads)));
    wave = DimExpr::symbol(name);
    waveRow = bind("wave_row", wave * DimExpr(schedule.tileM / schedule.wavesM));
    DimExpr lane = bind("lane", thread.mod(DimExpr(unit.threads)));
    laneRow = bind("lane_row", layout.placeOf(lane, true));
    laneColumn = bind("lane_column", layout.placeOf(lane, false));
  }

  //===--------------------------------------------------------------------===//
  // The loop over keys
  //===--------------------------------------------------------------------===//

  Value zeros(int64_t lanes) {
    return arith::ConstantOp::create(b, loc, b.getZeroAttr(VectorType::get(lanes, b.getF32Type())));
  }

  /// Stages are counted in i32 where a loop carries them, as their first element.
  Value stageNumber(int64_t stage) {
    return arith::ConstantOp::create(b, loc, b.getI32IntegerAttr(static_cast<int32_t>(stage * stageElements)));
  }
  Value nextStage(Value stage) {
    if (schedule.stages == 1)
      return stage;
    Value next = arith::AddIOp::create(b, loc, stage, stageNumber(1));
    Value last = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, next, stageNumber(schedule.stages));
    return arith::SelectOp::create(b, loc, last, stageNumber(0), next);
  }
  DimExpr stagePlace(Value stage) {
    std::string name = loops.freshName("stage");
    loops.define(name, arith::IndexCastUIOp::create(b, loc, b.getIndexType(), stage));
    return DimExpr::symbol(name);
  }

  /// Block `number`, if there is one.
  void copyBlock(const DimExpr &number, const DimExpr &stage) {
    when(loops, lessThan(loops, number, blocks), [&] {
      DimExpr first = bind("first_key", (firstBlock + number) * DimExpr(schedule.tileN));
      when(loops, isSeen(first), [&] { keys->copy(first, stage); });
      vals->copy(first, stage);
    });
  }

  /// Of the work item's keys: all of them, or those of its part.
  void findBlocks() {
    DimExpr all = plan.parts.keyExtent.ceilDiv(DimExpr(schedule.tileN));
    if (!plan.parts.part.empty()) {
      DimExpr each = plan.parts.partKeys.floorDiv(DimExpr(schedule.tileN));
      firstBlock = bind("first_block", rest.at(plan.parts.part) * each);
      all = DimExpr::max(DimExpr::min(each, all - firstBlock), DimExpr(0));
    }
    blocks = bind("blocks", all);
  }

  /// Before a block is read: its copies are there, and the stage that is written next has been read by all.
  void awaitBlock() {
    if (plan.readsGroup() && !attentionIsLate(plan, schedule))
      SettleOp::create(b, loc, 0);
    if (isAsync)
      WaitOp::create(b, loc, b.getI64IntegerAttr(ahead - 1), false, plan.readsGroup());
  }

  /// Copies run `ahead` blocks ahead; one wait a step ends the reads of the stage that is written next, too. Without
  /// asynchronous copies a block is written between two waits.
  State emitLoop() {
    DimExpr lastQuery = DimExpr::min(firstQuery + DimExpr(schedule.tileM), plan.parts.queryExtent) - DimExpr(1);
    seen = visibleKeys(plan.parts, loops, values, firstQuery, bind("last_query", lastQuery), rest);
    findBlocks();
    for (int64_t stage = 0; isAsync && stage < ahead; ++stage) {
      copyBlock(DimExpr(stage), DimExpr(stage * stageElements));
      CommitOp::create(b, loc);
    }
    if (!plan.readsGroup())
      WaitOp::create(b, loc, b.getI64IntegerAttr(schedule.stages - 1), false);
    products->readQueries();
    State start = startState();
    // Results that are on their way out of the loop must be those of every way there: without a block there is no loop.
    if (!plan.readsGroup() || blocks.isConstant())
      return emitSteps(start);
    return loops.conditional(lessThan(loops, DimExpr(0), blocks), start, [&](ValueRange) { return emitSteps(start); });
  }

  /// The state after all blocks.
  State emitSteps(State carried) {
    size_t count = carried.size();
    carried.push_back(stageNumber(0));
    carried.push_back(stageNumber(isAsync ? ahead : schedule.stages - 1));
    std::string step = loops.freshName("step");
    State done = loops.loop(step, 0, blocks, 1, carried, [&](ValueRange state) {
      values.beginBlock();
      Value read = state[count], write = state[count + 1];
      awaitBlock();
      auto copyNext = [&] {
        copyBlock(DimExpr::symbol(step) + DimExpr(isAsync ? ahead : 0), stagePlace(write));
        if (isAsync)
          CommitOp::create(b, loc);
      };
      DimExpr firstKey = bind("key", (firstBlock + DimExpr::symbol(step)) * DimExpr(schedule.tileN));
      if (!copiesMeanwhile())
        copyNext();
      if (!isAsync)
        WaitOp::create(b, loc, b.getI64IntegerAttr(0), false);
      State next = emitBlock(state.take_front(count), firstKey, loops.emit(stagePlace(read)), copyNext);
      if (!isAsync)
        WaitOp::create(b, loc, b.getI64IntegerAttr(0), false);
      next.push_back(nextStage(read));
      next.push_back(nextStage(write));
      values.beginBlock();
      return next;
    });
    if (plan.readsGroup())
      SettleOp::create(b, loc, 0);
    done.resize(count);
    return done;
  }

  /// A unit that reads the ring itself is at work on scores while copies are started; but for those that some blocks go
  /// without.
  bool copiesMeanwhile() const { return plan.readsGroup() && !plan.parts.condition; }

  //===--------------------------------------------------------------------===//
  // State: results, row by row of tiles; then of each row of a thread its maximum and its part of the sum.
  //===--------------------------------------------------------------------===//

  size_t resultCount() const { return rowTiles * widthTiles; }
  size_t rowCount() const { return rowTiles * layout.rows().size(); }

  State startState() {
    State state(resultCount(), zeros(unit.lanesOfC()));
    Value lowest = lowestScores(b, loc, b.getF32Type());
    for (size_t row = 0; row < rowCount(); ++row) {
      state.push_back(lowest);
      state.push_back(zeros(layout.run()));
    }
    return state;
  }

  /// Where no query sees a key, weights are 0: the products with values that are not finite are still NaN.
  State emitBlock(ValueRange state, const DimExpr &firstKey, Value stage, llvm::function_ref<void()> copyNext) {
    SmallVector<State> weights;
    State next, read; // those in the ring without a test: where they are needed
    Value any = isSeen(firstKey);
    if (any) {
      if (attentionIsLate(plan, schedule))
        SettleOp::create(b, loc, 0); // what the branch may go without, and nothing is on its way through it
      State carried(state);
      carried.append(rowTiles * (schedule.tileN / unit.k), noWeights());
      next = loops.conditional(any, carried, [&](ValueRange) {
        State all = weighBlock(state, firstKey, stage, weights, copyNext);
        for (int64_t k = 0; k < schedule.tileN; k += unit.k)
          all.append(weightFragments(weights, k));
        return all;
      });
      read.assign(next.begin() + state.size(), next.end());
      next.resize(state.size());
    } else {
      next = weighBlock(state, firstKey, stage, weights, copyNext);
    }
    for (int64_t k = 0; !any && layout.isOperand && k < schedule.tileN; k += unit.k)
      read.append(weightFragments(weights, k));
    products->addValues(next, stage, [&](int64_t k) {
      return read.empty() ? weightFragments(weights, k) : State(ArrayRef(read).slice(k / unit.k * rowTiles, rowTiles));
    });
    return next;
  }

  /// The state without the block's values, and the block's weights, by row of tiles.
  State weighBlock(ValueRange state, const DimExpr &firstKey, Value stage, SmallVector<State> &weights,
                   llvm::function_ref<void()> copyNext) {
    values.beginBlock();
    SmallVector<State> scores = products->scores(stage);
    if (copiesMeanwhile())
      copyNext();
    if (plan.readsGroup())
      SettleOp::create(b, loc, 0);
    State next(state);
    for (int64_t tile = 0; tile < rowTiles; ++tile) {
      if (tile > 0)
        ApartOp::create(b, loc);
      Value factor;
      weights.push_back(weigh(tile, scores[tile], firstKey, next, factor));
      multiplyRow(next, tile, factor);
    }
    if (!layout.isOperand)
      WaitOp::create(b, loc, IntegerAttr(), true);
    values.beginBlock();
    return next;
  }

  /// The results of a row of tiles times what their row is to be multiplied with.
  void multiplyRow(State &state, int64_t tile, Value factor) {
    for (int64_t n = 0; n < widthTiles; ++n) {
      Value &result = state[tile * widthTiles + n];
      result = arith::MulFOp::create(b, loc, result, factor);
    }
  }

  Value noWeights() {
    return arith::ConstantOp::create(b, loc, b.getZeroAttr(VectorType::get(unit.lanesOfA(), plan.element)));
  }

  /// From a row of tiles of scores to weights; `factor` brings the state's results of these rows to the new maxima.
  /// Gives a tile's weights in the order of its elements, or puts them into the ring.
  State weigh(int64_t tile, ArrayRef<Value> scores, const DimExpr &firstKey, State &state, Value &factor) {
    SmallVector<int64_t> rows = layout.rows();
    State weights(keyTiles), factors;
    for (auto [i, row] : llvm::enumerate(rows)) {
      DimExpr query = firstQuery + waveRow + laneRow + DimExpr(tile * unit.m + row);
      query = bind("query", DimExpr::min(query, plan.parts.queryExtent - DimExpr(1)));
      State runs = scoreRuns(scores, row, query, firstKey);
      Value *slot = &state[resultCount() + 2 * (tile * rows.size() + i)];
      RowStep step = emitRowStep(loops, layout, runs, slot[0], slot[1], plan.scale.value_or(1));
      slot[0] = step.maximum;
      slot[1] = step.sum;
      factors.push_back(step.rescale);
      keepWeights(step.weights, tile, row, weights);
    }
    factor = perElement(b, loc, plan.resultLayout, factors);
    return weights;
  }

  /// A thread's runs of one row of the block, after all maps.
  State scoreRuns(ArrayRef<Value> scores, int64_t row, const DimExpr &query, const DimExpr &firstKey) {
    State runs;
    SmallVector<Score> places;
    DimExpr first = bind("run_key", firstKey + laneColumn);
    for (int64_t n = 0; n < keyTiles; ++n)
      for (int64_t run : layout.runs()) {
        Score score{query, first, n * plan.scoreUnit->n + run, runOf(scores[n], row, run)};
        runs.push_back(plan.scale || plan.parts.scoreMaps.empty() ? score.value : mapped(score, plan.visibleScore()));
        places.push_back(score);
      }
    if (hasWholeBlocks() && !plan.parts.condition)
      return runs;
    auto hide = [&](ValueRange carried) {
      values.beginBlock();
      State next;
      for (auto [value, place] : llvm::zip_equal(carried, places))
        next.push_back(hidden(value, place));
      values.beginBlock();
      return next;
    };
    // The same for all threads of the group. Without bounds, every block is masked.
    if (seen.endFull == DimExpr(0))
      return hide(runs);
    Value isPart = lessThan(loops, seen.endFull, firstKey + DimExpr(schedule.tileN));
    if (seen.hasFirst)
      isPart = arith::OrIOp::create(b, loc, isPart, lessThan(loops, firstKey, seen.firstFull));
    return loops.conditional(isPart, runs, hide);
  }

  /// Keys that the mask hides, or beyond the last one, weigh nothing.
  Value hidden(Value value, const Score &place) {
    if (plan.parts.condition) {
      Value isSeen = mapped(place, plan.parts.condition);
      value = arith::SelectOp::create(b, loc, isSeen, value, lowestScores(b, loc, value.getType()));
    }
    return hasWholeBlocks() ? value : hideBeyond(b, loc, value, validKeys(place));
  }

  /// How many of a run's keys there are. Emitted where it is asked for, but for what all runs share.
  Value validKeys(const Score &score) {
    DimExpr left = bind("keys_left", plan.parts.keyExtent - score.firstKey);
    return loops.emit(left - DimExpr(score.offset));
  }

  bool hasWholeBlocks() const { return plan.parts.keyExtent.mod(DimExpr(schedule.tileN)) == DimExpr(0); }

  /// i1: some query sees a key of the block; null: of every block.
  Value isSeen(const DimExpr &firstKey) {
    if (!plan.parts.condition)
      return Value();
    Value before = lessThan(loops, firstKey, seen.end);
    return seen.hasFirst ? allOf(loops, before, lessThan(loops, seen.first, firstKey + DimExpr(schedule.tileN)))
                         : before;
  }

  //===--------------------------------------------------------------------===//
  // Maps of scores
  //===--------------------------------------------------------------------===//

  Value runOf(Value tile, int64_t row, int64_t run) {
    int64_t first = layout.elementOf(row, run);
    return vector::ShuffleOp::create(b, loc, tile, tile,
                                     llvm::to_vector(llvm::seq<int64_t>(first, first + layout.run())));
  }

  /// A value of the last map's body at a run of scores.
  Value mapped(const Score &score, Value body) {
    SmallVector<DimExpr> outer = outerAt(score.query);
    DimExpr key = bind("key", score.firstKey + DimExpr(score.offset));
    auto pointAt = [&](ir::StatementInterface statement) {
      Point point = pointOf(statement, outer, {key});
      point.lane = *key.asSymbol();
      point.lanes = layout.run();
      if (!hasWholeBlocks())
        point.valid = validKeys(score);
      return point;
    };
    SmallVector<DimExpr> at(outer);
    at.push_back(key);
    values.publish(plan.parts.scores->getResult(0), pointAt(plan.parts.scores), at, score.value);
    ir::StatementInterface last = plan.parts.scoreMaps.back();
    Value result = values.broadcast(values.evaluate(last, body, pointAt(last)), layout.run());
    values.clearPublished();
    return result;
  }

  SmallVector<DimExpr> outerAt(const DimExpr &query) const {
    SmallVector<DimExpr> outer;
    for (const std::string &name : info.outerNames)
      outer.push_back(name == plan.parts.query ? query : rest.at(name));
    return outer;
  }

  //===--------------------------------------------------------------------===//
  // Weights as operand
  //===--------------------------------------------------------------------===//

  void keepWeights(ArrayRef<Value> runs, int64_t tile, int64_t row, State &weights) {
    SmallVector<int64_t> places = layout.runs();
    auto narrow = VectorType::get(layout.run(), plan.element);
    for (auto [i, run] : llvm::enumerate(runs)) {
      Value rounded = arith::TruncFOp::create(b, loc, narrow, run);
      size_t n = i / places.size();
      int64_t place = places[i % places.size()];
      if (!layout.isOperand) {
        products->putWeights(rounded, tile * unit.m + row, static_cast<int64_t>(n) * plan.scoreUnit->n + place);
        continue;
      }
      auto all = VectorType::get(plan.scoreUnit->lanesOfC(), plan.element);
      if (!weights[n])
        weights[n] = arith::ConstantOp::create(b, loc, b.getZeroAttr(all));
      weights[n] = vector::InsertStridedSliceOp::create(b, loc, rounded, weights[n], layout.elementOf(row, place), 1);
    }
  }

  State weightFragments(ArrayRef<State> weights, int64_t k) {
    if (!layout.isOperand)
      return products->weightsFromRing(k);
    State result;
    int64_t columns = plan.scoreUnit->n;
    for (const State &row : weights) {
      Value whole = row[k / columns];
      if (int64_t first = k % columns / unit.k * unit.lanesOfA(); unit.k < columns)
        whole = vector::ShuffleOp::create(b, loc, whole, whole,
                                          llvm::to_vector(llvm::seq<int64_t>(first, first + unit.lanesOfA())));
      for (int64_t n = 1; n < unit.k / columns; ++n) {
        int64_t lanes = cast<VectorType>(whole.getType()).getNumElements() + plan.scoreUnit->lanesOfC();
        whole = vector::ShuffleOp::create(b, loc, whole, row[k / columns + n],
                                          llvm::to_vector(llvm::seq<int64_t>(0, lanes)));
      }
      result.push_back(whole);
    }
    return result;
  }

  //===--------------------------------------------------------------------===//
  // Results
  //===--------------------------------------------------------------------===//

  /// Of a part: each row's maximum, as the maps behind the scores' sum would give it, and the sum of its weights. A
  /// row's threads agree on both, and its first one writes them.
  void storeRows(ArrayRef<Value> state) {
    for (int64_t tile = 0; tile < rowTiles; ++tile)
      for (auto [i, row] : llvm::enumerate(layout.rows())) {
        size_t slot = resultCount() + 2 * (tile * layout.rows().size() + i);
        Value total = emitTotal(loops, layout, state[slot + 1]), maximum = state[slot];
        if (double scale = plan.scale.value_or(1); scale != 1)
          maximum = arith::MulFOp::create(
              b, loc, maximum, arith::ConstantOp::create(b, loc, b.getF32FloatAttr(static_cast<float>(scale))));
        DimExpr query = bind("query", firstQuery + waveRow + laneRow + DimExpr(tile * unit.m + row));
        Value isOurs = allOf(loops, lessThan(loops, query, plan.parts.queryExtent), lessThan(loops, laneColumn, 1));
        when(loops, isOurs, [&] {
          values.beginBlock();
          SmallVector<DimExpr> outer = outerAt(query);
          for (auto [statement, value] :
               {std::pair<ir::StatementInterface, Value>(plan.parts.max, maximum), {plan.parts.sum, total}})
            finish(statement, pointOf(statement, outer), resultAt(statement, outer), value);
          values.clearPublished();
          values.beginBlock();
        });
      }
  }

  /// Results divided by their row's sum go to memory as those of any contraction; without a key they are zero.
  void divide(State &state) {
    Value isEmpty;
    if (!plan.parts.keyExtent.isConstant())
      isEmpty = lessThan(loops, plan.parts.keyExtent, 1);
    size_t rows = layout.rows().size();
    for (int64_t tile = 0; tile < rowTiles; ++tile) {
      State factors;
      for (size_t i = 0; i < rows; ++i)
        factors.push_back(emitReciprocal(loops, layout, state[resultCount() + 2 * (tile * rows + i) + 1], isEmpty));
      multiplyRow(state, tile, perElement(b, loc, plan.resultLayout, factors));
    }
  }

  void store(State state) {
    if (plan.parts.part.empty())
      divide(state);
    else
      storeRows(state);
    state.resize(resultCount());
    SmallVector<ir::StatementInterface> statements{plan.parts.output};
    llvm::append_range(statements, plan.parts.epilogue);
    SmallVector<std::string> names(info.outerNames);
    names.push_back(plan.parts.width);
    // The division is done: what is left of it divides by 1.
    auto prepare = [&](const Point &point, ArrayRef<DimExpr> outer) {
      Value one = arith::ConstantOp::create(b, loc, b.getF32FloatAttr(1));
      values.publish(plan.parts.sum->getResult(0), point, outer.drop_back(), one);
    };
    Schedule tiles = attentionResults(plan, schedule);
    MatrixResults results{plan.results, tiles, device,     ring,       firstQuery, DimExpr(0), restAt,
                          thread,       wave,  DimExpr(0), statements, names,      prepare};
    storeMatrixResults({info, tiles, loops, values}, results, state);
  }

  const DeviceDescription &device;
  AttentionPlan plan;
  const MatrixUnit &unit;
  const AccumulatorLayout &layout;
  OpBuilder &b;
  Location loc;
  int64_t rowTiles, keyTiles, widthTiles, stageElements = 0;
  bool isAsync;
  int64_t ahead; ///< blocks that copies run ahead
  Value ring;
  BlockCopies *keys = nullptr, *vals = nullptr;
  AttentionProducts *products = nullptr;
  std::map<std::string, DimExpr> rest;
  SmallVector<DimExpr> restAt;
  DimExpr thread, wave, waveRow, laneRow, laneColumn, firstQuery, firstBlock{0}, blocks;
  VisibleKeys seen; ///< by the work item's queries
};

} // namespace

std::unique_ptr<Emitter> tile::createSimtAttentionEmitter(EmitContext context, const DeviceDescription &device) {
  auto parts = findOnlineSoftmax(context.info.group);
  auto plan = parts ? planSimtAttention(context.info, *parts, device, context.schedule.unit, context.schedule.tileN)
                    : std::nullopt;
  if (!plan)
    return nullptr;
  return std::make_unique<SimtAttentionEmitter>(context, device, std::move(*plan));
}
