//===- TensorInterfaces.td - What all statements share ------*- tablegen -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Fusion, scheduling, emission and the interpreter see a statement only through
// this interface, so that a new statement op touches none of them.
//
//===----------------------------------------------------------------------===//
#ifndef FLEX_TENSORINTERFACES_TD
#define FLEX_TENSORINTERFACES_TD

include "mlir/IR/OpBase.td"

def Flex_StatementInterface : OpInterface<"StatementInterface"> {
  let cppNamespace = "::flex::ir";
  let description = [{
    A statement: an iteration domain of named indices (the parallel ones first, in
    the order of the result's axes, then the reduced ones), operands read at index
    expressions, and a scalar body whose block arguments are the elements read.
  }];
  let methods = [
    InterfaceMethod<"All index names, parallel first.", "::llvm::SmallVector<::llvm::StringRef>", "getIndexNames">,
    InterfaceMethod<"The extent of each index.", "::llvm::SmallVector<::flex::DimExpr>", "getIndexExtents">,
    InterfaceMethod<"How many of the indices are parallel.", "unsigned", "getNumParallelIndices">,
    InterfaceMethod<"The index expressions of operand n.", "::llvm::SmallVector<::flex::DimExpr>", "getAccessExprs",
                    (ins "unsigned":$operand)>,
    InterfaceMethod<"The boundary rule of operand n.", "::flex::ir::BoundaryAttr", "getAccessBoundary",
                    (ins "unsigned":$operand)>,
    InterfaceMethod<"The scalar code.", "::mlir::Block *", "getStatementBody">,
    InterfaceMethod<"How reduced values combine; nothing for a map.",
                    "::std::optional<::flex::ir::CombinerKind>", "getCombinerKind">,
  ];
}

#endif
