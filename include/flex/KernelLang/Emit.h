//===- Emit.h - Typed kernels to tensor IR ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The last step of the front end and the only one that knows MLIR. A statement
// becomes flex.map; each reduction inside it a flex.reduce of its own over the
// indices it depends on.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/KernelLang/Frontend.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

namespace flex::lang {

/// Appends `kernel` to `module` as a flex.kernel; loads the dialects it needs. An
/// error is reported and nothing appended if a dimension parameter is open.
bool emitTensorIR(const TypedKernel &kernel, mlir::ModuleOp module, DiagnosticEngine &diagnostics);

/// `instantiate` and emission in one step; null after an error.
mlir::OwningOpRef<mlir::ModuleOp> emitTensorIR(const Program &program, std::string_view kernelName,
                                               const Bindings &bindings, mlir::MLIRContext &context,
                                               DiagnosticEngine &diagnostics);

} // namespace flex::lang
