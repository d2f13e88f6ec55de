//===- ChooseContraction.cpp - Schedules of contractions on CPUs ----------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The rules of CPU-NOTES 4 for register tiles and skinny products, and of dot
// products where the lane operand is transposed. docs/decisions/cost-model.md.
//
//===----------------------------------------------------------------------===//
#include "ChooseContraction.h"

#include "../Evaluator.h"

#include <numeric>

using namespace mlir;
using namespace flex;
using namespace flex::tile;

namespace {

constexpr int64_t kFewRows = 32;          // as many share a lane operand that is read in place
constexpr int64_t kMostAccumulators = 28; // of 32 registers
constexpr int64_t kMaxRows = 8;           // of a register tile: more rows of one operand meet in a set of L1
constexpr int64_t kManyRows = kMostAccumulators / 2;
constexpr int64_t kItemsPerCore = 2;
constexpr int64_t kPageBytes = 4096; // which the sets of L1 repeat after

int64_t ceilDiv(int64_t a, int64_t b) {
  return (a + b - 1) / b;
}
int64_t roundUp(int64_t a, int64_t b) {
  return ceilDiv(a, b) * b;
}

/// The group's sole reduction, if it has accumulators of one value.
std::optional<ir::StatementInterface> onlyReduction(const GroupInfo &info) {
  ir::StatementInterface reduction = info.soleReduction();
  bool isPlain = reduction && !GroupInfo::hasLoads(reduction) && !GroupInfo::hasFolds(reduction) &&
                 Evaluator::accumulatorWidth(*reduction.getCombinerKind()) == 1 && !info.innerNames(reduction).empty();
  return isPlain ? std::optional(reduction) : std::nullopt;
}

/// The rows if they are few, and rows and vectors of a tile that fills the registers.
struct FewRows {
  int64_t rows, tileRows, tileVectors;
};
std::optional<FewRows> fewRows(const GroupInfo &info, const DeviceDescription &device, const std::string &unroll) {
  auto rows = info.outerExtent(unroll).constant();
  if (!rows || *rows < 1 || *rows > kFewRows)
    return std::nullopt;
  // Balanced: 9 rows are 5 and 4.
  bool manyRegisters = device.vectorRegisters >= 32;
  int64_t accumulators = manyRegisters ? 24 : 12, most = manyRegisters ? kMaxRows : 4;
  int64_t tileRows = ceilDiv(*rows, ceilDiv(*rows, most));
  return FewRows{*rows, tileRows, std::clamp<int64_t>(accumulators / tileRows, 1, 8)};
}

int64_t restOf(const GroupInfo &info, const std::string &lane, const std::string &unroll, int64_t collapse = 1) {
  int64_t rest = 1;
  size_t walked = info.outerNames.size() - (collapse > 1 ? collapse : 0);
  for (auto [name, extent] :
       llvm::zip_equal(ArrayRef(info.outerNames).take_front(walked), ArrayRef(info.outerExtents).take_front(walked)))
    if (name != lane && name != unroll)
      rest *= std::max<int64_t>(1, orTypical(extent));
  return rest;
}

/// How far apart, in elements, what moves with `index` lies for two steps `along` another. 0: not known, or not moving.
int64_t pitchOf(const Contraction &contraction, const std::string &index, const std::string &along) {
  ir::StatementInterface statement = contraction.statement;
  int64_t pitch = 0;
  for (unsigned operand = 0; operand < statement->getNumOperands(); ++operand) {
    if (statement.isWholeAccess(operand))
      continue;
    SmallVector<DimExpr> exprs = statement.getAccessExprs(operand);
    if (llvm::none_of(exprs, [&](const DimExpr &expr) { return expr.uses(index); }))
      continue;
    DimExpr offset;
    auto type = cast<ir::NamedTensorType>(statement->getOperand(operand).getType());
    for (auto [expr, stride] : llvm::zip_equal(exprs, denseStrides(type)))
      offset = offset + expr * stride;
    if (auto linear = offset.linearIn(along))
      pitch = std::max(pitch, linear->first.constant().value_or(0));
  }
  return pitch;
}

bool hasBoundaries(ir::StatementInterface statement) {
  for (unsigned operand = 0; operand < statement->getNumOperands(); ++operand)
    if (statement.isWholeAccess(operand) || statement.getAccessBoundary(operand).getKind() != ir::BoundaryKind::None)
      return true;
  return false;
}

} // namespace

