//===- Candidates.cpp - Schedules worth measuring -------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One key at a time, or keys that only make sense together: the shape of a register
// tile, and sizes that must stay multiples of it.
//
//===----------------------------------------------------------------------===//
#include "Candidates.h"

#include "flex/Support/Text.h"

#include <algorithm>
#include <cmath>
#include <tuple>

namespace flex::rt {
namespace {

constexpr int64_t kMostVectors = 16, kMostRows = 32, kMostSize = int64_t(1) << 40;

std::string unquoted(std::string_view text) {
  text = trim(text);
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"')
    text = text.substr(1, text.size() - 2);
  return std::string(text);
}

ScheduleKeys readKeys(std::string_view text) {
  ScheduleKeys keys;
  for (std::string_view entry : splitOutside(text, ',')) {
    size_t equals = entry.find('=');
    if (equals == std::string_view::npos)
      continue;
    std::string key = unquoted(entry.substr(0, equals));
    std::replace(key.begin(), key.end(), '-', '_');
    std::string_view value = entry.substr(equals + 1);
    keys[key] = unquoted(value.substr(0, value.find(" : ")));
  }
  return keys;
}

int64_t roundUp(int64_t value, int64_t to) {
  return to > 0 ? (value + to - 1) / to * to : value;
}

/// The neighbours of one schedule.
class Neighbours {
public:
  explicit Neighbours(const ScheduleKeys &schedule) : base(schedule) {}

  std::vector<ScheduleKeys> all() {
    std::string strategy = text("strategy");
    bool isContraction = strategy == "tile" && !text("unroll").empty();
    if (isContraction || (strategy == "rows" && !text("unroll").empty()))
      addTiles();
    else if (strategy == "attention")
      addAttention();
    else
      addVectors();
    addSizes();
    if (isContraction)
      addFlag("pack");
    if (strategy == "rows")
      addFlag("prefetch");
    addFlag("nontemporal");
    if (isContraction && text("unit").empty()) // for few columns
      add({{"lane", text("unroll")}, {"unroll", text("lane")}, {"pack", "false"}});
    return std::move(out);
  }

private:
  std::string text(const std::string &key) const {
    auto it = base.find(key);
    return it == base.end() ? "" : it->second;
  }
  int64_t number(const std::string &key, int64_t otherwise = 0) const {
    return parseInteger(text(key)).value_or(otherwise);
  }

  /// Sizes that follow from a register tile are made to fit; what changes nothing is left out.
  void add(ScheduleKeys change) {
    ScheduleKeys all = changed(base, change);
    auto value = [&](const char *key, int64_t otherwise) { return parseInteger(all[key]).value_or(otherwise); };
    int64_t panel = value("lanes", 1) * value("vectors", 1), rows = value("rows", 1);
    int64_t oldPanel = number("lanes", 1) * number("vectors", 1);
    if (int64_t laneTile = value("lane_tile", 0); laneTile > 0 && text("strategy") == "tile")
      all["lane_tile"] = std::to_string(laneTile == oldPanel ? panel : roundUp(laneTile, panel));
    if (int64_t unrollTile = value("unroll_tile", 0); unrollTile > 0)
      all["unroll_tile"] = std::to_string(roundUp(unrollTile, rows));
    if (int64_t depth = value("depth", 0); depth > 0 && text("strategy") == "attention")
      all["depth"] = std::to_string(roundUp(depth, rows));
    ScheduleKeys keys = difference(base, all);
    if (!keys.empty() && std::find(out.begin(), out.end(), keys) == out.end())
      out.push_back(std::move(keys));
  }

  void addFlag(const std::string &key) { add({{key, text(key) == "true" ? "false" : "true"}}); }

  void addNumber(const std::string &key, int64_t value, int64_t low, int64_t high) {
    if (value >= low && value <= high)
      add({{key, std::to_string(value)}});
  }

  /// Register tiles near this one. Some of 32 registers are for operands; where there are 16, the clock says so.
  void addTiles() {
    constexpr int64_t kFewest = 4, kMost = 30;
    constexpr size_t kTiles = 6;
    struct Tile {
      int64_t rows, vectors;
      double distance;
    };
    int64_t rows = number("rows", 1), vectors = number("vectors", 1);
    std::vector<Tile> tiles;
    for (int64_t r = 1; r <= 16; ++r)
      for (int64_t v = 1; v <= 8; ++v) {
        bool isNear = r * v >= kFewest && r * v <= kMost && r * v * 2 >= rows * vectors;
        if (isNear && (r != rows || v != vectors))
          tiles.push_back({r, v,
                           std::fabs(std::log2(double(r) / double(rows))) +
                               std::fabs(std::log2(double(v) / double(vectors))) +
                               std::fabs(std::log2(double(r * v) / double(rows * vectors)))});
      }
    std::sort(tiles.begin(), tiles.end(),
              [](const Tile &a, const Tile &b) { return std::tie(a.distance, b.rows) < std::tie(b.distance, a.rows); });
    tiles.resize(std::min(tiles.size(), kTiles));
    for (auto [r, v] : {std::pair(8, 3), {6, 4}, {12, 2}, {6, 2}, {4, 3}}) // those that are good on most processors
      tiles.push_back({r, v, 0});
    for (const Tile &tile : tiles)
      add({{"rows", std::to_string(tile.rows)}, {"vectors", std::to_string(tile.vectors)}});
  }

