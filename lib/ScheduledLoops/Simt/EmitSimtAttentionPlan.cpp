//===- EmitSimtAttentionPlan.cpp - Which attention a matrix unit takes ----===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Looks at types and index expressions only; emits nothing. Where there is no
// plan, attention stays three groups.
//
//===----------------------------------------------------------------------===//
#include "EmitSimtAttention.h"

#include "SplitAttention.h"
#include "flex/ScheduledLoops/Workspace.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

#include <cmath>

using namespace mlir;
using namespace flex;
using namespace flex::tile;

//===----------------------------------------------------------------------===//
// Accumulators
//===----------------------------------------------------------------------===//

/// What the targets' tile.put does, as data: PTX ISA 9.7.14 for mma.sync, 9.7.15.5.1 for wgmma, of which each warp has
/// 16 rows; AMD's instructions compute the transposed tile, so that a thread has runs of one row.
std::optional<AccumulatorLayout> tile::accumulatorLayout(const MatrixUnit &unit) {
  auto row = [](int64_t by) { return AccumulatorLayout::Bit{true, by}; };
  auto column = [](int64_t by) { return AccumulatorLayout::Bit{false, by}; };
  AccumulatorLayout layout;
  if (unit.unit == "mma" && unit.m == 16 && unit.n == 8) {
    layout.lane = {column(2), column(4), row(1), row(2), row(4)};
    layout.element = {column(1), row(8)};
    layout.isOperand = true;
    return layout;
  }
  if (unit.unit == "wgmma" && unit.m == 64) {
    layout.lane = {column(2), column(4), row(1), row(2), row(4), row(16), row(32)};
    layout.element = {column(1), row(8)};
    for (int64_t by = 8; by < unit.n; by *= 2)
      layout.element.push_back(column(by));
    layout.isOperand = true;
    return layout;
  }
  if ((unit.unit != "mfma" && unit.unit != "wmma") || unit.m != unit.n)
    return std::nullopt;
  for (int64_t by = 1; by < unit.m; by *= 2)
    layout.lane.push_back(row(by));
  int64_t groups = unit.threads / unit.m, each = unit.m == 32 ? 4 : unit.n / groups;
  for (int64_t by = each; by < each * groups; by *= 2)
    layout.lane.push_back(column(by));
  for (int64_t by = 1; by < unit.n; by = by * 2 == each ? each * groups : by * 2)
    layout.element.push_back(column(by));
  return layout;
}

/// Each group of AMD's lanes takes neighbouring steps of operands: 8 of 16 on WMMA without copies, which is what a
/// thread has of results. 32 columns of MFMA are 4 of each group in turns; with the two middle bits of columns' numbers
/// swapped, they are 8 and 8.
void AccumulatorLayout::makeOperand(const MatrixUnit &unit) {
  if (unit.unit == "wmma" && unit.copies == 1 && unit.k == unit.n)
    isOperand = true;
  if (unit.unit != "mfma" || unit.n != 32 || unit.k > 16)
    return;
  isOperand = true;
  swapped = 4;
  for (SmallVector<Bit> *bits : {&lane, &element})
    for (Bit &bit : *bits)
      if (!bit.isRow && (bit.by == swapped || bit.by == 2 * swapped))
        bit.by = 3 * swapped - bit.by;
}

int64_t AccumulatorLayout::run() const {
  int64_t length = 1;
  for (const Bit &bit : element) {
    if (bit.isRow || bit.by != length)
      break;
    length *= 2;
  }
  return length;
}

/// The places that the element's bits of one kind lead to, in order of the bits.
static SmallVector<int64_t> placesOf(ArrayRef<AccumulatorLayout::Bit> bits, bool isRow) {
  SmallVector<int64_t> places{0};
  for (const AccumulatorLayout::Bit &bit : bits) {
    if (bit.isRow != isRow)
      continue;
    for (size_t i = 0, count = places.size(); i < count; ++i)
      places.push_back(places[i] + bit.by);
  }
  return places;
}

SmallVector<int64_t> AccumulatorLayout::rows() const {
  return placesOf(element, true);
}

SmallVector<int64_t> AccumulatorLayout::runs() const {
  return placesOf(ArrayRef(element).drop_front(llvm::Log2_64(run())), false);
}

