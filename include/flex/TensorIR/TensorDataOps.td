//===- TensorDataOps.td - Places that data decides ------------*- tablegen -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reads at computed indices (load), combining inside of a body (fold), and the
// statements that are no map or reduce: scan, scatter, argsort. Included by TensorOps.td.
//
//===----------------------------------------------------------------------===//
#ifndef FLEX_TENSORDATAOPS_TD
#define FLEX_TENSORDATAOPS_TD

def Flex_LoadOp : Flex_Op<"load", [Pure]> {
  let summary = "an element of a tensor that the statement takes whole";
  let description = [{
    ```mlir
    %y = flex.map [t < T, d < D] (%t = %table whole : !flex.tensor<f16[V, D]>, %i = %ids[t] : !flex.tensor<i64[T]>) -> f16 {
      %v = flex.load %t["$0", d] clamp (%i) : !flex.tensor<f16[V, D]>
      flex.yield %v : f16
    }
    ```
    The index expressions are over the indices around, dimensions, and `$0`, `$1`, …: the i64 operands in
    parentheses, in order. They have a boundary rule, always. `%t` is an argument of the statement's body.
  }];
  let arguments = (ins Flex_Tensor:$tensor, Variadic<I64>:$index_values, StrArrayAttr:$access, Flex_Boundary:$boundary);
  let results = (outs AnyType:$result);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
  let builders = [OpBuilder<(ins "::mlir::Value":$tensor, "::llvm::ArrayRef<::flex::DimExpr>":$access,
      "::flex::ir::BoundaryAttr":$boundary, "::mlir::ValueRange":$indexValues)>];
  let extraClassDeclaration = [{
    ::llvm::SmallVector<::flex::DimExpr> getAccessExprs();
    /// Whether it reads the scan around it.
    bool isSelfLoad();
  }];
}

def Flex_FoldOp : Flex_Op<"fold", [Pure, SingleBlock]> {
  let summary = "combines scalars over indices of its own, inside a body";
  let description = [{
    ```mlir
    %m = flex.fold max [r < S] -> f32 {
      %p = flex.load %self[t - 1, r] fill(0.0 : f32) : !flex.tensor<f32[T, S]>
      flex.yield %p : f32
    }
    ```
    As a flex.reduce over these indices would, with the same combiners. The body may use the values
    around it; its index names differ from those around.
  }];
  let arguments = (ins Flex_CombinerAttr:$combiner, StrArrayAttr:$indices, StrArrayAttr:$extents);
  let results = (outs AnyType:$result);
  let regions = (region SizedRegion<1>:$body);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
  let hasRegionVerifier = 1;
  let builders = [OpBuilder<(ins "::flex::ir::CombinerKind":$combiner, "::mlir::Type":$type,
      "::llvm::ArrayRef<::std::string>":$indices, "::llvm::ArrayRef<::flex::DimExpr>":$extents)>];
  let extraClassDeclaration = [{
    ::llvm::SmallVector<::llvm::StringRef> getIndexNames();
    ::llvm::SmallVector<::flex::DimExpr> getIndexExtents();
  }];
}

def Flex_ScanOp : Flex_Statement<"scan"> {
  let summary = "a map whose points run in order and may read earlier results";
  let description = [{
    ```mlir
    // cumsum along the first axis
    %c = flex.scan [j < N] over [i < M] at [i, j] (%a = %x[i, j] : !flex.tensor<f32[M, N]>) self %s -> f32 {
      %p = flex.load %s[i - 1, j] fill(0.0 : f32) : !flex.tensor<f32[M, N]>
      %0 = arith.addf %p, %a : f32
      flex.yield %0 : f32
    }
    // Viterbi: each step reads all of the step before it
    %v = flex.scan [] over [t < T] each [s < S] at [t, s] (…) self %a -> f32 { … }
    ```
    The indices of `over` run in lexicographic order, and at each of their points those of `each` in any
    order; points that differ in the first, parallel indices have nothing to do with each other. `at` says
    which axis of the result each index is. The body's last argument is the result itself: every flex.load of
    it reads each parallel index at itself, an earlier point of `over`, and has the rule fill.
  }];
  let arguments = (ins Variadic<Flex_Tensor>:$inputs, StrArrayAttr:$indices, StrArrayAttr:$extents,
      I64Attr:$num_parallel, I64Attr:$num_ordered, ArrayAttr:$accesses, ArrayAttr:$boundaries, StrArrayAttr:$at);
  let hasRegionVerifier = 1;
  let builders = [OpBuilder<(ins "::mlir::Type":$elementType, "::mlir::ValueRange":$inputs,
      "::llvm::ArrayRef<::std::string>":$indices, "::llvm::ArrayRef<::flex::DimExpr>":$extents,
      "unsigned":$numParallel, "unsigned":$numOrdered, "::llvm::ArrayRef<::std::string>":$at,
      "::llvm::ArrayRef<::llvm::SmallVector<::flex::DimExpr>>":$accesses,
      "::llvm::ArrayRef<::flex::ir::BoundaryAttr>":$boundaries)>];
  let extraClassDeclaration = [{
    /// The result inside the body.
    ::mlir::BlockArgument getSelf() { return getBody().front().getArguments().back(); }
  }];
}

