//===- ScheduleOverrides.cpp - The option schedule ------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the keys mean and which values they take is Schedule::fromAttr's; whether a
// schedule fits its group is the emitter's.
//
//===----------------------------------------------------------------------===//
#include "ScheduleOverrides.h"

#include "flex/ScheduledLoops/Schedule.h"

#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace flex;

/// `lane_tile 48, pack true` as an attribute; null where an entry is not of the form KEY VALUE.
static DictionaryAttr readEntries(StringRef text, MLIRContext *context) {
  Builder b(context);
  NamedAttrList keys;
  SmallVector<StringRef> entries;
  text.split(entries, ',');
  for (StringRef entry : entries) {
    auto [key, value] = entry.trim().split(' ');
    value = value.trim();
    if (key.empty() || value.empty() || value.contains(' '))
      return nullptr;
    std::string name = key.str();
    std::replace(name.begin(), name.end(), '_', '-');
    int64_t number;
    if (value == "true" || value == "false")
      keys.set(name, b.getBoolAttr(value == "true"));
    else if (!value.getAsInteger(10, number))
      keys.set(name, b.getI64IntegerAttr(number));
    else
      keys.set(name, b.getStringAttr(value));
  }
  return keys.getDictionary(context);
}

static Status overrideOne(ModuleOp module, StringRef entry) {
  auto [name, rest] = entry.split('{');
  name = name.trim();
  rest = rest.trim();
  DictionaryAttr keys = !name.empty() && rest.consume_back("}") ? readEntries(rest, module.getContext()) : nullptr;
  if (!keys)
    return {StatusCode::InvalidArgument,
            "option schedule: '" + entry.str() + "' is not of the form LAUNCH {KEY VALUE, KEY VALUE}"};
  ir::GroupOp found;
  module.walk([&](ir::GroupOp group) {
    if (group.getName() == name)
      found = group;
  });
  if (!found || !found.getSchedule())
    return {StatusCode::CompileError, "option schedule: there is no launch '" + name.str() + "' with a schedule"};
  auto chosen = tile::Schedule::fromAttr(*found.getSchedule(), found.getLoc());
  auto merged = failed(chosen) ? chosen : tile::Schedule::fromAttr(keys, found.getLoc(), *chosen);
  if (failed(merged))
    return {StatusCode::CompileError, ""};
  merged->why = "the option schedule or a tuning record; what it leaves out is the cost model's";
  merged->setOn(found);
  return Status::ok();
}

Status flex::overrideSchedules(ModuleOp module, std::string_view text) {
  SmallVector<StringRef> entries;
  StringRef(text).split(entries, ';', /*MaxSplit=*/-1, /*KeepEmpty=*/false);
  for (StringRef entry : entries)
    if (!entry.trim().empty())
      FLEX_RETURN_IF_ERROR(overrideOne(module, entry.trim()));
  return Status::ok();
}
