//===- SideBySide.cpp - One kernel for several targets --------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Targets have nothing to do with each other, so they are compiled on as many
// threads as the machine has cores, each in a context of its own that reads the
// module from bytecode. What comes of it does not depend on their number: parts
// are joined in the order in which targets were asked for.
//
//===----------------------------------------------------------------------===//
#include "Compilation.h"
#include "Program.h"
#include "flex/Support/Threads.h"

#include "mlir/Parser/Parser.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/SourceMgr.h"

#include <atomic>

using namespace flex;

struct Compilation::Part {
  std::string spec;
  bool mayLack = false;
  bool isGood = false;
  std::string firstError; ///< without place and hints
  CompileResult result;
  std::vector<ImageKernel> kernels;
};

Compilation::Compilation(const Compilation &whole, TargetRun run, CompileResult &result)
    : Compilation(whole.input, whole.options, result) {
  reached = whole.reached;
  kernels = whole.kernels;
  runs.push_back(std::move(run));
}

bool Compilation::compileOne(std::string_view bytecode) {
  // A copy: the reader wants alignment.
  llvm::SourceMgr sources;
  sources.AddNewSourceBuffer(
      llvm::MemoryBuffer::getMemBufferCopy(llvm::StringRef(bytecode.data(), bytecode.size()), input.fileName),
      llvm::SMLoc());
  Module own = mlir::parseSourceFile<mlir::ModuleOp>(sources, mlir::ParserConfig(&context, options.verify));
  return own ? compileFor(runs.front(), std::move(own)) : fail({StatusCode::Internal, "MLIR cannot read its bytecode"});
}

bool Compilation::compileSideBySide(std::string_view bytecode) {
  std::vector<Part> parts(runs.size());
  std::atomic<size_t> next = 0;
  runOnThreads(threadsFor(parts.size()), [&] {
    for (size_t i = next++; i < parts.size(); i = next++) {
      Part &part = parts[i];
      part.spec = runs[i].spec;
      part.mayLack = runs[i].mayLack;
      Compilation own(*this, std::move(runs[i]), part.result);
      part.isGood = own.compileOne(bytecode);
      own.finish();
      part.firstError = own.sink.firstError();
      part.kernels = std::move(own.kernels);
    }
  });
  return join(parts);
}

/// The parts' programs and diagnostics, in order. The first target that failed ends it with its errors, unless it may
/// be missing and another one is there.
bool Compilation::join(std::vector<Part> &parts) {
  Part *lacking = nullptr;
  bool isAnyGood = false;
  for (Part &part : parts) {
    result.times.insert(result.times.end(), part.result.times.begin(), part.result.times.end());
    isAnyGood |= part.isGood;
    if (!part.isGood && (!lacking || (lacking->mayLack && !part.mayLack)))
      lacking = &part;
  }
  if (lacking && (!isAnyGood || !lacking->mayLack)) {
    sink.addRendered(lacking->result.diagnostics, lacking->result.diagnosticsJson, /*hasErrors=*/true);
    return fail({lacking->result.status.code(), ""});
  }
  for (Part &part : parts) {
    if (!part.isGood) {
      sink.warning("the image has no code for '" + part.spec + "': " + part.firstError);
      continue;
    }
    sink.addRendered(part.result.diagnostics, part.result.diagnosticsJson, /*hasErrors=*/false);
    for (size_t i = 0; i < kernels.size(); ++i) {
      int64_t begin = addConstants(kernels[i].constants, part.kernels[i].constants);
      for (ImageProgram &program : part.kernels[i].programs) {
        for (ImageBuffer &buffer : program.buffers)
          if (buffer.kind == ImageBuffer::Kind::Constant)
            buffer.index += begin;
        kernels[i].programs.push_back(std::move(program));
      }
    }
  }
  return true;
}