int64_t AccumulatorLayout::elementOf(int64_t row, int64_t run) const {
  int64_t number = 0;
  for (auto [i, bit] : llvm::enumerate(element))
    if ((bit.isRow ? row : run) & bit.by)
      number |= int64_t(1) << i;
  return number;
}

int64_t AccumulatorLayout::sharing() const {
  return int64_t(1) << llvm::count_if(lane, [](const Bit &bit) { return !bit.isRow; });
}

/// Neighbouring bits of a number that move a row or column by twice as much each are one part of the number.
DimExpr AccumulatorLayout::placeOf(const DimExpr &thread, bool isRow) const {
  DimExpr place;
  for (size_t first = 0, last = 0; first < lane.size(); first = last) {
    for (last = first + 1;
         last < lane.size() && lane[last].isRow == lane[first].isRow && lane[last].by == 2 * lane[last - 1].by;)
      ++last;
    if (lane[first].isRow == isRow)
      place = place + thread.floorDiv(DimExpr(int64_t(1) << first)).mod(DimExpr(int64_t(1) << (last - first))) *
                          DimExpr(lane[first].by);
  }
  return place;
}

int64_t AccumulatorLayout::apart() const {
  return int64_t(1) << (llvm::find_if(lane, [](const Bit &bit) { return !bit.isRow; }) - lane.begin());
}

//===----------------------------------------------------------------------===//
// The plan
//===----------------------------------------------------------------------===//

namespace {

constexpr int64_t kLeastWidth = 32, kMostWidth = 256; ///< of a row of queries, keys or values

class Planner {
public:
  Planner(const GroupInfo &info, const DeviceDescription &device, AttentionPlan &plan)
      : info(info), device(device), plan(plan), parts(plan.parts) {}

  bool run(const std::string &unitName, int64_t keys) {
    if (parts.query.empty() || info.isStrict() || !onlyResultsEscape())
      return false;
    bool isUnsigned = false;
    Value factors[] = {withoutWidening(parts.queryFactor, isUnsigned), withoutWidening(parts.keyFactor, isUnsigned),
                       withoutWidening(parts.valueFactor, isUnsigned)};
    plan.element = factors[0].getType();
    if (!plan.element.isF16() && !plan.element.isBF16())
      return false;
    if (llvm::any_of(factors, [&](Value factor) { return factor.getType() != plan.element; }) ||
        withoutWidening(parts.weightFactor, isUnsigned).getType() != plan.element)
      return false;
    ir::StatementInterface scores = parts.scores, output = parts.output;
    return findUnit(unitName, keys) &&
           source(plan.queries, scores, factors[0], parts.query, parts.queryExtent, parts.depth, parts.depthExtent) &&
           source(plan.keys, scores, factors[1], parts.key, parts.keyExtent, parts.depth, parts.depthExtent) &&
           source(plan.values, output, factors[2], parts.key, parts.keyExtent, parts.width, parts.widthExtent) &&
           planResults();
  }

private:
  /// Nobody else asks for the scores, nor for their maximum or the sum but of parts.
  bool onlyResultsEscape() const {
    return llvm::all_of(info.statements, [&](ir::StatementInterface statement) {
      if (!parts.part.empty() && (statement == parts.max || statement == parts.sum))
        return true;
      return !info.escapes(statement) || statement == ir::StatementInterface(parts.output) ||
             llvm::is_contained(parts.epilogue, statement.getOperation());
    });
  }

  bool findUnit(const std::string &name, int64_t keys) {
    StringRef operand = plan.element.isF16() ? "f16" : "bf16";
    for (const MatrixUnit &unit : device.matrixUnits) {
      if (operand != unit.operand || unit.accumulator != "f32" || (!name.empty() && name != unit.name()))
        continue;
      bool inRegisters = unit.a == OperandHome::Registers && unit.b == OperandHome::Registers &&
                         unit.c == OperandHome::Registers && unit.threads == device.waveSize;
      const MatrixUnit *scores = inRegisters ? &unit : unitForScores(unit, keys);
      auto layout = scores ? accumulatorLayout(*scores) : std::nullopt;
      if (!layout)
        continue;
      plan.unit = &unit;
      plan.scoreUnit = scores;
      plan.layout = *layout;
      plan.layout.makeOperand(unit);
      plan.resultLayout = inRegisters ? plan.layout : *accumulatorLayout(unit);
      plan.keys.swapped = plan.layout.swapped;
      return true;
    }
    return false;
  }

