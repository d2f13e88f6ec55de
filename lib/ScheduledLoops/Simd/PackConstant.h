//===- PackConstant.h - Fixed operands as the loops read them --*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// With `pack`, strategy Tile copies the lane operand of a contraction to panels at
// each launch. That of a constant is made here, once, by the compiler: a constant of
// its own, which the register tiles read as they would read the copy. That of what
// follows from bound arguments is made by a group of its own, once for all launches.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "../GroupInfo.h"
#include "flex/ScheduledLoops/Schedule.h"

namespace flex::tile {

/// A constant as panels: a row of lanes x vectors elements for each step of the reduction, panel after panel, of the
/// type that the loops compute in; what a panel has beyond the lane index's extent is 0. For a unit (SimdUnit.h): of
/// the constant's own type, and so many steps of a column side by side as the unit takes at once, with zeros for the
/// last.
struct PackedPanels {
  mlir::Value constant;             ///< the result of flex.constant whose elements these are
  mlir::DenseElementsAttr elements; ///< of one axis
};

/// What a group that is scheduled so would pack at each launch, if that is a constant. Nothing if there is none, its
/// panels have more than kMaxPackedBytes, or the group reads the constant at other places, too.
std::optional<PackedPanels> packConstant(const GroupInfo &info, const Schedule &schedule,
                                         const DeviceDescription &device);

/// What a group that is scheduled so would pack at each launch, if `isFixed` says of the tensor that it is the same
/// each time: in a new group before this one, with one result, the panels, of the layout above. Null if there is
/// nothing of the kind, or where packConstant would find nothing. The group itself stays as it is, marked with
/// kPackedAttr: equal groups, one of which reads panels, are not the same loops.
ir::GroupOp packFixed(ir::GroupOp group, const Schedule &schedule, const DeviceDescription &device,
                      llvm::function_ref<bool(mlir::Value)> isFixed);
/// The smallest magnitude but 0 of each panel that `made` (of packFixed) writes, as f32, in a new group before `group`:
/// a unit that takes small numbers for 0 need not look at the panels again. NaN has none; of nothing it is infinite.
ir::GroupOp leastOfPanels(ir::GroupOp made, ir::GroupOp group);
inline constexpr llvm::StringLiteral kPackedAttr = "flex.packed";

/// Of one operand: more belongs into an argument, and takes longer to pack here than a user would wait.
inline constexpr int64_t kMaxPackedBytes = int64_t(8) << 20;

} // namespace flex::tile
