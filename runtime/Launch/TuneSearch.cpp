//===- TuneSearch.cpp - Candidates against the clock ----------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Climbs from the cost model's choice: the neighbours of the best so far, launch by
// launch, the heaviest first. A candidate has to win most of its turns, and what won in
// the end is timed against the cost model's choice once more, with new measurements:
// of many equal ones the luckiest looks best.
//
//===----------------------------------------------------------------------===//
#include "TuneSearch.h"

#include "Tensor.h"

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstring>
#include <sys/wait.h>
#include <unistd.h>

namespace flex::rt {
namespace {

constexpr double kSampleSeconds = 200e-6; ///< shorter launches are timed several at a time
constexpr double kGain = 0.99;            ///< what is worth a record
constexpr double kMostWins = 0.6;         ///< of the turns
constexpr double kHopeless = 1.15;        ///< slower than this, in a first look: not looked at again
constexpr double kLastPart = 0.2;         ///< of the time, for the final comparison
constexpr double kDuelPart = 0.3;         ///< of a launch's time, for the duel of its last climb
constexpr double kSmallPart = 0.02;       ///< of a kernel: not worth its compilations
constexpr double kInterpretFlops = 3e6, kInterpretElements = 3e6; ///< what the interpreter does in a second or so
constexpr size_t kLooks = 3, kFinalists = 4, kClimbs = 4, kFewestRounds = 5, kMostRounds = 400;
constexpr double kDuelSeconds = 0.4, kLastSeconds = 3; ///< at most, if there is so much time

double secondsUntil(TuneSearch::Clock::time_point end) {
  return std::chrono::duration<double>(end - TuneSearch::Clock::now()).count();
}

TuneSearch::Clock::time_point after(double seconds) {
  return TuneSearch::Clock::now() +
         std::chrono::duration_cast<TuneSearch::Clock::duration>(std::chrono::duration<double>(seconds));
}

} // namespace

double TuneSearch::Code::best() const {
  return times.empty() ? INFINITY : *std::min_element(times.begin(), times.end());
}

//===----------------------------------------------------------------------===//
// Code and its results
//===----------------------------------------------------------------------===//

void TuneSearch::say(const std::string &text) const {
  if (options.progress)
    options.progress(text);
}

StatusOr<TuneSearch::Code> TuneSearch::load(const CompiledProgram &program) const {
  auto loaded = LoadedProgram::load(subject.device, program);
  if (!loaded)
    return loaded.status();
  auto plan = Plan::build(std::move(*loaded), subject.match, nullptr);
  if (!plan)
    return plan.status();
  Code code;
  code.plan = std::move(*plan);
  return code;
}

/// Candidates pass the cache by: all but one of them are never asked for again.
StatusOr<TuneSearch::Code> TuneSearch::compile(const std::string &option) const {
  const DeviceDescription &device = subject.device.info();
  auto output = subject.module.context().compiler.run(
      subject.module.request(FLEX_COMPILER_COMPILE, subject.kernel, subject.match.bindings, device.target,
                             {{"embed-ir", "0"}, {kScheduleOption, option}}));
  if (!output)
    return output.status();
  auto image = ModuleState::fromImage(subject.module.sharedContext(), output->image.data(), output->image.size());
  auto program = image ? (*image)->program(subject.kernel, {}, device, /*mayCompile=*/false)
                       : StatusOr<CompiledProgram>(image.status());
  auto code = program ? load(*program) : StatusOr<Code>(program.status());
  if (code) {
    code->option = option;
    code->image = std::move(output->image);
  }
  return code;
}

Status TuneSearch::launch(const Code &code) const {
  return code.plan->run(subject.args, results.tensors());
}

/// The first launch of a candidate is that of a process of its own: a fault in it, or a loop without end, is found
/// there.
bool TuneSearch::survives(const Code &code) const {
  constexpr double kPatience = 5; // seconds, or so many times what the cost model's choice takes
  auto end = after(kPatience + 100 * model.best());
  pid_t child = ::fork();
  if (child == 0) {
    ContextOptions own; // the threads of the parent's context are not here
    own.device = "host";
    own.tuning = "off";
    own.drivers.threads = 1;
    auto fresh = Context::create(std::move(own));
    auto loaded = fresh ? fresh->loadImage(code.image.data(), code.image.size()) : StatusOr<Module>(fresh.status());
    auto found = loaded ? loaded->kernel("") : StatusOr<Kernel>(loaded.status());
    bool isGood = found && found->launch(subject.args, subject.match.params.size(), results.tensors(), results.size());
    ::_exit(isGood ? 0 : 1);
  }
  int status = 1;
  for (pid_t done = child < 0 ? child : 0; done == 0;) {
    done = ::waitpid(child, &status, WNOHANG);
    if (done == 0 && secondsUntil(end) <= 0) {
      ::kill(child, SIGKILL);
      ::waitpid(child, &status, 0);
      return false;
    }
    if (done == 0)
      ::usleep(500);
  }
  return status == 0;
}

/// The launches that have a schedule, by their share of the work.
Status TuneSearch::orderLaunches(const std::string &groups, const ImageProgram &program) {
  constexpr double kFlops = 50e9, kBytes = 10e9; // per second: what matters is which of them is the most
  std::map<std::string, double> weights;
  double sum = 0;
  for (const ImageLaunch &launch : program.launches) {
    double work = static_cast<double>(launch.flops.constant().value_or(0));
    double moved = static_cast<double>(launch.bytesMoved.constant().value_or(0));
    flops += work;
    sum += weights[launch.entry] = std::max(work / kFlops, moved / kBytes);
  }
  for (auto &[name, schedule] : scheduledLaunches(groups))
    if (weights.count(name))
      parts.push_back({name, std::move(schedule), sum > 0 ? weights[name] / sum : 1});
  std::sort(parts.begin(), parts.end(), [](const Part &a, const Part &b) { return a.weight > b.weight; });
  if (parts.empty())
    return {StatusCode::Unimplemented, "nothing in kernel '" + subject.kernel + "' has a schedule to be tuned"};
  return Status::ok();
}

Status TuneSearch::askReference() {
  CompileRequest ask = subject.module.request(FLEX_COMPILER_INTERPRET, subject.kernel, subject.match.bindings, "");
  std::vector<HostTensor> dense;
  for (size_t i = 0; i < subject.match.params.size(); ++i) {
    const TensorType &type = subject.match.params[i];
    const DLTensor &tensor = *subject.args[i];
    if (isDense(tensor)) {
      ask.args.push_back({type.dtype, type.shape, dataOf(tensor)});
      continue;
    }
    auto copy = HostTensor::allocate(type);
    if (!copy)
      return copy.status();
    packTensor(tensor, dtypeBytes(type.dtype), copy->data.get());
    ask.args.push_back(copy->view());
    dense.push_back(std::move(*copy));
  }
  return results.expectReference(subject.module.context().compiler, std::move(ask));
}

/// Compiles the cost model's choice, and learns what it computes.
Status TuneSearch::prepare() {
  const ModuleState &module = subject.module;
  const DeviceDescription &device = subject.device.info();
  auto program = module.plainProgram(subject.kernel, subject.match.bindings, device);
  if (!program)
    return program.status();
  auto groups = module.context().compiler.run(
      module.request(FLEX_COMPILER_EMIT, subject.kernel, subject.match.bindings, device.target, {{"emit", "groups"}}));
  if (!groups)
    return groups.status();
  FLEX_RETURN_IF_ERROR(orderLaunches({groups->image.begin(), groups->image.end()}, *program->program));
  for (Code *code : {&model, &champion}) { // a code each, so that both can be timed in the end
    auto loaded = load(*program);
    if (!loaded)
      return loaded.status();
    *code = std::move(*loaded);
  }
  FLEX_RETURN_IF_ERROR(results.allocate(subject.match.results));
  FLEX_RETURN_IF_ERROR(launch(model));
  FLEX_RETURN_IF_ERROR(results.expectThese());
  double elements = 0;
  for (const std::vector<TensorType> *types : {&subject.match.params, &subject.match.results})
    for (const TensorType &type : *types)
      elements += static_cast<double>(tensorBytes(type).value_or(0)) * 8 / static_cast<double>(dtypeBits(type.dtype));
  return flops <= kInterpretFlops && elements <= kInterpretElements ? askReference() : Status::ok();
}

//===----------------------------------------------------------------------===//
// The clock
//===----------------------------------------------------------------------===//

Status TuneSearch::time(Code &code) const {
  auto begin = Clock::now();
  for (int64_t i = 0; i < batch; ++i)
    FLEX_RETURN_IF_ERROR(launch(code));
  code.times.push_back(std::chrono::duration<double>(Clock::now() - begin).count() / static_cast<double>(batch));
  return Status::ok();
}

/// Takes turns, with new times for all.
Status TuneSearch::duel(Code &champion, std::vector<Code *> others, double seconds) const {
  auto end = after(seconds);
  others.insert(others.begin(), &champion);
  for (Code *code : others)
    code->times.clear();
  for (size_t round = 0; round < kMostRounds; ++round) {
    if (round >= kFewestRounds && secondsUntil(end) <= 0)
      break;
    for (size_t i = 0; i < others.size(); ++i)
      FLEX_RETURN_IF_ERROR(time(*others[(i + round) % others.size()]));
  }
  return Status::ok();
}

/// By times of one duel.
bool TuneSearch::beats(const Code &code, const Code &champion) {
  size_t wins = 0, rounds = std::min(code.times.size(), champion.times.size());
  for (size_t i = 0; i < rounds; ++i)
    wins += code.times[i] < champion.times[i];
  return code.best() < kGain * champion.best() && double(wins) >= kMostWins * double(rounds);
}

//===----------------------------------------------------------------------===//
// The climb
//===----------------------------------------------------------------------===//

/// Nothing if the schedule does not fit or computes something else. What is slow in a first look has no more than that.
StatusOr<std::optional<TuneSearch::Code>> TuneSearch::tryOne(const std::string &option, TunedLaunch &tuned) {
  ++tuned.tried;
  auto code = compile(option);
  if (!code) {
    if (code.status().code() == StatusCode::Unavailable)
      return code.status();
    ++tuned.unfit;
    return std::optional<Code>();
  }
  results.scribble();
  if ((options.isolate && !survives(*code)) || !launch(*code) || !results.areRight(flops)) {
    ++tuned.wrong;
    return std::optional<Code>();
  }
  for (size_t look = 0; look < kLooks; ++look) {
    FLEX_RETURN_IF_ERROR(time(*code));
    if (look == 0 && code->times[0] > 3 * champion.best())
      break;
  }
  FLEX_RETURN_IF_ERROR(time(champion));
  return std::optional<Code>(std::move(*code));
}

Status TuneSearch::improve(Found &found, const ScheduleKeys &base, Clock::time_point end) {
  TunedLaunch &tuned = found.launch;
  tuned.before = tuned.after = champion.times.empty() ? model.best() : champion.best();
  if (secondsUntil(end) <= 0)
    return Status::ok();
  FLEX_RETURN_IF_ERROR(time(champion));
  tuned.before = tuned.after = champion.best();
  // What is good in a first look is timed again within the budget, too.
  double reserve = std::min(kDuelSeconds * static_cast<double>(kFinalists), kDuelPart * secondsUntil(end));
  for (size_t climb = 0; climb < kClimbs; ++climb) {
    ScheduleKeys schedule = changed(base, found.keys);
    std::vector<std::pair<ScheduleKeys, Code>> pool;
    for (const ScheduleKeys &change : neighboursOf(schedule)) {
      if (secondsUntil(end) <= reserve)
        break;
      ScheduleKeys keys = difference(base, changed(schedule, change));
      auto all = chosen;
      all[tuned.name] = keys;
      std::string option = optionText(all);
      if (!seen.insert(option).second)
        continue;
      say(tuned.name + ": " + std::to_string(tuned.tried + 1) + ". candidate, " + keysText(keys));
      auto code = tryOne(option, tuned);
      if (!code)
        return code.status();
      if (*code && (*code)->best() < kHopeless * champion.best())
        pool.emplace_back(std::move(keys), std::move(**code));
    }
    std::sort(pool.begin(), pool.end(), [](const auto &a, const auto &b) { return a.second.best() < b.second.best(); });
    pool.resize(std::min(pool.size(), kFinalists));
    std::vector<Code *> others;
    for (auto &[keys, code] : pool)
      others.push_back(&code);
    if (others.empty())
      return Status::ok();
    double most = kDuelSeconds * static_cast<double>(others.size());
    FLEX_RETURN_IF_ERROR(duel(champion, others, std::min(most, secondsUntil(end))));
    if (climb == 0)
      tuned.before = tuned.after = champion.best();
    std::pair<ScheduleKeys, Code> *winner = nullptr;
    for (auto &one : pool)
      if (beats(one.second, champion) && (!winner || one.second.best() < winner->second.best()))
        winner = &one;
    if (!winner)
      return Status::ok();
    tuned.after = winner->second.best();
    found.keys = chosen[tuned.name] = winner->first;
    champion = std::move(winner->second);
  }
  return Status::ok();
}

/// Each has a share of the time by its weight; what one leaves over is for the others.
Status TuneSearch::searchParts(Clock::time_point end, std::vector<TunedLaunch> &out) {
  double open = 0;
  for (const Part &part : parts)
    open += part.weight;
  for (const Part &part : parts) {
    if (part.weight < kSmallPart)
      break;
    double share = secondsUntil(end) * part.weight / std::max(open, part.weight);
    open -= part.weight;
    Found found;
    found.launch.name = part.name;
    FLEX_RETURN_IF_ERROR(improve(found, part.schedule, after(share)));
    found.launch.keys = keysText(found.keys);
    out.push_back(std::move(found.launch));
  }
  return Status::ok();
}

StatusOr<TuneOutcome> TuneSearch::run() {
  auto end = after(options.seconds), searchEnd = after(options.seconds * (1 - kLastPart));
  say("compiling the cost model's choice");
  FLEX_RETURN_IF_ERROR(prepare());
  for (int i = 0; i < 2 && (i == 0 || secondsUntil(searchEnd) > 0); ++i) { // the second one is warm
    model.times.clear();
    FLEX_RETURN_IF_ERROR(time(model));
  }
  batch = std::clamp<int64_t>(std::llround(kSampleSeconds / model.best()), 1, 1000);
  seen.insert("");
  TuneOutcome outcome;
  outcome.byReference = results.isByReference();
  FLEX_RETURN_IF_ERROR(searchParts(searchEnd, outcome.launches));
  // Nothing was found and the time is over, as with a launch of seconds: there is nothing to be compared.
  if (!champion.option.empty() || secondsUntil(end) > 0) {
    say("comparing with the cost model's choice");
    FLEX_RETURN_IF_ERROR(duel(model, {&champion}, std::min(kLastSeconds, secondsUntil(end))));
  }
  bool isBetter = !champion.option.empty() && beats(champion, model);
  outcome.record.modelSeconds = model.best();
  outcome.record.bestSeconds = isBetter ? champion.best() : model.best();
  outcome.record.schedule = isBetter ? champion.option : "";
  return outcome;
}

} // namespace flex::rt
