//===- Executable.cpp - A payload in this process ------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The entries of a payload, and what it needs of the operating system.
//
//===----------------------------------------------------------------------===//
#include "Executable.h"

#include "Features.h"

#include <algorithm>

namespace flex::rt::host {

StatusOr<std::unique_ptr<HostExecutable>> HostExecutable::load(const ImageKernel &kernel, const ImageProgram &program) {
  if (std::find(program.requires_.begin(), program.requires_.end(), "amx-tile") != program.requires_.end() &&
      !requestTileRegisters())
    return Status(StatusCode::Unavailable, "the operating system refuses the AMX tile registers");
  auto library = SharedObject::open(program.payload, kernel.name);
  if (!library)
    return library.status();
  std::unique_ptr<HostExecutable> out(new HostExecutable(std::move(*library)));
  for (const ImageLaunch &launch : program.launches) {
    void *symbol = out->library->find(launch.entry.c_str());
    if (!symbol)
      return Status(StatusCode::DataLoss,
                    "the code of kernel '" + kernel.name + "' has no entry point '" + launch.entry + "'");
    out->entries.push_back(reinterpret_cast<EntryFunction>(symbol));
  }
  return out;
}

} // namespace flex::rt::host
