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

include "mlir/IR/AttrTypeBase.td"
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
  let useDefaultAttributePrinterParser = 1;
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

def Tile_Layout : AttrDef<Tile_Dialect, "Layout"> {
  let mnemonic = "layout";
  let summary = "where the element (row, column) of a block in a ring lies";
  let description = [{
    `#tile.layout<32, chunk 8, xor [0, 1, 2]>`: rows of 32 elements, in chunks of 8. Chunk c of row r lies at
    c xor x(r), where x(r) is the xor of those entries of `xor` whose bit is set in r: entry i belongs to bit i. It keeps threads
    that walk down a column from meeting in the same banks of memory, and chunks whole. A linear map over bits of the index (GF(2)).
  }];
  let parameters = (ins "int64_t":$columns, "int64_t":$chunk, OptionalArrayRefParameter<"int64_t">:$rowBits);
  let assemblyFormat = "`<` $columns `,` `chunk` $chunk (`,` `xor` `[` $rowBits^ `]`)? `>`";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// The chunk number that a row's chunks are xored with.
    int64_t rowMask(int64_t row) const;
    /// The place of an element, in elements.
    int64_t offset(int64_t row, int64_t column) const;
  }];
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

def Tile_LoadNearOp : Tile_Op<"load_near"> {
  let summary = "read a run of consecutive elements whose place has a part that all threads share";
  let description = [{
    `%v = tile.load_near %b[%start + %shared + %own] : !tile.buffer<f16, global> -> vector<8xf16>` reads the elements from start + shared
    + own on. `start` and `shared` are the same in all threads of the group. `shared`, `own` and the size of an element make less than 2^31
    each, and are not negative: instructions that add a thread's offset of 32 bits and a shared one to an address take both as they are.
  }];
  let arguments = (ins Arg<Tile_Buffer, "", [MemRead]>:$buffer, Index:$start, Index:$shared, Index:$own);
  let results = (outs Tile_Value:$result);
  let assemblyFormat = "$buffer `[` $start `+` $shared `+` $own `]` attr-dict `:` type($buffer) `->` type($result)";
  let hasVerifier = 1;
}

