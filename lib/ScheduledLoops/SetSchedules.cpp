//===- SetSchedules.cpp - Each group gets its schedule --------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the kernel says goes first, then what the cost model chooses; what that needs
// first, a copy of an operand or a sum in parts, becomes groups of its own.
//
//===----------------------------------------------------------------------===//
#include "GroupInfo.h"
#include "OnlineSoftmax.h"
#include "Simd/CopyOperand.h"
#include "Simd/SimdUnit.h"
#include "Simt/EmitSimtContract.h"
#include "Simt/SplitAttention.h"
#include "SplitSum.h"
#include "flex/ScheduledLoops/Schedule.h"
#include "flex/ScheduledLoops/TilePasses.h"

#include "llvm/Support/MathExtras.h"

namespace flex::tile {
#define GEN_PASS_DEF_TILECHOOSESCHEDULE
#include "flex/ScheduledLoops/TilePasses.h.inc"
} // namespace flex::tile

using namespace mlir;
using namespace flex;
using namespace flex::tile;

namespace {

struct ChooseSchedulePass : tile::impl::TileChooseScheduleBase<ChooseSchedulePass> {
  using TileChooseScheduleBase::TileChooseScheduleBase;

  void runOnOperation() override {
    auto description = DeviceDescription::parse(device.getValue());
    if (!description) {
      getOperation().emitError() << description.status().message();
      return signalPassFailure();
    }
    bool isTaken = false; // what the kernel says is about a group that has its schedule
    if (!asksForOther())
      fuseOnlineSoftmax(getOperation(), [&](ir::GroupOp group, const OnlineSoftmax &parts) -> std::optional<Schedule> {
        auto schedule = chooseAttention(GroupInfo(group), parts, *description);
        if (!schedule)
          return std::nullopt;
        auto asked = overridden(*schedule, group, *description);
        if (failed(asked))
          signalPassFailure();
        isTaken |= isAsked();
        return succeeded(asked) ? *asked : *schedule;
      });
    if (description->model == ExecutionModel::Simt)
      splitLongAttention(getOperation(), *description);
    SmallVector<ir::GroupOp> open;
    getOperation().walk([&](ir::GroupOp group) {
      if (!group.getSchedule())
        open.push_back(group);
    });
    ir::GroupOp main = mainGroup(open);
    for (ir::GroupOp group : open)
      if (failed(setSchedule(group, group == main && isAsked() && !isTaken, *description)))
        return signalPassFailure();
  }

  /// The schedule of a group; `asked`: what the kernel says about it goes first. Operands that run across the tile are
  /// turned, and a sum with few results is cut into parts, by groups of their own before it.
  LogicalResult setSchedule(ir::GroupOp group, bool asked, const DeviceDescription &device) {
    auto choose = [&](bool asked) -> FailureOr<Schedule> {
      FailureOr<Schedule> schedule =
          chooseSchedule(group, asked ? withAskedUnits(device, getOperation().getSchedules(), target) : device);
      if (asked)
        schedule = overridden(*schedule, group, device);
      if (succeeded(schedule) && schedule->strategy == Strategy::Matrix)
        schedule = fitMatrix(*schedule, GroupInfo(group), device, asked, [&] { return getOperation().emitRemark(); });
      return schedule;
    };
    FailureOr<Schedule> schedule = choose(asked);
    if (failed(schedule))
      return failure();
    for (auto [find, copy, why] :
         {std::tuple(&findPaddedOperand, &padOperand, "zeros around it, so that no tile of the product has an edge"),
          std::tuple(&findTurnedOperand, &turnOperand, "turned, as the product's tiles would read across its lines"),
          std::tuple(&findWidenedOperand, &widenOperand, "widened once instead of in each product")})
      if (auto operand = find(GroupInfo(group), *schedule, device)) {
        ir::GroupOp copied = copy(group, *operand, *schedule);
        Schedule ofCopy = chooseSchedule(copied, device);
        ofCopy.why = std::string("a copy of an operand of what follows, ") + why;
        ofCopy.setOn(copied);
        schedule = choose(asked);
        if (failed(schedule))
          return failure();
      }
    int64_t parts = schedule->parts;
    if (parts == 0)
      parts = chooseParts(GroupInfo(group), *schedule, device);
    else if (std::string why = checkParts(GroupInfo(group), parts); !why.empty())
      return emitError(group.getLoc()) << "schedule does not fit its group: " << why;
    if (parts > 1) {
      ir::GroupOp sum = group;
      group = splitSum(sum, parts);
      schedule = choose(asked);
      if (failed(schedule))
        return failure();
      schedule->parts = parts;
      schedule->why +=
          "; few results of a long sum: in " + std::to_string(parts) + " parts, which the next launch adds";
      schedule->setOn(group);
      group = sum;
      schedule = choose(false);
    }
    schedule->setOn(group);
    return success();
  }

  /// Whether the kernel says something for this target.
  bool isAsked() {
    auto schedules = getOperation().getSchedules();
    return schedules && llvm::any_of(*schedules, [&](Attribute entry) {
             auto name = cast<DictionaryAttr>(entry).getAs<StringAttr>("target");
             return name && name.getValue() == target;
           });
  }

