//===- EmitSimtContractChoose.cpp - Which unit and tile a contraction gets ===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The cost model's part of strategy Matrix. Compares a few tiles; every answer
// passes checkMatrix.
//
//===----------------------------------------------------------------------===//
#include "EmitSimtContract.h"

#include "llvm/Support/MathExtras.h"

#include <limits>

using namespace mlir;
using namespace flex;
using namespace flex::tile;

namespace {

struct Tile {
  int64_t m, n, wavesM, wavesN;
  double busy; ///< share of time that units multiply
};
constexpr Tile kTiles[] = {{128, 128, 2, 2, 1.0}, {128, 64, 2, 2, 0.85}, {64, 128, 2, 2, 0.85}, {64, 64, 2, 2, 0.65},
                           {32, 128, 1, 4, 0.6},  {128, 32, 4, 1, 0.6},  {32, 64, 1, 2, 0.4},   {32, 32, 1, 1, 0.2}};
/// Of waves of 8 or 16 threads: more of them, since a thread's registers have room for 32 results beside fragments.
constexpr Tile kNarrowTiles[] = {
    {128, 128, 8, 4, 1.0}, {128, 64, 8, 2, 0.85}, {64, 128, 4, 4, 0.85}, {64, 64, 4, 2, 0.65},   {32, 128, 2, 4, 0.6},
    {128, 32, 8, 1, 0.6},  {32, 64, 2, 2, 0.4},   {32, 32, 2, 1, 0.2},   {128, 128, 16, 4, 0.9}, {64, 128, 8, 4, 0.8},
    {64, 64, 8, 2, 0.6},   {32, 128, 4, 4, 0.55}, {32, 64, 4, 2, 0.35},  {32, 32, 4, 1, 0.15}};
constexpr int64_t kNarrowWave = 32, kNarrowResults = 32;

bool holdsResults(const Tile &tile, const DeviceDescription &device) {
  return device.waveSize >= kNarrowWave ||
         tile.m * tile.n <= kNarrowResults * tile.wavesM * tile.wavesN * device.waveSize;
}

/// What instructions on registers reach of those on group memory, where a chip has both (Luo et al., 2024: mma.sync
/// against wgmma).
constexpr double kRegistersReach = 0.62;

/// Reduction steps of a stage: 64 bytes of a row, but two of the unit's steps, or one, where stages are two; 128 of a
/// unit with sums of its own, which is done with them sooner, and where boxes are copied, of which longer rows are
/// fewer. Where fragments of all steps are held at once, two of the unit's steps or only one, which leaves room for
/// more results.
SmallVector<int64_t> depthsOf(const MatrixPlan &plan, const DeviceDescription &device) {
  int64_t k = plan.unit->k;
  if (plan.unit->copies > 1)
    return {2 * k, k};
  bool hasBoxes = device.hasBulkCopy && readsGroupMemory(*plan.unit) && plan.a.boxes && plan.b.boxes;
  if (plan.unit->c == OperandHome::Tensor || hasBoxes)
    return {8 * kPanelBytes / plan.a.element.getIntOrFloatBitWidth()};
  int64_t row = 512 / plan.a.element.getIntOrFloatBitWidth();
  if (plan.throughRegisters && row < 2 * k)
    return {2 * k, std::max(row, k)};
  return {std::max(row, 2 * k)};
}

/// Through registers, two stages save a wait of the group a step, and leave registers for as many groups as one does:
/// where their memory suffices for the groups that fill a compute unit. Not of narrow waves, which have few registers.
int64_t stagesThroughRegisters(const MatrixPlan &plan, Schedule schedule, const DeviceDescription &device) {
  constexpr int64_t kThreadsBeside = 1024;
  schedule.stages = 2;
  int64_t groups = std::max<int64_t>(1, kThreadsBeside / schedule.groupSize);
  bool hasRoom = groups * matrixGroupBytes(plan, schedule) <= device.groupMemoryBytes;
  return hasRoom && device.waveSize >= kNarrowWave ? 2 : 1;
}

/// A unit of many threads is the whole grid of waves.
Schedule scheduleOf(const MatrixPlan &plan, const Tile &tile, int64_t depth, const DeviceDescription &device) {
  bool isGrid = plan.unit->threads == device.waveSize;
  Schedule schedule;
  schedule.strategy = Strategy::Matrix;
  schedule.lane = plan.b.index;
  schedule.unroll = plan.a.index;
  schedule.unit = plan.unit->name();
  schedule.tileM = tile.m;
  schedule.tileN = tile.n;
  schedule.tileK = depth;
  schedule.wavesM = isGrid ? tile.wavesM : 1;
  schedule.wavesN = isGrid ? tile.wavesN : 1;
  schedule.stages = plan.throughRegisters ? 1 : 3;
  if (schedule.stages > 2 && matrixGroupBytes(plan, schedule) > matrixGroupLimit(device))
    schedule.stages = 2;
  settleCopies(plan, schedule, device);
  if (plan.throughRegisters)
    schedule.stages = stagesThroughRegisters(plan, schedule, device);
  return schedule;
}

/// The plan for the unit that the chip prefers. If that one reads group memory, also those for its other widths, and
/// for the first that takes operands in registers.
std::vector<MatrixPlan> plansOf(const GroupInfo &info, const DeviceDescription &device, const std::string &lane,
                                const std::string &unroll) {
  std::vector<MatrixPlan> plans;
  std::optional<MatrixPlan> first = planMatrix(info, device, lane, unroll, "");
  if (!first)
    return plans;
  plans.push_back(*first);
  if (!readsGroupMemory(*first->unit))
    return plans;
  for (const MatrixUnit &unit : device.matrixUnits) {
    if (unit.operand != first->unit->operand || unit == *first->unit)
      continue;
    if (std::optional<MatrixPlan> plan = planMatrix(info, device, lane, unroll, unit.name())) {
      plans.push_back(*plan);
      if (!readsGroupMemory(unit))
        break;
    }
  }
  return plans;
}

/// In multiply-adds of a compute unit and step, of units that never wait. `rest`: independent products.
double timeOf(const MatrixPlan &plan, const Schedule &schedule, const DeviceDescription &device, int64_t rest) {
  constexpr double kSpills = 4, kSingleStep = 1.05, kTwoWaits = 1.02;
  int64_t tiles = llvm::divideCeil(orTypical(plan.rows), schedule.tileM) *
                  llvm::divideCeil(orTypical(plan.columns), schedule.tileN) * rest;
  double time = double(llvm::divideCeil(tiles, device.cores)) * double(schedule.tileM * schedule.tileN);
  if (matrixRegisters(plan, schedule, device) > device.vectorRegisters)
    time *= kSpills;
  if (plan.throughRegisters && schedule.stages == 1)
    time *= kTwoWaits; // a step
  return schedule.tileK == plan.unit->k && schedule.stages == 1 ? time * kSingleStep : time;
}

struct Choice {
  std::optional<Schedule> schedule;
  double time = std::numeric_limits<double>::infinity();
};

/// `times`: so many products like this one, side by side.
Choice chooseTile(const GroupInfo &info, const DeviceDescription &device, const std::string &lane,
                  const std::string &unroll, int64_t times) {
  std::vector<MatrixPlan> plans = plansOf(info, device, lane, unroll);
  int64_t rest = times;
  for (const DimExpr &extent : plans.empty() ? ArrayRef<DimExpr>() : ArrayRef(plans.front().axes.rest.extents))
    rest *= orTypical(extent);
  Choice best;
  for (const MatrixPlan &plan : plans)
    for (const Tile &tile : device.waveSize < kNarrowWave ? ArrayRef(kNarrowTiles) : ArrayRef(kTiles))
      for (int64_t depth : depthsOf(plan, device)) {
        if (!holdsResults(tile, device))
          continue;
        Schedule schedule = scheduleOf(plan, tile, depth, device);
        if (!checkMatrix(plan, schedule, device).empty())
          continue;
        double time = timeOf(plan, schedule, device, rest) / tile.busy;
        if (!readsGroupMemory(*plan.unit) && readsGroupMemory(*plans.front().unit))
          time /= kRegistersReach;
        if (time < best.time)
          best = {schedule, time};
      }
  return best;
}

/// One step smaller: fewer stages, then the longer side of the tile, with its waves.
bool shrink(Schedule &schedule, const DeviceDescription &device) {
  int64_t leastStages = device.asyncCopyBytes >= kChunkBytes ? 2 : 1;
  if (schedule.groupSize <= device.maxGroupSize && schedule.stages > leastStages) {
    --schedule.stages;
    return true;
  }
  const MatrixUnit *unit = device.findMatrixUnit(schedule.unit);
  if (unit && readsGroupMemory(*unit))
    return false; // another tile is another unit
  bool rows = schedule.tileM >= schedule.tileN;
  int64_t &tile = rows ? schedule.tileM : schedule.tileN, &waves = rows ? schedule.wavesM : schedule.wavesN;
  if (tile <= 32)
    return false;
  tile /= 2;
  if (waves > 1)
    waves /= 2;
  schedule.groupSize = schedule.wavesM * schedule.wavesN * device.waveSize;
  return true;
}

} // namespace

