//===- TensorIR.td - The tensor IR's dialect, types, attributes -*- tablegen -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Kernel text becomes this dialect; fusion works on it; the interpreter gives it
// its meaning. Rationale: docs/decisions/tensor-ir.md.
//
//===----------------------------------------------------------------------===//
#ifndef FLEX_TENSORIR_TD
#define FLEX_TENSORIR_TD

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/OpBase.td"

def Flex_Dialect : Dialect {
  let name = "flex";
  let cppNamespace = "::flex::ir";
  let summary = "tensors with named dimensions, statements in index form";
  let description = [{
    A kernel is a list of statements in static single assignment: each computes one
    tensor from others, in index form. What a statement does per element is a
    region of scalar arith and math operations.

    Index expressions, extents and tensor shapes are integer expressions over loop
    indices and named dimensions (flex/Support/DimExpr.h). Names are kept to the
    end: they appear in diagnostics, in the image and in the launch geometry.
  }];
  let useDefaultTypePrinterParser = 1;
  let useDefaultAttributePrinterParser = 1;
  let hasConstantMaterializer = 1;
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::math::MathDialect"];
}

def Flex_Tensor : TypeDef<Flex_Dialect, "NamedTensor"> {
  let mnemonic = "tensor";
  let summary = "a dense tensor with named dimensions";
  let description = [{
    `!flex.tensor<f32[M, H - R + 1]>`. The element is a float (f8E4M3FN, f8E5M2, f16, bf16, f32,
    f64), a signless integer (i4 … i64, signed meaning; i1 is bool) or `ui4` … `ui64`. A shape is
    a list of canonical integer expressions; `[]` is a scalar. i4 and ui4 lie two in a byte,
    the earlier one in the low half, row-major over the whole tensor.
  }];
  let parameters = (ins "::mlir::Type":$elementType, ArrayRefParameter<"::mlir::StringAttr">:$shape);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
  let builders = [
    TypeBuilderWithInferredContext<(ins "::mlir::Type":$elementType, "::llvm::ArrayRef<::flex::DimExpr>":$dims)>
  ];
  let extraClassDeclaration = [{
    unsigned getRank() const { return getShape().size(); }
    /// The shape as expressions.
    ::llvm::SmallVector<::flex::DimExpr> getDims() const;
    ::flex::DimExpr getDim(unsigned axis) const;
    /// The element as scalar code sees it: ui8 becomes i8, all else stays.
    ::mlir::Type getScalarType() const;
    /// Bits of one element in memory: 8 for bool, 4 for i4.
    int64_t getElementBits() const;
    /// Bytes of one element read alone: 1 for bool and for i4, too.
    int64_t getElementBytes() const;
    /// Bytes of the whole tensor.
    ::flex::DimExpr getSizeInBytes() const;
  }];
}

def Flex_BoundaryKind : I32EnumAttr<"BoundaryKind", "what an access outside the shape reads", [
    I32EnumAttrCase<"None", 0, "none">, I32EnumAttrCase<"Clamp", 1, "clamp">, I32EnumAttrCase<"Wrap", 2, "wrap">,
    I32EnumAttrCase<"Mirror", 3, "mirror">, I32EnumAttrCase<"Fill", 4, "fill">]> {
  let cppNamespace = "::flex::ir";
}

def Flex_Boundary : AttrDef<Flex_Dialect, "Boundary"> {
  let mnemonic = "boundary";
  let summary = "the boundary rule of one access";
  let description = [{
    none: every index is proved in range. clamp: the nearest element. wrap: modulo
    the extent. mirror: reflected without repeating the edge (…2 1 0 1 2…). fill:
    `value`, of the element's scalar type. Of an axis with extent 0 only fill may be read.
  }];
  let parameters = (ins EnumParameter<Flex_BoundaryKind>:$kind, OptionalParameter<"::mlir::TypedAttr">:$value);
  let assemblyFormat = "`<` $kind (`=` $value^)? `>`";
  let extraClassDeclaration = [{
    /// Whether zero, and not minus zero, is read outside of the shape.
    bool fillsWithZero() const;
  }];
}

def Flex_CombinerKind : I32EnumAttr<"CombinerKind", "how a reduction combines two values", [
    I32EnumAttrCase<"Sum", 0, "sum">, I32EnumAttrCase<"Prod", 1, "prod">, I32EnumAttrCase<"Min", 2, "min">,
    I32EnumAttrCase<"Max", 3, "max">, I32EnumAttrCase<"Any", 4, "any">, I32EnumAttrCase<"All", 5, "all">,
    I32EnumAttrCase<"UMin", 6, "umin">, I32EnumAttrCase<"UMax", 7, "umax">,
    I32EnumAttrCase<"ArgMin", 8, "argmin">, I32EnumAttrCase<"ArgMax", 9, "argmax">,
    I32EnumAttrCase<"UArgMin", 10, "uargmin">, I32EnumAttrCase<"UArgMax", 11, "uargmax">,
    I32EnumAttrCase<"Set", 12, "set">]> {
  let cppNamespace = "::flex::ir";
  let genSpecializedAttr = 0;
}
def Flex_CombinerAttr : EnumAttr<Flex_Dialect, Flex_CombinerKind, "combiner">;

def Flex_StatementKind : I32EnumAttr<"StatementKind", "what a statement does with the values of its body", [
    I32EnumAttrCase<"Map", 0, "map">, I32EnumAttrCase<"Reduce", 1, "reduce">, I32EnumAttrCase<"Scan", 2, "scan">,
    I32EnumAttrCase<"Scatter", 3, "scatter">, I32EnumAttrCase<"ArgSort", 4, "argsort">]> {
  let cppNamespace = "::flex::ir";
  let genSpecializedAttr = 0;
}

#endif
