//===- ChooseSchedule.cpp - The cost model --------------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Fills in each group's schedule from the device's facts and the group's
// accesses. The rules are those of CPU-NOTES 4 and 5, keyed on registers and
// cache sizes, and each says in words why it applies. docs/decisions/cost-model.md.
//
//===----------------------------------------------------------------------===//
#include "GroupInfo.h"
#include "Points/PointSort.h"
#include "Runs.h"
#include "Simd/ChooseContraction.h"
#include "Simd/EmitSimdColumns.h"
#include "Simd/SimdUnit.h"
#include "Simt/EmitSimtContract.h"
#include "Simt/EmitSimtTranspose.h"
#include "flex/ScheduledLoops/Schedule.h"
#include "flex/TensorIR/ScanForms.h"

using namespace mlir;
using namespace flex;
using namespace flex::tile;

namespace {

// Elements one work item should cover, so that its dispatch (about 0.2 us) is lost in its work.
constexpr int64_t kItemElements = 16384;
constexpr int64_t kLineBits = 512;  ///< of a cache line
constexpr int64_t kTurnedRows = 64; ///< of a work item of a transpose
int64_t ceilDiv(int64_t a, int64_t b) {
  return (a + b - 1) / b;
}
int64_t roundUp(int64_t a, int64_t b) {
  return ceilDiv(a, b) * b;
}

class CostModel {
public:
  CostModel(const GroupInfo &info, const DeviceDescription &device) : info(info), device(device) {}

  Schedule choose() {
    Schedule schedule = info.isOrdered()                       ? choosePoints()
                        : device.model == ExecutionModel::Simd ? chooseSimd()
                                                               : chooseSimt();
    // Results that would only push the inputs out of the caches. A register tile's inputs are read again, so it keeps
    // them.
    auto bytes = info.bytesMoved().constant();
    schedule.nontemporal =
        device.model == ExecutionModel::Simd && schedule.unroll.empty() && bytes && *bytes >= device.streamingBytes;
    bool reduces = llvm::any_of(info.statements, [&](auto statement) { return info.isReduction(statement); });
    constexpr int64_t kMostBytes = int64_t(1) << 40; // that a schedule can say; no launch moves more
    bool hasFewResults = reduces && info.hasOnlyOuterResults();
    if (device.model == ExecutionModel::Simd && schedule.unroll.empty() && !bytes && !hasFewResults)
      schedule.streamFrom = device.streamingBytes <= kMostBytes ? device.streamingBytes : 0;
    schedule.prefetch &= !schedule.nontemporal;
    if (schedule.nontemporal)
      schedule.why += "; what is moved is more than the caches keep, so results go past them";
    if (info.isStrict() && info.hasOrderedSums() && schedule.strategy == Strategy::Rows) {
      // In order: one thread per row.
      bool loads = llvm::any_of(info.statements, GroupInfo::hasLoads);
      schedule.lanes = schedule.vectors = schedule.groupSize = 1;
      schedule.why = "strict numerics: a sum is taken in order, one row after the other";
      if (device.model == ExecutionModel::Simt)
        schedule.groupSize = schedule.itemRows =
            loads || info.outerExtents.empty() ? 1 : std::min(device.waveSize, device.maxGroupSize);
    }
    return schedule;
  }

private:
  //===--------------------------------------------------------------------===//
  // Which indices
  //===--------------------------------------------------------------------===//

  /// An outer index that only one factor of the contraction moves with, so that its rows share the other.
  std::string findUnroll(const Contraction &contraction, const std::string &lane) const {
    bool rightHasLane = GroupInfo::dependsOn(contraction.statement, contraction.right, lane);
    Value laneSide = rightHasLane ? contraction.right : contraction.left;
    Value otherSide = rightHasLane ? contraction.left : contraction.right;
    if (GroupInfo::dependsOn(contraction.statement, otherSide, lane))
      return "";
    for (const std::string &name : llvm::reverse(info.outerNames))
      if (name != lane && GroupInfo::dependsOn(contraction.statement, otherSide, name) &&
          !GroupInfo::dependsOn(contraction.statement, laneSide, name))
        return name;
    return "";
  }