def Tile_LoadWindowOp : Tile_Op<"load_window"> {
  let summary = "read some lanes of a run of consecutive elements";
  let description = [{
    `%v = tile.load_window %b[%i] from(%first) to(%end) : !tile.buffer<f32, global> -> vector<16xf32>`: lane n is element
    i + n if first <= n < end, else zero, and memory behind it is not touched. Elements of 32 and 64 bits.
  }];
  let arguments = (ins Arg<Tile_Buffer, "", [MemRead]>:$buffer, Index:$offset, Index:$first, Index:$end);
  let results = (outs Tile_Value:$result);
  let assemblyFormat = [{
    $buffer `[` $offset `]` `from` `(` $first `)` `to` `(` $end `)` attr-dict `:` type($buffer) `->` type($result)
  }];
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

def Tile_LeadOp : Tile_Op<"lead", [Pure]> {
  let summary = "the number of elements from an offset to the next address that is a multiple of some bytes";
  let description = [{
    0 if the offset's own address is one, and where stores that bypass the caches are as good at any address. An
    element's address is taken to be a multiple of its size.
  }];
  let arguments = (ins Tile_Buffer:$buffer, Index:$offset, I64Attr:$bytes);
  let results = (outs Index:$count);
  let assemblyFormat = "$buffer `[` $offset `]` `to` $bytes attr-dict `:` type($buffer)";
  let hasVerifier = 1;
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

def Tile_ViewOp : Tile_Op<"view", [Pure]> {
  let summary = "a part of a ring, as elements of another type";
  let description = [{
    `%v = tile.view %ring[%start] : !tile.buffer<i8, group> to !tile.buffer<f16, group>` begins `start` elements of the ring's
    type behind its first. Memory that is done with serves again under another type.
  }];
  let arguments = (ins Tile_Buffer:$source, Index:$start);
  let results = (outs Tile_Buffer:$result);
  let assemblyFormat = "$source `[` $start `]` attr-dict `:` type($source) `to` type($result)";
  let hasVerifier = 1;
}

def Tile_CopyOp : Tile_Op<"copy"> {
  let summary = "start moving consecutive elements of global memory into a ring";
  let description = [{
    `lanes` elements from source[i] to destination[j], by this thread. Lanes at or beyond `valid` are
    filled with zero. The destination is readable after a tile.wait. With `async` the thread goes on: both addresses are
    multiples of the size (4, 8 or 16 bytes), and the copy belongs to the batch that the next tile.commit closes. A
    target without asynchronous copies loads here and stores here.
  }];
  let arguments = (ins Arg<Tile_Buffer, "", [MemRead]>:$source, Index:$source_offset,
      Arg<Tile_Buffer, "", [MemWrite]>:$destination, Index:$destination_offset, I64Attr:$lanes, Optional<Index>:$valid,
      UnitAttr:$async);
  let assemblyFormat = [{
    $source `[` $source_offset `]` `to` $destination `[` $destination_offset `]` `lanes` $lanes
    (`valid` `(` $valid^ `)`)? (`async` $async^)? attr-dict `:` type($source) `to` type($destination)
  }];
  let hasVerifier = 1;
}

def Tile_CopyBoxOp : Tile_Op<"copy_box"> {
  let summary = "start moving a box of a tensor into a ring, all of it by this thread";
  let description = [{
    `tile.copy_box %a[%x, %y] of ["K", "M"] by ["2*K"] box [64, 128] swizzle 128 to %ring[%i] on %pipe[%stage]`: the tensor begins `offset` bytes behind
    the buffer's start and has those sizes, innermost dimension first; `by`: bytes from one element to the next along each of the others, multiples
    of 16. Elements of the box that lie outside are zero. Rows of the box lie one behind the other in the ring, from element i on, with the chunks of 16 bytes
    of `swizzle` bytes permuted as in a layout of such rows. It counts as done on the pipe's stage, which this thread has begun to fill.
  }];
  let arguments = (ins Arg<Tile_Buffer, "", [MemRead]>:$source, Variadic<Index>:$at, StrArrayAttr:$sizes, StrArrayAttr:$pitches,
      DefaultValuedAttr<StrAttr, "\"0\"">:$offset, DenseI64ArrayAttr:$box, I64Attr:$swizzle, Arg<Tile_Buffer, "", [MemWrite]>:$destination,
      Index:$destination_offset, Arg<Tile_Buffer, "", [MemRead, MemWrite]>:$pipe, I32:$stage);
  let assemblyFormat = [{
    $source `[` $at `]` `of` $sizes `by` $pitches `box` $box `swizzle` $swizzle `to` $destination `[` $destination_offset `]` `on` $pipe `[` $stage `]`
    attr-dict `:` type($source) `to` type($destination) `,` type($pipe)
  }];
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Pipes: one thread fills the stages of a ring with boxes, waves of others read them. Rounds say whether a stage is filled for an even
// or an odd time: 0, then 1, then 0.
//===----------------------------------------------------------------------===//

def Tile_PipeOp : Tile_Op<"pipe", [MemoryEffects<[MemAlloc, MemRead, MemWrite]>]> {
  let summary = "what the stages of a ring are full and empty by";
  let description = [{
    `%p = tile.pipe stages 3 bytes 32768 readers 4 : !tile.buffer<i64, group>`: a stage is full once so many bytes of boxes have been copied on it,
    and empty once as many waves (with `units`, matrix units) have released it. All threads of the group reach it, in the kernel's outermost block, and know it behind it.
  }];
  let arguments = (ins I64Attr:$stages, I64Attr:$bytes, I64Attr:$readers);
  let results = (outs Tile_Buffer:$result);
  let assemblyFormat = "`stages` $stages `bytes` $bytes `readers` $readers attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def Tile_PipeFillOp : Tile_Op<"pipe_fill"> {
  let summary = "wait until the stage is empty and begin to fill it: all of its bytes, by this thread";
  let arguments = (ins Arg<Tile_Buffer, "", [MemRead, MemWrite]>:$pipe, I32:$stage, I32:$round);
  let assemblyFormat = "$pipe `[` $stage `]` `round` $round attr-dict `:` type($pipe)";
}

def Tile_PipeAwaitOp : Tile_Op<"pipe_await"> {
  let summary = "wait until the stage is full";
  let description = "With `units`, what comes for the matrix unit waits; threads go on, and may not read the stage themselves.";
  let arguments = (ins Arg<Tile_Buffer, "", [MemRead, MemWrite]>:$pipe, I32:$stage, I32:$round, UnitAttr:$units);
  let assemblyFormat = "$pipe `[` $stage `]` `round` $round (`units` $units^)? attr-dict `:` type($pipe)";
}

def Tile_PipeReleaseOp : Tile_Op<"pipe_release"> {
  let summary = "this wave has read the stage; all of its threads reach it";
  let description = "With `units`, for all threads of a matrix unit: it will have, once it is done with all batches so far.";
  let arguments = (ins Arg<Tile_Buffer, "", [MemRead, MemWrite]>:$pipe, I32:$stage, UnitAttr:$units);
  let assemblyFormat = "$pipe `[` $stage `]` (`units` $units^)? attr-dict `:` type($pipe)";
}

def Tile_CommitOp : Tile_Op<"commit", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "this thread's asynchronous copies since the last commit are one batch";
  let description = "A batch may be empty. Nothing on a target without asynchronous copies.";
  let assemblyFormat = "attr-dict";
}

def Tile_WaitOp : Tile_Op<"wait", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "all copies and stores of the group so far are visible to all its threads";
  let description = [{
    Every thread of the group must reach it. Nothing on a CPU. With `pending n`, the n batches of asynchronous copies
    that each thread committed last may still be on their way. `wave` waits for, and is reached by, the threads of one wave only; it
    does not wait for copies. With `units`, matrix units that read group memory themselves (tile.multiply) see it all, too. `threads n`: the group's first
    n threads, whole waves, are all that reach it and are waited for.
  }];
  let arguments = (ins OptionalAttr<I64Attr>:$pending, UnitAttr:$wave, UnitAttr:$units, OptionalAttr<I64Attr>:$threads);
  let builders = [
    OpBuilder<(ins), [{ build($_builder, $_state, ::mlir::IntegerAttr(), false); }]>,
    OpBuilder<(ins "::mlir::IntegerAttr":$pending, "bool":$wave, CArg<"bool", "false">:$units),
              [{ build($_builder, $_state, pending, wave, units, ::mlir::IntegerAttr()); }]>
  ];
  let assemblyFormat = "(`pending` $pending^)? (`wave` $wave^)? (`units` $units^)? (`threads` $threads^)? attr-dict";
  let hasVerifier = 1;
}

def Tile_ApartOp : Tile_Op<"apart", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "what is before and behind has reason to stay there";
  let description = [{
    Between pieces of code that take many registers each and gain nothing from being mixed. With `copies`: between loads into registers, what
    is done while they are on their way, and what takes them. A hint: a target whose code generator would mix them keeps it, others drop it.
  }];
  let arguments = (ins UnitAttr:$copies);
  let assemblyFormat = "(`copies` $copies^)? attr-dict";
}