std::optional<Schedule> tile::chooseDots(const GroupInfo &info, const DeviceDescription &device,
                                         const Contraction &contraction, const std::string &lane,
                                         const std::string &unroll) {
  constexpr int64_t kLeastSteps = 4; // vectors of a sum that is worth adding across lanes
  auto few = fewRows(info, device, unroll);
  auto reduction = onlyReduction(info);
  if (!few || !reduction || *reduction != contraction.statement || hasBoundaries(*reduction) ||
      (info.isStrict() && info.hasOrderedSums()))
    return std::nullopt;
  int64_t lanes = std::max<int64_t>(1, device.vectorBits / info.widestBits());
  GroupInfo::AccessCount across = info.countAccesses(*reduction, lane);
  GroupInfo::AccessCount along = info.countAccesses(*reduction, info.innerNames(*reduction).back());
  if (across.strided == 0 || along.strided > 0 || orTypical(info.innerExtents(*reduction).back()) < kLeastSteps * lanes)
    return std::nullopt;
  Schedule schedule;
  schedule.strategy = Strategy::Rows;
  schedule.lane = lane;
  schedule.unroll = unroll;
  schedule.lanes = lanes;
  schedule.rows = few->tileRows;
  int64_t columns = std::max<int64_t>(1, orTypical(info.outerExtent(lane)));
  schedule.vectors = std::min(few->tileVectors, columns);
  // Work items that take some microseconds, a few for each core.
  constexpr int64_t kItemWork = 1 << 17;
  int64_t depth = std::max<int64_t>(1, orTypical(product(info.innerExtents(*reduction))));
  int64_t shared = ceilDiv(columns * restOf(info, lane, unroll), 4 * device.cores);
  int64_t least = ceilDiv(kItemWork, depth * few->rows);
  schedule.laneTile = roundUp(std::clamp<int64_t>(std::max(shared, least), 1, columns), schedule.vectors);
  return schedule;
}

/// How many points of the other outer indices an item takes, so that they share its packed panels: as many as leave
/// items for all cores. A convolution's filter is the same for all rows of images.
static int64_t sharedPoints(const GroupInfo &info, const DeviceDescription &device, const Contraction &contraction,
                            const Schedule &schedule, int64_t panels, int64_t itemsPerCore) {
  auto extent = info.outerExtent(schedule.unroll).constant();
  if (!extent || *extent < schedule.rows || schedule.unrollTile ||
      !info.isLaneFactorShared(contraction, schedule.lane, schedule.unroll))
    return 1;
  int64_t rest = restOf(info, schedule.lane, schedule.unroll);
  return ceilDiv(rest, std::clamp<int64_t>(ceilDiv(itemsPerCore * device.cores, panels), 1, rest));
}

