//===- Schedule.cpp - A group's schedule, as data -------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One table of fields serves both directions of the attribute form.
//
//===----------------------------------------------------------------------===//
#include "flex/ScheduledLoops/Schedule.h"

#include "mlir/IR/Diagnostics.h"

using namespace mlir;
using namespace flex;
using namespace flex::tile;

namespace {

constexpr const char *kStrategies[] = {"tile", "rows", "block", "points", "matrix", "attention"};

struct IntField {
  const char *key;
  int64_t Schedule::*member;
  int64_t low, high;
};
constexpr int64_t kAny = int64_t(1) << 40;
constexpr IntField kInts[] = {
    {"lanes", &Schedule::lanes, 1, 64},
    {"vectors", &Schedule::vectors, 1, 16},
    {"rows", &Schedule::rows, 1, 32},
    {"lane-tile", &Schedule::laneTile, 0, kAny},
    {"unroll-tile", &Schedule::unrollTile, 0, kAny},
    {"item-rows", &Schedule::itemRows, 1, kAny},
    {"collapse", &Schedule::collapse, 1, 16},
    {"group-size", &Schedule::groupSize, 1, 1024},
    {"depth", &Schedule::depth, 0, 1024},
    {"parts", &Schedule::parts, 0, 64},
    {"steps", &Schedule::steps, 1, 16},
    {"tile-m", &Schedule::tileM, 0, 512},
    {"tile-n", &Schedule::tileN, 0, 512},
    {"tile-k", &Schedule::tileK, 0, 512},
    {"waves-m", &Schedule::wavesM, 1, 32},
    {"waves-n", &Schedule::wavesN, 1, 32},
    {"stages", &Schedule::stages, 1, 8},
    {"raster", &Schedule::raster, 1, 64},
    {"stream-from", &Schedule::streamFrom, 0, kAny},
};
/// Whether only strategy Matrix knows the field; the attributes of the others do without.
bool isOfMatrix(const IntField &field) {
  return StringRef(field.key).starts_with("tile-") || StringRef(field.key).starts_with("waves-") ||
         StringRef(field.key) == "stages" || StringRef(field.key) == "raster";
}
struct BoolField {
  const char *key;
  bool Schedule::*member;
};
constexpr BoolField kBools[] = {
    {"prefetch", &Schedule::prefetch}, {"pack", &Schedule::pack}, {"nontemporal", &Schedule::nontemporal}};
struct NameField {
  const char *key;
  std::string Schedule::*member;
};
const NameField kNames[] = {
    {"lane", &Schedule::lane}, {"unroll", &Schedule::unroll}, {"unit", &Schedule::unit}, {"copies", &Schedule::copies}};

bool assign(Schedule &schedule, StringRef key, Attribute value) {
  auto string = dyn_cast<StringAttr>(value);
  if (key == "strategy" && string) {
    const auto *found = llvm::find(kStrategies, string.getValue());
    schedule.strategy = static_cast<Strategy>(found - kStrategies);
    return found != std::end(kStrategies);
  }
  for (const NameField &field : kNames)
    if (key == field.key && string) {
      schedule.*field.member = string.getValue().str();
      return true;
    }
  for (const BoolField &field : kBools)
    if (auto boolean = dyn_cast<BoolAttr>(value); boolean && key == field.key) {
      schedule.*field.member = boolean.getValue();
      return true;
    }
  for (const IntField &field : kInts)
    if (auto number = dyn_cast<IntegerAttr>(value);
        number && key == field.key && number.getType().isSignlessInteger(64)) {
      schedule.*field.member = number.getInt();
      return number.getInt() >= field.low && number.getInt() <= field.high;
    }
  return false;
}

} // namespace

FailureOr<Schedule> Schedule::fromAttr(DictionaryAttr attr, Location loc) {
  return fromAttr(attr, loc, Schedule());
}

void Schedule::setOn(ir::GroupOp group) const {
  group.setScheduleAttr(toAttr(group.getContext()));
  if (why.empty())
    group.removeWhyAttr();
  else
    group.setWhy(why);
}

DictionaryAttr Schedule::toAttr(MLIRContext *context) const {
  Builder b(context);
  SmallVector<NamedAttribute> entries;
  entries.push_back(b.getNamedAttr("strategy", b.getStringAttr(kStrategies[static_cast<int>(strategy)])));
  for (const NameField &field : kNames)
    if (!(this->*field.member).empty())
      entries.push_back(b.getNamedAttr(field.key, b.getStringAttr(this->*field.member)));
  bool isMatrix = strategy == Strategy::Matrix || (strategy == Strategy::Attention && !unit.empty());
  auto isSaid = [&](const IntField &field) {
    bool isUsual = (field.member == &Schedule::parts && parts == 0) ||
                   (field.member == &Schedule::streamFrom && streamFrom == 0) ||
                   (field.member == &Schedule::steps && steps == 1);
    return (isMatrix || !isOfMatrix(field)) && !isUsual;
  };
  for (const IntField &field : kInts)
    if (isSaid(field))
      entries.push_back(b.getNamedAttr(field.key, b.getI64IntegerAttr(this->*field.member)));
  for (const BoolField &field : kBools)
    if (this->*field.member)
      entries.push_back(b.getNamedAttr(field.key, b.getBoolAttr(true)));
  return b.getDictionaryAttr(entries);
}

FailureOr<Schedule> Schedule::fromAttr(DictionaryAttr attr, Location loc, Schedule schedule) {
  for (NamedAttribute entry : attr)
    if (!assign(schedule, entry.getName(), entry.getValue())) {
      InFlightDiagnostic diagnostic = emitError(loc) << "schedule: '" << entry.getName().getValue()
                                                     << "' is unknown or out of range: " << entry.getValue();
      diagnostic.attachNote()
          << "keys are strategy (tile, rows, block, points, matrix, attention), lane, unroll, lanes (1-64), "
             "vectors (1-16), rows (1-32), lane-tile, unroll-tile, item-rows, collapse (1-16), group-size (1-1024), "
             "depth, parts (1-64), steps (1-16), unit, copies (tma, async), tile-m, tile-n, tile-k (up to 512), "
             "waves-m, waves-n "
             "(1-32), stages (1-8), raster (1-64), prefetch, pack, nontemporal, stream-from";
      return failure();
    }
  return schedule;
}
