//===- KernelText.h - The front end, as the pipeline uses it ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Keeps the language's types out of Compilation: text in, signatures or a
// tensor module out, diagnostics into the sink.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "DiagnosticSink.h"
#include "flex/KernelLang/Frontend.h"
#include "flex/Pipeline/Pipeline.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

#include <set>

namespace flex {

class KernelText {
public:
  KernelText(std::string_view text, std::string fileName, const CompileOptions &options, DiagnosticSink &sink);

  /// Parses and checks. Warnings go to the sink, too.
  bool analyze();
  std::vector<CompileDependency> dependencies() const;
  std::string dumpAst() const;
  /// Of the chosen kernel, or of all.
  std::vector<ImageKernel> signatures() const;
  /// The chosen kernels with their bindings; null after errors.
  mlir::OwningOpRef<mlir::ModuleOp> emit(mlir::MLIRContext &context);

private:
  bool flush(lang::DiagnosticEngine &diagnostics);
  bool checkBindings(const std::vector<const lang::KernelSignature *> &chosen, lang::Bindings &bindings);
  std::vector<const lang::KernelSignature *> chosenKernels() const;

  std::string_view text;
  std::string fileName;
  const CompileOptions &options;
  DiagnosticSink &sink;
  std::shared_ptr<const lang::Program> program;
};

/// A line "hint: did you mean …", or nothing when no name is near.
std::string suggestion(const std::string &name, const std::vector<std::string> &known);
std::string unknownKernelMessage(const std::string &name, const std::vector<std::string> &known);
std::string unknownDimMessage(const std::string &name, const std::set<std::string> &known);

} // namespace flex