std::optional<Schedule> tile::chooseSkinny(const GroupInfo &info, const DeviceDescription &device,
                                           const Contraction &contraction, const std::string &lane,
                                           const std::string &unroll) {
  auto few = fewRows(info, device, unroll);
  auto reduction = onlyReduction(info);
  if (!few || !reduction || *reduction != contraction.statement || hasBoundaries(*reduction) ||
      info.innerNames(*reduction).size() != 1 || info.countAccesses(*reduction, lane).strided > 0)
    return std::nullopt;
  // Points that share the lane operand read packed panels instead.
  constexpr int64_t kFewPoints = 3;
  if (restOf(info, lane, unroll) >= kFewPoints && info.isLaneFactorShared(contraction, lane, unroll))
    return std::nullopt;
  int64_t bytes = info.widestBits() / 8, lanes = std::max<int64_t>(1, device.vectorBits / info.widestBits());
  int64_t columns = orTypical(info.outerExtent(lane)), depth = orTypical(info.innerExtents(*reduction).front());
  if (columns * depth * bytes <= device.l2Bytes)
    return std::nullopt;
  Schedule schedule;
  schedule.strategy = Strategy::Tile;
  schedule.lane = lane;
  schedule.unroll = unroll;
  schedule.lanes = lanes;
  schedule.rows = few->tileRows;
  schedule.vectors = std::clamp<int64_t>(few->tileVectors, 1, std::max<int64_t>(1, ceilDiv(columns, lanes)));
  int64_t panel = schedule.lanes * schedule.vectors;
  // The sums in half of L2; the steps at hand and the next ones beside them. Rows of the lane operand begin on pages of
  // their own: with little to do for each, fewer at once.
  int64_t shared = ceilDiv(columns * restOf(info, lane, unroll), kItemsPerCore * device.cores);
  int64_t near = device.l2Bytes / 2 / (few->rows * bytes);
  schedule.laneTile =
      std::max(panel, std::min({near / panel * panel, roundUp(shared, panel), roundUp(columns, panel)}));
  constexpr int64_t kLeastSteps = 8;
  int64_t beside = device.l2Bytes / 4 * 3 - few->rows * schedule.laneTile * bytes;
  schedule.depth =
      std::clamp<int64_t>(beside / (2 * schedule.laneTile * bytes), kLeastSteps, std::max(kLeastSteps, few->rows));
  schedule.prefetch = true;
  return schedule;
}

std::optional<unsigned> tile::findRowsAlong(const GroupInfo &info, ir::StatementInterface statement,
                                            const Schedule &schedule) {
  SmallVector<std::string> inner = info.innerNames(statement);
  if (inner.size() != 1 || hasBoundaries(statement))
    return std::nullopt;
  for (unsigned operand = 0; operand < statement->getNumOperands(); ++operand) {
    DimExpr offset;
    auto type = cast<ir::NamedTensorType>(statement->getOperand(operand).getType());
    for (auto [expr, stride] : llvm::zip_equal(statement.getAccessExprs(operand), denseStrides(type)))
      offset = offset + expr * stride;
    auto along = offset.linearIn(inner.front());
    if (along && along->first == DimExpr(1) && offset.uses(schedule.unroll) && !offset.uses(schedule.lane))
      return operand;
  }
  return std::nullopt;
}

/// A loop's end takes instructions that the multiply-adds of one step leave no room for. Rows that come from beyond L2
/// lie on pages of their own, where a machine that fetches ahead by itself begins anew; for one or two panels they come
/// from memory, as fast as it gives them (4096 x 64 x 4096: prefetch costs 3 %).
static void chooseTurns(Schedule &schedule, const GroupInfo &info, const DeviceDescription &device,
                        ir::StatementInterface statement, int64_t rows, int64_t depth, int64_t panels) {
  constexpr int64_t kSteps = 4, kLeastTurns = 8, kLeastPanels = 4;
  if (depth < kSteps * kLeastTurns)
    return;
  schedule.steps = kSteps;
  schedule.prefetch = panels >= kLeastPanels && rows * depth * info.widestBits() / 8 > device.l2Bytes &&
                      findRowsAlong(info, statement, schedule).has_value();
}

void tile::splitRows(Schedule &schedule, const GroupInfo &info, const DeviceDescription &device, int64_t panels,
                     int64_t rows) {
  int64_t rest = restOf(info, schedule.lane, schedule.unroll, schedule.collapse);
  int64_t wanted = ceilDiv(4 * device.cores, std::max<int64_t>(1, panels * rest));
  if (wanted <= 1)
    return;
  schedule.unrollTile = std::max(roundUp(ceilDiv(rows, wanted), schedule.rows), 2 * schedule.rows);
}

/// Rows and vectors of a register tile.
struct TileShape {
  int64_t rows, vectors;
};

