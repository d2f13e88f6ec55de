//===- HostFacts.h - Caches and cores for the cost model --------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Facts of this machine, or cautious guesses for one that is only named.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "Features.h"
#include "flex/ScheduledLoops/DeviceDescription.h"

namespace flex::target::cpu {

/// What instruction sets tell: register width and number.
tile::DeviceDescription describeChip(const FeatureSet &features);
/// The same with the caches and usable cores of this machine.
tile::DeviceDescription describeHost(const FeatureSet &features);

} // namespace flex::target::cpu
