//===- Kernels.h - MLIR's own kernels on the emulator -----------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Kernels in upstream's dialects, lowered by upstream's passes: what our reading of the
// manuals is held against, since those lowerings run on hardware. No code of ours makes
// the device IR.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Emulator/Grid.h"

#include <memory>
#include <string>
#include <vector>

namespace llvm {
class Module;
}

namespace flex::test {

/// The text of kernels/NAME.
std::string kernelText(const std::string &name);
/// With the `number`th (from 0) occurrence of `from` replaced; an empty text if there is none.
std::string replaced(std::string text, const std::string &from, const std::string &to, unsigned number = 0);

/// A program of the emulator in this process.
class EmulatedKernel {
public:
  ~EmulatedKernel();
  /// The pipelines of MLIR for the chip, our retargeting, the host's code generator, the linker.
  static StatusOr<std::unique_ptr<EmulatedKernel>> compile(const std::string &mlir, const std::string &chip);

  /// The same from LLVM's own IR on, as text.
  static StatusOr<std::unique_ptr<EmulatedKernel>> compileIR(const std::string &llvmIr, const std::string &chip);

  struct Buffer {
    void *data;
    size_t bytes;
  };
  /// One group; the kernel's arguments are the addresses of the buffers, in their order. `more` may be accessed, too.
  Status run(unsigned threads, const std::vector<Buffer> &arguments, uint64_t seed = 1,
             const std::vector<Buffer> &more = {}) const;

private:
  static StatusOr<std::unique_ptr<EmulatedKernel>> load(llvm::Module &module, const std::string &chip);

  void *library = nullptr;
  std::unique_ptr<emulator::LoadedProgram> program;
};

} // namespace flex::test
