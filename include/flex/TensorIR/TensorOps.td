//===- TensorOps.td - The ops of the tensor IR ----------------*- tablegen -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Two statements (map, reduce) carry all of the language's core: broadcasting,
// transposes, slices, stencils and contractions are index expressions of theirs. What
// reads or writes at computed places is in TensorDataOps.td.
//
//===----------------------------------------------------------------------===//
#ifndef FLEX_TENSOROPS_TD
#define FLEX_TENSOROPS_TD

include "flex/TensorIR/TensorIR.td"
include "flex/TensorIR/TensorInterfaces.td"
include "mlir/IR/RegionKindInterface.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/CallInterfaces.td"
include "mlir/Interfaces/FunctionInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"

class Flex_Op<string mnemonic, list<Trait> traits = []> : Op<Flex_Dialect, mnemonic, traits>;

def Flex_KernelOp : Flex_Op<"kernel", [FunctionOpInterface, IsolatedFromAbove, SingleBlock]> {
  let summary = "a kernel: tensors in, tensors out";
  let description = [{
    The signature's tensor types name the dimensions; a dimension that occurs in
    no argument must not occur in a result. `constraints` are conditions on the
    dimensions that the runtime checks at each call, as text: `M <= 4096`,
    `D % 8 == 0`, `A == B + 1`.

    ```mlir
    flex.kernel @relu(%x: !flex.tensor<f32[N]>) -> !flex.tensor<f32[N]> {
      %y = flex.map [i < N] (%a = %x[i] : !flex.tensor<f32[N]>) -> f32 { … }
      flex.return %y : !flex.tensor<f32[N]>
    }
    ```
    Attributes: `arg_names`, `result_names` (arrays of strings), `doc`, `constraints`; `numerics`
    ("strict", "default", "fast"; default if absent); `result_aliases`: result n is
    stored over argument `result_aliases[n]`, or nowhere special if that is -1 (the kernel itself reads its
    arguments as they were: a result is stored after all statements); `arg_defaults`: per argument
    the value of a scalar that callers may leave out, else `unit`; `schedules`: dictionaries of a
    `target` and the entries of its schedule.
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, TypeAttrOf<FunctionType>:$function_type,
      OptionalAttr<StrAttr>:$sym_visibility,
      OptionalAttr<DictArrayAttr>:$arg_attrs, OptionalAttr<DictArrayAttr>:$res_attrs,
      OptionalAttr<StrArrayAttr>:$arg_names, OptionalAttr<StrArrayAttr>:$result_names,
      OptionalAttr<StrArrayAttr>:$constraints, OptionalAttr<StrAttr>:$doc, OptionalAttr<StrAttr>:$numerics,
      OptionalAttr<DenseI64ArrayAttr>:$result_aliases, OptionalAttr<ArrayAttr>:$arg_defaults,
      OptionalAttr<DictArrayAttr>:$schedules);
  let regions = (region SizedRegion<1>:$body);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
  let hasRegionVerifier = 1;
  let extraClassDeclaration = [{
    ::mlir::ArrayRef<::mlir::Type> getArgumentTypes() { return getFunctionType().getInputs(); }
    ::mlir::ArrayRef<::mlir::Type> getResultTypes() { return getFunctionType().getResults(); }
    ::mlir::Region *getCallableRegion() { return &getBody(); }
    /// The names in the arguments' shapes, in the order of first use.
    ::llvm::SmallVector<::std::string> getDimNames();
    /// The name of an argument or result: from the attribute, else arg0 / result0.
    ::std::string getArgName(unsigned index);
    ::std::string getResultName(unsigned index);
    /// The argument that result n overwrites, or -1.
    int64_t getResultAlias(unsigned index);
    /// The value of argument n when the caller leaves it out; null when it must not.
    ::mlir::TypedAttr getArgDefault(unsigned index);
    /// No reassociation and no contraction.
    bool isStrict() { return getNumerics() == "strict"; }
  }];
}

def Flex_ReturnOp : Flex_Op<"return", [Terminator, HasParent<"KernelOp">, Pure]> {
  let summary = "the results of a kernel";
  let description = "Operand types equal the kernel's result types.";
  let arguments = (ins Variadic<Flex_Tensor>:$operands);
  let assemblyFormat = "attr-dict ($operands^ `:` type($operands))?";
  let hasVerifier = 1;
}

def Flex_YieldOp : Flex_Op<"yield", [Terminator, Pure, ReturnLike,
    ParentOneOf<["MapOp", "ReduceOp", "ScanOp", "ScatterOp", "ArgSortOp", "FoldOp", "GroupOp"]>]> {
  let summary = "the value of a statement's body, or the results of a group";
  let description = [{
    In a statement or fold: one scalar, and in a scatter the i64 values that its destination names
    `$0`, `$1`, … after it. In a group: the tensors that code after the group may use.
  }];
  let arguments = (ins Variadic<AnyType>:$operands);
  let assemblyFormat = "attr-dict ($operands^ `:` type($operands))?";
}

def Flex_ConstantOp : Flex_Op<"constant", [Pure, ConstantLike]> {
  let summary = "a tensor known at compile time";
  let description = "The element type and shape of `value` equal the result's.";
  let arguments = (ins ElementsAttr:$value);
  let results = (outs Flex_Tensor:$result);
  let assemblyFormat = "$value attr-dict `:` qualified(type($result))";
  let hasVerifier = 1;
  let hasFolder = 1;
}

/// Base of the statements: domain, accesses and body in one custom format.
class Flex_Statement<string mnemonic, list<Trait> traits = []> : Flex_Op<mnemonic, [Pure, SingleBlock, IsolatedFromAbove,
    DeclareOpInterfaceMethods<Flex_StatementInterface>] # traits> {
  let results = (outs Flex_Tensor:$result);
  let regions = (region SizedRegion<1>:$body);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
  let hasCanonicalizer = 1;
}

