//===- MathJit.h - Runs one expanded elementary function -------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// For the tests of the math expansion only: compiles vector code that applies
// one operation of dialect math, after its expansion, for the host's CPU.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/ScheduledLoops/MathExpansion.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/IR/Module.h"

#include <memory>
#include <string>

namespace flex::test {

/// Owns compiled code; ends the program with a message where something fails that no test is about.
class MathJit {
public:
  static constexpr int kLanes = 16;
  using Function = void (*)(const void *x, const void *y, void *result);

  MathJit();
  ~MathJit();

  /// The function that applies `op` (as in "math.exp") to kLanes values of `element` (one value if `scalar`). Of two
  /// operands the second has type `second`, or `element` if that is empty. An array of `element` comes out.
  Function compile(const std::string &op, const std::string &element, int operands = 1, bool scalar = false,
                   const std::string &second = {}, const tile::MathExpansionOptions &options = {});

  /// The function that loads %x and %y, vectors of `element` (values if `scalar`), runs `body` and stores %r.
  Function compileBody(const std::string &body, const std::string &element, bool scalar = false,
                       const std::string &second = {}, const tile::MathExpansionOptions &options = {});

  /// The module of `compileBody`, expanded and lowered, as LLVM IR with one function `name`.
  std::unique_ptr<llvm::Module> lower(llvm::LLVMContext &llvmContext, const std::string &name, const std::string &body,
                                      const std::string &element, bool scalar = false, const std::string &second = {},
                                      const tile::MathExpansionOptions &options = {});

  /// The module of `compileBody` before expansion.
  static std::string moduleText(const std::string &body, const std::string &element, bool scalar = false,
                                const std::string &second = {});
  /// `%r = op %x` or `%r = op %x, %y` with its types.
  static std::string operation(const std::string &op, const std::string &element, int operands, bool scalar = false,
                               const std::string &second = {});
  mlir::OwningOpRef<mlir::ModuleOp> parse(const std::string &text);
  mlir::MLIRContext &context();

private:
  struct Impl;
  std::unique_ptr<Impl> impl;
};

} // namespace flex::test
