//===- Pipeline.h - From any input to any stage of the chain ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What libflexc does, as a plain function of plain data: nothing is printed, no
// state outlives a call, two compilations in two threads share nothing. The
// stages are those of flex/Support/Stages.h; the artefact of each (but the
// syntax tree) is an input, too.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Binary/Image.h"
#include "flex/Support/Stages.h"
#include "flex/Support/Status.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace flex {

/// What an input may cost. Exceeding one is a diagnostic.
struct CompileLimits {
  size_t sourceBytes = 64u << 20; ///< kernel text has its own, smaller limit (docs/language/limits.md)
  size_t irOps = 1'000'000;       ///< operations of a module, checked after each stage
  unsigned nesting = 256;         ///< brackets inside one another in IR text
  double seconds = 120;           ///< checked between passes and pattern applications
};

struct CompileOptions {
  std::vector<std::string> targets; ///< as `--target` spells them; needed beyond the tensor stage
  std::string kernel;               ///< empty: all
  std::map<std::string, int64_t> dims;
  std::map<std::string, std::string> types;
  std::vector<std::string> importPaths;
  std::string numerics;           ///< empty: as the kernel says; else strict, default or fast
  std::vector<std::string> bound; ///< parameters that stay the same from launch to launch: see ImageProgram::bound
  std::string schedule;           ///< keys of single launches' schedules, which go before what the cost model chose
  Stage stopAfter = Stage::Binary;
  bool describeOnly = false; ///< signatures only: an image without programs, generics stay open
  bool wantAsm = false;      ///< keep the assembly beside the binary (for dumps)
  bool wantCard = false;     ///< with stopAfter == Asm: static figures as JSON, a line for each program, instead
  bool embedIR = true;       ///< the image carries the tensor IR
  std::string dumpDir;       ///< not empty: every stage's artefact is written there
  bool timePasses = false;   ///< timing has one row for each pass, too
#ifdef NDEBUG
  bool verify = false; ///< run the IR's verifiers between passes
#else
  bool verify = true;
#endif
  CompileLimits limits;
};

struct CompileInput {
  std::string_view source;
  std::string fileName; ///< for diagnostics and for the kind of input; "-" and empty: judged by content
};

/// Seconds of one step; `pass` is empty for the whole of a stage.
struct StageTime {
  std::string stage, target, kernel, pass;
  double seconds = 0;
};

/// A file read beside the input.
struct CompileDependency {
  std::string path; ///< absolute
  std::string hash; ///< flex::contentHash of its bytes
};

struct CompileResult {
  Status status;           ///< CompileError: see the diagnostics
  Image image;             ///< stopAfter == Binary, or describeOnly
  std::string artefact;    ///< text of the stage stopped at
  std::string diagnostics; ///< with carets; warnings also on success
  std::string diagnosticsJson;
  std::vector<StageTime> times; ///< in the order run
  std::vector<CompileDependency> dependencies;
};

CompileResult compile(const CompileInput &input, const CompileOptions &options);

/// A dense, row-major tensor in host memory.
struct HostTensor {
  std::string dtype;
  std::vector<int64_t> shape;
  void *data = nullptr;
};

/// Runs one kernel in the reference interpreter (f64, the oracle of the tests).
/// Results are preallocated; their dtypes and shapes must be the kernel's. `bounds` is empty or has one
/// f64 tensor per result, for the error a correct device may make (ir::TensorResult::bounds).
CompileResult interpret(const CompileInput &input, const CompileOptions &options, const std::vector<HostTensor> &args,
                        const std::vector<HostTensor> &results, const std::vector<HostTensor> &bounds = {});

/// What this compiler is, as JSON: version, build, targets with their chips and defaults, options with their defaults.
std::string describeCompiler();

} // namespace flex
