//===- TensorPasses.td - Passes over the tensor IR ------------*- tablegen -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Names are flex-<verb>-<object>, as are the files and the tests.
//
//===----------------------------------------------------------------------===//
#ifndef FLEX_TENSORPASSES_TD
#define FLEX_TENSORPASSES_TD

include "mlir/Pass/PassBase.td"

def FlexBindDims : Pass<"flex-bind-dims", "::mlir::ModuleOp"> {
  let summary = "replace named dimensions by numbers";
  let description = [{
    Substitutes each bound name in every shape, extent, access and constraint. A
    constraint that becomes false is an error; one that becomes true is dropped.
    Names that a kernel does not have are ignored.
  }];
  let options = [ListOption<"bindings", "bindings", "std::string", "NAME=VALUE pairs, e.g. bindings=M=64,N=32">];
}

def FlexRequireDims : Pass<"flex-require-dims", "::flex::ir::KernelOp"> {
  let summary = "add the constraints that reads and divisions need";
  let description = [{
    An axis read under clamp, wrap or mirror, and a divisor, must be at least 1 wherever
    the statement has a point: `min(1, M*N) <= K` is added to the kernel's constraints unless
    it holds by itself. What can never hold is an error. The language requires the
    same of kernel text; this pass is for IR that came as such.
  }];
}

def FlexFoldConstants : Pass<"flex-fold-constants", "::flex::ir::KernelOp"> {
  let summary = "compute statements that read constants only";
  let description = [{
    A map or reduce of static extents whose operands are constants becomes a constant, if every
    operation of its body folds exactly (no exp and its kin) and the work is bounded (65,536 operations).
  }];
}

def FlexMergeStatements : Pass<"flex-merge-statements", "::flex::ir::KernelOp"> {
  let summary = "compute equal statements once";
  let description = [{
    Common subexpressions of a kernel: statements of the same operands, accesses and body are one, whatever their
    indices are called.
  }];
}

def FlexInlineMaps : Pass<"flex-inline-maps", "::flex::ir::KernelOp"> {
  let summary = "compute cheap or once-used maps inside their users";
  let description = [{
    Producer-into-consumer fusion: a map's body moves into each statement that reads
    it when it is cheap (no transcendental, few reads) or has one user that reads each
    element about once. A boundary rule between them moves to what an elementwise map reads (a fill only through a cast of
    zero), or keeps the map where it is. The map disappears, and its temporary with it.
  }];
  let options = [Option<"intoWindows", "into-windows", "bool", "true",
      "also into a contraction that reads beyond the tensor's ends: good where narrow types are what is multiplied">];
}

def FlexPlanLayouts : Pass<"flex-plan-layouts", "::flex::ir::KernelOp"> {
  let summary = "order the axes of a contraction's result as its readers walk them";
  let description = [{
    The result of a reduce that is not returned and whose readers, all maps and reduces, walk its axes in one other
    order gets them in that order: a map that transposes it becomes an epilogue, and heads of an attention lie
    side by side for the contraction that reads them. The last axis, which lanes walk, changes for maps only and only to one of at
    least 64 elements. A reduction that shares the launch of what it reads keeps its order.
  }];
}

def FlexFormGroups : Pass<"flex-form-groups", "::flex::ir::KernelOp"> {
  let summary = "collect statements that share outer indices into one launch each";
  let description = [{
    Grows groups in program order: a statement joins its producers' group when it reads
    each of them at identical outer indices, so that one work item has all it needs
    (epilogues into contractions; softmax, layer norm and other reduction chains). Siblings, which read the
    same tensors over the same domain, share a group, too. Indices are renamed
    to common names. Every statement ends in exactly one flex.group.
  }];
}

def FlexImportLinalg : Pass<"flex-import-linalg", "::mlir::ModuleOp"> {
  let summary = "turn functions of linalg on tensors into kernels";
  let description = [{
    Each func.func becomes a flex.kernel: linalg ops become maps and reduces, `?` dimensions get names that
    are equal where linalg makes them equal. What a reduction starts from, other than its
    identity, is combined in by a map after it. Anything else is an error at the operation.
  }];
  let dependentDialects = ["::flex::ir::FlexDialect"];
}

#endif
