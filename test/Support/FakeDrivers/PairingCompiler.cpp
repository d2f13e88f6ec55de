//===- PairingCompiler.cpp - Compiles for a GPU and for its emulation ------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A compiler library (flex/Runtime/CompilerInterface.h) that hands every request
// to libflexc, and one for a GPU a second time, for `emulated:<chip>`. What that
// gives goes into the folder FLEX_FAKE_PAYLOADS under the hash of the GPU's
// payload: Modules.cpp executes it. What libflexc says is passed on unchanged.
//
//===----------------------------------------------------------------------===//
#include "flex/Binary/Hash.h"
#include "flex/Binary/Image.h"
#include "flex/Runtime/CompilerInterface.h"

#include <cstdio>
#include <cstdlib>
#include <dlfcn.h>
#include <string>
#include <unistd.h>

using namespace flex;

namespace {

const FlexCompilerApi *real() {
  static const FlexCompilerApi *const api = []() -> const FlexCompilerApi * {
    void *library = dlopen(FLEX_PAIRED_COMPILER, RTLD_NOW | RTLD_LOCAL);
    auto entry = library ? reinterpret_cast<FlexCompilerEntry>(dlsym(library, FLEX_COMPILER_ENTRY)) : nullptr;
    if (!entry)
      std::fprintf(stderr, "pairing compiler: %s\n", dlerror());
    return entry ? entry(FLEX_COMPILER_ABI_VERSION) : nullptr;
  }();
  return api;
}

/// The folder's readers see a whole file or none.
void store(const std::string &folder, const ImageProgram &device, const ImageProgram &emulated) {
  std::string path = folder + "/" + contentHash(device.payload.data(), device.payload.size());
  std::string fresh = path + "." + std::to_string(getpid());
  if (std::FILE *file = std::fopen(fresh.c_str(), "wb")) {
    std::fwrite(emulated.payload.data(), 1, emulated.payload.size(), file);
    std::fclose(file);
    std::rename(fresh.c_str(), path.c_str());
  }
}

bool isForGpu(const ImageProgram &program) {
  return program.format == "ptx" || program.format == "hsaco" || program.format == "spirv";
}

/// Compiles the request's kernels for the emulation of the target and stores what fits `image`.
void pair(const FlexCompilerRequest &request, size_t target, const Image &image, const std::string &folder) {
  std::string spelled(request.targets[target].data, request.targets[target].size);
  std::string emulated = "emulated:" + spelled.substr(spelled.find(':') + 1);
  FlexCompilerString name = {emulated.data(), emulated.size()};
  FlexCompilerRequest again = request;
  again.targets = &name;
  again.targetCount = 1;
  FlexCompilerResult result{};
  result.structSize = sizeof result;
  int32_t code = real()->compile(&again, &result);
  auto second = code == 0 ? readImage(result.image, result.imageSize) : Status(StatusCode::CompileError, "");
  if (!second)
    std::fprintf(stderr, "pairing compiler: nothing for %s: %.*s\n", emulated.c_str(),
                 static_cast<int>(result.diagnostics.size), result.diagnostics.data);
  else
    for (size_t k = 0; k < image.kernels.size() && k < second->kernels.size(); ++k)
      if (target < image.kernels[k].programs.size() && second->kernels[k].programs.size() == 1 &&
          isForGpu(image.kernels[k].programs[target]))
        store(folder, image.kernels[k].programs[target], second->kernels[k].programs[0]);
  real()->freeResult(&result);
}

int32_t compile(const FlexCompilerRequest *request, FlexCompilerResult *result) {
  int32_t code = real()->compile(request, result);
  const char *folder = std::getenv("FLEX_FAKE_PAYLOADS");
  bool makesImage = request->kind == FLEX_COMPILER_COMPILE || request->kind == FLEX_COMPILER_EMIT;
  if (code != 0 || !makesImage || !folder)
    return code;
  if (auto image = readImage(result->image, result->imageSize))
    for (size_t i = 0; i < request->targetCount; ++i)
      if (std::string spelled(request->targets[i].data, request->targets[i].size);
          spelled.find(':') != std::string::npos && spelled.rfind("cpu", 0) != 0)
        pair(*request, i, *image, folder);
  return code;
}

void freeResult(FlexCompilerResult *result) {
  real()->freeResult(result);
}

const FlexCompilerApi kApi = {FLEX_COMPILER_ABI_VERSION, sizeof(FlexCompilerApi), "pairing", compile, freeResult};

} // namespace

extern "C" __attribute__((visibility("default"))) const FlexCompilerApi *flexCompilerApi(uint32_t version) {
  return version == FLEX_COMPILER_ABI_VERSION && real() ? &kApi : nullptr;
}
