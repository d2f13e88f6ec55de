//===- Compilation.cpp - The stages, one after the other ------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One MLIRContext per compilation, without threads: a kernel is small, and a
// context shared by requests would make one wait for the other. Limits of time
// are kept through MLIR's actions, which every pass and pattern goes through.
//
//===----------------------------------------------------------------------===//
#include "Compilation.h"

#include "Card.h"
#include "KernelText.h"
#include "OtherChips.h"
#include "PassTimes.h"
#include "Program.h"
#include "ScheduleOverrides.h"
#include "Signature.h"
#include "flex/Pipeline/Registration.h"
#include "flex/ScheduledLoops/TilePasses.h"
#include "flex/TensorIR/TensorPasses.h"

#include "mlir/Bytecode/BytecodeWriter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace flex;
using Clock = std::chrono::steady_clock;

/// Which target the loops of an artefact were scheduled for.
static constexpr llvm::StringLiteral kTargetAttr = "flex.target";

Compilation::Compilation(const CompileInput &input, const CompileOptions &options, CompileResult &result)
    : input(input), options(options), result(result), sink(input.fileName.empty() ? "-" : input.fileName, input.source,
                                                           input.source.find('\0') == std::string_view::npos),
      context(mlir::MLIRContext::Threading::DISABLED), start(Clock::now()) {
  prepareContext();
}

void Compilation::prepareContext() {
  mlir::DialectRegistry registry;
  registerDialects(registry);
  context.appendDialectRegistry(registry);
  context.printOpOnDiagnostic(false);
  handler = std::make_unique<mlir::ScopedDiagnosticHandler>(&context, [this](mlir::Diagnostic &diagnostic) {
    if (!isTrial)
      sink.add(diagnostic);
  });
  context.registerActionHandler([this](llvm::function_ref<void()> action, const mlir::tracing::Action &) {
    if ((++actions & 63) == 0 && !outOfTime)
      outOfTime = secondsSince(start) > this->options.limits.seconds;
    if (!outOfTime)
      action();
  });
}

Compilation::~Compilation() = default;

