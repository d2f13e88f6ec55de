//===- CardText.cpp - Cards for people and programs ------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Text, JSON and HTML of the same figures.
//
//===----------------------------------------------------------------------===//
#include "Card.h"
#include "Text.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>

namespace flex::tool {
namespace {

using Row = std::pair<std::string, std::string>;

std::string number(double value, const char *format = "%.3g") {
  char text[48];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

/// "2.15 G": three digits and a prefix.
std::string scaled(double value) {
  const char *prefix[] = {"", " k", " M", " G", " T"};
  int at = 0;
  for (; value >= 1000 && at < 4; ++at)
    value /= 1000;
  return number(value) + prefix[at];
}

/// "64 matrix, 24 load, 8 branch": most first.
std::string kinds(const std::map<std::string, int64_t> &mix) {
  std::vector<std::pair<int64_t, std::string>> rows;
  for (const auto &[kind, count] : mix)
    if (kind != "total")
      rows.emplace_back(-count, kind);
  std::sort(rows.begin(), rows.end());
  std::vector<std::string> words;
  for (const auto &[count, kind] : rows)
    words.push_back(std::to_string(-count) + " " + kind);
  return join(words);
}

int64_t countOf(const std::map<std::string, int64_t> &mix, const char *kind) {
  auto found = mix.find(kind);
  return found == mix.end() ? 0 : found->second;
}

std::string mixText(const std::map<std::string, int64_t> &mix) {
  if (mix.empty())
    return "none";
  std::string text = std::to_string(countOf(mix, "total")) + ": " + kinds(mix);
  if (int64_t matrix = countOf(mix, "matrix"))
    text += "; " + number(static_cast<double>(countOf(mix, "total")) / static_cast<double>(matrix), "%.2f") +
            " per matrix instruction";
  return text;
}

std::string orUnknown(const std::optional<int64_t> &value) {
  return value ? std::to_string(*value) : "unknown";
}

std::vector<Row> rowsOf(const LaunchCard &launch) {
  std::vector<Row> rows;
  rows.emplace_back("groups", std::to_string(launch.groups) + " of " + std::to_string(launch.groupSize) + " threads");
  rows.emplace_back("registers", orUnknown(launch.registers) +
                                     (launch.registersFrom.empty() ? "" : " (" + launch.registersFrom + ")"));
  rows.emplace_back("spills", orUnknown(launch.spills));
  rows.emplace_back("scratch", launch.scratch ? std::to_string(*launch.scratch) + " bytes" : "unknown");
  rows.emplace_back("group memory", std::to_string(launch.groupMemory) + " bytes");
  if (launch.maxWavesPerUnit > 0 && launch.registers)
    rows.emplace_back("occupancy", std::to_string(launch.groupsPerUnit) + " groups, " +
                                       std::to_string(launch.wavesPerUnit) + " of " +
                                       std::to_string(launch.maxWavesPerUnit) + " waves of a unit, limited by " +
                                       launch.occupancyLimit);
  rows.emplace_back("instructions", mixText(launch.instructions));
  rows.emplace_back("main loop", mixText(launch.loop));
  rows.emplace_back("work", scaled(launch.flops) + "flop, " + scaled(launch.bytes) + "B, " +
                                number(launch.intensity()) + " flop/B");
  std::string peak = launch.matrixUnit.empty() ? "f32 arithmetic" : launch.matrixUnit;
  rows.emplace_back("bound", launch.isMemoryBound() ? "memory, " + number(launch.memoryGBs) + " GB/s: at least " +
                                                          secondsText(launch.memorySeconds())
                                                    : peak + ", " + scaled(launch.peakGflops * 1e9) +
                                                          "flop/s: at least " + secondsText(launch.computeSeconds()));
  return rows;
}

std::string headline(const KernelCard &card) {
  std::string text = card.kernel + " for " + card.target + " (" + card.board + ")";
  if (!card.openDims.empty())
    text += ", " + join(card.openDims) + " taken as " + std::to_string(kOpenDim);
  return text;
}

std::string escaped(const std::string &text) {
  std::string out;
  for (char c : text)
    out += c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '&' ? "&amp;" : std::string(1, c);
  return out;
}

nlohmann::json optionalJson(const std::optional<int64_t> &value) {
  return value ? nlohmann::json(*value) : nlohmann::json();
}

nlohmann::json launchJson(const LaunchCard &launch) {
  return {{"entry", launch.entry},
          {"groups", launch.groups},
          {"groupSize", launch.groupSize},
          {"registers", optionalJson(launch.registers)},
          {"registersFrom", launch.registersFrom},
          {"spills", optionalJson(launch.spills)},
          {"scratchBytes", optionalJson(launch.scratch)},
          {"groupMemoryBytes", launch.groupMemory},
          {"occupancy",
           {{"groupsPerUnit", launch.groupsPerUnit},
            {"wavesPerUnit", launch.wavesPerUnit},
            {"maxWavesPerUnit", launch.maxWavesPerUnit},
            {"limit", launch.occupancyLimit}}},
          {"instructions", launch.instructions},
          {"loop", launch.loop},
          {"matrix", launch.matrix},
          {"matrixUnit", launch.matrixUnit},
          {"flops", launch.flops},
          {"bytes", launch.bytes},
          {"intensity", launch.intensity()},
          {"peakGflops", launch.peakGflops},
          {"memoryGBs", launch.memoryGBs},
          {"bound", launch.isMemoryBound() ? "memory" : "compute"},
          {"boundSeconds", std::max(launch.memorySeconds(), launch.computeSeconds())}};
}

} // namespace

std::string cardsAsText(const std::vector<KernelCard> &cards) {
  std::string text;
  for (const KernelCard &card : cards) {
    text += (text.empty() ? "" : "\n") + headline(card) + "\n";
    for (const LaunchCard &launch : card.launches) {
      text += "  " + launch.entry + "\n";
      for (const auto &[name, value] : rowsOf(launch))
        text += "    " + name + std::string(14 - std::min<size_t>(13, name.size()), ' ') + value + "\n";
    }
  }
  return text;
}

std::string cardsAsJson(const std::vector<KernelCard> &cards) {
  auto list = nlohmann::json::array();
  for (const KernelCard &card : cards) {
    auto launches = nlohmann::json::array();
    for (const LaunchCard &launch : card.launches)
      launches.push_back(launchJson(launch));
    list.push_back({{"kernel", card.kernel},
                    {"target", card.target},
                    {"board", card.board},
                    {"openDims", card.openDims},
                    {"launches", launches}});
  }
  return list.dump(2) + "\n";
}

std::string cardsAsHtml(const std::vector<KernelCard> &cards) {
  std::string text =
      "<!DOCTYPE html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>Kernel cards</title>\n<style>body "
      "{ font: 15px sans-serif; margin: 2em } table { border-collapse: collapse; margin-bottom: 1.5em } "
      "th, td { border: 1px solid #bbb; padding: .25em .6em; text-align: left; vertical-align: top }"
      "</style>\n";
  for (const KernelCard &card : cards) {
    text += "<h2>" + escaped(headline(card)) + "</h2>\n";
    for (const LaunchCard &launch : card.launches) {
      text += "<h3>" + escaped(launch.entry) + "</h3>\n<table>\n";
      for (const auto &[name, value] : rowsOf(launch))
        text += "<tr><th>" + escaped(name) + "</th><td>" + escaped(value) + "</td></tr>\n";
      text += "</table>\n";
    }
  }
  return text + "</html>\n";
}

} // namespace flex::tool