def Tile_WaveOp : Tile_Op<"wave", [Pure]> {
  let summary = "the number of this thread's wave in its group: one value for the whole wave";
  let arguments = (ins I64Attr:$size);
  let results = (outs Index:$result);
  let assemblyFormat = "`of` $size attr-dict";
}

def Tile_FragOp : Tile_Op<"frag"> {
  let summary = "read this thread's part of operand tiles of a matrix unit from a ring";
  let description = [{
    `%f:2 = tile.frag b of "mma.m16n8k16.f16" %ring[%base] at %n, 16 layout #l : !tile.buffer<f16, group> -> vector<4xf16>, vector<4xf16>`
    gives the tiles of operand b (a: rows of the result and k; b: columns of the result and k) that begin at n and n + 8, ..., and at step 16 of k.
    The block begins at element `base` of the ring. By default a row of the layout is one row (column) of the result and k runs along it; with
    `across` a row of the layout is one step of k. Which elements a thread gets is the unit's business: tile.contract takes them as they are.
    `n` is a multiple of the unit's size and the same in all threads of a wave; every thread of the wave must reach it.
  }];
  let arguments = (ins Tile_Operand:$operand, StrAttr:$unit, Arg<Tile_Buffer, "", [MemRead]>:$ring, Index:$base, Index:$outer,
      I64Attr:$k, Tile_Layout:$layout, UnitAttr:$across);
  let results = (outs Variadic<VectorOfRankAndType<[1], [AnySignlessInteger, AnyFloat]>>:$fragments);
  let assemblyFormat = [{
    $operand `of` $unit $ring `[` $base `]` `at` $outer `,` $k `layout` $layout (`across` $across^)? attr-dict `:` type($ring) `->` type($fragments)
  }];
  let hasVerifier = 1;
}