def Flex_MapOp : Flex_Statement<"map"> {
  let summary = "one result element per point of the domain";
  let description = [{
    ```mlir
    %e = flex.map [i < M, j < N] (%a = %x[i, j] : !flex.tensor<f32[M, N]>, %b = %m[i] : !flex.tensor<f32[M]>,
        %c = %p[i - 1, j] clamp : !flex.tensor<f32[M, N]>) -> f32 {
      %0 = arith.subf %a, %b : f32
      %1 = arith.addf %0, %c : f32
      flex.yield %1 : f32
    }
    ```
    The result has one axis per index. Each index expression is in range for every
    point of the domain, or the access has a boundary rule.
  }];
  let arguments = (ins Variadic<Flex_Tensor>:$inputs, StrArrayAttr:$indices, StrArrayAttr:$extents,
      ArrayAttr:$accesses, ArrayAttr:$boundaries);
  let hasFolder = 1;
  let builders = [OpBuilder<(ins "::mlir::Type":$elementType, "::mlir::ValueRange":$inputs,
      "::llvm::ArrayRef<::std::string>":$indices, "::llvm::ArrayRef<::flex::DimExpr>":$extents,
      "::llvm::ArrayRef<::llvm::SmallVector<::flex::DimExpr>>":$accesses,
      "::llvm::ArrayRef<::flex::ir::BoundaryAttr>":$boundaries)>];
}

def Flex_ReduceOp : Flex_Statement<"reduce"> {
  let summary = "combines the body's values over the reduced indices";
  let description = [{
    ```mlir
    %c = flex.reduce sum [i < M, j < N] over [k < K] (%l = %a[i, k] : !flex.tensor<f32[M, K]>,
        %r = %b[k, j] : !flex.tensor<f32[K, N]>) -> f32 {
      %0 = arith.mulf %l, %r : f32
      flex.yield %0 : f32
    }
    ```
    A contraction is a sum whose body is a product; convolution and pooling have
    index expressions such as `h + r`. Over an empty range the result is the
    combiner's identity: 0, 1, the lowest or highest value (-inf, +inf for floats).
    Floating-point sums may be reassociated unless the kernel's numerics are strict.
    min and max of floats give NaN if any element is NaN. `any`/`all` are of i1.

    argmin and argmax (uargmin, uargmax of unsigned values) give the position of the first such value as
    i64, row-major over the reduced indices; the first NaN wins. Their range must not be empty.
  }];
  let arguments = (ins Flex_CombinerAttr:$combiner, Variadic<Flex_Tensor>:$inputs, StrArrayAttr:$indices,
      StrArrayAttr:$extents, I64Attr:$num_parallel, ArrayAttr:$accesses, ArrayAttr:$boundaries);
  let builders = [OpBuilder<(ins "::flex::ir::CombinerKind":$combiner, "::mlir::Type":$elementType,
      "::mlir::ValueRange":$inputs, "::llvm::ArrayRef<::std::string>":$indices,
      "::llvm::ArrayRef<::flex::DimExpr>":$extents, "unsigned":$numParallel,
      "::llvm::ArrayRef<::llvm::SmallVector<::flex::DimExpr>>":$accesses,
      "::llvm::ArrayRef<::flex::ir::BoundaryAttr>":$boundaries)>];
}

def Flex_IndexOp : Flex_Op<"index", [Pure]> {
  let summary = "the value of a loop index inside a statement's body";
  let description = "`flex.index \"i\" : i64`; the name is an index of the enclosing statement or fold.";
  let arguments = (ins StrAttr:$index_name);
  let results = (outs I64:$result);
  let assemblyFormat = "$index_name attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def Flex_DimOp : Flex_Op<"dim", [Pure]> {
  let summary = "the value of an expression over named dimensions";
  let description = "`flex.dim \"N - 1\" : i64`: a dimension used as a number.";
  let arguments = (ins StrAttr:$expr);
  let results = (outs I64:$result);
  let assemblyFormat = "$expr attr-dict `:` type($result)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

def Flex_GroupOp : Flex_Op<"group", [Pure, SingleBlock]> {
  let summary = "statements that become one launch";
  let description = [{
    Made by fusion. Its statements share the `outer` indices (parallel in each,
    by the same names, first in each domain); one work item runs all statements
    for one tile of them. A tensor computed and used inside is never seen in memory as a
    whole. `schedule` is filled in by the cost model or by the user; `why` is the
    rule that did it, in words.
  }];
  let arguments = (ins StrAttr:$name, StrArrayAttr:$outer, OptionalAttr<DictionaryAttr>:$schedule, OptionalAttr<StrAttr>:$why);
  let builders = [OpBuilder<(ins "::mlir::TypeRange":$results, "::mlir::StringAttr":$name, "::mlir::ArrayAttr":$outer,
                             "::mlir::DictionaryAttr":$schedule), [{
    build($_builder, $_state, results, name, outer, schedule, /*why=*/nullptr);
  }]>];
  let results = (outs Variadic<Flex_Tensor>:$results);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$name `outer` $outer (`schedule` $schedule^)? (`->` type($results)^)? attr-dict-with-keyword $body";
  let hasVerifier = 1;
}

include "flex/TensorIR/TensorDataOps.td"

#endif