  /// Beside a unit that reads group memory, and has as many columns as a row of values, the one of its family that has
  /// as many as a block has keys; itself if there is none, which a check finds. Nothing if it keeps its results to
  /// itself.
  const MatrixUnit *unitForScores(const MatrixUnit &unit, int64_t keys) const {
    auto width = parts.widthExtent.constant();
    if (!readsGroupMemory(unit) || unit.c != OperandHome::Registers || device.asyncCopyBytes < kChunkBytes || !width ||
        unit.n != blockWidth(*width))
      return nullptr;
    MatrixUnit other = unit;
    other.n = other.maxN = keys;
    const MatrixUnit *found = device.findMatrixUnit(other.name());
    return found ? found : &unit;
  }

  static int64_t blockWidth(int64_t columns) {
    return std::max<int64_t>(kLeastWidth, llvm::PowerOf2Ceil(std::max<int64_t>(columns, 1)));
  }

  bool source(BlockSource &source, ir::StatementInterface statement, Value factor, const std::string &row,
              const DimExpr &rows, const std::string &column, const DimExpr &columns) {
    auto known = columns.constant();
    if (!known || *known < 1 || *known > kMostWidth)
      return false;
    source.statement = statement;
    source.row = row;
    source.column = column;
    source.rows = rows;
    source.columns = columns;
    source.width = source.panel = blockWidth(*known);
    if (plan.readsGroup())
      source.panel = std::min(source.panel, kPanelBytes / elementBytes(plan.element));
    MatrixOperand &operand = source.operand;
    operand.factor = factor;
    operand.element = plan.element;
    operand.index = row;
    IndexAxis outer, summed;
    outer.push(row, rows);
    summed.push(column, columns);
    placeOperand(info, device, statement, outer, summed, operand);
    // Rows that are columns in memory would be read in pieces of one element.
    if (operand.across)
      return false;
    if (!operand.edges.empty())
      operand.chunks = std::nullopt;
    return true;
  }

  bool planResults() {
    MatrixPlan &results = plan.results;
    results.contraction = {parts.output, parts.weightFactor, parts.valueFactor};
    results.unit = plan.unit;
    results.axes.rows.push(parts.query, parts.queryExtent);
    results.axes.columns.push(parts.width, parts.widthExtent);
    for (auto [name, extent] : llvm::zip_equal(parts.batch, parts.batchExtents))
      results.axes.rest.push(name, extent);
    results.a.element = results.b.element = plan.element;
    results.rows = parts.queryExtent;
    results.columns = parts.widthExtent;
    results.depth = parts.keyExtent;
    SmallVector<ir::StatementInterface> statements{parts.output};
    llvm::append_range(statements, parts.epilogue);
    SmallVector<std::string> names(info.outerNames);
    names.push_back(parts.width);
    results.runs = findRuns(info, statements, names, parts.width, parts.widthExtent);
    return results.rows.isValid() && results.depth.isValid() && results.axes.rest.size().isValid();
  }

  const GroupInfo &info;
  const DeviceDescription &device;
  AttentionPlan &plan;
  const OnlineSoftmax &parts;
};

} // namespace

Value AttentionPlan::visibleScore() const {
  if (parts.visible)
    return parts.visible;
  ir::StatementInterface last = parts.lastScore();
  return last.getStatementBody()->getTerminator()->getOperand(0);
}

/// A number that a body computes from constants and dimensions alone.
static std::optional<double> numberOf(Value value) {
  Operation *op = value.getDefiningOp();
  if (!op)
    return std::nullopt;
  if (auto constant = dyn_cast<arith::ConstantOp>(op)) {
    if (auto number = dyn_cast<FloatAttr>(constant.getValue()))
      return number.getValueAsDouble();
    auto number = dyn_cast<IntegerAttr>(constant.getValue());
    return number ? std::optional(double(number.getInt())) : std::nullopt;
  }
  if (auto dim = dyn_cast<ir::DimOp>(op)) {
    auto number = ir::toDimExpr(dim.getExprAttr()).constant();
    return number ? std::optional(double(*number)) : std::nullopt;
  }
  SmallVector<double> in;
  for (Value operand : op->getOperands()) {
    auto number = numberOf(operand);
    if (!number)
      return std::nullopt;
    in.push_back(*number);
  }
  return llvm::TypeSwitch<Operation *, std::optional<double>>(op)
      .Case<arith::SIToFPOp, arith::ExtFOp, arith::TruncFOp>([&](Operation *) { return in[0]; })
      .Case([&](math::SqrtOp) { return std::sqrt(in[0]); })
      .Case([&](math::RsqrtOp) { return 1 / std::sqrt(in[0]); })
      .Case([&](arith::DivFOp) { return in[0] / in[1]; })
      .Case([&](arith::MulFOp) { return in[0] * in[1]; })
      .Default([](Operation *) { return std::nullopt; });
}

