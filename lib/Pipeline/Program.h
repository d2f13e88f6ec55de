//===- Program.h - From a plan to an image's program -----------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The plan of buffers and launches in the form the runtime reads. Payload,
// format and target are added by the caller.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Binary/Image.h"

#include "mlir/IR/BuiltinOps.h"

#include <set>

namespace flex {

/// The program of `kernel` (whose constants are set, too) from the module's plan.
StatusOr<ImageProgram> planProgram(mlir::ModuleOp module, ImageKernel &kernel);

/// A target may lay constants out for its own loops: those that no target before it has go behind the rest. Gives where
/// they begin.
int64_t addConstants(std::vector<uint8_t> &all, const std::vector<uint8_t> &own);

/// What the lowered module says of its kernels' group memory becomes part of the program.
Status addGroupMemory(mlir::ModuleOp lowered, ImageProgram &program);

/// What it says of the tensors that they copy boxes of, likewise.
Status addTensorMaps(mlir::ModuleOp lowered, ImageProgram &program);

/// A program for a target that schedules by itself: one launch of the whole kernel, named after it.
ImageProgram wholeKernelProgram(const ImageKernel &kernel);

/// The entry points of one kernel; empty if the plan is missing or bad.
std::set<std::string> launchEntries(mlir::ModuleOp module, const std::string &kernel);

/// Keeps the bytes that each tile.kernel's rings take in the attribute
/// `flex.workspace`, which outlives the ops.
void recordWorkspaces(mlir::ModuleOp module);

} // namespace flex