  /// Lanes along the reduced index instead of the last outer one: when the reads run along it.
  bool prefersReducedLanes(const std::string &lane) const {
    int outerStrided = 0, innerStrided = 0;
    for (ir::StatementInterface statement : info.statements) {
      outerStrided += info.countAccesses(statement, lane).strided;
      SmallVector<std::string> inner = info.innerNames(statement);
      if (!inner.empty())
        innerStrided += info.countAccesses(statement, inner.back()).strided;
    }
    bool reduces = llvm::any_of(info.statements, [&](auto s) { return info.isReduction(s); });
    return reduces && outerStrided > innerStrided;
  }

  //===--------------------------------------------------------------------===//
  // Scans, scatters, sorts
  //===--------------------------------------------------------------------===//

  Schedule choosePoints() const {
    Schedule schedule;
    schedule.strategy = Strategy::Points;
    ir::StatementInterface statement = info.main();
    std::string kind = nameOf(statement);
    if (device.model == ExecutionModel::Simt) {
      schedule.why = kind + ": a thread for each of its lines";
      schedule.groupSize = std::min<int64_t>(64, device.maxGroupSize);
      return schedule;
    }
    int64_t inner = std::max<int64_t>(1, orTypical(product(info.innerExtents(statement))));
    if (statement.getStatementKind() == ir::StatementKind::ArgSort) {
      schedule.itemRows = std::max<int64_t>(1, kItemElements / inner);
      selectFew(schedule, info, device);
      schedule.why = schedule.lanes > 1 ? "a sort of which few are kept: those stay in registers, and lanes compare"
                                        : "a sort: whole lines of keys for each work item";
      return schedule;
    }
    for (const std::string &name : info.laneIndices())
      if (schedule.lane.empty() && runsAlong(statement, name)) {
        schedule.lane = name;
        schedule.lanes = std::max<int64_t>(1, device.vectorBits / info.widestBits(name));
      }
    schedule.why = schedule.lanes > 1
                       ? kind + ": lanes run along '" + schedule.lane + "', in which it has no order"
                       : kind + ": one element after the other, as nothing without an order is contiguous";
    // Rows of a column are far apart: several vectors side by side use whole pages, if there is enough for all cores.
    auto scan = dyn_cast<ir::ScanOp>(statement.getOperation());
    if (scan && schedule.lanes > 1 && llvm::is_contained(info.outerNames, schedule.lane) &&
        ir::getCarriedStart(scan, info.outerNames.size())) {
      int64_t columns = orTypical(info.outerExtent(schedule.lane));
      schedule.vectors = std::clamp<int64_t>(columns / (4 * device.cores * schedule.lanes), 1, 16);
      walkWholeRows(schedule, info, device, statement, columns, kTypicalExtent);
    }
    int64_t columns = schedule.depth ? schedule.laneTile : schedule.lanes * schedule.vectors;
    schedule.itemRows = std::max<int64_t>(1, kItemElements / inner / columns);
    return schedule;
  }

  static std::string nameOf(ir::StatementInterface statement) {
    switch (statement.getStatementKind()) {
    case ir::StatementKind::Scan: return "a scan";
    case ir::StatementKind::Scatter: return "a scatter";
    case ir::StatementKind::ArgSort: return "a sort";
    default: return "statements in order";
    }
  }