/// What a score is multiplied with by the only map; nothing if that does something else.
static std::optional<double> scaleOf(const AttentionPlan &plan) {
  if (plan.parts.scoreMaps.size() != 1)
    return std::nullopt;
  ir::StatementInterface map = plan.parts.scoreMaps.back();
  auto isScore = [&](Value value) {
    bool isUnsigned = false;
    auto argument = dyn_cast<BlockArgument>(withoutWidening(value, isUnsigned));
    return argument && map->getOperand(argument.getArgNumber()) == plan.parts.scores->getResult(0);
  };
  Value value = plan.visibleScore();
  if (isScore(value))
    return 1;
  Operation *op = value.getDefiningOp();
  std::optional<double> scale;
  if (auto quotient = dyn_cast_or_null<arith::DivFOp>(op); quotient && isScore(quotient.getLhs()))
    if (auto divisor = numberOf(quotient.getRhs()))
      scale = 1 / *divisor;
  if (auto product = dyn_cast_or_null<arith::MulFOp>(op))
    scale = isScore(product.getLhs())   ? numberOf(product.getRhs())
            : isScore(product.getRhs()) ? numberOf(product.getLhs())
                                        : std::nullopt;
  constexpr double kFar = 0x1p32; // of numbers that stay in range however they are multiplied
  return scale && *scale > 1 / kFar && *scale < kFar ? scale : std::nullopt;
}

