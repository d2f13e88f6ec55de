//===- DeviceDescription.h - What the cost model knows of a device -*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Facts, not names: a target fills this from cpuid, from a chip's data or from
// measured rates, and no code downstream asks which device it is.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Support/Status.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace flex::tile {

/// How one work item is executed.
enum class ExecutionModel {
  Simd, ///< one thread with wide registers (a CPU core)
  Simt, ///< a group of threads, each with scalar registers and short vectors (a GPU)
};

/// Where an operand of a matrix instruction is when it starts.
enum class OperandHome : char {
  Registers = 'r', ///< spread over the registers of the threads that issue it
  Group = 'g',     ///< group memory, named by a descriptor
  Tensor = 't',    ///< memory of the matrix unit's own
};

/// One shape of a chip's matrix instruction: c[m, n] += a[m, k] * b[k, n].
struct MatrixUnit {
  std::string unit;        ///< the instruction's family, as the schedule names it: "mma", "wgmma", "mfma", …
  std::string operand;     ///< type of an element of a and b, as the language spells it, and "tf32": f32 of 10 bits
  std::string accumulator; ///< type of an element of c
  int64_t m = 0, n = 0, k = 0;
  int64_t maxN = 0;     ///< every multiple of `n` up to this can be asked for; equal to `n` if only that
  int64_t threads = 32; ///< the neighbours that issue one together
  int64_t copies = 1;   ///< of each element of a and b among their registers
  OperandHome a = OperandHome::Registers, b = OperandHome::Registers, c = OperandHome::Registers;

  /// "mma.m16n8k16.f16": as the schedule and the tile ops name it.
  std::string name() const;
  /// Elements of a tile that each thread holds.
  int64_t lanesOfA() const { return m * k * copies / threads; }
  int64_t lanesOfB() const { return n * k * copies / threads; }
  int64_t lanesOfC() const { return m * n / threads; }

  friend bool operator==(const MatrixUnit &, const MatrixUnit &) = default;
};

/// The facts a schedule depends on. Sizes in bytes, rates per second and core.
struct DeviceDescription {
  ExecutionModel model = ExecutionModel::Simd;
  int64_t vectorBits = 256;            ///< Simd: register width; Simt: widest access of one thread
  int64_t vectorRegisters = 16;        ///< Simd: architectural vector registers
  int64_t cores = 1;                   ///< Simd: threads of the pool; Simt: compute units
  int64_t l1Bytes = 32 << 10;          ///< per core
  int64_t l2Bytes = 512 << 10;         ///< per core
  int64_t l3Bytes = 8 << 20;           ///< shared
  int64_t waveSize = 32;               ///< Simt: threads in lock step
  int64_t maxGroupSize = 1024;         ///< Simt: threads per work item
  int64_t groupMemoryBytes = 48 << 10; ///< Simt: shared memory per work item
  int64_t groupMemoryLimit = 48 << 10; ///< Simt: the same where a launch asks for more than the usual
  int64_t asyncCopyBytes = 0; ///< Simt: the most a thread copies to group memory past its registers; 0: it cannot
  bool hasBulkCopy = false;   ///< Simt: boxes of a tensor copied to group memory by one thread
  /// Simt: a wave reads a tile of operand a at once from group memory where its rows, of so many bytes, lie one behind
  /// the other; 0: it has no such instruction.
  int64_t blockRowBytes = 0;
  int64_t streamingBytes = 32 << 20; ///< outputs larger than this bypass the caches
  double gflops = 50;                ///< f32 multiply-adds count two
  double memoryGBs = 20;
  std::vector<MatrixUnit> matrixUnits; ///< in the chip's order of preference for each type

  /// `model=simd,vector-bits=512,…`: every field, in a fixed order. Part of cache keys.
  std::string str() const;
  /// Reads what str() prints; keys that are missing keep their default.
  static StatusOr<DeviceDescription> parse(std::string_view text);
  /// Null if there is no unit of that name.
  const MatrixUnit *findMatrixUnit(std::string_view name) const;
};

} // namespace flex::tile
