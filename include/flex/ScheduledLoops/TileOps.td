//===- TileOps.td - The tile dialect: scheduled loops ---------*- tablegen -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a fused group and its schedule become: loops over plain memory in scf,
// arith, math and vector, and the tile ops below where targets differ. The same
// ops serve every target; a target lowers each to its own unit.
// Rationale: docs/decisions/tile-dialect.md.
//
//===----------------------------------------------------------------------===//
#ifndef FLEX_TILEOPS_TD
#define FLEX_TILEOPS_TD

include "mlir/IR/EnumAttr.td"
include "mlir/IR/OpBase.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/FunctionInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "flex/ScheduledLoops/TileEnums.td"
include "flex/TensorIR/TensorIR.td"

def Tile_Dialect : Dialect {
  let name = "tile";
  let cppNamespace = "::flex::tile";
  let summary = "scheduled loops over plain memory, before a target is chosen";
  let description = [{
    A `tile.kernel` is one launch: a linear range of work items, each run by a group
    of threads (one thread on a CPU). Memory is reached through `!tile.buffer`
    values and linear element offsets; nothing aliases but a buffer with itself.
  }];
  let dependentDialects = ["::flex::ir::FlexDialect"]; // for combiners
  let useDefaultTypePrinterParser = 1;
}

class Tile_Op<string mnemonic, list<Trait> traits = []> : Op<Tile_Dialect, mnemonic, traits>;


def Tile_Buffer : TypeDef<Tile_Dialect, "Buffer"> {
  let mnemonic = "buffer";
  let summary = "memory holding elements of one type";
  let description = [{
    `!tile.buffer<f32, global>`. The element type is the one in memory (i1 takes a
    byte); loads and stores use its signless scalar.
  }];
  let parameters = (ins "::mlir::Type":$elementType, EnumParameter<Tile_Space>:$space);
  let assemblyFormat = "`<` $elementType `,` $space `>`";
}

def Tile_Value : AnyTypeOf<[AnySignlessInteger, AnyFloat, VectorOfRankAndType<[1], [AnySignlessInteger, AnyFloat]>],
                           "a scalar or 1-D vector">;

def Tile_KernelOp : Tile_Op<"kernel", [FunctionOpInterface, IsolatedFromAbove]> {
  let summary = "one launch: the code of a work item";
  let description = [{
    Arguments: buffers first, then one `index` per open dimension named in `dims`.
    `items`: the number of work items as an expression over `dims`. `group_size`:
    threads per work item (1 on a CPU). `workspace_bytes` is what the tile.ring ops
    need per thread (filled in by the target that has private rings).
    `flops` and `bytes`: the cost model's figures, as expressions.
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, TypeAttrOf<FunctionType>:$function_type,
      StrArrayAttr:$dims, StrAttr:$items, I64Attr:$group_size,
      OptionalAttr<StrAttr>:$flops, OptionalAttr<StrAttr>:$bytes,
      OptionalAttr<DictArrayAttr>:$arg_attrs, OptionalAttr<DictArrayAttr>:$res_attrs);
  let regions = (region AnyRegion:$body);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::mlir::ArrayRef<::mlir::Type> getArgumentTypes() { return getFunctionType().getInputs(); }
    ::mlir::ArrayRef<::mlir::Type> getResultTypes() { return getFunctionType().getResults(); }
    ::mlir::Region *getCallableRegion() { return &getBody(); }
    /// How many of the arguments are buffers (they come first).
    unsigned getNumBuffers();
  }];
}

def Tile_ReturnOp : Tile_Op<"return", [Terminator, Pure, HasParent<"KernelOp">]> {
  let summary = "the end of a work item";
  let assemblyFormat = "attr-dict";
}

def Tile_IdOp : Tile_Op<"id", [Pure]> {
  let summary = "the number of this work item, in [0, items)";
  let results = (outs Index:$result);
  let assemblyFormat = "attr-dict";
}

def Tile_LaneOp : Tile_Op<"lane", [Pure]> {
  let summary = "the number of this thread in its group, in [0, group_size)";
  let results = (outs Index:$result);
  let assemblyFormat = "attr-dict";
}

def Tile_LoadOp : Tile_Op<"load"> {
  let summary = "read one element or a run of consecutive elements";
  let description = [{
    `%v = tile.load %b[%i] : !tile.buffer<f32, global> -> vector<16xf32>` reads
    elements i … i+15. With `valid(%n)` only lanes below n are read, the others are zero, and
    memory behind them is not touched; n may be negative or exceed the lanes.
    Of an i1 buffer a byte is read and compared with 0.
  }];
  let arguments = (ins Arg<Tile_Buffer, "", [MemRead]>:$buffer, Index:$offset, Optional<Index>:$valid);
  let results = (outs Tile_Value:$result);
  let assemblyFormat = "$buffer `[` $offset `]` (`valid` `(` $valid^ `)`)? attr-dict `:` type($buffer) `->` type($result)";
  let hasVerifier = 1;
}

