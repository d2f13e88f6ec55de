//===- OtherChips.cpp - Chips that can do what one cannot -----------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Asks every known chip the question that this one answered with no.
//
//===----------------------------------------------------------------------===//
#include "OtherChips.h"

#include "flex/ScheduledLoops/Fitting.h"

#include "mlir/IR/Diagnostics.h"

using namespace mlir;
using namespace flex;

/// As --target spells them: those of the chip's own target if there are any, else those of all. What stands for another
/// target's chips is left out.
static std::string chipsThat(const target::Chip &chip, llvm::function_ref<bool(const target::Chip &)> can) {
  std::string own, all;
  for (const auto &target : target::allTargets()) {
    if (target->entryStage() != target::EntryStage::ScheduledLoops)
      continue;
    for (const std::string &name : target->knownChips()) {
      auto other = target->createChip(name);
      if (!other || (*other)->scheduledAs() != target->name() || !can(**other))
        continue;
      std::string spelling = target->name() + ":" + name;
      all += (all.empty() ? "" : ", ") + spelling;
      if (target->name() == chip.scheduledAs())
        own += (own.empty() ? "" : ", ") + spelling;
    }
  }
  return own.empty() ? all : own;
}

bool flex::checkMatrixUnits(ModuleOp groups, const target::Chip &chip) {
  bool good = true;
  tile::DeviceDescription device = chip.device();
  groups.walk([&](ir::GroupOp group) {
    std::string missing = tile::missingUnit(group, device);
    if (missing.empty())
      return;
    std::string others =
        chipsThat(chip, [&](const target::Chip &other) { return tile::missingUnit(group, other.device()).empty(); });
    // What no chip takes is no matter of the unit, if that has a name; the emitter says what it is.
    bool isNamed = missing.back() == '\'';
    if (others.empty() && !isNamed)
      return;
    InFlightDiagnostic diagnostic = emitError(group.getLoc())
                                    << "schedule does not fit its group: " << chip.spelling() << " has " << missing;
    if (others.empty())
      diagnostic.attachNote() << "no known chip has one of that name that takes the group's types";
    else
      diagnostic.attachNote() << "chips that have one: " << others;
    good = false;
  });
  return good;
}

bool flex::reportMissingType(ModuleOp module, const target::Chip &chip) {
  Operation *found = nullptr;
  FloatType missing;
  module.walk([&](Operation *op) {
    for (Type type : op->getResultTypes())
      if (auto number = dyn_cast<FloatType>(getElementTypeOrSelf(type)); number && !chip.computesIn(number)) {
        found = op;
        missing = number;
        return WalkResult::interrupt();
      }
    return WalkResult::advance();
  });
  if (!found)
    return false;
  std::string others = chipsThat(chip, [&](const target::Chip &other) {
    return other.device().model == chip.device().model && other.computesIn(missing);
  });
  InFlightDiagnostic diagnostic = emitError(found->getLoc())
                                  << "computes in " << missing << ", which the chip does not "
                                  << "have (" << chip.spelling() << ")";
  if (!others.empty())
    diagnostic.attachNote() << "chips that have it: " << others;
  return true;
}
