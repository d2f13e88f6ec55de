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
#include "flex/Binary/Image.h"

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstring>
#include <sys/wait.h>
#include <unistd.h>

namespace flex::tool {
namespace {

constexpr double kSampleSeconds = 200e-6; ///< shorter launches are timed several at a time
constexpr double kGain = 0.99;            ///< what is worth a record
constexpr double kMostWins = 0.6;         ///< of the turns
constexpr double kHopeless = 1.15;        ///< slower than this, in a first look: not looked at again
constexpr double kLastPart = 0.2;         ///< of the time, for the final comparison
constexpr double kSmallPart = 0.02;       ///< of a kernel: not worth its compilations
constexpr double kInterpretFlops = 3e6;
constexpr size_t kLooks = 3, kFinalists = 4, kClimbs = 4, kFewestRounds = 5, kMostRounds = 400;
constexpr double kDuelSeconds = 0.4, kLastSeconds = 3; ///< at most, if there is so much time

double secondsUntil(TuneSearch::Clock::time_point end) {
  return std::chrono::duration<double>(end - TuneSearch::Clock::now()).count();
}

TuneSearch::Clock::time_point after(double seconds) {
  return TuneSearch::Clock::now() +
         std::chrono::duration_cast<TuneSearch::Clock::duration>(std::chrono::duration<double>(seconds));
}

/// Half of the distance of two numbers near 1.
double roundingOf(const std::string &dtype) {
  static const std::map<std::string, double> kRounding = {
      {"f64", 0x1p-53}, {"f32", 0x1p-24}, {"f16", 0x1p-11}, {"bf16", 0x1p-8}};
  auto it = kRounding.find(dtype);
  return it == kRounding.end() ? 0x1p-3 : it->second; // floats of 8 bits
}

/// loadDouble, without a look at the type's name for the most common one.
double numberAt(const Array &array, int64_t index) {
  if (array.dtype != "f32")
    return loadDouble(array, index);
  float value;
  std::memcpy(&value, array.data.get() + index * int64_t(sizeof value), sizeof value);
  return value;
}

double greatest(const Array &array) {
  double most = 0;
  for (int64_t i = 0, count = array.elements(); i < count; ++i)
    if (double value = std::fabs(numberAt(array, i)); std::isfinite(value))
      most = std::max(most, value);
  return most;
}

StatusOr<Array> copyOf(const Array &array) {
  auto copy = allocateArray("a result", array.dtype, array.shape);
  if (copy)
    std::memcpy(copy->data.get(), array.data.get(), array.bytes);
  return copy;
}

} // namespace

double TuneSearch::Code::best() const {
  return times.empty() ? INFINITY : *std::min_element(times.begin(), times.end());
}

//===----------------------------------------------------------------------===//
// Code and its results
//===----------------------------------------------------------------------===//

StatusOr<TuneSearch::Code> TuneSearch::compile(const std::string &option) const {
  CompilerRequest own = request;
  own.kind = FLEX_COMPILER_COMPILE;
  own.options.emplace_back("embed-ir", "0");
  if (!option.empty())
    own.options.emplace_back("schedule", option);
  auto answer = askCompiler(own);
  if (!answer)
    return answer.status();
  if (answer->code != StatusCode::Ok)
    return Status(answer->code, answer->diagnostics);
  auto module = context.loadImage(reinterpret_cast<const uint8_t *>(answer->bytes.data()), answer->bytes.size());
  if (!module)
    return module.status();
  auto kernel = module->kernel("");
  if (!kernel)
    return kernel.status();
  Code code;
  code.option = option;
  code.image = std::move(answer->bytes);
  code.module.emplace(std::move(*module));
  code.kernel.emplace(std::move(*kernel));
  return code;
}

Status TuneSearch::launch(Code &code) {
  return code.kernel->launch(args.data(), args.size(), outs.data(), outs.size());
}

/// The first launch of a candidate is that of a process of its own: a fault in it, or a loop without end, is found
/// there.
bool TuneSearch::survives(const Code &code) const {
  constexpr double kPatience = 5; // seconds, or so many times what the cost model's choice takes
  auto end = after(kPatience + 100 * model.best());
  pid_t child = ::fork();
  if (child == 0) {
    rt::ContextOptions own; // the threads of the parent's context are not here
    own.device = "host";
    own.tuning = "off";
    own.drivers.threads = 1;
    auto fresh = rt::Context::create(std::move(own));
    auto loaded = fresh ? fresh->loadImage(reinterpret_cast<const uint8_t *>(code.image.data()), code.image.size())
                        : StatusOr<rt::Module>(fresh.status());
    auto found = loaded ? loaded->kernel("") : StatusOr<rt::Kernel>(loaded.status());
    bool isGood = found && found->launch(args.data(), args.size(), outs.data(), outs.size());
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
Status TuneSearch::orderLaunches(const std::string &groups, const std::string &imageBytes) {
  auto image = readImage(reinterpret_cast<const uint8_t *>(imageBytes.data()), imageBytes.size());
  if (!image)
    return image.status();
  constexpr double kFlops = 50e9, kBytes = 10e9; // per second: what matters is which of them is the most
  std::map<std::string, double> weights;
  double sum = 0;
  for (const ImageKernel &kernel : image->kernels)
    for (const ImageProgram &program : kernel.programs)
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
    return {StatusCode::Unimplemented, "nothing in this kernel has a schedule to be tuned"};
  return Status::ok();
}

Status TuneSearch::askReference() {
  std::vector<Array> own;
  CompilerRequest ask = request;
  ask.kind = FLEX_COMPILER_INTERPRET;
  ask.targets.clear();
  for (const Array &array : arrays) {
    auto dense = array.fortranOrder ? toRowMajor(array) : StatusOr<Array>(array);
    if (!dense)
      return dense.status();
    own.push_back(std::move(*dense));
    ask.args.push_back({own.back().dtype, own.back().shape, own.back().data.get()});
  }
  std::vector<Array> reference;
  for (const Array &result : results) {
    auto value = allocateArray("a result", result.dtype, result.shape);
    auto bound = allocateArray("a bound", "f64", result.shape);
    if (!value || !bound)
      return !value ? value.status() : bound.status();
    ask.results.push_back({value->dtype, value->shape, value->data.get()});
    ask.bounds.push_back({"f64", bound->shape, bound->data.get()});
    reference.push_back(std::move(*value));
    bounds.push_back(std::move(*bound));
  }
  auto answer = askCompiler(ask);
  bool isThere = answer && answer->code == StatusCode::Ok;
  std::swap(expected, reference);
  if (!isThere || !isRight()) { // as where a tie of two sums decides an index: compared with the model's own code
    std::swap(expected, reference);
    bounds.clear();
  }
  return Status::ok();
}

/// Compiles the cost model's choice, and learns what it computes.
Status TuneSearch::prepare() {
  CompilerRequest ask = request;
  ask.kind = FLEX_COMPILER_EMIT;
  ask.options.emplace_back("emit", "groups");
  auto groups = askCompiler(ask);
  ask.options.back().second = "binary";
  auto binary = groups ? askCompiler(ask) : groups;
  if (!binary)
    return binary.status();
  if (binary->code != StatusCode::Ok)
    return {binary->code, binary->diagnostics};
  FLEX_RETURN_IF_ERROR(orderLaunches(groups->code == StatusCode::Ok ? groups->bytes : "", binary->bytes));
  auto code = compile("");
  if (!code)
    return code.status();
  model = std::move(*code);
  for (const Array &array : arrays) {
    tensors.push_back(std::make_unique<ArrayTensor>(array));
    args.push_back(&tensors.back()->tensor);
  }
  auto types = model.kernel->infer(args);
  if (!types)
    return types.status();
  for (const rt::TensorType &type : *types) {
    auto array = allocateArray("a result", type.dtype, type.shape);
    if (!array)
      return array.status();
    results.push_back(std::move(*array));
  }
  for (const Array &array : results) {
    tensors.push_back(std::make_unique<ArrayTensor>(array));
    outs.push_back(&tensors.back()->tensor);
  }
  FLEX_RETURN_IF_ERROR(launch(model));
  for (const Array &array : results) {
    auto copy = copyOf(array);
    if (!copy)
      return copy.status();
    expected.push_back(std::move(*copy));
  }
  return flops <= kInterpretFlops ? askReference() : Status::ok();
}

bool TuneSearch::differs(const Array &wanted, const Array &found, const Array *bound) const {
  if (!isFloat(wanted.dtype))
    return std::memcmp(wanted.data.get(), found.data.get(), wanted.bytes) != 0;
  int64_t count = wanted.elements();
  if (std::memcmp(wanted.data.get(), found.data.get(), wanted.bytes) == 0)
    return false;
  double rounding = roundingOf(wanted.dtype), narrow = std::min(rounding, 0x1p-24);
  double steps = flops / static_cast<double>(std::max<int64_t>(count, 1));
  // Two orders of one sum: each is off by at most its steps' roundings.
  double tolerance = bound ? 0 : (4 * rounding + 2 * steps * narrow) * greatest(wanted);
  size_t size = wanted.bytes / static_cast<size_t>(std::max<int64_t>(count, 1));
  for (int64_t i = 0; i < count; ++i) {
    size_t at = static_cast<size_t>(i) * size;
    if (std::memcmp(wanted.data.get() + at, found.data.get() + at, size) == 0)
      continue;
    double a = numberAt(wanted, i), b = numberAt(found, i);
    double allowed = bound ? loadDouble(*bound, i) : tolerance;
    bool isSame = a == b || (std::isnan(a) && std::isnan(b)) || std::fabs(a - b) <= allowed || std::isnan(allowed);
    if (!isSame)
      return true;
  }
  return false;
}

/// Whether the results are what is expected.
bool TuneSearch::isRight() const {
  for (size_t i = 0; i < results.size(); ++i)
    if (differs(expected[i], results[i], bounds.empty() ? nullptr : &bounds[i]))
      return false;
  return true;
}

//===----------------------------------------------------------------------===//
// The clock
//===----------------------------------------------------------------------===//

Status TuneSearch::time(Code &code) {
  auto begin = Clock::now();
  for (int64_t i = 0; i < batch; ++i)
    FLEX_RETURN_IF_ERROR(launch(code));
  code.times.push_back(std::chrono::duration<double>(Clock::now() - begin).count() / static_cast<double>(batch));
  return Status::ok();
}

/// Takes turns, with new times for all.
Status TuneSearch::duel(Code &champion, std::vector<Code *> others, double seconds) {
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
  for (const Array &array : results)
    std::memset(array.data.get(), 0xA5, array.bytes); // what is not written is found
  if (!survives(*code) || !launch(*code) || !isRight()) {
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

Status TuneSearch::improve(TunedLaunch &tuned, const ScheduleKeys &base, Clock::time_point end) {
  FLEX_RETURN_IF_ERROR(time(champion));
  tuned.before = tuned.after = champion.best();
  for (size_t climb = 0; climb < kClimbs; ++climb) {
    ScheduleKeys schedule = changed(base, tuned.keys);
    std::vector<std::pair<ScheduleKeys, Code>> pool;
    for (const ScheduleKeys &change : neighboursOf(schedule)) {
      if (secondsUntil(end) <= 0)
        break;
      ScheduleKeys keys = difference(base, changed(schedule, change));
      auto all = chosen;
      all[tuned.name] = keys;
      std::string option = optionText(all);
      if (!seen.insert(option).second)
        continue;
      progress(tuned.name + ": " + std::to_string(tuned.tried + 1) + ". candidate, " + keysText(keys));
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
    FLEX_RETURN_IF_ERROR(duel(champion, others, kDuelSeconds * static_cast<double>(others.size())));
    if (climb == 0)
      tuned.before = tuned.after = champion.best();
    std::pair<ScheduleKeys, Code> *winner = nullptr;
    for (auto &one : pool)
      if (beats(one.second, champion) && (!winner || one.second.best() < winner->second.best()))
        winner = &one;
    if (!winner)
      return Status::ok();
    tuned.after = winner->second.best();
    tuned.keys = chosen[tuned.name] = winner->first;
    champion = std::move(winner->second);
  }
  return Status::ok();
}

StatusOr<TuneOutcome> TuneSearch::run(double seconds) {
  auto end = after(seconds), searchEnd = after(seconds * (1 - kLastPart));
  progress("compiling the cost model's choice");
  FLEX_RETURN_IF_ERROR(prepare());
  for (int i = 0; i < 2; ++i) { // the second one is warm
    model.times.clear();
    FLEX_RETURN_IF_ERROR(time(model));
  }
  batch = std::clamp<int64_t>(std::llround(kSampleSeconds / model.best()), 1, 1000);
  auto again = compile(""); // a code of its own, so that both can be timed in the end
  if (!again)
    return again.status();
  champion = std::move(*again);
  seen.insert("");
  TuneOutcome outcome;
  outcome.byReference = !bounds.empty();
  double open = 0;
  for (const Part &part : parts)
    open += part.weight;
  for (const Part &part : parts) {
    if (part.weight < kSmallPart)
      break;
    double share = secondsUntil(searchEnd) * part.weight / std::max(open, part.weight);
    open -= part.weight;
    TunedLaunch tuned;
    tuned.name = part.name;
    FLEX_RETURN_IF_ERROR(improve(tuned, part.schedule, after(share)));
    outcome.launches.push_back(std::move(tuned));
  }
  progress("comparing with the cost model's choice");
  FLEX_RETURN_IF_ERROR(duel(model, {&champion}, std::min(kLastSeconds, secondsUntil(end))));
  outcome.modelSeconds = model.best();
  bool isBetter = !champion.option.empty() && beats(champion, model);
  outcome.bestSeconds = isBetter ? champion.best() : model.best();
  outcome.schedule = isBetter ? champion.option : "";
  return outcome;
}

} // namespace flex::tool