double Compilation::secondsSince(Clock::time_point begin) const {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

void Compilation::time(std::string_view stage, const std::string &target, const std::string &kernel,
                       Clock::time_point begin) {
  result.times.push_back({std::string(stage), target, kernel, "", secondsSince(begin)});
}

bool Compilation::fail(Status status) {
  if (isTrial)
    return false;
  if (!status.message().empty())
    sink.error(status.message());
  if (firstError.isOk())
    firstError = std::move(status);
  return false;
}

void Compilation::finish() {
  result.diagnostics = sink.text();
  result.diagnosticsJson = sink.json();
  if (firstError.isOk() && sink.hasErrors())
    firstError = {StatusCode::CompileError, ""};
  result.status = firstError.isOk() ? Status() : Status(firstError.code(), result.diagnostics);
}

bool Compilation::checkLimits(mlir::ModuleOp checked, Stage stage) {
  if (outOfTime || secondsSince(start) > options.limits.seconds)
    return fail({StatusCode::ResourceExhausted, "compilation takes longer than " +
                                                    std::to_string(static_cast<int64_t>(options.limits.seconds)) +
                                                    " seconds (option max-seconds)"});
  size_t ops = 0;
  checked->walk([&](mlir::Operation *) { ++ops; });
  if (ops > options.limits.irOps)
    return fail({StatusCode::ResourceExhausted, "the module has " + std::to_string(ops) + " operations after stage '" +
                                                    std::string(stageInfo(stage).name) + "'; the limit is " +
                                                    std::to_string(options.limits.irOps) + " (option max-ir-ops)"});
  return true;
}

std::string Compilation::print(mlir::ModuleOp printed) const {
  std::string text;
  llvm::raw_string_ostream out(text);
  printed->print(out, mlir::OpPrintingFlags().assumeVerified());
  return text + "\n";
}

void Compilation::dump(Stage stage, const std::string &target, const std::string &kernel, std::string_view bytes) {
  if (options.dumpDir.empty())
    return;
  llvm::SmallString<256> path(options.dumpDir);
  std::string stem = llvm::sys::path::stem(input.fileName).str();
  std::string name = std::to_string(static_cast<int>(stage)) + "-" + (stem.empty() || stem == "-" ? "input" : stem);
  for (const std::string &part : {kernel, target})
    name += part.empty() ? "" : "." + part;
  for (char &c : name)
    c = llvm::isAlnum(c) || c == '.' || c == '-' || c == '_' ? c : '_';
  llvm::sys::path::append(path, name.substr(0, 200) + std::string(stageInfo(stage).extension));
  std::error_code error = llvm::sys::fs::create_directories(options.dumpDir);
  if (!error) {
    llvm::raw_fd_ostream file(path, error);
    if (!error) {
      file.write(bytes.data(), bytes.size());
      file.close();
      error = file.error();
      file.clear_error();
    }
  }
  if (error)
    sink.warning("cannot write '" + path.str().str() + "': " + error.message());
}

bool Compilation::runPasses(Stage stage, const TargetRun *run, const std::string &kernel, mlir::ModuleOp on,
                            const std::function<void(mlir::OpPassManager &)> &build) {
  mlir::PassManager passes(&context, mlir::ModuleOp::getOperationName());
  passes.enableVerifier(options.verify);
  if (options.timePasses)
    passes.addInstrumentation(
        std::make_unique<PassTimes>(result.times, stageInfo(stage).name, run ? run->spec : "", kernel));
  build(passes);
  bool good = mlir::succeeded(passes.run(on));
  if (outOfTime || secondsSince(start) > options.limits.seconds)
    return checkLimits(on, stage);
  if (!good && !sink.hasErrors())
    return fail({StatusCode::Internal, "stage '" + std::string(stageInfo(stage).name) + "' failed without saying why"});
  return good || fail({StatusCode::CompileError, ""});
}

//===----------------------------------------------------------------------===//
// The chain
//===----------------------------------------------------------------------===//

bool Compilation::run() {
  // Wrong names first, before any work. Making a chip may ask the machine, so each is made once.
  for (const std::string &spec : options.targets)
    if (!addRuns(spec))
      return false;
  if (options.stopAfter != Stage::Binary && stageInfo(options.stopAfter).perTarget && runs.size() > 1 &&
      !options.describeOnly)
    return fail({StatusCode::InvalidArgument, "the artefact of stage '" +
                                                  std::string(stageInfo(options.stopAfter).name) +
                                                  "' is of one target; give one --target"});
  if (!load())
    return false;
  if (!module) // the syntax tree, or signatures of kernel text
    return options.describeOnly || options.stopAfter == Stage::Ast ? (result.image.kernels = kernels, true) : false;
  if (options.stopAfter == Stage::Ast && !options.describeOnly)
    return fail({StatusCode::InvalidArgument, "only kernel text has a syntax tree; this input starts at stage '" +
                                                  std::string(stageInfo(reached).name) + "'"});
  if (!selectKernel() || !bindTensorIR() || !readSignatures())
    return false;
  if (options.describeOnly) {
    result.image.kernels = kernels;
    return true;
  }
  return toTensor() && (options.stopAfter == Stage::Tensor || compileTargets());
}

bool Compilation::readSignatures() {
  auto keep = [&](StatusOr<ImageKernel> signature) {
    if (!signature)
      return fail(signature.status());
    kernels.push_back(std::move(*signature));
    return true;
  };
  if (reached >= Stage::Loops) {
    auto plans = tile::readPlans(*module);
    if (!plans)
      return fail(plans.status());
    std::vector<std::string> names;
    for (const tile::KernelPlan &plan : *plans) {
      names.push_back(plan.kernel);
      if ((options.kernel.empty() || plan.kernel == options.kernel) && !keep(signatureOf(plan)))
        return false;
    }
    return !kernels.empty() || fail({StatusCode::NotFound, unknownKernelMessage(options.kernel, names)});
  }
  for (auto kernel : module->getOps<ir::KernelOp>())
    if (!keep(signatureOf(kernel)))
      return false;
  return true;
}

bool Compilation::toTensor() {
  if (reached > Stage::Tensor) {
    if (options.stopAfter == Stage::Tensor)
      return fail({StatusCode::InvalidArgument,
                   "this input is past tensor IR: it starts at stage '" + std::string(stageInfo(reached).name) + "'"});
    return true;
  }
  auto begin = Clock::now();
  bool good = runPasses(Stage::Tensor, nullptr, "", *module, [](mlir::OpPassManager &passes) {
    passes.addNestedPass<ir::KernelOp>(mlir::createCanonicalizerPass());
    passes.addNestedPass<ir::KernelOp>(ir::createFlexFoldConstants());
    passes.addNestedPass<ir::KernelOp>(mlir::createCSEPass());
    passes.addNestedPass<ir::KernelOp>(ir::createFlexMergeStatements());
  });
  time(stageInfo(Stage::Tensor).name, "", "", begin);
  if (!good || !checkLimits(*module, Stage::Tensor))
    return false;
  if (options.stopAfter == Stage::Tensor)
    result.artefact = print(*module);
  if (!options.dumpDir.empty())
    dump(Stage::Tensor, "", "", print(*module));
  return true;
}

bool Compilation::addRuns(const std::string &spec) {
  if (spec != target::kAllTargets)
    return addRun(spec);
  for (const auto &target : target::allTargets())
    for (const std::string &chip : target->imageChips())
      if (!addRun(target->name() + ":" + chip, /*mayLack=*/true))
        return false;
  return true;
}

bool Compilation::addRun(const std::string &spec, bool mayLack) {
  TargetRun run;
  run.spec = spec;
  run.mayLack = mayLack;
  auto chip = target::createChip(spec, &run.entry);
  if (!chip) {
    std::vector<std::string> names;
    for (const auto &target : target::allTargets())
      names.push_back(target->name());
    return fail({chip.status().code(), chip.status().message() + suggestion(spec.substr(0, spec.find(':')), names)});
  }
  run.chip = std::move(*chip);
  runs.push_back(std::move(run));
  return true;
}

bool Compilation::compileTargets() {
  if (runs.empty() && reached >= Stage::Loops)
    if (auto from = (*module)->getAttrOfType<mlir::StringAttr>(kTargetAttr); from && !addRun(from.getValue().str()))
      return false;
  if (runs.empty())
    return fail({StatusCode::InvalidArgument, "stage '" + std::string(stageInfo(options.stopAfter).name) +
                                                  "' needs a target: give --target (flexc help targets lists them)"});
  result.image.producer = "flexc " FLEX_VERSION;
  result.image.provenance["source"] = input.fileName.empty() ? "-" : input.fileName;
  bool embeds = options.embedIR && reached <= Stage::Groups && options.stopAfter == Stage::Binary;
  std::string bytecode;
  if (embeds || runs.size() > 1) {
    llvm::raw_string_ostream out(bytecode);
    if (mlir::failed(mlir::writeBytecodeToFile(*module, out)))
      return fail({StatusCode::Internal, "MLIR cannot write the module as bytecode"});
  }
  if (embeds)
    result.image.tensorIR.assign(bytecode.begin(), bytecode.end());
  if (!(runs.size() > 1 ? compileSideBySide(bytecode) : compileFor(runs.front(), std::move(module))))
    return false;
  result.image.kernels = std::move(kernels);
  if (options.stopAfter == Stage::Binary && !options.dumpDir.empty()) {
    std::vector<uint8_t> bytes = writeImage(result.image);
    dump(Stage::Binary, "", "", std::string_view(reinterpret_cast<const char *>(bytes.data()), bytes.size()));
  }
  return true;
}

bool Compilation::compileFor(TargetRun &run, Module from) {
  run.module = std::move(from);
  run.reached = reached;
  if (run.entry == target::EntryStage::TensorIR)
    return finishTensorTarget(run);
  return toGroups(run) && (run.stopped || (toLoops(run) && (run.stopped || finishLoops(run))));
}

/// Dumps and, where asked to stop, keeps the artefact. Several kernels of one stage are joined.
bool Compilation::stopsAt(Stage stage, const TargetRun &run, mlir::ModuleOp printed, const std::string &kernel) {
  bool stops = options.stopAfter == stage;
  if (!stops && options.dumpDir.empty())
    return false;
  std::string text = print(printed);
  dump(stage, run.spec, kernel, text);
  if (stops)
    result.artefact += (result.artefact.empty() ? "" : "// -----\n") + text;
  return stops;
}

bool Compilation::toGroups(TargetRun &run) {
  if (run.reached >= Stage::Loops)
    return options.stopAfter != Stage::Groups ||
           fail({StatusCode::InvalidArgument, "this input is past stage 'groups'"});
  auto begin = Clock::now();
  std::string device = run.chip->device().str();
  bool fresh = run.reached == Stage::Tensor;
  bool good = runPasses(Stage::Groups, &run, "", *run.module, [&](mlir::OpPassManager &passes) {
    auto &kernel = passes.nest<ir::KernelOp>();
    if (fresh) {
      // Without matrix units an element is converted once rather than at each of its reads.
      tile::DeviceDescription facts = run.chip->device();
      bool hasTiles = facts.model == tile::ExecutionModel::Simt && !facts.matrixUnits.empty();
      kernel.addPass(ir::createFlexInlineMaps({.intoWindows = hasTiles}));
      kernel.addPass(mlir::createCanonicalizerPass());
      kernel.addPass(mlir::createCSEPass());
      kernel.addPass(ir::createFlexPlanLayouts());
      kernel.addPass(ir::createFlexFormGroups());
    }
    tile::TileChooseScheduleOptions schedule;
    schedule.device = device;
    schedule.target = run.chip->scheduledAs();
    kernel.addPass(tile::createTileChooseSchedule(schedule));
  });
  time(stageInfo(Stage::Groups).name, run.spec, "", begin);
  if (!good || !checkLimits(*run.module, Stage::Groups))
    return false;
  if (Status set = overrideSchedules(*run.module, options.schedule); !set)
    return fail(std::move(set));
  if (!checkMatrixUnits(*run.module, *run.chip))
    return fail({StatusCode::CompileError, ""});
  if (fresh && options.schedule.empty() && run.chip->device().model == tile::ExecutionModel::Simt)
    run.groups = Module(mlir::cast<mlir::ModuleOp>((*run.module)->clone()));
  run.stopped = stopsAt(Stage::Groups, run, *run.module);
  return true;
}

bool Compilation::toLoops(TargetRun &run) {
  if (run.reached >= Stage::Module)
    return options.stopAfter != Stage::Loops || fail({StatusCode::InvalidArgument, "this input is past stage 'loops'"});
  if (run.reached < Stage::Loops) {
    auto begin = Clock::now();
    (*run.module)->setAttr(kTargetAttr, mlir::StringAttr::get(&context, run.chip->spelling()));
    bool good = runPasses(Stage::Loops, &run, "", *run.module, [&](mlir::OpPassManager &passes) {
      tile::TileEmitLoopsOptions emit;
      emit.device = run.chip->device().str();
      passes.addPass(tile::createTileEmitLoops(emit));
    });
    time(stageInfo(Stage::Loops).name, run.spec, "", begin);
    if (!good || !checkLimits(*run.module, Stage::Loops))
      return false;
  }
  run.stopped = stopsAt(Stage::Loops, run, *run.module);
  return true;
}

/// A module with what `isWanted` of this one: copying all of it for each kernel would be quadratic.
static mlir::OwningOpRef<mlir::ModuleOp> copyOf(mlir::ModuleOp from,
                                                llvm::function_ref<bool(mlir::Operation &)> isWanted) {
  mlir::OwningOpRef<mlir::ModuleOp> own(mlir::ModuleOp::create(from.getLoc()));
  own.get()->setAttrs(from->getAttrDictionary());
  for (mlir::Operation &op : *from.getBody())
    if (isWanted(op))
      own->push_back(op.clone());
  return own;
}

/// A copy of the module with the launches of one kernel.
Compilation::Module Compilation::extractKernel(mlir::ModuleOp from, const std::string &name) {
  std::set<std::string> entries = launchEntries(from, name);
  return copyOf(from, [&](mlir::Operation &op) {
    auto kernel = mlir::dyn_cast<tile::KernelOp>(op);
    return !kernel || entries.count(kernel.getSymName().str()) != 0;
  });
}

bool Compilation::finishLoops(TargetRun &run) {
  if (run.reached < Stage::Module && run.chip->device().model == tile::ExecutionModel::Simd)
    recordWorkspaces(*run.module);
  for (ImageKernel &kernel : kernels) {
    Module own = extractKernel(*run.module, kernel.name);
    if (!lowerKernel(run, kernel, *own))
      return false;
    Built built;
    if (stopsAt(Stage::Module, run, *own, kernel.name))
      continue;
    if (!generate(run, kernel, *own, *run.module, built))
      return false;
    avoidSpills(run, kernel, built);
    if (!keep(run, kernel, std::move(built)))
      return false;
  }
  return true;
}

bool Compilation::lowerKernel(TargetRun &run, const ImageKernel &kernel, mlir::ModuleOp module) {
  if (run.reached >= Stage::Module)
    return true;
  auto begin = Clock::now();
  bool good = runPasses(Stage::Module, &run, kernel.name, module,
                        [&](mlir::OpPassManager &passes) { run.chip->buildLowering(passes); });
  time(stageInfo(Stage::Module).name, run.spec, kernel.name, begin);
  return good && checkLimits(module, Stage::Module);
}

bool Compilation::generate(TargetRun &run, ImageKernel &kernel, mlir::ModuleOp lowered, mlir::ModuleOp planned,
                           Built &built) {
  auto program = planProgram(planned, kernel);
  if (!program)
    return fail(program.status().withContext("kernel '" + kernel.name + "'"));
  for (auto add : {addGroupMemory, addTensorMaps})
    if (Status added = add(lowered, *program); !added)
      return fail(added.withContext("kernel '" + kernel.name + "'"));
  built.program = std::move(*program);
  return emitPayload(run, kernel, lowered, built);
}

bool Compilation::finishTensorTarget(TargetRun &run) {
  if (options.stopAfter == Stage::Groups || options.stopAfter == Stage::Loops || options.stopAfter == Stage::Module)
    return fail({StatusCode::InvalidArgument, "target '" + run.spec + "' takes over at tensor IR: it has no stage '" +
                                                  std::string(stageInfo(options.stopAfter).name) + "'"});
  if (run.reached >= Stage::Loops)
    return fail(
        {StatusCode::InvalidArgument, "target '" + run.spec + "' takes over at tensor IR; this input is loops"});
  if (!options.schedule.empty())
    return fail({StatusCode::InvalidArgument,
                 "option schedule: target '" + run.spec + "' takes over at tensor IR and schedules by itself"});
  for (ImageKernel &kernel : kernels) {
    Module own = copyOf(*run.module, [&](mlir::Operation &op) {
      auto other = mlir::dyn_cast<ir::KernelOp>(op);
      return !other || other.getSymName() == kernel.name;
    });
    Built built;
    built.program = wholeKernelProgram(kernel);
    if (!emitPayload(run, kernel, *own, built) || !keep(run, kernel, std::move(built)))
      return false;
  }
  return true;
}

bool Compilation::emitPayload(TargetRun &run, const ImageKernel &kernel, mlir::ModuleOp lowered, Built &built) {
  auto begin = Clock::now();
  bool wantAsm = options.stopAfter == Stage::Asm || !options.dumpDir.empty();
  auto payload = run.chip->emit(lowered, wantAsm);
  time(stageInfo(Stage::Binary).name, run.spec, kernel.name, begin);
  if (!payload && reportMissingType(lowered, *run.chip))
    return fail({StatusCode::CompileError, ""});
  if (!payload)
    return fail(payload.status().withContext("kernel '" + kernel.name + "' for target '" + run.spec + "'"));
  built.payload = std::move(*payload);
  return true;
}

/// Dumps what was built, and makes it the artefact or a part of the image.
bool Compilation::keep(TargetRun &run, ImageKernel &kernel, Built built) {
  target::Payload &payload = built.payload;
  if (!options.dumpDir.empty())
    dump(Stage::Asm, run.spec, kernel.name, payload.assembly);
  if (options.stopAfter == Stage::Asm && !options.wantCard)
    result.artefact += payload.assembly;
  if (options.stopAfter == Stage::Asm && options.wantCard) {
    auto card = cardText(*run.chip, kernel, built.program, payload);
    if (!card)
      return fail(card.status());
    result.artefact += *card;
  }
  built.program.target = run.chip->spelling();
  built.program.format = run.chip->format();
  built.program.requires_ = run.chip->requiredFeatures();
  built.program.payload = std::move(payload.bytes);
  kernel.programs.push_back(std::move(built.program));
  return true;
}
