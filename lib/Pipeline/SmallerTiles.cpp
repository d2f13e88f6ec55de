//===- SmallerTiles.cpp - When code generation runs out of registers ------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How many registers a schedule takes is known after code generation only. A kernel
// that keeps some in memory is compiled again, it alone, with the next smaller
// schedule for the launches that do, and what keeps the fewest there stays. Schedules
// that somebody wrote are not touched. docs/decisions/cost-model.md.
//
//===----------------------------------------------------------------------===//
#include "Compilation.h"

#include "flex/ScheduledLoops/Fitting.h"
#include "flex/ScheduledLoops/TilePasses.h"

#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/ScopeExit.h"

using namespace flex;

static constexpr int kMostTrials = 2;

static int64_t total(const std::map<std::string, int64_t> &spills) {
  int64_t sum = 0;
  for (const auto &[entry, count] : spills)
    sum += count;
  return sum;
}

/// Whether the kernel has schedules of its own for the target.
static bool isAsked(ir::KernelOp kernel, llvm::StringRef target) {
  auto schedules = kernel.getSchedules();
  return schedules && llvm::any_of(*schedules, [&](mlir::Attribute entry) {
           auto name = mlir::cast<mlir::DictionaryAttr>(entry).getAs<mlir::StringAttr>("target");
           return name && name.getValue() == target;
         });
}

/// Groups of one schedule whose code is shared have one entry's name; all with it are changed.
static bool shrinkGroups(mlir::ModuleOp groups, const std::map<std::string, int64_t> &spills,
                         const tile::DeviceDescription &device) {
  llvm::MapVector<mlir::Attribute, mlir::Attribute> smaller;
  groups.walk([&](ir::GroupOp group) {
    if (spills.count(group.getName().str()) != 0)
      if (auto schedule = tile::smallerSchedule(group, device))
        smaller[group.getScheduleAttr()] = schedule->toAttr(groups.getContext());
  });
  bool changed = false;
  groups.walk([&](ir::GroupOp group) {
    auto found = group.getScheduleAttr() ? smaller.find(group.getScheduleAttr()) : smaller.end();
    if (found == smaller.end())
      return;
    group.setScheduleAttr(mlir::cast<mlir::DictionaryAttr>(found->second));
    changed = true;
  });
  return changed;
}

bool Compilation::tryGroups(TargetRun &run, ImageKernel &kernel, mlir::ModuleOp groups, Built &built) {
  Module loops(mlir::cast<mlir::ModuleOp>(groups->clone()));
  bool good = runPasses(Stage::Loops, &run, kernel.name, *loops, [&](mlir::OpPassManager &passes) {
    tile::TileEmitLoopsOptions emit;
    emit.device = run.chip->device().str();
    passes.addPass(tile::createTileEmitLoops(emit));
  });
  Module planned(good ? mlir::cast<mlir::ModuleOp>((*loops)->clone()) : mlir::ModuleOp());
  if (!good || !lowerKernel(run, kernel, *loops))
    return false;
  if (!options.dumpDir.empty())
    built.loweredText = print(*loops);
  return generate(run, kernel, *loops, *planned, built);
}

void Compilation::avoidSpills(TargetRun &run, ImageKernel &kernel, Built &built) {
  if (built.payload.spills.empty() || !run.groups)
    return;
  Module groups(mlir::ModuleOp::create((*run.groups).getLoc()));
  (*groups)->setAttrs((*run.groups)->getAttrDictionary());
  for (auto op : run.groups->getOps<ir::KernelOp>())
    if (op.getSymName() == kernel.name && !isAsked(op, run.chip->scheduledAs()))
      groups->push_back(op.clone());
  if (groups->getOps<ir::KernelOp>().empty())
    return;
  std::map<std::string, int64_t> first = built.payload.spills, last = first;
  std::map<std::string, std::string> chosen; // of what is kept: schedules by entry
  tile::DeviceDescription device = run.chip->device();
  isTrial = true;
  for (int trial = 0; trial < kMostTrials && !last.empty() && shrinkGroups(*groups, last, device); ++trial) {
    Built next;
    if (!tryGroups(run, kernel, *groups, next))
      break;
    last = next.payload.spills;
    if (total(last) >= total(built.payload.spills))
      continue;
    built = std::move(next);
    groups->walk([&](ir::GroupOp group) {
      std::string text;
      llvm::raw_string_ostream(text) << group.getScheduleAttr();
      chosen[group.getName().str()] = text;
    });
  }
  isTrial = false;
  if (!built.loweredText.empty())
    dump(Stage::Module, run.spec, kernel.name, built.loweredText);
  run.groups->walk([&](ir::GroupOp group) {
    auto spilled = first.find(group.getName().str());
    auto schedule = chosen.find(group.getName().str());
    if (spilled == first.end() || schedule == chosen.end())
      return;
    auto left = built.payload.spills.find(spilled->first);
    std::string sentence = "the schedule chosen first keeps " + std::to_string(spilled->second) +
                           " registers of a thread in memory, a " + "smaller one " +
                           (left == built.payload.spills.end() ? "none" : std::to_string(left->second)) +
                           ": it is used instead";
    mlir::emitRemark(group.getLoc()) << "'" << spilled->first << "' for " << run.chip->spelling() << ": " << sentence;
    std::string key = run.chip->spelling() + " " + spilled->first;
    result.image.provenance["schedule " + key] = schedule->second;
    result.image.provenance["spills " + key] = sentence;
  });
}
