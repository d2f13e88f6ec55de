//===- TileEnums.td - Enums of the tile dialect ---------------*- tablegen -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Apart from TileOps.td, which includes the tensor IR's enums as well: the
// generator of enums has no filter by dialect.
//
//===----------------------------------------------------------------------===//
#ifndef FLEX_TILEENUMS_TD
#define FLEX_TILEENUMS_TD

include "mlir/IR/EnumAttr.td"

def Tile_Space : I32EnumAttr<"Space", "where a buffer lives", [
    I32EnumAttrCase<"Global", 0, "global">,     // an argument: visible to all work items
    I32EnumAttrCase<"Group", 1, "group">,       // shared by the threads of one work item (shared memory, LDS)
    I32EnumAttrCase<"Private", 2, "private">    // one thread's own workspace
  ]> {
  let cppNamespace = "::flex::tile";
}

def Tile_Operand : I32EnumAttr<"Operand", "a factor of a matrix unit", [
    I32EnumAttrCase<"A", 0, "a">,    // its rows are the result's rows
    I32EnumAttrCase<"B", 1, "b">     // its columns are the result's columns
  ]> {
  let cppNamespace = "::flex::tile";
}

#endif