  /// Whether what the kernel says for this target is for groups that are not strategy Attention.
  bool asksForOther() {
    return isAsked() && llvm::none_of(*getOperation().getSchedules(), [&](Attribute entry) {
             auto strategy = cast<DictionaryAttr>(entry).getAs<StringAttr>("strategy");
             auto name = cast<DictionaryAttr>(entry).getAs<StringAttr>("target");
             return strategy && strategy.getValue() == "attention" && name && name.getValue() == target;
           });
  }

  /// The group with the most arithmetic, the first of equals; open extents count as kTypicalExtent.
  static ir::GroupOp mainGroup(ArrayRef<ir::GroupOp> groups) {
    ir::GroupOp main;
    int64_t most = -1;
    for (ir::GroupOp group : groups) {
      DimExpr flops = GroupInfo(group).flops();
      auto count = flops.isValid() ? flops.evaluate([](std::string_view) { return kTypicalExtent; }) : std::nullopt;
      if (count.value_or(INT64_MAX) > most) {
        most = count.value_or(INT64_MAX);
        main = group;
      }
    }
    return main;
  }

  /// The unit that was chosen, unless tiles or waves that somebody asked for go with another one only.
  static std::string suitable(const std::string &chosen, Schedule schedule, ir::GroupOp group,
                              const DeviceDescription &device) {
    GroupInfo info(group);
    auto goesWith = [&](const std::string &name) {
      auto plan = planMatrix(info, device, schedule.lane, schedule.unroll, name);
      if (plan && !schedule.groupSize)
        schedule.groupSize = matrixGroupSize(schedule, *plan->unit, device);
      return plan && checkMatrix(*plan, schedule, device).empty();
    };
    const MatrixUnit *unit = device.findMatrixUnit(chosen);
    if (!unit || !readsGroupMemory(*unit))
      return chosen;
    int64_t asked = schedule.groupSize;
    for (const MatrixUnit &other : device.matrixUnits) {
      schedule.groupSize = asked;
      if (other.operand == unit->operand && goesWith(other.name()))
        return other.name();
    }
    return chosen;
  }

  /// What the kernel says for this target goes before what was chosen.
  FailureOr<Schedule> overridden(Schedule schedule, ir::GroupOp group, const DeviceDescription &device) {
    DictionaryAttr chosen = schedule.toAttr(&getContext());
    auto schedules = getOperation().getSchedules();
    for (Attribute entry : schedules ? schedules->getValue() : ArrayRef<Attribute>()) {
      auto dict = cast<DictionaryAttr>(entry);
      auto name = dict.getAs<StringAttr>("target");
      if (!name || name.getValue() != target)
        continue;
      NamedAttrList keys(dict);
      keys.erase("target");
      if (auto unit = dict.getAs<StringAttr>("unit"))
        schedule = withUnitOf(schedule, unit.getValue(), group, device);
      auto merged = Schedule::fromAttr(keys.getDictionary(&getContext()), getOperation().getLoc(), schedule);
      if (failed(merged))
        return failure();
      schedule = *merged;
      settleSimdUnit(schedule, dict, device);
      if (dict.get("strategy") && schedule.strategy == Strategy::Rows && !dict.get("unroll"))
        schedule.unroll.clear(); // one row after the other, not tiles of dot products
      if (dict.get("nontemporal") && !dict.get("stream-from"))
        schedule.streamFrom = 0;
      // Sizes that nobody asked for follow those that somebody did.
      if (!dict.get("lane-tile"))
        schedule.laneTile = llvm::alignTo(schedule.laneTile, schedule.lanes * schedule.vectors);
      if (!dict.get("unroll-tile"))
        schedule.unrollTile = llvm::alignTo(schedule.unrollTile, schedule.rows);
      if (!dict.get("depth") && schedule.strategy == Strategy::Tile && schedule.unit.empty() &&
          (!schedule.unroll.empty() || schedule.laneTile == 0))
        schedule.depth = 0;
      if (!dict.get("depth") && schedule.strategy == Strategy::Attention)
        schedule.depth = llvm::alignTo(schedule.depth, schedule.rows);
      auto isAsked = [&](const char *key) { return dict.get(key) != nullptr; };
      settleSimtAttention(schedule, device, isAsked);
      if (schedule.strategy != Strategy::Matrix)
        continue;
      if (!dict.get("group-size"))
        schedule.groupSize = 0; // follows from the unit
      if (!dict.get("copies"))
        schedule.copies.clear();
      if (!isAsked("unit") && llvm::any_of(ArrayRef{"tile-m", "tile-n", "tile-k", "waves-m", "waves-n"}, isAsked))
        schedule.unit = suitable(schedule.unit, schedule, group, device);
      if (!isAsked("group-size"))
        settleGroupSize(GroupInfo(group), schedule, device, isAsked("copies"));
    }
    Schedule whole = schedule; // parts are chosen later
    whole.parts = 0;
    if (whole.toAttr(&getContext()) != chosen)
      schedule.why = "the kernel's schedule block; what it leaves out follows from it and from the cost model";
    return schedule;
  }
};

} // namespace
