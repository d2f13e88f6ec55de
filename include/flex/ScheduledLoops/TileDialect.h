//===- TileDialect.h - The tile dialect -------------------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Declarations generated from TileOps.td. What targets lower.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/TensorIR/TensorIR.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

#include "flex/ScheduledLoops/TileDialect.h.inc"
#include "flex/ScheduledLoops/TileEnums.h.inc"
#define GET_ATTRDEF_CLASSES
#include "flex/ScheduledLoops/TileAttrs.h.inc"
#define GET_TYPEDEF_CLASSES
#include "flex/ScheduledLoops/TileTypes.h.inc"
#define GET_OP_CLASSES
#include "flex/ScheduledLoops/TileOps.h.inc"