def Tile_ContractOp : Tile_Op<"contract", [Pure, AllTypesMatch<["accumulator", "result"]>]> {
  let summary = "one matrix instruction: accumulator + a times b, by all threads of a wave";
  let description = [{
    `%d = tile.contract "mma.m16n8k16.f16" %a, %b, %c : vector<8xf16>, vector<4xf16>, vector<4xf32>`. The operands are this thread's
    parts as tile.frag gives them; the accumulator's start is a constant, the same in all of its elements. Every thread of the wave must reach it.
  }];
  let arguments = (ins StrAttr:$unit, VectorOfRankAndType<[1], [AnySignlessInteger, AnyFloat]>:$a,
      VectorOfRankAndType<[1], [AnySignlessInteger, AnyFloat]>:$b, VectorOfRankAndType<[1], [AnySignlessInteger, AnyFloat]>:$accumulator);
  let results = (outs VectorOfRankAndType<[1], [AnySignlessInteger, AnyFloat]>:$result);
  let assemblyFormat = "$unit $a `,` $b `,` $accumulator attr-dict `:` type($a) `,` type($b) `,` type($accumulator)";
}

def Tile_MultiplyOp : Tile_Op<"multiply", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "start matrix instructions whose operands stay in group memory";
  let description = [{
    `%d:2 = tile.multiply "wgmma.m64n128k16.f16" %a at %m layout #a, %b at %n layout #b across, from %base steps 32 to %c#0, %c#1 : ...` adds to
    each accumulator the product of its tile of a (rows m, m + 64, ...) and the tile of b (columns from n on) over 32 steps of k: one batch
    of asynchronous instructions of a whole unit's threads. Blocks begin at element `base` of each ring, with `a_fixed` that of a at its ring's first.
    By default a row of a layout is one row (column) of the result, whole steps long; with `across` it is one step of k, and what does not fit into a
    row of the layout follows in further panels of `steps` rows. Without accumulators sums begin at 0. The results may be used, and the operands
    overwritten, once a tile.settle has waited for the batch.
  }];
  let arguments = (ins StrAttr:$unit, Arg<Tile_Buffer, "", [MemRead]>:$a, Index:$a_outer, Tile_Layout:$a_layout, UnitAttr:$a_across, UnitAttr:$a_fixed,
      Arg<Tile_Buffer, "", [MemRead]>:$b, Index:$b_outer, Tile_Layout:$b_layout, UnitAttr:$b_across, Index:$base, I64Attr:$steps,
      Variadic<VectorOfRankAndType<[1], [AnySignlessInteger, AnyFloat]>>:$accumulators);
  let results = (outs Variadic<VectorOfRankAndType<[1], [AnySignlessInteger, AnyFloat]>>:$results);
  let assemblyFormat = [{
    $unit $a `at` $a_outer `layout` $a_layout (`across` $a_across^)? (`fixed` $a_fixed^)? `,` $b `at` $b_outer `layout` $b_layout
    (`across` $b_across^)? `,` `from` $base `steps` $steps (`to` $accumulators^)? attr-dict `:` type($a) `,` type($b) (`,` type($accumulators)^)?
    `->` type($results)
  }];
  let hasVerifier = 1;
}