def Tile_GatherOp : Tile_Op<"gather"> {
  let summary = "read one element per lane, each at an offset of its own";
  let description = [{
    `%v = tile.gather %b[%at] where %mask otherwise %zero : !tile.buffer<f32, global>, vector<16xi64>, vector<16xi1>,
    vector<16xf32> -> vector<16xf32>`: a lane whose mask is off touches no memory and gives its lane of `otherwise`. Elements of 32 and 64 bits.
  }];
  let arguments = (ins Arg<Tile_Buffer, "", [MemRead]>:$buffer, VectorOfRankAndType<[1], [I64]>:$offsets,
      VectorOfRankAndType<[1], [I1]>:$mask, Tile_Value:$otherwise);
  let results = (outs Tile_Value:$result);
  let assemblyFormat = [{
    $buffer `[` $offsets `]` `where` $mask `otherwise` $otherwise attr-dict `:` type($buffer) `,` type($offsets) `,` type($mask) `,`
    type($otherwise) `->` type($result)
  }];
  let hasVerifier = 1;
}

def Tile_StoreOp : Tile_Op<"store"> {
  let summary = "write one element or a run of consecutive elements";
  let description = [{
    The mirror image of tile.load. `nontemporal` says the data will not be read
    again soon: a target may bypass its caches.
  }];
  let arguments = (ins Tile_Value:$value, Arg<Tile_Buffer, "", [MemWrite]>:$buffer, Index:$offset,
      Optional<Index>:$valid, UnitAttr:$nontemporal);
  let assemblyFormat = [{
    $value `,` $buffer `[` $offset `]` (`valid` `(` $valid^ `)`)? (`nontemporal` $nontemporal^)? attr-dict `:` type($value) `,` type($buffer)
  }];
  let hasVerifier = 1;
}

def Tile_PrefetchOp : Tile_Op<"prefetch", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "hint that an element will be needed soon";
  let description = "`level` 1 is the nearest cache. A target without the instruction drops it.";
  let arguments = (ins Tile_Buffer:$buffer, Index:$offset, I64Attr:$level);
  let assemblyFormat = "$buffer `[` $offset `]` `level` $level attr-dict `:` type($buffer)";
}

def Tile_RingOp : Tile_Op<"ring", [MemoryEffects<[MemAlloc]>]> {
  let summary = "scratch memory of a work item: a packed panel, a shared-memory stage";
  let description = [{
    `elements` is an expression over the kernel's dims (a constant in group space).
    The memory is 64-byte aligned, uninitialised, and lives until the work item ends.
  }];
  let arguments = (ins StrAttr:$elements);
  let results = (outs Tile_Buffer:$result);
  let assemblyFormat = "$elements attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def Tile_CopyOp : Tile_Op<"copy"> {
  let summary = "start moving consecutive elements of global memory into a ring";
  let description = [{
    `lanes` elements from source[i] to destination[j], by this thread. Lanes at or beyond `valid` are
    filled with zero. The destination is readable after a tile.wait. A target
    without asynchronous copies loads here and stores here.
  }];
  let arguments = (ins Arg<Tile_Buffer, "", [MemRead]>:$source, Index:$source_offset,
      Arg<Tile_Buffer, "", [MemWrite]>:$destination, Index:$destination_offset, I64Attr:$lanes, Optional<Index>:$valid);
  let assemblyFormat = [{
    $source `[` $source_offset `]` `to` $destination `[` $destination_offset `]` `lanes` $lanes
    (`valid` `(` $valid^ `)`)? attr-dict `:` type($source) `to` type($destination)
  }];
  let hasVerifier = 1;
}

def Tile_WaitOp : Tile_Op<"wait", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "all copies and stores of the group so far are visible to all its threads";
  let description = "Every thread of the group must reach it. Nothing on a CPU.";
  let assemblyFormat = "attr-dict";
}

def Tile_ReduceOp : Tile_Op<"reduce", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "combine one value per lane into one, known to every thread";
  let description = [{
    A vector is combined over its lanes first (in any order), then over the threads of
    the group when `group` is set. Every thread of the group must reach it.
    `%s = tile.reduce sum %v group : vector<4xf32> -> f32`
  }];
  let arguments = (ins Flex_CombinerAttr:$combiner, Tile_Value:$value, UnitAttr:$group);
  let results = (outs Tile_Value:$result);
  let assemblyFormat = "$combiner $value (`group` $group^)? attr-dict `:` type($value) `->` type($result)";
  let hasVerifier = 1;
}

#endif
