//===- Compilation.h - One run through the chain ---------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The state of one call of flex::compile, split over Input.cpp (reading),
// Compilation.cpp (the stages), SideBySide.cpp (several targets) and Interpret.cpp. Every step returns false after
// it has reported why.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "DiagnosticSink.h"
#include "flex/Pipeline/Pipeline.h"
#include "flex/Target/Target.h"
#include "flex/TensorIR/TensorIR.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"

#include <chrono>
#include <functional>

namespace flex {

class Compilation {
public:
  Compilation(const CompileInput &input, const CompileOptions &options, CompileResult &result);
  ~Compilation();

  bool run();
  bool interpret(const std::vector<HostTensor> &args, const std::vector<HostTensor> &results,
                 const std::vector<HostTensor> &bounds);
  /// Diagnostics and status into the result.
  void finish();

private:
  using Module = mlir::OwningOpRef<mlir::ModuleOp>;
  /// What belongs to one target of the compilation.
  struct TargetRun {
    std::string spec;
    std::unique_ptr<target::Chip> chip;
    target::EntryStage entry = target::EntryStage::ScheduledLoops;
    Module module;
    Stage reached = Stage::Tensor;
    bool stopped = false; ///< the artefact asked for is complete
    bool mayLack = false; ///< one of all targets: where the kernel cannot be compiled for it, it is left out
    Module groups;        ///< a copy, if schedules are the cost model's and code generation may want others
  };
  struct Part; ///< one target's share of a compilation for several
  /// A kernel's code for one target, before it is part of the image.
  struct Built {
    ImageProgram program;
    target::Payload payload;
    std::string loweredText; ///< of a trial, if it is to be dumped
  };

  /// What a compilation has read, in a context of its own, for one of its targets.
  Compilation(const Compilation &whole, TargetRun run, CompileResult &result);
  void prepareContext();

  // Input.cpp: from bytes to `module` and `reached`, or straight to an artefact or signature.
  bool load();
  bool loadKernelText(std::string_view text);
  bool loadIR(std::string_view text);
  bool loadImage();
  bool importLinalg();
  bool requireDims();
  bool classify();
  bool checkNesting(std::string_view text);
  bool selectKernel();
  bool bindTensorIR();
  bool bindArguments();

  // Compilation.cpp
  bool readSignatures();
  bool toTensor();
  bool compileTargets();
  bool addRuns(const std::string &spec);
  bool addRun(const std::string &spec, bool mayLack = false);
  bool compileFor(TargetRun &run, Module from);
  bool toGroups(TargetRun &run);
  bool toLoops(TargetRun &run);
  bool finishLoops(TargetRun &run);
  bool finishTensorTarget(TargetRun &run);
  bool lowerKernel(TargetRun &run, const ImageKernel &kernel, mlir::ModuleOp module);
  bool generate(TargetRun &run, ImageKernel &kernel, mlir::ModuleOp module, mlir::ModuleOp planned, Built &built);
  bool emitPayload(TargetRun &run, const ImageKernel &kernel, mlir::ModuleOp module, Built &built);
  bool keep(TargetRun &run, ImageKernel &kernel, Built built);
  bool stopsAt(Stage stage, const TargetRun &run, mlir::ModuleOp module, const std::string &kernel = "");
  bool runPasses(Stage stage, const TargetRun *run, const std::string &kernel, mlir::ModuleOp module,
                 const std::function<void(mlir::OpPassManager &)> &build);
  Module extractKernel(mlir::ModuleOp module, const std::string &name);

  // SideBySide.cpp
  bool compileSideBySide(std::string_view bytecode);
  bool compileOne(std::string_view bytecode);
  bool join(std::vector<Part> &parts);

  // SmallerTiles.cpp
  void avoidSpills(TargetRun &run, ImageKernel &kernel, Built &built);
  bool tryGroups(TargetRun &run, ImageKernel &kernel, mlir::ModuleOp groups, Built &built);

  // Shared
  bool fail(Status status);
  bool failed(std::string message) { return fail({StatusCode::CompileError, std::move(message)}); }
  bool checkLimits(mlir::ModuleOp module, Stage stage);
  void dump(Stage stage, const std::string &target, const std::string &kernel, std::string_view bytes);
  std::string print(mlir::ModuleOp module) const;
  double secondsSince(std::chrono::steady_clock::time_point begin) const;
  void time(std::string_view stage, const std::string &target, const std::string &kernel,
            std::chrono::steady_clock::time_point begin);

  const CompileInput &input;
  const CompileOptions &options;
  CompileResult &result;
  std::string owned; ///< the input's bytes where they come from inside an image
  DiagnosticSink sink;
  mlir::MLIRContext context;
  std::unique_ptr<mlir::ScopedDiagnosticHandler> handler;
  std::chrono::steady_clock::time_point start;
  unsigned actions = 0;
  bool outOfTime = false;
  bool isTrial = false; ///< what fails now is not wanted, and not told

  Module module;
  Stage reached = Stage::Ast; ///< the stage whose artefact `module` is
  std::vector<TargetRun> runs;
  std::vector<ImageKernel> kernels; ///< signatures, then programs
  Status firstError;
};

} // namespace flex
