//===- Target.cpp - All targets, and a chip by its spelling ---------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The list is generated from the folders beside this file: no target is named.
//
//===----------------------------------------------------------------------===//
#include "flex/Target/Target.h"

#include "flex/Target/DeviceCodegen.h"

namespace flex::target {

#define FLEX_TARGET(Name) std::unique_ptr<Target> create##Name##Target();
#include "flex/targets.def"
#undef FLEX_TARGET

StatusOr<Card> Chip::card(const Payload &payload) const {
  return Status(StatusCode::Unimplemented,
                "'" + spelling() + "' has no card: its code is not that of a described chip");
}

const std::vector<std::unique_ptr<Target>> &allTargets() {
  static const auto *targets = [] {
    auto *list = new std::vector<std::unique_ptr<Target>>; // lives as long as the process
#define FLEX_TARGET(Name) list->push_back(create##Name##Target());
#include "flex/targets.def"
#undef FLEX_TARGET
    return list;
  }();
  return *targets;
}

StatusOr<std::unique_ptr<DeviceIR>> Chip::deviceIR(mlir::ModuleOp) const {
  return Status(StatusCode::Unimplemented, "'" + spelling() + "' has no LLVM IR to execute elsewhere");
}

StatusOr<std::unique_ptr<Chip>> createChip(const std::string &spec, EntryStage *stage) {
  size_t colon = spec.find(':');
  std::string name = spec.substr(0, colon), chip = colon == std::string::npos ? "" : spec.substr(colon + 1);
  std::string known;
  for (const auto &target : allTargets()) {
    if (target->name() == name) {
      if (stage)
        *stage = target->entryStage();
      return target->createChip(chip);
    }
    known += (known.empty() ? "" : ", ") + target->name();
  }
  return Status(StatusCode::InvalidArgument, "unknown target '" + name + "', expected one of: " + known + ", or '" +
                                                 std::string(kAllTargets) + "' for an image of all");
}

} // namespace flex::target
