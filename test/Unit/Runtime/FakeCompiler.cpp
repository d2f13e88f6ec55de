//===- FakeCompiler.cpp - A libflexc for the runtime's tests -------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Implements flex/Runtime/CompilerInterface.h for a language of one word a line:
// `twice` defines that kernel, `slow` one whose only launch has a schedule,
// `generic` one with a type parameter, `import PATH` depends on a file, anything
// else is an error. Counts its calls, so that tests see what came from the cache.
//
//===----------------------------------------------------------------------===//
#include "Images.h"

#include "flex/Binary/Hash.h"
#include "flex/Runtime/CompilerInterface.h"

#include <atomic>
#include <sstream>

namespace {

using namespace flex;

std::atomic<int> describeCalls, compileCalls;

struct Output {
  std::vector<uint8_t> image;
  std::string diagnostics;
  std::vector<std::pair<std::string, std::string>> files;
  std::vector<FlexCompilerDependency> dependencies;
};

std::string text(const FlexCompilerString &from) {
  return from.size ? std::string(from.data, from.size) : "";
}
FlexCompilerString view(const std::string &from) {
  return {from.data(), from.size()};
}

DimExpr bound(const DimExpr &expr, const std::map<std::string, DimExpr> &dims) {
  return expr.substitute(dims);
}

/// Binds the request's dimensions everywhere, as a compiler does.
void bindDims(ImageKernel &kernel, const std::map<std::string, DimExpr> &dims) {
  std::vector<std::string> open;
  for (const std::string &name : kernel.dims)
    if (!dims.count(name))
      open.push_back(name);
  kernel.dims = open;
  for (auto *list : {&kernel.params, &kernel.results})
    for (ImageTensor &tensor : *list)
      for (DimExpr &dim : tensor.shape)
        dim = bound(dim, dims);
  for (ImageProgram &program : kernel.programs) {
    program.arenaBytes = bound(program.arenaBytes, dims);
    for (ImageBuffer &buffer : program.buffers) {
      buffer.bytes = bound(buffer.bytes, dims);
      buffer.arenaOffset = bound(buffer.arenaOffset, dims);
    }
    for (ImageLaunch &launch : program.launches) {
      std::erase_if(launch.dims, [&](const std::string &name) { return dims.count(name) != 0; });
      launch.items = bound(launch.items, dims);
      launch.workspaceBytes = bound(launch.workspaceBytes, dims);
      launch.flops = bound(launch.flops, dims);
      launch.bytesMoved = bound(launch.bytesMoved, dims);
    }
  }
}

/// What schedules do to kernel `slow`: with 8 vectors it is fast, with 2 it computes nothing, 5 do not fit.
bool applySchedule(const FlexCompilerRequest &request, ImageKernel &kernel) {
  std::string schedule;
  for (size_t i = 0; i < request.optionCount; ++i)
    if (text(request.options[i].key) == "schedule")
      schedule = text(request.options[i].value);
  auto has = [&](const char *key) { return schedule.find(key) != std::string::npos; };
  kernel.programs[0].launches[0].entry = has("vectors 8") ? "twice" : has("vectors 2") ? "nothing" : "slow";
  return !has("vectors 5");
}

int32_t compileSource(const FlexCompilerRequest &request, Output &out) {
  if (request.kind == FLEX_COMPILER_INTERPRET)
    return 4; // Unimplemented
  if (request.kind == FLEX_COMPILER_EMIT) {
    std::string groups = text(request.source).find("slow") == std::string::npos
                             ? "flex.group \"twice\" outer [\"i\"] {\n}\n"
                             : "flex.group \"slow\" outer [\"i\"] schedule {strategy = \"rows\", lanes = 16 : i64, "
                               "vectors = 4 : i64} {\n}\n";
    out.image.assign(groups.begin(), groups.end());
    return 0;
  }
  bool compiles = request.kind == FLEX_COMPILER_COMPILE;
  (compiles ? compileCalls : describeCalls)++;
  std::vector<uint8_t> payload = compiles ? test::kernelPayload() : std::vector<uint8_t>{};
  std::map<std::string, DimExpr> dims;
  for (size_t i = 0; i < request.dimCount; ++i)
    dims[text(request.dims[i].name)] = request.dims[i].value;
  std::string wanted = text(request.kernel);
  std::vector<ImageKernel> kernels;
  std::istringstream lines(text(request.source));
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    std::string where = text(request.fileName) + ":" + std::to_string(number) + ":1: ";
    if (line.empty())
      continue;
    if (line == "twice" || line == "generic" || line == "slow") {
      kernels.push_back(test::twiceKernel(payload));
      if (line == "slow") {
        kernels.back().name = "slow";
        if (!applySchedule(request, kernels.back())) {
          out.diagnostics = where + "error: 5 vectors do not fit";
          return 8; // CompileError
        }
      }
      if (line == "generic") {
        ImageKernel &kernel = kernels.back();
        kernel.name = "generic";
        std::string dtype = "T";
        if (compiles) {
          dtype = request.typeCount == 1 ? text(request.types[0].value) : "";
          if (dtype != "f32") {
            out.diagnostics = where + "error: this target has no code for " + dtype;
            return 4; // Unimplemented
          }
        } else {
          kernel.typeParams = {{"T", {"f16", "f32"}}};
        }
        kernel.params[0].dtype = kernel.results[0].dtype = dtype;
      }
    } else if (line.rfind("import ", 0) == 0) {
      std::string path = line.substr(7);
      std::vector<uint8_t> bytes = test::readBytes(path);
      // A file that is not there would be taken if it were.
      out.files.emplace_back(path, bytes.empty() ? "" : contentHash(bytes.data(), bytes.size()));
    } else {
      out.diagnostics = where + "error: unexpected '" + line + "'";
      return 8; // CompileError
    }
    if (!kernels.empty() && compiles && request.targetCount == 1 && text(request.targets[0]) == "null")
      kernels.back().programs[0].format = "tensor-ir";
  }
  std::vector<ImageKernel> chosen;
  for (ImageKernel &kernel : kernels) {
    if (!wanted.empty() && kernel.name != wanted)
      continue;
    if (!compiles)
      kernel.programs.clear();
    else
      bindDims(kernel, dims);
    chosen.push_back(std::move(kernel));
  }
  out.image = test::imageOf(std::move(chosen));
  return 0;
}

int32_t compile(const FlexCompilerRequest *request, FlexCompilerResult *result) {
  auto *out = new Output;
  result->owner = out;
  result->status = compileSource(*request, *out);
  result->image = result->status == 0 ? out->image.data() : nullptr;
  result->imageSize = out->image.size();
  result->diagnostics = view(out->diagnostics);
  result->diagnosticsJson = {nullptr, 0};
  for (const auto &[path, hash] : out->files)
    out->dependencies.push_back({view(path), view(hash)});
  result->dependencies = out->dependencies.data();
  result->dependencyCount = out->dependencies.size();
  return result->status;
}

void freeResult(FlexCompilerResult *result) {
  delete static_cast<Output *>(result->owner);
}

const FlexCompilerApi kApi = {FLEX_COMPILER_ABI_VERSION, sizeof(FlexCompilerApi), "fake", compile, freeResult};

} // namespace

extern "C" __attribute__((visibility("default"))) const FlexCompilerApi *flexCompilerApi(uint32_t version) {
  return version == FLEX_COMPILER_ABI_VERSION ? &kApi : nullptr;
}

/// For the tests: calls so far.
extern "C" __attribute__((visibility("default"))) void fakeCompilerCalls(int *describes, int *compiles) {
  *describes = describeCalls;
  *compiles = compileCalls;
}
