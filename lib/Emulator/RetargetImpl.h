//===- RetargetImpl.h - What the files of the retargeting share -*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Retarget.cpp rewrites a module, RetargetExpand.cpp what the host lacks before,
// RetargetChecks.cpp looks at it, RetargetCodegen.cpp makes an object file of it.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Emulator/Program.h"
#include "flex/Emulator/Retarget.h"

#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/Module.h"

#include <map>

namespace flex::emulator::retarget {

/// Address spaces as NVIDIA's, AMD's and Khronos' modules number them; all other spaces are flat.
inline constexpr unsigned kSharedSpace = 3;

/// Replaces what the host's code generator would call a library for, or round twice: bf16 and f16 arithmetic,
/// remainders, narrowing from f64. Leaves calls of "flex.…" functions, which the emulator executes.
void expandForHost(llvm::Module &module);
/// memcpy, memset and memmove become loops, whose accesses are then seen.
void expandMemoryIntrinsics(llvm::Function &function);

/// CompileError if the sums of a wgmma are used where a path from it has no wait: no run shows that.
Status checkWaits(llvm::Module &module);

/// The object file of a module made for the host.
StatusOr<std::string> generateObject(llvm::Module &module);
/// Gives the module the host's triple and data layout.
Status setHost(llvm::Module &module);

/// The rewriting of one module.
class Retargeter {
public:
  Retargeter(llvm::Module &module, const RetargetOptions &options);
  Status run();

private:
  /// What a function needs of the core, made at its start.
  struct Frame {
    llvm::Instruction *start = nullptr; ///< uses go before
    llvm::Value *access = nullptr, *call = nullptr, *shared = nullptr;
    llvm::AllocaInst *scratch = nullptr, *addresses = nullptr;
    uint64_t scratchBytes = 0, addressCount = 0;
  };

  Status placeGlobals();
  void placeShared(llvm::GlobalVariable &global);
  void exportConstant(llvm::GlobalVariable &global);
  Status rewrite(llvm::Function &function);
  Status rewrite(llvm::Instruction &instruction);
  Status rewriteCall(llvm::CallInst &call);
  void callEmulator(llvm::CallInst &call, uint32_t symbol);
  void hook(llvm::Instruction &before, llvm::Value *pointer, llvm::Type *type, llvm::Align alignment, unsigned kind);
  void rewriteAlloca(llvm::AllocaInst &alloca);
  void useShared(llvm::Instruction &instruction);
  void finishFrame();
  llvm::Value *tableEntry(unsigned index, const char *name);
  uint32_t siteOf(const llvm::Instruction &instruction);
  StatusOr<uint32_t> symbolOf(const llvm::CallBase &call, bool &isKnown);
  void makeEntry(llvm::Function &kernel, llvm::ArrayRef<uint64_t> byValue);
  void addTables();

  llvm::Module &module;
  llvm::LLVMContext &context;
  ProgramInfo program;
  llvm::GlobalVariable *hostTable = nullptr;
  llvm::StructType *tableType = nullptr;
  Frame frame;
  std::map<std::string, uint32_t> sites;
  std::map<std::pair<std::string, std::string>, uint32_t> symbols;
  std::map<llvm::GlobalVariable *, uint64_t> sharedOffsets;
};

} // namespace flex::emulator::retarget