def Tile_MultiplyHeldOp : Tile_Op<"multiply_held", [AttrSizedOperandSegments, MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "tile.multiply with operand a in registers";
  let description = [{
    `%d:2 = tile.multiply_held "wgmma.m64n64k16.f16" (%x#0, %x#1, %y#0, %y#1), %b at %n layout #b across, from %base to %c#0, %c#1 : ...`: for
    each instruction's steps of k, one after the other, this thread's part of each accumulator's tile of a. So many steps are multiplied. The
    fragments may be overwritten, too, once a tile.settle has waited for the batch; values are not.
  }];
  let arguments = (ins StrAttr:$unit, Variadic<VectorOfRankAndType<[1], [AnySignlessInteger, AnyFloat]>>:$fragments,
      Arg<Tile_Buffer, "", [MemRead]>:$b, Index:$b_outer, Tile_Layout:$b_layout, UnitAttr:$b_across, Index:$base,
      Variadic<VectorOfRankAndType<[1], [AnySignlessInteger, AnyFloat]>>:$accumulators);
  let results = (outs Variadic<VectorOfRankAndType<[1], [AnySignlessInteger, AnyFloat]>>:$results);
  let assemblyFormat = [{
    $unit `(` $fragments `)` `,` $b `at` $b_outer `layout` $b_layout (`across` $b_across^)? `,` `from` $base `to` $accumulators attr-dict `:`
    `(` type($fragments) `)` `,` type($b) `,` type($accumulators) `->` type($results)
  }];
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Registers that hold blocks of a matrix, on CPUs (AMX). There are eight: 0 to 3 are accumulators, 4 and 5 hold rows of a,
// 6 and 7 columns of b. They are named, not values: nothing could save them.
//===----------------------------------------------------------------------===//

class Tile_BlockRegisterOp<string mnemonic> : Tile_Op<mnemonic, [MemoryEffects<[MemRead, MemWrite]>]>;
class Tile_RegisterAttr<int least, int most>
    : ConfinedAttr<I64Attr, [IntMinValue<least>, IntMaxValue<most>]>;

def Tile_RegistersOp : Tile_BlockRegisterOp<"registers"> {
  let summary = "what the matrix registers hold from here on: their shape; they are zero";
  let description = [{
    `tile.registers rows %n`: registers 0 to 5 have n rows (1 to 16), 6 and 7 have 16. A row is 64 bytes. Comes before any other use in a
    work item; tile.registers_release comes after the last.
  }];
  let arguments = (ins Index:$rows);
  let assemblyFormat = "`rows` $rows attr-dict";
}

def Tile_RegistersReleaseOp : Tile_BlockRegisterOp<"registers_release"> {
  let summary = "the matrix registers are not needed any more: switching threads need not save them";
  let assemblyFormat = "attr-dict";
}

def Tile_RegisterZeroOp : Tile_BlockRegisterOp<"register_zero"> {
  let summary = "a matrix register becomes 0";
  let arguments = (ins Tile_RegisterAttr<0, 7>:$number);
  let assemblyFormat = "$number attr-dict";
}

def Tile_RegisterLoadOp : Tile_BlockRegisterOp<"register_load"> {
  let summary = "read rows of 64 bytes into a matrix register";
  let description = [{
    `tile.register_load %b[%i] by %pitch to 4 : !tile.buffer<bf16, global>`: row r begins at element i + r * pitch. `streamed`: it is not read
    again soon, so the nearest cache should rather keep what else it has.
  }];
  let arguments = (ins Tile_Buffer:$buffer, Index:$offset, Index:$pitch, Tile_RegisterAttr<0, 7>:$number, UnitAttr:$streamed);
  let assemblyFormat = "$buffer `[` $offset `]` `by` $pitch `to` $number (`streamed` $streamed^)? attr-dict `:` type($buffer)";
}

def Tile_RegisterStoreOp : Tile_BlockRegisterOp<"register_store"> {
  let summary = "write a matrix register's rows";
  let arguments = (ins Tile_RegisterAttr<0, 3>:$number, Tile_Buffer:$buffer, Index:$offset, Index:$pitch);
  let assemblyFormat = "$number `to` $buffer `[` $offset `]` `by` $pitch attr-dict `:` type($buffer)";
}

def Tile_RegisterMultiplyOp : Tile_BlockRegisterOp<"register_multiply"> {
  let summary = "accumulator += a times b, all in matrix registers";
  let description = [{
    `tile.register_multiply 0, 4, 6 of bf16`: sums of f32. A row of a is that of the result, its elements the steps of k; row r of b holds, for
    each column of the result, the next 4 bytes' elements of k from r times so many on. `of i8`: sums of i32 of signed bytes, or unsigned ones
    where `unsigned_a` and `unsigned_b` say so.
  }];
  let arguments = (ins Tile_RegisterAttr<0, 3>:$accumulator, Tile_RegisterAttr<4, 5>:$a, Tile_RegisterAttr<6, 7>:$b,
      TypeAttrOf<AnyTypeOf<[BF16, I8]>>:$element, UnitAttr:$unsigned_a, UnitAttr:$unsigned_b);
  let assemblyFormat = [{
    $accumulator `,` $a `,` $b `of` $element (`unsigned_a` $unsigned_a^)? (`unsigned_b` $unsigned_b^)? attr-dict
  }];
}

def Tile_SettleOp : Tile_Op<"settle", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "all but the last `pending` batches of tile.multiply are done, for this thread's unit";
  let arguments = (ins I64Attr:$pending);
  let assemblyFormat = "$pending attr-dict";
}

