//===- Interpreter.h - The meaning of tensor IR, and how exact --*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The oracle of every test: runs a flex.kernel on host data, as written, before or
// after any pass. Floats are evaluated wider than f64's inputs need and rounded at
// casts and results only; integers are exact. Beside each float goes a bound on how
// far a correct device may be from it. Rationale: docs/decisions/interpreter.md.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Support/Status.h"
#include "flex/TensorIR/TensorIR.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace flex::ir {

/// A dense row-major tensor of the caller's memory. bool takes one byte, 0 or 1; i4 and u4 lie two
/// in a byte, the earlier one in the low half.
struct TensorView {
  std::string dtype; ///< as in LANGUAGE.md: "f32", "u8", "bool"
  std::vector<int64_t> shape;
  const void *data = nullptr; ///< may be null when a dimension is 0
};

/// A result. Exactly one of `floats`, `ints`, `uints` has the elements (bools are in
/// `uints`); `bytes` holds them rounded to the dtype, row-major.
struct TensorResult {
  std::string name, dtype;
  std::vector<int64_t> shape;
  std::vector<uint8_t> bytes;
  std::vector<double> floats;
  std::vector<int64_t> ints;
  std::vector<uint64_t> uints;
  /// Per element: |correct device's result - floats[i]| is at most this. 0 for a value that
  /// every device must give exactly; infinity where the input decides nothing (a
  /// comparison, cast or floor within rounding of its threshold): not to be compared.
  std::vector<double> bounds;
  /// How many bounds are infinite.
  int64_t undecided = 0;
  /// The argument that this result overwrites, or -1.
  int64_t aliasOf = -1;
  /// Of an argmax, argmin or argsort whose values carry bounds: for each element that they do not decide, the
  /// positions whose values are within bounds of the right one. An element of an infinite bound that is
  /// not here has too many.
  std::map<int64_t, std::vector<int64_t>> positions;
  /// Whether a correct device may give this position.
  bool acceptsPosition(int64_t element, int64_t position) const;
};

/// What a device may do to each operation, in units in the last place of its type.
/// The defaults are those of docs/numerics.md.
struct ErrorModel {
  double division = 2.5; ///< the loosest f32 bound a device promises; 0.5 where divisions are IEEE
  double squareRoot = 3;
  double math = 4; ///< every other function of the math dialect
  /// Set where exp and exp2 of f32 may be the chip's 2^x of a rounded argument, and results below 2^-126 zero.
  bool coarseExponentials = false;
};

struct InterpreterOptions {
  uint64_t maxSteps = uint64_t(1) << 34; ///< body operations in all
  uint64_t maxBytes = uint64_t(1) << 32; ///< memory for temporaries and results
  ErrorModel errors;
  /// Dimensions that the arguments' shapes do not determine.
  std::map<std::string, int64_t> dims;
};

/// The value of each named dimension, from the arguments' shapes. InvalidArgument with
/// both places when shapes, types or the kernel's constraints disagree.
StatusOr<std::map<std::string, int64_t>> inferDims(KernelOp kernel, llvm::ArrayRef<TensorView> arguments,
                                                   const std::map<std::string, int64_t> &given = {});

/// Runs a kernel. In a strict one (numerics = "strict") each of + - * / sqrt rounds once, to its type, and
/// reductions run in row-major order: on exact operands their bounds are 0. InvalidArgument: the arguments do not fit,
/// or a read without a boundary rule leaves its tensor. ResourceExhausted: a limit of `options`. Unimplemented: an
/// operation in a body that has no meaning here. Thread-safe.
StatusOr<std::vector<TensorResult>> interpret(KernelOp kernel, llvm::ArrayRef<TensorView> arguments,
                                              const InterpreterOptions &options = {});

/// A number rounded to the nearest of a float dtype (ties to even), as bits; the
/// inverse. Any dtype of the language.
uint64_t roundToBits(long double value, llvm::StringRef dtype);
long double valueOfBits(uint64_t bits, llvm::StringRef dtype);

} // namespace flex::ir