  /// Whether all that a statement reads and writes lies in runs along an index, or does not move with it.
  bool runsAlong(ir::StatementInterface statement, const std::string &name) const {
    if (name == info.scatterLanes())
      return info.countAccesses(statement, name).strided == 0;
    // Beside a fold, what is read once per point matters little.
    if (info.countAccesses(statement, name, GroupInfo::hasFolds(statement)).strided > 0)
      return false;
    auto yield = cast<ir::YieldOp>(statement.getStatementBody()->getTerminator());
    for (Value number : yield.getOperands().drop_front())
      if (GroupInfo::dependsOn(statement, number, name))
        return false;
    DimExpr offset;
    auto type = cast<ir::NamedTensorType>(statement->getResult(0).getType());
    for (auto [expr, stride] : llvm::zip_equal(statement.getResultExprs(), denseStrides(type)))
      offset = offset + expr * stride;
    auto linear = offset.linearIn(name);
    return linear && linear->first == DimExpr(1);
  }

  //===--------------------------------------------------------------------===//
  // Simd
  //===--------------------------------------------------------------------===//

  Schedule chooseSimd() {
    int64_t lanes = std::max<int64_t>(1, device.vectorBits / info.widestBits());
    if (!info.hasOnlyOuterResults() || info.outerNames.empty())
      return chooseSimdRows(lanes, "results run along rows that are read more than once");
    std::string lane = info.outerNames.back();
    auto contraction = info.findContraction();
    std::string unroll = contraction ? findUnroll(*contraction, lane) : "";
    if (auto pair = info.findPair(); pair && unroll.empty()) {
      contraction = pair;
      unroll = findUnroll(*pair, lane);
    }
    if (!unroll.empty())
      if (auto schedule = chooseSimdUnit(info, device, lane, unroll))
        return because(*schedule,
                       "a product of types that '" + schedule->unit + "' multiplies, faster than f32 arithmetic");
    if (!unroll.empty())
      if (auto schedule = chooseDots(info, device, *contraction, lane, unroll))
        return because(*schedule, "a product of few rows, whose factors both run along the sum: dot products");
    if (!unroll.empty())
      if (auto schedule = chooseSkinny(info, device, *contraction, lane, unroll))
        return because(*schedule, "a product of few rows with a matrix beyond L2, which is read once and in long runs");
    // With rows to share it, a strided lane operand is worth packing once.
    if (prefersReducedLanes(lane) && unroll.empty())
      return chooseSimdRows(lanes, "what is summed runs along the sum, and so do the lanes");
    if (!unroll.empty()) {
      Schedule schedule = chooseRegisterTile(info, device, *contraction, lane, unroll);
      if (auto turned = chooseTurnedTile(info, device, *contraction, schedule))
        return because(*turned, "a product: a tile of sums in registers, with lanes along '" + unroll + "', as '" +
                                    lane + "' leaves too many of them without work");
      return because(schedule, schedule.pack ? "a product: a tile of sums in registers; many rows share the columns of "
                                               "'" +
                                                   lane + "', which no near cache keeps as they are and so are packed"
                                             : "a product: a tile of sums in registers; the columns of '" + lane +
                                                   "' are read in place, as they stay near or few rows share them");
    }
    return chooseSimdTile(lane, std::max<int64_t>(1, device.vectorBits / info.widestBits(lane)));
  }

  static Schedule because(Schedule schedule, std::string why) {
    schedule.why = std::move(why);
    return schedule;
  }

  Schedule chooseSimdRows(int64_t lanes, std::string why) const {
    Schedule schedule;
    schedule.why = std::move(why);
    schedule.strategy = Strategy::Rows;
    schedule.lanes = lanes;
    schedule.vectors = 4;
    int64_t inner = 1;
    for (ir::StatementInterface statement : info.statements)
      inner = std::max(inner, orTypical(product(info.innerExtents(statement))));
    schedule.itemRows = std::max<int64_t>(1, kItemElements / std::max<int64_t>(1, inner));
    // Two places of short rows are compared in as many instructions as a dozen elements.
    constexpr int64_t kShortRow = 32;
    bool hasPlaces = llvm::any_of(info.statements, [](ir::StatementInterface statement) {
      auto kind = statement.getCombinerKind();
      return kind && ir::isPosition(*kind);
    });
    if (hasPlaces && inner <= kShortRow * lanes)
      schedule.vectors = 2;
    // Rows that come from memory, in stages over the same row: the next one can be on its way.
    auto bytes = info.bytesMoved().constant();
    bool sameInner = llvm::all_equal(llvm::map_range(stagedStatements(), [&](auto s) { return info.innerExtents(s); }));
    schedule.prefetch = !info.outerNames.empty() && sameInner && bytes && *bytes > device.l2Bytes;
    return schedule;
  }