  void addVectors() {
    int64_t vectors = number("vectors", 1);
    for (int64_t value : {vectors * 2, vectors / 2, vectors + 1, vectors - 1, vectors * 4, vectors / 4})
      addNumber("vectors", value, 1, kMostVectors);
    // Halves of registers, and as many elements in all.
    if (int64_t lanes = number("lanes", 1); lanes > 1 && vectors * 2 <= kMostVectors)
      add({{"lanes", std::to_string(lanes / 2)}, {"vectors", std::to_string(vectors * 2)}});
  }

  void addAttention() {
    int64_t vectors = number("vectors", 1), rows = number("rows", 1);
    for (int64_t value : {vectors + 1, vectors - 1, vectors * 2, vectors / 2})
      addNumber("vectors", value, 1, 8);
    for (int64_t value : {rows * 2, rows / 2, rows + 2, rows + 1, rows - 1})
      addNumber("rows", value, 1, kMostRows);
  }

  void addSizes() {
    for (const char *key : {"item_rows", "lane_tile", "unroll_tile"})
      if (int64_t value = number(key); value > (std::string(key) == "item_rows" ? 1 : 0))
        for (int64_t other : {value * 2, value / 2, value * 4, value / 4})
          addNumber(key, other, 1, kMostSize);
    if (number("unroll_tile") == 0 && text("strategy") == "tile" && !text("unroll").empty())
      for (int64_t times : {8, 24})
        addNumber("unroll_tile", number("rows", 1) * times, 1, kMostSize);
    if (number("item_rows", 1) == 1 && text("strategy") != "attention" && text("unroll").empty())
      for (int64_t rows : {2, 4, 16})
        addNumber("item_rows", rows, 1, kMostSize);
    if (int64_t depth = number("depth"); depth > 0)
      for (int64_t other : {depth * 2, depth / 2, int64_t(0)})
        if (other > 0 || text("strategy") != "attention")
          addNumber("depth", other, 0, 1024);
  }

  const ScheduleKeys &base;
  std::vector<ScheduleKeys> out;
};

} // namespace

std::vector<std::pair<std::string, ScheduleKeys>> scheduledLaunches(const std::string &module) {
  std::vector<std::pair<std::string, ScheduleKeys>> out;
  const std::string group = "flex.group \"", mark = "schedule {";
  for (size_t at = module.find(group); at != std::string::npos; at = module.find(group, at + 1)) {
    size_t name = at + group.size(), line = std::min(module.find('\n', at), module.size());
    size_t begin = module.find(mark, at), end = module.find('}', begin);
    if (begin < line && end < line)
      out.emplace_back(module.substr(name, module.find('"', name) - name),
                       readKeys(std::string_view(module).substr(begin + mark.size(), end - begin - mark.size())));
  }
  return out;
}

std::vector<ScheduleKeys> neighboursOf(const ScheduleKeys &schedule) {
  return Neighbours(schedule).all();
}

ScheduleKeys changed(ScheduleKeys base, const ScheduleKeys &change) {
  for (const auto &[key, value] : change)
    base[key] = value;
  return base;
}

ScheduleKeys difference(const ScheduleKeys &base, const ScheduleKeys &schedule) {
  ScheduleKeys out;
  for (const auto &[key, value] : schedule) {
    auto it = base.find(key);
    bool isSame = it == base.end() ? value == "false" || value.empty() : it->second == value;
    if (!isSame)
      out[key] = value;
  }
  for (const auto &[key, value] : base)
    if (value == "true" && !schedule.count(key))
      out[key] = "false";
  return out;
}

std::string keysText(const ScheduleKeys &keys) {
  std::string out;
  for (const auto &[key, value] : keys)
    out.append(out.empty() ? "" : ", ").append(key).append(" ").append(value);
  return out;
}

std::string optionText(const std::map<std::string, ScheduleKeys> &launches) {
  std::string out;
  for (const auto &[name, keys] : launches)
    if (!keys.empty())
      out.append(out.empty() ? "" : "; ").append(name).append(" {").append(keysText(keys)).append("}");
  return out;
}

} // namespace flex::rt
