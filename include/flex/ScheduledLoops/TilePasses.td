//===- TilePasses.td - Schedules and scheduled loops ----------*- tablegen -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From groups to tile.kernel, and the clean-up each target starts from.
//
//===----------------------------------------------------------------------===//
#ifndef FLEX_TILEPASSES_TD
#define FLEX_TILEPASSES_TD

include "mlir/Pass/PassBase.td"

def TileChooseSchedule : Pass<"tile-choose-schedule", "::flex::ir::KernelOp"> {
  let summary = "the cost model: fill in each group's schedule";
  let description = [{
    Reads the device description (option `device`: key=value pairs as in
    flex/ScheduledLoops/DeviceDescription.h) and the group's domains; keeps what a
    schedule attribute already says. An entry of the kernel's `schedules` whose
    target is option `target` overrides, key by key, the choice for the group with the most arithmetic.
  }];
  let options = [Option<"device", "device", "std::string", "\"\"", "device description, e.g. model=simd,vector-bits=512">,
                 Option<"target", "target", "std::string", "\"\"", "name of the target, for the kernel's schedules">];
}

def TileEmitLoops : Pass<"tile-emit-loops", "::mlir::ModuleOp"> {
  let summary = "each scheduled group becomes a tile.kernel";
  let description = [{
    Consumes every flex.kernel: groups become tile.kernel functions; the plan of
    buffers and launches becomes the module attribute `flex.plan`. Option
    `device` as in tile-choose-schedule.
  }];
  let options = [Option<"device", "device", "std::string", "\"\"", "device description">];
  let dependentDialects = ["::flex::tile::TileDialect", "::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect"];
}

def TileExpandMath : Pass<"tile-expand-math"> {
  let summary = "elementary functions become polynomials in arith";
  let description = "See flex/ScheduledLoops/MathExpansion.h and docs/numerics.md for the bounds.";
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::math::MathDialect", "::mlir::vector::VectorDialect"];
}

#endif