def Tile_PutOp : Tile_Op<"put"> {
  let summary = "write an accumulator's tile to a ring, in rows";
  let description = [{
    `tile.put %acc of "mma.m16n8k16.f16" to %ring[%base] at 16, 8 layout #l : vector<4xf32>, !tile.buffer<f32, group>`: element (r, c) of the
    result's tile goes to (16 + r, 8 + c) of the block that begins at element `base`. From there its rows are read in runs: what a thread holds of an
    accumulator is the unit's business.
  }];
  let arguments = (ins VectorOfRankAndType<[1], [AnySignlessInteger, AnyFloat]>:$accumulator, StrAttr:$unit,
      Arg<Tile_Buffer, "", [MemWrite]>:$ring, Index:$base, I64Attr:$row, I64Attr:$column, Tile_Layout:$layout);
  let assemblyFormat = [{
    $accumulator `of` $unit `to` $ring `[` $base `]` `at` $row `,` $column `layout` $layout attr-dict `:` type($accumulator) `,` type($ring)
  }];
  let hasVerifier = 1;
}

def Tile_ReduceOp : Tile_Op<"reduce", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "combine one value per lane into one, known to every thread";
  let description = [{
    A vector is combined over its lanes first (in any order), then over the threads of
    the group when `group` is set. Every thread of the group must reach it.
    `%s = tile.reduce sum %v group : vector<4xf32> -> f32`. With `of 16`, over each 16 neighbours (a power of two) apart. With
    `of 4 apart 16`, over the 4 threads whose numbers differ in the bits of 16 and 32 alone: all of them in one wave.
  }];
  let arguments = (ins Flex_CombinerAttr:$combiner, Tile_Value:$value, UnitAttr:$group, OptionalAttr<I64Attr>:$threads,
      OptionalAttr<I64Attr>:$apart);
  let results = (outs Tile_Value:$result);
  let assemblyFormat = "$combiner $value (`group` $group^ (`of` $threads^ (`apart` $apart^)?)?)? attr-dict `:` type($value) `->` type($result)";
  let hasVerifier = 1;
}

#endif