bool tile::halveResults(Schedule &schedule, const MatrixUnit &unit) {
  bool rows = schedule.tileM / schedule.wavesM >= schedule.tileN / schedule.wavesN;
  int64_t &tile = rows ? schedule.tileM : schedule.tileN;
  if (readsGroupMemory(unit) || tile % (2 * (rows ? schedule.wavesM * unit.m : schedule.wavesN * unit.n)) != 0)
    return false;
  tile /= 2;
  return true;
}

int64_t tile::matrixRegisters(const MatrixPlan &plan, const Schedule &schedule, const DeviceDescription &device) {
  constexpr int64_t kAddresses = 36, kOtherPath = 24, kNear = 4;
  const MatrixUnit &unit = *plan.unit;
  int64_t bits = plan.a.element.getIntOrFloatBitWidth();
  int64_t waveRows = schedule.tileM / schedule.wavesM, waveColumns = schedule.tileN / schedule.wavesN;
  auto elements = [&](int64_t extent) { return extent * unit.k * unit.copies / unit.threads; };
  int64_t need = kAddresses + waveRows * waveColumns / unit.threads;
  if (unit.c == OperandHome::Tensor) // a few columns of sums at a time
    return kAddresses + kTensorColumns;
  if (readsGroupMemory(unit))
    return need;
  need += elements(waveRows + waveColumns) * bits / 32;
  if (device.asyncCopyBytes >= kChunkBytes)
    return need;
  // Bytes are taken apart while they wait, unless they are turned; in part of the time, where stages are short.
  int64_t apart = unit.copies > 1 ? 16 : 32;
  auto waiting = [&](const MatrixOperand &side, int64_t extent) {
    return extent * schedule.tileK * (bits == 8 && !side.turned ? apart : bits) / 32 / schedule.groupSize;
  };
  need += waiting(plan.a, schedule.tileM) + waiting(plan.b, schedule.tileN);
  for (const MatrixOperand *side : {&plan.a, &plan.b})
    need += side->isRingAcross() ? elements(side == &plan.a ? waveRows : waveColumns) : 0;
  bool isWhole = plan.a.chunks && plan.a.chunks->empty() && plan.b.chunks && plan.b.chunks->empty();
  // Offsets of known shapes are of 32 bits.
  return need + (isWhole ? unit.copies > 1 ? -kNear : 0 : kOtherPath);
}