std::optional<AttentionPlan> tile::planSimtAttention(const GroupInfo &info, const OnlineSoftmax &parts,
                                                     const DeviceDescription &device, const std::string &unit,
                                                     int64_t keys) {
  AttentionPlan plan;
  plan.parts = parts;
  if (!Planner(info, device, plan).run(unit, keys))
    return std::nullopt;
  plan.scale = scaleOf(plan);
  // Where copies pass through registers; otherwise fragments of values are turned when they are read.
  plan.values.turned = device.asyncCopyBytes < kChunkBytes;
  return plan;
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

bool tile::attentionIsLate(const AttentionPlan &plan, const Schedule &schedule) {
  return plan.readsGroup() && schedule.stages > 2;
}

int64_t tile::attentionAhead(const AttentionPlan &plan, const Schedule &schedule) {
  return schedule.stages - (attentionIsLate(plan, schedule) ? 2 : 1);
}

int64_t tile::attentionStageBytes(const AttentionPlan &plan, const Schedule &schedule) {
  return schedule.tileN * (plan.keys.width + plan.values.width) * elementBytes(plan.element);
}

int64_t tile::attentionQueryBytes(const AttentionPlan &plan, const Schedule &schedule) {
  int64_t weights = plan.layout.isOperand ? 0 : schedule.tileN;
  return schedule.tileM * std::max(plan.queries.width, weights) * elementBytes(plan.element);
}

Schedule tile::attentionResults(const AttentionPlan &plan, const Schedule &schedule) {
  Schedule results = schedule;
  results.lane = plan.parts.width;
  results.unroll = plan.parts.query;
  results.tileN = plan.values.width;
  results.tileK = schedule.tileN;
  if (plan.readsGroup())
    results.stages = 1;
  return results;
}

int64_t tile::attentionRingBytes(const AttentionPlan &plan, const Schedule &schedule) {
  int64_t operands = attentionQueryBytes(plan, schedule) + schedule.stages * attentionStageBytes(plan, schedule);
  return std::max(operands, matrixRingBytes(plan.results, attentionResults(plan, schedule)));
}

//===----------------------------------------------------------------------===//
// The schedule
//===----------------------------------------------------------------------===//

/// Results that a thread has room for beside the weights and fragments of one step; fewer where fragments hold elements
/// more than once.
static constexpr int64_t kMostResults = 64;
/// Results and scores, where there are no fragments but the weights.
static constexpr int64_t kMostSums = 160;
static constexpr int64_t kKeys = 64;
/// Rows of a wave, best first: those of two tiles share fragments of keys and values.
static constexpr int64_t kWaveRows[] = {32, 16};

static Schedule scheduleOf(const AttentionPlan &plan, const DeviceDescription &device, int64_t rowsOfWave,
                           int64_t waves) {
  Schedule schedule;
  schedule.strategy = Strategy::Attention;
  schedule.lane = plan.parts.width;
  schedule.unroll = plan.parts.query;
  schedule.unit = plan.unit->name();
  schedule.wavesM = waves;
  schedule.tileM = schedule.wavesM * rowsOfWave;
  schedule.tileN = plan.readsGroup() ? plan.scoreUnit->n : kKeys;
  schedule.tileK = plan.keys.width;
  schedule.groupSize = schedule.wavesM * plan.unit->threads;
  schedule.stages = plan.readsGroup() ? 3 : device.asyncCopyBytes >= kChunkBytes ? 2 : 1;
  return schedule;
}

/// Fewer queries a work item where some compute units would have none.
static bool hasWorkForAll(const AttentionPlan &plan, const Schedule &schedule, const DeviceDescription &device) {
  DimExpr tiles = plan.parts.queryExtent.ceilDiv(DimExpr(schedule.tileM)) * plan.results.axes.rest.size();
  return tiles.constant().value_or(device.cores) >= device.cores;
}

static std::string check(const AttentionPlan &plan, const Schedule &schedule, const DeviceDescription &device) {
  const MatrixUnit &unit = *plan.unit;
  auto divides = [](int64_t size, int64_t by) { return size > 0 && size % by == 0; };
  if (schedule.wavesN != 1 || schedule.wavesM * unit.threads != schedule.groupSize)
    return "'waves-n' must be 1 and 'group-size' waves-m x " + std::to_string(unit.threads);
  if (schedule.groupSize > device.maxGroupSize)
    return "'group-size' exceeds the device's " + std::to_string(device.maxGroupSize);
  if (plan.readsGroup() && plan.scoreUnit->n != schedule.tileN)
    return "'tile-n' must be as many columns as '" + unit.unit + "' can have: 32, 64, 128 or 256";
  int64_t rows = std::max<int64_t>(unit.m, 8), keys = std::max<int64_t>(32, std::max(plan.scoreUnit->n, 2 * unit.k));
  if (!divides(schedule.tileM, schedule.wavesM * rows) || !divides(schedule.tileN, keys) ||
      !llvm::isPowerOf2_64(schedule.tileM) || !llvm::isPowerOf2_64(schedule.tileN) || schedule.tileN > kMostWidth)
    return "'tile-m' must be a power of two and a multiple of waves-m x " + std::to_string(rows) +
           ", 'tile-n' a power of two and a multiple of " + std::to_string(keys);
  if (!plan.parts.part.empty() && plan.parts.partKeys.mod(DimExpr(schedule.tileN)) != DimExpr(0))
    return "the keys of a part must be a multiple of 'tile-n'";
  if (schedule.tileK != plan.keys.width)
    return "'tile-k' must be " + std::to_string(plan.keys.width) + ", which a row of queries takes";
  if (plan.keys.width % (2 * unit.k) != 0 || plan.values.width % unit.n != 0)
    return "rows of queries and values are shorter than the unit's tiles";
  int64_t chunk = kChunkBytes / elementBytes(plan.element);
  for (auto [height, width] :
       {std::pair(schedule.tileM, plan.queries.width), std::pair(schedule.tileN, plan.keys.width),
        std::pair(schedule.tileN, plan.values.width)})
    if (!divides(schedule.groupSize, width / chunk) || !divides(height * width / chunk, schedule.groupSize))
      return "the threads cannot share the chunks of 16 bytes of a block evenly";
  bool isAsync = device.asyncCopyBytes >= kChunkBytes;
  if (isAsync ? schedule.stages < 2 : schedule.stages != 1)
    return isAsync ? "'stages' is at least 2 on a device with asynchronous copies"
                   : "'stages' is 1 on a device without asynchronous copies";
  if (int64_t need = attentionRingBytes(plan, schedule), limit = matrixGroupLimit(device); need > limit)
    return "the blocks take " + std::to_string(need) + " bytes of group memory, the device has " +
           std::to_string(limit);
  return "";
}

/// Whether each score needs something of its own from memory, which takes registers, too.
static bool readsPerKey(const GroupInfo &info, const OnlineSoftmax &parts) {
  return llvm::any_of(parts.scoreMaps, [&](ir::MapOp map) {
    ir::StatementInterface statement = map;
    for (unsigned operand = 0; operand < map->getNumOperands(); ++operand)
      if (!info.contains(map->getOperand(operand)) && !statement.isWholeAccess(operand) &&
          llvm::any_of(statement.getAccessExprs(operand), [&](const DimExpr &at) { return at.uses(parts.key); }))
        return true;
    return false;
  });
}

/// Of units that read group memory, a wave has the rows of one tile; with many keys in a block, little is done for each
/// row beside its scores.
static std::optional<Schedule> chooseInGroup(const GroupInfo &info, const OnlineSoftmax &parts,
                                             const DeviceDescription &device) {
  std::optional<Schedule> best;
  for (int64_t keys : {128, 64}) {
    auto plan = planSimtAttention(info, parts, device, "", keys);
    if (!plan || !plan->readsGroup())
      return std::nullopt;
    if (keys > kKeys && readsPerKey(info, parts))
      continue;
    for (int64_t waves : {2, 1}) {
      Schedule schedule = scheduleOf(*plan, device, plan->unit->m, waves);
      while (schedule.stages > 2 && !check(*plan, schedule, device).empty())
        --schedule.stages;
      if (plan->unit->lanesOfC() + plan->scoreUnit->lanesOfC() > kMostSums || !check(*plan, schedule, device).empty())
        continue;
      best = schedule;
      if (hasWorkForAll(*plan, schedule, device))
        break;
    }
    if (best)
      break;
  }
  return best;
}

static std::optional<Schedule> chooseInRegisters(const GroupInfo &info, const OnlineSoftmax &parts,
                                                 const DeviceDescription &device) {
  DeviceDescription others = device;
  llvm::erase_if(others.matrixUnits, readsGroupMemory);
  auto plan = planSimtAttention(info, parts, others, "", kKeys);
  if (!plan)
    return std::nullopt;
  int64_t width = std::max(plan->keys.width, plan->values.width);
  bool isCrowded = readsPerKey(info, parts);
  if (isCrowded && plan->unit->copies > 1 && !parts.keyExtent.isConstant())
    return std::nullopt;
  std::optional<Schedule> best;
  for (int64_t rows : kWaveRows) {
    if (isCrowded && rows > plan->unit->m)
      continue;
    Schedule schedule = scheduleOf(*plan, device, rows, 4);
    int64_t results = rows * width * plan->unit->copies / plan->unit->threads;
    if (rows % plan->unit->m != 0 || results > kMostResults || !check(*plan, schedule, device).empty())
      continue;
    best = schedule;
    if (hasWorkForAll(*plan, schedule, device))
      break;
  }
  return best;
}

std::optional<Schedule> tile::chooseSimtAttention(const GroupInfo &info, const OnlineSoftmax &parts,
                                                  const DeviceDescription &device) {
  auto best = chooseInGroup(info, parts, device);
  if (!best)
    best = chooseInRegisters(info, parts, device);
  // Few queries leave most of a tile idle: unless keys are cut into parts, three launches are better.
  constexpr int64_t kFewQueries = 16;
  bool isFew = parts.queryExtent.constant().value_or(kFewQueries) < kFewQueries;
  return best && isFew && chooseAttentionParts(parts, *best, device) == 1 ? std::nullopt : best;
}

std::string tile::checkSimtAttention(const GroupInfo &info, const Schedule &schedule, const DeviceDescription &device) {
  auto parts = findOnlineSoftmax(info.group);
  assert(parts && "asked for other groups before");
  if (schedule.unit.empty() || !device.findMatrixUnit(schedule.unit))
    return "'unit' names no matrix unit of the device";
  auto plan = planSimtAttention(info, *parts, device, schedule.unit, schedule.tileN);
  if (!plan)
    return "strategy 'attention' needs queries, keys, weights and values of one type of 16 bits that the unit takes, "
           "rows of at most " +
           std::to_string(kMostWidth) + " elements whose lengths are known, and numerics that are not strict";
  return check(*plan, schedule, device);
}
