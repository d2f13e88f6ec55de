//===- TargetPasses.td - From scheduled loops to a target's module -*- tablegen -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One pass for every target: which one is an option, so that tests of a target
// need no pass of its own to be registered.
//
//===----------------------------------------------------------------------===//
#ifndef FLEX_TARGETPASSES_TD
#define FLEX_TARGETPASSES_TD

include "mlir/Pass/PassBase.td"

def LowerToTarget : Pass<"lower-to-target", "::mlir::ModuleOp"> {
  let summary = "run a target's own lowering on a module of tile.kernel ops";
  let description = [{
    What the compiler does between the stages `loops` and `module`. With `emit`, the
    module is then given to the target's code generator, and its assembly becomes
    the module's attribute `flex.assembly`.
  }];
  let options = [
    Option<"chip", "chip", "std::string", "\"\"", "the target and chip as --target spells them, e.g. name:chip">,
    Option<"emit", "emit", "bool", "false", "generate code, too; keep its assembly as an attribute">
  ];
}

#endif
