//===- DeviceCodegen.h - From an llvm-dialect module to code ----*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The steps of Chip::emit that device targets share: translate, optimise, check
// that the backend can select every call, generate. LLVM aborts the process on
// what a chip lacks, so the check comes first and everything is a Status.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Support/Status.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/CodeGen.h"
#include "llvm/Target/TargetMachine.h"

#include <functional>
#include <memory>
#include <string>

namespace flex::target {

/// The chip as LLVM's code generator takes it.
struct DeviceMachine {
  std::string triple, cpu, features;
  /// Intrinsics (name without the type suffix, e.g. "llvm.fma") beyond those every target selects; a name that
  /// ends in a dot allows the whole family.
  std::vector<std::string> intrinsics;
  /// Called functions the backend knows how to expand (mangled builtins).
  std::vector<std::string> functions;
  /// Run on the optimised module before it is checked: what the backend wants in another form.
  std::function<void(llvm::Module &)> reshape;
  bool allowsHalf = true, allowsBFloat = true, allowsDouble = true;
  /// The backend keeps tables by address beyond an emission, in the process and in its target machine: one emission at
  /// a time, each with a target machine of its own, and never two machine functions of this process at one address.
  bool hasProcessState = false;
};

/// What Chip::deviceIR gives.
struct DeviceIR {
  std::unique_ptr<llvm::LLVMContext> context;
  std::unique_ptr<llvm::Module> module; ///< of the context: goes first
};

/// One emission: owns the LLVM context, collects the backend's diagnostics. Not thread-safe.
class DeviceCodegen {
public:
  explicit DeviceCodegen(DeviceMachine machine);

  /// Translates the module, gives it the machine's triple and layout and runs LLVM's optimiser.
  Status prepare(mlir::ModuleOp module);
  /// The module between prepare and generate, for what MLIR cannot say.
  llvm::Module &module() { return *llvmModule; }
  /// Gives the module away instead of generating code. REQUIRES: prepare succeeded; nothing else is called after it.
  std::unique_ptr<DeviceIR> take();
  /// REQUIRES: prepare succeeded. Text or object code; fails rather than lets the backend abort.
  StatusOr<std::string> generate(llvm::CodeGenFileType type);

private:
  Status createMachine();
  Status checkSelectable() const;
  Status takeErrors(const std::string &during);
  void optimise();

  DeviceMachine machine;
  std::string errors; ///< what LLVM reported
  std::unique_ptr<llvm::LLVMContext> context;
  std::unique_ptr<llvm::TargetMachine> targetMachine;
  std::unique_ptr<llvm::Module> llvmModule;
};

} // namespace flex::target