/// Cycles that a step of the reduction takes for all tiles of a shape, full ones and what is left. A core multiplies
/// and adds two vectors a cycle, reads two from L1, and of a panel that is far 3/8 of a line from L2; a sum waits four
/// cycles.
static double tileCost(TileShape shape, int64_t rows, int64_t vectors, bool isFar) {
  constexpr int64_t kRegisters = 32;
  auto tile = [&](int64_t height, int64_t width) {
    // Without a register for it, an element of a row is read again for each vector.
    int64_t reads = width + height * (height * width + width < kRegisters ? 1 : width);
    double near = static_cast<double>(std::max(height * width, reads)) / 2;
    return std::max({near, isFar ? static_cast<double>(width) * 8 / 3 : 0, 4.0});
  };
  auto panel = [&](int64_t width) {
    int64_t full = rows / shape.rows, left = rows % shape.rows;
    return static_cast<double>(full) * tile(shape.rows, width) + (left ? tile(left, width) : 0);
  };
  int64_t full = vectors / shape.vectors, left = vectors % shape.vectors;
  return static_cast<double>(full) * panel(shape.vectors) + (left ? panel(left) : 0);
}

/// The usual shape, or another one that fills the registers if its tails cost less. `areNear`: the rows lie side by
/// side, and the lane operand is gathered: many rows, which meet in no set of L1, share what is gathered for few
/// vectors.
static TileShape bestShape(TileShape usual, int64_t rows, bool areNear, llvm::function_ref<double(TileShape)> cost) {
  constexpr double kWorthOtherTile = 0.97;
  constexpr int64_t kFewRowsOfTile = 5;
  if (areNear)
    usual = {std::max<int64_t>(1, ceilDiv(rows, std::max<int64_t>(1, ceilDiv(rows, kManyRows)))), 2};
  TileShape best = usual;
  for (int64_t vectors : {3, 4})
    for (int64_t count = kFewRowsOfTile; count * vectors <= kMostAccumulators; ++count)
      if (count <= rows && cost({count, vectors}) < cost(best))
        best = {count, vectors};
  return cost(best) < kWorthOtherTile * cost(usual) ? best : usual;
}

/// Tiles that share a panel from which on packing it costs less than reading it across the ends of lines.
static constexpr int64_t kTilesWorthAligning = 12;

/// Of a panel that is far, more rows read less.
static constexpr TileShape kTallTile{kManyRows, 2};

/// Whether rows so many bytes apart meet in few sets of L1.
static bool areSpread(int64_t pitch, int64_t rows) {
  constexpr int64_t kFewInSet = 4;
  return pitch > 0 && std::gcd(pitch, kPageBytes) * rows <= kFewInSet * kPageBytes;
}