  /// The statements that run in loops over a row.
  SmallVector<ir::StatementInterface> stagedStatements() const {
    SmallVector<ir::StatementInterface> staged;
    for (ir::StatementInterface statement : info.statements)
      if (!info.innerNames(statement).empty())
        staged.push_back(statement);
    return staged;
  }

  /// The index along which reads run that are strided along the lanes, as in a transpose: rows along it share the lines
  /// of memory that the lanes jump over. Empty if there is none.
  std::string findLineSharing(const std::string &lane) const {
    for (ir::StatementInterface statement : info.statements) {
      if (info.countAccesses(statement, lane).strided == 0)
        continue;
      for (const std::string &name : info.outerNames)
        if (name != lane && info.countAccesses(statement, name).unit > 0)
          return name;
    }
    return "";
  }

  Schedule chooseSimdTile(const std::string &lane, int64_t lanes) const {
    Schedule schedule;
    schedule.strategy = Strategy::Tile;
    schedule.lane = lane;
    schedule.lanes = lanes;
    bool reduces = llvm::any_of(info.statements, [&](auto s) { return info.isReduction(s); });
    if (std::string other = reduces ? "" : findLineSharing(lane); !other.empty()) {
      schedule.unroll = other;
      schedule.why = "reads run along '" + other + "', not along the lanes: its rows share the lines of the caches";
      int64_t line = std::clamp<int64_t>(kLineBits / info.widestBits(), 1, 32); // 32: the most rows a schedule can have
      int64_t extent = orTypical(info.outerExtent(other));
      schedule.rows = std::clamp<int64_t>(extent, 1, line);
      // Some lines beside each other: those that the machine fetches together, and fewer pages.
      schedule.unrollTile = extent > line ? roundUp(kTurnedRows, line) : schedule.rows;
      schedule.laneTile = roundUp(kItemElements / schedule.unrollTile, schedule.lanes);
      return schedule;
    }
    schedule.why = reduces ? "lanes run along '" + lane + "', which is contiguous, and each has a sum of its own"
                           : "elementwise: lanes run along '" + lane + "', which is contiguous";
    schedule.collapse = info.collapsibleIndices();
    DimExpr laneExtent = product(ArrayRef(info.outerExtents).take_back(schedule.collapse));
    int64_t extent = orTypical(laneExtent);
    schedule.vectors = std::clamp<int64_t>(ceilDiv(extent, lanes), 1, reduces ? 8 : 4);
    int64_t panel = schedule.lanes * schedule.vectors;
    if (reduces) {
      schedule.laneTile = panel;
      if (ir::StatementInterface plain = findPlainReduction(info, lane))
        walkWholeRows(schedule, info, device, plain, extent, kTypicalExtent);
    } else if (!laneExtent.isConstant() || extent > 2 * kItemElements)
      schedule.laneTile = roundUp(kItemElements, panel);
    int64_t perRow = schedule.laneTile ? std::min(schedule.laneTile, extent) : extent;
    if (!reduces)
      schedule.itemRows = std::max<int64_t>(1, kItemElements / std::max<int64_t>(1, perRow));
    return schedule;
  }

  //===--------------------------------------------------------------------===//
  // Simt
  //===--------------------------------------------------------------------===//