Schedule tile::fitMatrix(Schedule schedule, const GroupInfo &info, const DeviceDescription &device, bool isAsked,
                         llvm::function_ref<InFlightDiagnostic()> remark) {
  auto plan = planMatrix(info, device, schedule.lane, schedule.unroll, schedule.unit);
  if (!plan)
    return schedule; // the emitter says why
  schedule.unit = plan->unit->name();
  auto exceeds = [&] {
    return matrixGroupBytes(*plan, schedule) > matrixGroupLimit(device) || schedule.groupSize > device.maxGroupSize;
  };
  int64_t bytes = matrixGroupBytes(*plan, schedule), threads = schedule.groupSize;
  bool isSmaller = false;
  for (bool changed = true; exceeds() && changed; isSmaller |= changed)
    changed = shrink(schedule, device);
  if (isSmaller)
    remark() << "the schedule asks for " << bytes << " bytes of group memory and " << threads
             << " threads, the device has " << matrixGroupLimit(device) << " and " << device.maxGroupSize
             << ": a tile of " << schedule.tileM << " x " << schedule.tileN << " x " << schedule.tileK << " in "
             << schedule.stages << " stages is used instead";
  // What was chosen is the best of what there is.
  bool countsRegisters = isAsked && device.vectorRegisters > DeviceDescription().vectorRegisters;
  int64_t registers = matrixRegisters(*plan, schedule, device);
  isSmaller = false;
  while (countsRegisters && matrixRegisters(*plan, schedule, device) > device.vectorRegisters &&
         halveResults(schedule, *plan->unit))
    isSmaller = true;
  if (isSmaller)
    remark() << "the schedule asks for about " << registers << " registers of each thread, the device has "
             << device.vectorRegisters << ": a tile of " << schedule.tileM << " x " << schedule.tileN << " x "
             << schedule.tileK << " is used instead";
  return schedule;
}

std::optional<Schedule> tile::chooseMatrix(const GroupInfo &info, const DeviceDescription &device,
                                           const std::string &lane, const std::string &unroll) {
  return chooseTile(info, device, lane, unroll, 1).schedule;
}

double tile::matrixTime(const GroupInfo &info, const DeviceDescription &device, const std::string &lane,
                        const std::string &unroll, int64_t times) {
  return chooseTile(info, device, lane, unroll, times).time;
}

bool tile::isWorthTiles(const GroupInfo &info, const Contraction &contraction, const std::string &lane,
                        const std::string &unroll, int64_t few) {
  ContractionAxes axes = info.axesOf(contraction, lane, unroll);
  return axes.reduced.names.size() == 1 || std::min(orTypical(axes.rows.size()), orTypical(axes.columns.size())) >= few;
}