Schedule tile::chooseRegisterTile(const GroupInfo &info, const DeviceDescription &device,
                                  const Contraction &contraction, const std::string &lane, const std::string &unroll) {
  Schedule schedule;
  schedule.strategy = Strategy::Tile;
  schedule.lane = lane;
  schedule.unroll = unroll;
  schedule.lanes = std::max<int64_t>(1, device.vectorBits / info.widestBits());
  bool manyRegisters = device.vectorRegisters >= 32;
  bool strided = info.countAccesses(contraction.statement, lane).strided > 0;
  if (lane == info.outerNames.back() && !strided)
    schedule.collapse = info.collapsibleIndices(unroll);
  int64_t columns = schedule.collapse > 1 ? orTypical(product(ArrayRef(info.outerExtents).take_back(schedule.collapse)))
                                          : orTypical(info.outerExtent(lane));
  int64_t rows = orTypical(info.outerExtent(unroll));
  int64_t depth = orTypical(product(info.innerExtents(contraction.statement)));
  int64_t elementBytes = info.widestBits() / 8;
  // A panel of few columns of a wide matrix is on as many pages as the matrix.
  int64_t pitch = pitchOf(contraction, lane, info.innerNames(contraction.statement).back());
  bool staysNear = depth * std::max(columns, pitch) * elementBytes <= device.l2Bytes / 4;
  // Rows begin anywhere in a line: nearly every vector of them lies on two.
  bool crossesLines = manyRegisters && pitch * elementBytes % (device.vectorBits / 8) != 0;
  int64_t accumulators = manyRegisters ? 24 : 12;
  TileShape shape{accumulators / 2, 2};
  bool areNear = manyRegisters && strided && info.countAccesses(contraction.statement, unroll).strided == 0;
  if (manyRegisters) {
    double panelBytes = static_cast<double>(depth * schedule.lanes * elementBytes);
    auto cost = [&](TileShape of) {
      bool isFar = panelBytes * static_cast<double>(of.vectors) > static_cast<double>(device.l1Bytes);
      return tileCost(of, rows, ceilDiv(columns, schedule.lanes), isFar);
    };
    bool overflows = crossesLines && panelBytes * 4 > static_cast<double>(device.l1Bytes);
    shape = bestShape(staysNear && !overflows ? TileShape{6, 4} : TileShape{8, 3}, rows, areNear, cost);
    bool isFar = panelBytes * static_cast<double>(kTallTile.vectors) > static_cast<double>(device.l1Bytes);
    if (!areNear && !staysNear && isFar && rows >= kTallTile.rows && cost(kTallTile) <= cost(shape) &&
        areSpread(pitchOf(contraction, unroll, unroll) * elementBytes, kTallTile.rows))
      shape = kTallTile;
  }
  schedule.vectors = shape.vectors;
  // Few rows leave registers to longer pieces of each row of the lane operand, as far as all cores get some.
  int64_t wide =
      std::min(accumulators / std::clamp<int64_t>(rows, 1, accumulators), columns / (schedule.lanes * device.cores));
  if (!areNear)
    schedule.vectors = std::max(schedule.vectors, std::min<int64_t>(wide, 8));
  schedule.vectors = std::clamp<int64_t>(ceilDiv(columns, schedule.lanes), 1, schedule.vectors);
  schedule.rows = schedule.vectors == shape.vectors ? shape.rows : accumulators / schedule.vectors;
  // One vector is read for each step: more rows share it.
  int64_t mostRows = schedule.vectors == shape.vectors ? shape.rows : kMaxRows * (schedule.vectors == 1 ? 2 : 1);
  schedule.rows = std::clamp<int64_t>(rows, 1, std::min(schedule.rows, mostRows));
  auto extent = info.outerExtent(unroll).constant();
  int64_t panel = schedule.lanes * schedule.vectors;
  schedule.laneTile = panel;
  int64_t panels = ceilDiv(columns, panel);
  splitRows(schedule, info, device, panels, rows);
  int64_t lastBlock = extent && schedule.unrollTile ? *extent % schedule.unrollTile : 0;
  bool fullTiles = lastBlock == 0 || lastBlock >= schedule.rows;
  // What is gathered is worth more than that cores take turns evenly.
  int64_t shared = sharedPoints(info, device, contraction, schedule, panels, strided ? 2 : 4);
  int64_t sharing = (schedule.unrollTile ? schedule.unrollTile : rows) * shared;
  bool paysToAlign = crossesLines && sharing >= kTilesWorthAligning * schedule.rows;
  schedule.pack = schedule.collapse == 1 && fullTiles && rows * shared >= 3 * schedule.rows &&
                  (!staysNear || strided || paysToAlign);
  if (schedule.pack)
    schedule.itemRows = shared;
  chooseTurns(schedule, info, device, contraction.statement, rows, depth, panels);
  return schedule;
}

/// Whether what moves with an index is bound: nobody packs it again for each launch.
static bool isBoundAlong(const GroupInfo &info, ir::StatementInterface statement, const std::string &index) {
  for (unsigned operand = 0; operand < statement->getNumOperands(); ++operand)
    if (!statement.isWholeAccess(operand) && !info.isBound(statement->getOperand(operand)) &&
        llvm::any_of(statement.getAccessExprs(operand), [&](const DimExpr &expr) { return expr.uses(index); }))
      return false;
  return true;
}

