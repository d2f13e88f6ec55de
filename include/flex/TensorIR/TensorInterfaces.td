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
    A statement: an iteration domain of named indices (the parallel ones first, then the
    reduced or ordered ones), operands read at index expressions, and a scalar body
    with one block argument per operand: the element read, or the whole tensor
    for an operand taken whole, which the body reads by flex.load. A scan's body has one
    argument more, its own result.

    Of a map or reduce the parallel indices are in the order of the result's axes; of the
    others getResultExprs says where a point's value goes.
  }];
  let methods = [
    InterfaceMethod<"All index names, parallel first.", "::llvm::SmallVector<::llvm::StringRef>", "getIndexNames">,
    InterfaceMethod<"The extent of each index.", "::llvm::SmallVector<::flex::DimExpr>", "getIndexExtents">,
    InterfaceMethod<"How many of the indices are parallel: points that differ in them have nothing to do with each other.",
                    "unsigned", "getNumParallelIndices">,
    InterfaceMethod<"Whether operand n is taken whole.", "bool", "isWholeAccess", (ins "unsigned":$operand)>,
    InterfaceMethod<"The index expressions of operand n; none when it is taken whole.", "::llvm::SmallVector<::flex::DimExpr>", "getAccessExprs",
                    (ins "unsigned":$operand)>,
    InterfaceMethod<"The boundary rule of operand n.", "::flex::ir::BoundaryAttr", "getAccessBoundary",
                    (ins "unsigned":$operand)>,
    InterfaceMethod<"The scalar code.", "::mlir::Block *", "getStatementBody">,
    InterfaceMethod<"How values combine in a reduce or scatter; nothing for the others.",
                    "::std::optional<::flex::ir::CombinerKind>", "getCombinerKind">,
    InterfaceMethod<"Which statement this is.", "::flex::ir::StatementKind", "getStatementKind">,
    InterfaceMethod<"Where a point's value goes: one expression over the indices per axis of the result. A scatter's may use $0, $1, …, the i64 values its body yields.",
                    "::llvm::SmallVector<::flex::DimExpr>", "getResultExprs">,
  ];
}

#endif