  Schedule chooseSimt() const {
    if (!info.hasOnlyOuterResults() || info.outerNames.empty())
      return chooseSimtRows();
    std::string lane = info.outerNames.back();
    auto contraction = info.findContraction();
    std::string unroll = contraction ? findUnroll(*contraction, lane) : "";
    constexpr int64_t kFewOfTile = 3, kFewOfBlock = 16;
    if (!unroll.empty() && isWorthTiles(info, *contraction, lane, unroll, kFewOfTile))
      if (auto matrix = chooseMatrix(info, device, lane, unroll))
        return because(*matrix, "a product on a matrix unit: of the tiles that fit, the one that leaves the fewest "
                                "multiply-adds idle");
    if (!unroll.empty() && !info.isStrict() && info.isBlockContraction(lane, unroll) && device.maxGroupSize >= 16 &&
        isWorthTiles(info, *contraction, lane, unroll, kFewOfBlock))
      return chooseSimtBlock(lane, unroll);
    if (prefersReducedLanes(lane))
      return chooseSimtRows();
    if (auto turned = chooseSimtTranspose(lane))
      return *turned;
    Schedule schedule;
    schedule.strategy = Strategy::Tile;
    schedule.lane = lane;
    schedule.why = "each thread has points of its own, side by side along '" + lane + "'";
    schedule.collapse = info.collapsibleIndices();
    schedule.lanes = runLanes(schedule);
    schedule.groupSize = std::min<int64_t>(256, device.maxGroupSize);
    schedule.laneTile = 0;
    return schedule;
  }

  /// Maps that read along another index than they write, if both are long enough for a tile: turned in group memory.
  std::optional<Schedule> chooseSimtTranspose(const std::string &lane) const {
    constexpr int64_t kSide = 32, kWideSide = 64, kMaxThreads = 256;
    std::string unroll = findLineSharing(lane);
    if (unroll.empty() || std::min(orTypical(info.outerExtent(lane)), orTypical(info.outerExtent(unroll))) < kSide / 2)
      return std::nullopt;
    auto turned = findTurned(info, lane, unroll);
    int64_t bytes = kWideSide * (kWideSide + 1) * (info.widestBits() / 8) * turned.size();
    if (turned.empty() || bytes > device.groupMemoryBytes)
      return std::nullopt;
    Schedule schedule;
    schedule.strategy = Strategy::Tile;
    schedule.lane = lane;
    schedule.unroll = unroll;
    schedule.why = "reads run along '" + unroll + "', writes along '" + lane + "': turned in group memory";
    schedule.lanes = widestRun(info, [&](ir::StatementInterface) { return lane; }, device.vectorBits);
    while (schedule.lanes > 1 && !areTurnedRunsAligned(info, lane, unroll, schedule.lanes))
      schedule.lanes /= 2;
    schedule.laneTile = schedule.unrollTile = schedule.lanes > 1 ? kWideSide : kSide;
    schedule.groupSize = std::min(kMaxThreads, device.maxGroupSize);
    return schedule;
  }

  /// 16 bytes per thread and access where every access is a run or uniform, and runs are aligned.
  int64_t runLanes(Schedule schedule) const {
    for (ir::StatementInterface statement : info.statements)
      if (info.isReduction(statement) || GroupInfo::hasLoads(statement))
        return 1;
    DimExpr extent(1);
    for (const DimExpr &outer : ArrayRef(info.outerExtents).take_back(schedule.collapse))
      extent = extent * outer;
    bool isOneLine = extent == product(info.outerExtents);
    schedule.lanes = widestRun(info, [&](ir::StatementInterface) { return schedule.lane; }, device.vectorBits);
    while (schedule.lanes > 1 && !alignOuterRuns(info, schedule, isOneLine))
      schedule.lanes /= 2;
    return schedule.lanes;
  }

  /// The longest row; nothing if one is open.
  std::optional<int64_t> longestRow() const {
    std::optional<int64_t> longest = 1;
    for (ir::StatementInterface statement : stagedStatements()) {
      auto extent = info.innerExtents(statement).back().constant();
      longest = longest && extent ? std::optional(std::max(*longest, *extent)) : std::nullopt;
    }
    return longest;
  }