/// Cycles of a step of the reduction for one point of the other outer indices, with its share of packing, if a launch
/// packs: two elements that are gathered, or a vector that is copied, are read in a cycle. REQUIRES: their extents are
/// known.
static double stepCost(const GroupInfo &info, const DeviceDescription &device, const Contraction &contraction,
                       const Schedule &schedule) {
  int64_t depth = orTypical(product(info.innerExtents(contraction.statement)));
  int64_t vectors = ceilDiv(*info.outerExtent(schedule.lane).constant(), schedule.lanes);
  bool isFar = depth * schedule.lanes * schedule.vectors * info.widestBits() / 8 > device.l1Bytes;
  bool strided = info.countAccesses(contraction.statement, schedule.lane).strided > 0;
  double packing = static_cast<double>(vectors) * (strided ? 0.5 * static_cast<double>(schedule.lanes) : 1.0);
  return tileCost({schedule.rows, schedule.vectors}, *info.outerExtent(schedule.unroll).constant(), vectors, isFar) +
         (schedule.pack && !isBoundAlong(info, contraction.statement, schedule.lane)
              ? packing / static_cast<double>(std::max<int64_t>(1, schedule.itemRows))
              : 0);
}

std::optional<Schedule> tile::chooseTurnedTile(const GroupInfo &info, const DeviceDescription &device,
                                               const Contraction &contraction, const Schedule &chosen) {
  constexpr int64_t kLongSum = 256;
  constexpr double kWorthTurning = 0.92;
  bool isKnown = info.outerExtent(chosen.lane).constant().value_or(0) > 0 &&
                 info.outerExtent(chosen.unroll).constant().value_or(0) > 0 &&
                 product(info.innerExtents(contraction.statement)).constant().value_or(0) >= kLongSum;
  if (!isKnown || chosen.collapse > 1 || device.vectorRegisters < 32)
    return std::nullopt;
  Schedule turned = chooseRegisterTile(info, device, contraction, chosen.unroll, chosen.lane);
  bool isBetter = turned.pack && stepCost(info, device, contraction, turned) <
                                     kWorthTurning * stepCost(info, device, contraction, chosen);
  return isBetter ? std::optional(turned) : std::nullopt;
}

static bool areTwoOuter(const GroupInfo &info, const Schedule &schedule) {
  return info.hasOnlyOuterResults() && llvm::is_contained(info.outerNames, schedule.lane) &&
         llvm::is_contained(info.outerNames, schedule.unroll) && schedule.lane != schedule.unroll;
}

std::string tile::checkDots(const GroupInfo &info, const Schedule &schedule) {
  if (!onlyReduction(info) || !areTwoOuter(info, schedule))
    return "'unroll' of strategy 'rows' needs one reduction, of what the group does not make itself, and two different "
           "outer indices in 'lane' and 'unroll'";
  if (schedule.laneTile == 0 || schedule.laneTile % schedule.vectors != 0)
    return "'unroll' of strategy 'rows' needs a 'lane-tile' that is a multiple of 'vectors'";
  return schedule.prefetch ? "'unroll' of strategy 'rows' does not go with 'prefetch'" : "";
}

std::string tile::checkSkinny(const GroupInfo &info, const Schedule &schedule) {
  auto reduction = onlyReduction(info);
  if (!reduction || info.innerNames(*reduction).size() != 1 || !areTwoOuter(info, schedule) || schedule.laneTile == 0)
    return "'depth' of strategy 'tile' with 'unroll' needs one reduction over one index, of what the group does not "
           "make itself, and a 'lane-tile'";
  auto rows = info.outerExtent(schedule.unroll).constant();
  constexpr int64_t kMaxSums = 1 << 20;
  if (!rows || *rows * schedule.laneTile > kMaxSums || schedule.pack)
    return "'depth' of strategy 'tile' with 'unroll' keeps all rows of a 'lane-tile': their number must be known, "
           "their sums at most 2^20, and nothing is packed";
  return "";
}
