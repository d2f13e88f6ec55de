//===- CardCommand.cpp - flexc card ----------------------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Asks the compiler for the figures of a kernel on each target and shows them. Runs
// no kernel. Looks for the vendor's assembler that the compiler names; without it
// registers that only it knows are estimates.
//
//===----------------------------------------------------------------------===//
#include "Card.h"
#include "Command.h"
#include "CompilerLibrary.h"
#include "Kernel.h"
#include "Text.h"
#include "flex/Support/DimExpr.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdlib>
#include <regex>
#include <unistd.h>

namespace flex::tool {
namespace {

using Json = nlohmann::json;

/// A formula with every open dimension taken as kOpenDim; 0 for what has no value.
int64_t evaluated(const Json &object, const char *key) {
  auto text = object.value(key, std::string("0"));
  auto expr = DimExpr::parse(text);
  if (!expr)
    return 0;
  return expr->evaluate([](std::string_view) { return kOpenDim; }).value_or(0);
}

std::map<std::string, int64_t> mix(const Json &launch, const char *key) {
  std::map<std::string, int64_t> result;
  const Json object = launch.value(key, Json::object()), kinds = object.value("kinds", Json::object());
  for (const auto &[kind, count] : kinds.items())
    if (count.is_number_integer())
      result[kind] = count.get<int64_t>();
  if (int64_t total = object.value("total", int64_t(0)))
    result["total"] = total;
  return result;
}

void applyOccupancy(const Json &launch, int64_t wavesPerGroup, LaunchCard &card) {
  const Json table = launch.value("occupancy", Json::array());
  for (const Json &row : table) {
    card.groupsPerUnit = row.at(1).get<int64_t>();
    card.occupancyLimit = row.at(2).get<std::string>();
    if (card.registers.value_or(1) <= row.at(0).get<int64_t>())
      break;
  }
  card.wavesPerUnit = card.groupsPerUnit * wavesPerGroup;
}

int64_t wavesOf(const LaunchCard &card, int64_t waveSize) {
  return (card.groupSize + waveSize - 1) / std::max<int64_t>(1, waveSize);
}

/// Where the assembler is: PATH, or a folder that the compiler knows; empty if nowhere.
std::string findProgram(const Json &assembler) {
  std::string name = assembler.value("program", ""), path = std::getenv("PATH") ? std::getenv("PATH") : "";
  const Json places = assembler.value("places", Json::array());
  for (const Json &place : places)
    path += ":" + place.get<std::string>();
  for (size_t begin = 0; begin <= path.size();) {
    size_t end = std::min(path.find(':', begin), path.size());
    std::string file = path.substr(begin, end - begin) + "/" + name;
    if (end > begin && ::access(file.c_str(), X_OK) == 0)
      return file;
    begin = end + 1;
  }
  return "";
}

std::string shellWord(const std::string &word) {
  std::string text = "'";
  for (char c : word)
    text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

/// What the program prints about the assembly text; empty if it fails.
std::string assembled(const std::string &program, const Json &assembler) {
  std::string folder = "/tmp/flex-card-XXXXXX";
  if (!::mkdtemp(folder.data()))
    return "";
  std::string file = folder + "/k" + assembler.value("suffix", ""), text = assembler.value("text", ""), printed;
  if (writeFile(file, text.data(), text.size()).isOk()) {
    std::string command = shellWord(program);
    const Json arguments = assembler.value("arguments", Json::array());
    for (const Json &argument : arguments)
      command += " " + shellWord(argument.get<std::string>());
    if (FILE *pipe = ::popen((command + " " + shellWord(file) + " 2>&1").c_str(), "r")) {
      char buffer[4096];
      while (size_t got = std::fread(buffer, 1, sizeof buffer, pipe))
        printed.append(buffer, got);
      if (::pclose(pipe) != 0)
        printed.clear();
    }
    ::unlink(file.c_str());
  }
  ::rmdir(folder.c_str());
  return printed;
}

/// Cards of all kernels and targets; says which assembler was missing.
StatusOr<std::vector<KernelCard>> makeCards(const std::string &lines) {
  std::vector<KernelCard> cards;
  for (size_t begin = 0; begin < lines.size();) {
    size_t end = std::min(lines.find('\n', begin), lines.size());
    std::string line = lines.substr(begin, end - begin);
    begin = end + 1;
    auto card = readCard(line);
    if (!card)
      return card.status();
    Json json = Json::parse(line, nullptr, false);
    if (json.contains("assembler")) {
      const Json &assembler = json["assembler"];
      std::string program = findProgram(assembler);
      if (!program.empty())
        applyAssembler(assembler, assembled(program, assembler), json, *card);
    }
    cards.push_back(std::move(*card));
  }
  return cards;
}

} // namespace

StatusOr<KernelCard> readCard(const std::string &text) {
  Json json = Json::parse(text, nullptr, false);
  if (!json.is_object() || !json.contains("chip") || !json.contains("launches"))
    return Status(StatusCode::Internal, "the compiler's card cannot be read");
  KernelCard card;
  const Json &chip = json["chip"];
  card.kernel = json.value("kernel", "");
  card.target = json.value("target", "");
  card.board = chip.value("board", "");
  card.waveSize = chip.value("waveSize", int64_t(1));
  const Json dims = json.value("dims", Json::array());
  for (const Json &dim : dims)
    card.openDims.push_back(dim.get<std::string>());
  for (const Json &launch : json["launches"]) {
    LaunchCard one;
    one.entry = launch.value("entry", "");
    one.groupSize = launch.value("groupSize", int64_t(1));
    one.groups = evaluated(launch, "items");
    one.groupMemory = launch.value("groupMemory", int64_t(0));
    one.instructions = mix(launch, "instructions");
    one.loop = mix(launch, "loop");
    if (launch.contains("registers")) {
      one.registers = launch["registers"].get<int64_t>();
      one.registersFrom = launch.value("registersAreEstimated", false) ? "estimate" : "code object";
    }
    if (launch.contains("spills"))
      one.spills = launch["spills"].get<int64_t>();
    if (launch.contains("scratch"))
      one.scratch = launch["scratch"].get<int64_t>();
    one.matrix = launch.value("matrix", "");
    one.matrixUnit = launch.value("matrixUnit", "");
    one.flops = static_cast<double>(evaluated(launch, "flops"));
    one.bytes = static_cast<double>(evaluated(launch, "bytes"));
    one.peakGflops = launch.value("gflops", 0.0);
    one.memoryGBs = chip.value("memoryGBs", 0.0);
    one.maxWavesPerUnit = chip.value("wavesPerUnit", int64_t(0));
    applyOccupancy(launch, wavesOf(one, card.waveSize), one);
    card.launches.push_back(std::move(one));
  }
  return card;
}

void applyAssembler(const Json &assembler, const std::string &printed, const Json &json, KernelCard &card) {
  std::regex entry(assembler.value("entry", "")), registers(assembler.value("registers", "")),
      spills(assembler.value("spills", "")), scratch(assembler.value("scratch", ""));
  std::string current; // an entry may be launched several times
  for (size_t begin = 0; begin < printed.size();) {
    size_t end = std::min(printed.find('\n', begin), printed.size());
    std::string line = printed.substr(begin, end - begin);
    begin = end + 1;
    std::smatch match;
    if (std::regex_search(line, match, entry))
      current = match[1].str();
    for (size_t number = 0; number < card.launches.size(); ++number) {
      LaunchCard &launch = card.launches[number];
      if (launch.entry != current)
        continue;
      if (std::regex_search(line, match, spills))
        launch.spills = parseInteger(match[1].str());
      if (std::regex_search(line, match, scratch))
        launch.scratch = parseInteger(match[1].str());
      if (std::regex_search(line, match, registers)) {
        launch.registers = parseInteger(match[1].str());
        launch.registersFrom = assembler.value("program", "");
        applyOccupancy(json["launches"][number], wavesOf(launch, card.waveSize), launch);
      }
    }
  }
}

int runCard(const Options &options) {
  auto request = makeRequest(options);
  if (!request)
    return fail(request.status());
  if (Status chips = requireChips(*request); !chips)
    return fail(chips);
  if (request->targets.empty())
    return fail({StatusCode::InvalidArgument, "which chip? give --target, e.g. one of 'flexc help targets'"});
  std::string format = options.get("format", "text");
  if (format != "text" && format != "json" && format != "html")
    return fail({StatusCode::InvalidArgument, "--format is '" + printable(format) + "', expected text, json or html"});
  request->kind = FLEX_COMPILER_EMIT;
  request->options.emplace_back("emit", "asm");
  request->options.emplace_back("card", "1");
  std::vector<KernelCard> cards;
  std::vector<std::string> targets = request->targets;
  for (const std::string &target : targets) {
    request->targets = {target};
    auto answer = askCompiler(*request);
    if (!answer)
      return fail(answer.status());
    std::fwrite(answer->diagnostics.data(), 1, answer->diagnostics.size(), stderr);
    if (answer->code != StatusCode::Ok)
      return exitCode(answer->code);
    auto made = makeCards(answer->bytes);
    if (!made)
      return fail(made.status());
    std::move(made->begin(), made->end(), std::back_inserter(cards));
  }
  std::string text = format == "json" ? cardsAsJson(cards) : format == "html" ? cardsAsHtml(cards) : cardsAsText(cards);
  if (!options.has("output")) {
    print(text);
    return kExitOk;
  }
  Status status = writeFile(options.get("output"), text.data(), text.size());
  return status.isOk() ? kExitOk : fail(status);
}

} // namespace flex::tool
