//===- Modules.cpp - Payloads of the fakes, executed by the emulator -------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A fake cannot execute machine code of a GPU. PairingCompiler.cpp has compiled the
// same kernel for the emulated chip and left that beside it, in the folder
// FLEX_FAKE_PAYLOADS under the hash of the payload.
//
//===----------------------------------------------------------------------===//
#include "Engine.h"

#include "Common/SharedObject.h"
#include "flex/Binary/Hash.h"
#include "flex/Emulator/Grid.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>

namespace fake {
namespace {

class EmulatedModule : public Module {
public:
  static std::unique_ptr<Module> open(const std::vector<uint8_t> &bytes, std::string &log) {
    std::unique_ptr<EmulatedModule> made(new EmulatedModule);
    auto library = flex::rt::SharedObject::open(bytes, "of a fake");
    if (!library)
      return log = library.status().str(), nullptr;
    made->library = std::move(*library);
    auto program = flex::emulator::LoadedProgram::load([&](const char *symbol) { return made->library->find(symbol); });
    if (!program)
      return log = program.status().str(), nullptr;
    made->program = std::move(*program);
    return made;
  }

  const Kernel *find(const std::string &entry) override {
    auto number = program->findKernel(entry);
    if (!number)
      return nullptr;
    std::lock_guard guard(mutex);
    auto [at, isNew] = kernels.try_emplace(entry);
    if (isNew) {
      at->second.name = entry;
      for (uint32_t bytes : program->info().kernels[*number].argumentBytes)
        at->second.argumentBytes.push_back(bytes);
      at->second.groupMemoryBytes = program->info().sharedBytes;
      at->second.run = [this, kernel = *number](const Launch &launch) { return run(kernel, launch); };
    }
    return &at->second;
  }

private:
  EmulatedModule() = default;

  bool run(size_t kernel, const Launch &launch) const {
    flex::emulator::LaunchRequest request;
    std::vector<const void *> values;
    for (const std::vector<uint64_t> &argument : launch.arguments) {
      values.push_back(argument.data());
      uintptr_t begin = 0, end = 0;
      if (argument.size() == 1 && allocationOf(argument[0], begin, end))
        request.memory.push_back({begin, end, true});
    }
    request.kernel = kernel;
    request.groupSize = launch.groupSize;
    request.dynamicSharedBytes = launch.dynamicGroupMemory;
    request.groups = {launch.groups, 1, 1};
    request.arguments = values.data();
    flex::Status status = program->launch(request, flex::emulator::LaunchOptions::fromEnvironment());
    if (!status.isOk()) // hardware tells less
      std::fprintf(stderr, "fake device: %s\n", status.str().c_str());
    return status.isOk();
  }

  std::unique_ptr<flex::rt::SharedObject> library;
  std::unique_ptr<flex::emulator::LoadedProgram> program; ///< of the library: goes first
  std::mutex mutex;                                       ///< guards kernels
  std::map<std::string, Kernel> kernels;
};

} // namespace

std::unique_ptr<Module> Module::load(const void *payload, size_t bytes, std::string &log) {
  const char *folder = std::getenv("FLEX_FAKE_PAYLOADS");
  if (!folder)
    return log = "FLEX_FAKE_PAYLOADS is not set", nullptr;
  std::string path = std::string(folder) + "/" + flex::contentHash(payload, bytes);
  std::ifstream file(path, std::ios::binary);
  if (!file)
    return log = "this payload has no emulated one beside it: " + path, nullptr;
  return EmulatedModule::open({std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()}, log);
}

} // namespace fake
