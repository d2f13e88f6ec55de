//===- ScheduleOverrides.h - The option schedule ---------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// After the cost model: what somebody who measured says about single launches, as
// `gemm_0 {rows 6, vectors 4}; gemm_1 {pack false}`. Unlike a kernel's `schedules`
// it changes how groups are walked, never which groups there are.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Support/Status.h"

#include "mlir/IR/BuiltinOps.h"

#include <string_view>

namespace flex {

/// Sets keys of the groups' schedules, by the groups' names. InvalidArgument for a text of another form, CompileError
/// for a launch that is not there and for keys and values that are none (those are reported at the group, too).
Status overrideSchedules(mlir::ModuleOp module, std::string_view text);

} // namespace flex