  /// Runs of 16 bytes, as far as all accesses along the rows allow them.
  int64_t rowLanes() const {
    auto laneOf = [&](ir::StatementInterface statement) { return innermost(info, statement); };
    int64_t lanes = widestRun(info, laneOf, device.vectorBits);
    while (lanes > 1 && !alignRows(info, lanes))
      lanes /= 2;
    return lanes;
  }

  /// A row that takes a wave at most two runs of each thread is one wave's, or that of a part of one, which needs no
  /// barrier. Others are a group's. Rows up to kHeld elements per thread stay in registers.
  Schedule chooseSimtRows() const {
    constexpr int64_t kHeld = 32, kRunsOfWave = 2, kRunsOfOpen = 4, kThreads = 256, kManyThreads = 512,
                      kSharedThreads = 128;
    Schedule schedule;
    schedule.strategy = Strategy::Rows;
    schedule.why = "the threads of a wave or a group share a row";
    schedule.lanes = rowLanes();
    int64_t most = llvm::bit_floor<uint64_t>(std::min(kThreads, device.maxGroupSize));
    auto row = longestRow();
    bool isPlain = llvm::none_of(info.statements, [&](ir::StatementInterface statement) {
      return GroupInfo::hasLoads(statement) || GroupInfo::hasFolds(statement) || info.innerNames(statement).size() > 1;
    });
    if (!row || !isPlain) {
      int64_t threads = ceilDiv(row.value_or(kTypicalExtent), schedule.lanes);
      schedule.groupSize = std::clamp(roundUp(threads, device.waveSize), std::min(device.waveSize, most), most);
      schedule.vectors = isPlain ? std::clamp<int64_t>(kHeld / 2 / schedule.lanes, 1, kRunsOfOpen) : 1;
      return schedule;
    }
    int64_t runs = std::max<int64_t>(1, ceilDiv(*row, schedule.lanes));
    int64_t wave = llvm::bit_floor<uint64_t>(std::min(device.waveSize, most));
    if (runs <= kRunsOfWave * wave) {
      int64_t threads = std::min<int64_t>(llvm::bit_ceil<uint64_t>(runs), wave);
      auto rows = product(info.outerExtents).constant();
      // Not so many rows per group that compute units go without one.
      schedule.itemRows = info.outerExtents.empty() ? 1 : std::max(wave, std::min(kSharedThreads, most)) / threads;
      while (rows && schedule.itemRows * threads > wave && *rows < schedule.itemRows * device.cores)
        schedule.itemRows /= 2;
      schedule.groupSize = threads * schedule.itemRows;
    } else {
      bool isLong = runs * schedule.lanes > most * kHeld;
      schedule.groupSize = isLong ? llvm::bit_floor<uint64_t>(std::min(kManyThreads, device.maxGroupSize))
                                  : std::min<int64_t>(llvm::bit_ceil<uint64_t>(runs), most);
    }
    int64_t held = ceilDiv(runs, schedule.groupSize / schedule.itemRows);
    schedule.vectors = held * schedule.lanes <= kHeld && held <= kHeld / 2 ? held : 1;
    return schedule;
  }

  Schedule chooseSimtBlock(const std::string &lane, const std::string &unroll) const {
    Schedule schedule;
    schedule.strategy = Strategy::Block;
    schedule.why = "a product of types that no matrix unit here multiplies: its factors are staged in group memory";
    schedule.lane = lane;
    schedule.unroll = unroll;
    schedule.rows = 4;
    schedule.vectors = 4;
    // A power of two, so that the threads share the staged elements evenly.
    schedule.groupSize = llvm::bit_floor<uint64_t>(std::min<int64_t>(256, device.maxGroupSize));
    schedule.depth = 16;
    return schedule;
  }

  const GroupInfo &info;
  const DeviceDescription &device;
};

} // namespace

Schedule tile::chooseSchedule(ir::GroupOp group, const DeviceDescription &device) {
  GroupInfo info(group);
  return CostModel(info, device).choose();
}