def Flex_ScatterOp : Flex_Statement<"scatter"> {
  let summary = "combines values into places of a tensor that data decides";
  let description = [{
    ```mlir
    // base[ids[k], d] += values[k, d]
    %r = flex.scatter sum [d < D] over [k < K] at ["$0", d] (%b = %base whole : !flex.tensor<f32[N, D]>,
        %v = %values[k, d] : !flex.tensor<f32[K, D]>, %i = %ids[k] : !flex.tensor<i64[K]>) {
      flex.yield %v, %i : f32, i64
    }
    ```
    The first operand is the base: taken whole, it gives the result its type and first values. Each point
    combines the first value its body yields into the element that `at` names, whose `$n` are the i64 values
    yielded after it; what lies outside of the result is dropped. The points of one element combine in the
    order of `over` (lexicographic), also for floats; `set` keeps the last. Each parallel index is an axis
    of the result, alone, over its whole extent. A flex.load of the base reads what was there before.
  }];
  let arguments = (ins Flex_CombinerAttr:$combiner, Variadic<Flex_Tensor>:$inputs, StrArrayAttr:$indices,
      StrArrayAttr:$extents, I64Attr:$num_parallel, ArrayAttr:$accesses, ArrayAttr:$boundaries, StrArrayAttr:$at);
  let builders = [OpBuilder<(ins "::flex::ir::CombinerKind":$combiner, "::mlir::ValueRange":$inputs,
      "::llvm::ArrayRef<::std::string>":$indices, "::llvm::ArrayRef<::flex::DimExpr>":$extents,
      "unsigned":$numParallel, "::llvm::ArrayRef<::flex::DimExpr>":$at,
      "::llvm::ArrayRef<::llvm::SmallVector<::flex::DimExpr>>":$accesses,
      "::llvm::ArrayRef<::flex::ir::BoundaryAttr>":$boundaries)>];
  let extraClassDeclaration = [{
    ::mlir::Value getBase() { return getInputs().front(); }
  }];
}

def Flex_ArgSortOp : Flex_Statement<"argsort"> {
  let summary = "the order of the body's values along one index";
  let description = [{
    ```mlir
    %p = flex.argsort descending [i < M] over [j < N] at [i, j] count "k" (%a = %x[i, j] : !flex.tensor<f32[M, N]>) -> i64 {
      flex.yield %a : f32
    }
    ```
    For each point of the parallel indices, the positions j of the first `count` values in ascending or
    descending order, as i64. Stable: equals keep their order. NaN is the largest value. `count` is at most
    the extent of j; `unsigned` compares integers as such. `at` says which axis each index is;
    the sorted index's axis is `count` long.
  }];
  let arguments = (ins Variadic<Flex_Tensor>:$inputs, UnitAttr:$descending, UnitAttr:$unsigned_keys,
      StrArrayAttr:$indices, StrArrayAttr:$extents, I64Attr:$num_parallel, ArrayAttr:$accesses,
      ArrayAttr:$boundaries, StrArrayAttr:$at, StrAttr:$count);
  let builders = [OpBuilder<(ins "bool":$descending, "bool":$unsignedKeys, "::mlir::ValueRange":$inputs,
      "::llvm::ArrayRef<::std::string>":$indices, "::llvm::ArrayRef<::flex::DimExpr>":$extents,
      "::llvm::ArrayRef<::std::string>":$at, "const ::flex::DimExpr &":$count,
      "::llvm::ArrayRef<::llvm::SmallVector<::flex::DimExpr>>":$accesses,
      "::llvm::ArrayRef<::flex::ir::BoundaryAttr>":$boundaries)>];
}

#endif
