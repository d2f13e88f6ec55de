//===- Image.h - The kernel image: what a compiled kernel is ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A kernel image (.fxk) carries everything a runtime needs to launch a kernel
// and nothing of the compiler: the signature, and per target a program, which
// is a plan of buffers and launches over one payload. The file format is
// docs/reference/image-format.md. Free of LLVM.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Support/DimExpr.h"
#include "flex/Support/Status.h"

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace flex {

/// A tensor argument or result. Memory is dense, row major, aligned to its
/// element. `dtype` is a name of LANGUAGE.md: bool, i4 … u64, f8e4m3fn, f8e5m2, bf16, f16, f32, f64;
/// bool takes a byte, 0 or 1. i4 and u4 lie two a byte, the first in the low half, in row-major order of the whole
/// tensor; of an odd number the last half is 0.
struct ImageTensor {
  std::string name;
  std::string dtype;
  std::vector<DimExpr> shape; ///< over the image's `dims`
  /// Of a scalar parameter that callers may leave out, its value as a decimal number; else empty.
  std::string defaultValue = {};
  /// Of a result that is stored over a parameter (inout), which one; else -1.
  int64_t alias = -1;
};

/// A condition on the named dimensions that the caller must meet.
struct ImageConstraint {
  enum class Kind { LessEqual, Equal, Divisible };
  Kind kind;
  DimExpr lhs, rhs;   ///< lhs <= rhs, lhs == rhs, lhs % rhs == 0
  std::string source; ///< as the user wrote it, for the message
};

/// One piece of memory of a program.
struct ImageBuffer {
  enum class Kind { Param, Result, Temp, Constant, Kept };
  Kind kind = Kind::Temp;
  int64_t index = 0; ///< of the param or result; of a constant, its byte offset in the kernel's constant section
  DimExpr bytes;     ///< size; evaluates >= 0
  /// Temporaries that are never live together share an arena: the byte offset
  /// of this one in it. The arena's size is ImageProgram::arenaBytes. Kept buffers have an arena of their own
  /// (ImageProgram::keptBytes).
  DimExpr arenaOffset;
};

/// A tensor in memory as a device copies boxes of it: an argument of 128 bytes, which the driver encodes for each
/// launch. Dimensions are counted from the innermost one. What lies outside its sizes is read as zero.
struct ImageTensorMap {
  int64_t buffer = 0;           ///< index into ImageLaunch::buffers
  int64_t elementBytes = 1;     ///< 1, 2, 4 or 8
  DimExpr offset;               ///< bytes from the buffer's start to the first element
  std::vector<DimExpr> sizes;   ///< elements along each of 1 to 5 dimensions
  std::vector<DimExpr> pitches; ///< bytes from one element to the next along each dimension but the innermost
  std::vector<int64_t> box;     ///< elements of a box along each dimension, 1 to 256
  int64_t swizzle = 0; ///< bytes of a box's rows in group memory whose chunks of 16 are permuted: 0, 32, 64, 128

  friend bool operator==(const ImageTensorMap &, const ImageTensorMap &) = default;
};
inline constexpr size_t kMaxMapRank = 5;

/// One launch of one entry point over a linear range of work items.
/// ABI of an entry, by payload format:
///   elf-*: void entry(void *const *buffers, const int64_t *dims,
///                     int64_t begin, int64_t end, void *workspace)
///          runs the items [begin, end); items may run in any order, on any
///          thread, each thread with `workspaceBytes` of its own (64-byte aligned).
///   every other: a kernel with one global pointer per buffer, then one
///          i64 per dim, in the order of `buffers` and `dims` below, then 128
///          bytes per tensor map; one workgroup of `groupSize` threads per
///          item, 1-D.
struct ImageLaunch {
  std::string entry;
  std::vector<int64_t> buffers;  ///< indices into ImageProgram::buffers
  std::vector<std::string> dims; ///< names, each one of ImageKernel::dims
  DimExpr items;                 ///< number of work items; 0 launches nothing
  DimExpr workspaceBytes;        ///< per thread (elf-*)
  int64_t groupSize = 1;         ///< threads per workgroup
  int64_t groupMemoryBytes = 0;  ///< static shared memory per workgroup, for information
  DimExpr flops, bytesMoved;     ///< the cost model's figures
  std::vector<ImageTensorMap> maps = {};
  /// What it writes follows from arguments in ImageProgram::bound and from shapes alone: a runtime that holds those
  /// arguments runs it once, before all others, and keeps what it wrote to kept buffers. Any other runs it in its
  /// place.
  bool kept = false;
};

/// A kernel compiled for one target.
struct ImageProgram {
  std::string target;                 ///< e.g. "cpu:znver4", as `flexc --target` spells it
  std::string format;                 ///< what a driver must accept: "elf-x86_64", "ptx", "tensor-ir"
  std::vector<std::string> requires_; ///< features the device must have, e.g. "avx512f"; empty: any
  std::vector<uint8_t> payload;
  std::vector<ImageBuffer> buffers;
  std::vector<ImageLaunch> launches; ///< in order; each sees the results of those before it
  DimExpr arenaBytes;                ///< of all temporaries
  /// Results with an alias whose memory may be the parameter's own: what is read of an element is read before it is
  /// written. Of other results a runtime makes a copy.
  std::vector<int64_t> inPlace = {};
  std::vector<int64_t> bound = {}; ///< parameters that this program was compiled to hold
  DimExpr keptBytes = {};          ///< of all kept buffers
  /// Programs of one kernel with equal keys, for the same values of these dimensions, keep the same bytes: code for
  /// another number of rows reads the same packed weights.
  std::string keptKey = {};
  std::vector<std::string> keptDims = {};
};

/// A type parameter of a generic kernel that is not bound yet: tensors name it
/// as their dtype. Only in images that describe, never in one with programs.
struct ImageTypeParam {
  std::string name;
  std::vector<std::string> allowed; ///< dtypes, in the order written
};

/// One kernel of an image with its signature and its programs.
struct ImageKernel {
  std::string name;
  std::string doc;
  std::vector<std::string> dims; ///< names still open, in the order of first use; bound ones are substituted
  std::vector<ImageConstraint> constraints;
  std::vector<ImageTensor> params;
  std::vector<ImageTensor> results;
  std::vector<uint8_t> constants; ///< constant tensors of all programs
  std::vector<ImageProgram> programs;
  std::vector<ImageTypeParam> typeParams; ///< empty once bound
  bool strict = false;                    ///< numerics: no optimisation behind us may reorder or contract
};

/// A whole image. Provenance says where it came from; `tensorIR` is the input of
/// the back ends as MLIR bytecode (may be empty), so that a runtime with a
/// compiler can recompile for a new device.
struct Image {
  std::string producer;                          ///< e.g. "flexc 0.1.0 (build 1a2b3c)"
  std::map<std::string, std::string> provenance; ///< source file, hash, options
  std::vector<ImageKernel> kernels;
  std::vector<uint8_t> tensorIR;
};

/// Serialises to the bytes of a .fxk file. Deterministic: equal images give
/// equal bytes.
std::vector<uint8_t> writeImage(const Image &image);

/// Reads a .fxk file. Any bytes give a value or a Status (DataLoss for damage,
/// InvalidArgument for what is not an image or of another version): every
/// offset, count and expression is checked against the file's size, and the
/// content checksum is verified.
StatusOr<Image> readImage(const uint8_t *data, size_t size);

/// Bits of one element of a dtype name in memory (4 for i4 and u4, 8 for bool); 0 for an unknown name.
int64_t dtypeBits(const std::string &dtype);
/// Bytes of one element alone; 0 for an unknown name.
int64_t dtypeBytes(const std::string &dtype);
/// Stores a decimal number (or true, false) as one element of a dtype, rounded to nearest even; false if it is no
/// number or an integer type cannot hold it. `out` has room for dtypeBytes.
bool storeNumber(const std::string &dtype, const std::string &number, void *out);
/// One of the dtypes of floating-point numbers.
bool isFloatType(const std::string &dtype);
/// An element as a number, exactly. REQUIRES: isFloatType(dtype).
double loadFloat(const std::string &dtype, const void *element);
/// Bytes of a dense tensor; nothing if that overflows.
std::optional<int64_t> bytesOfElements(const std::string &dtype, int64_t count);

} // namespace flex
