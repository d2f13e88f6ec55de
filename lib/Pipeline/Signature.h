//===- Signature.h - What a caller must know of a kernel -------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From flex.kernel, or from the plan that replaces it, to the image's signature.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Binary/Image.h"
#include "flex/ScheduledLoops/Plan.h"
#include "flex/TensorIR/TensorIR.h"

namespace flex {

/// The signature of one kernel; a constraint that cannot be expressed in an
/// image is an error.
StatusOr<ImageKernel> signatureOf(ir::KernelOp kernel);

/// `M <= 4096`, `D % 8 == 0`, `A == B + 1` as the image's form.
StatusOr<ImageConstraint> constraintFromText(std::string_view text);

/// The signature that a plan carries, for inputs past the tensor stages.
StatusOr<ImageKernel> signatureOf(const tile::KernelPlan &plan);

} // namespace flex
