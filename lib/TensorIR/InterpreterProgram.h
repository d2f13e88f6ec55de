//===- InterpreterProgram.h - A statement, ready to run ---------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Buffers, reads and bodies with all dimensions known. Nothing here allocates per point
// of a domain.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "InterpreterScalar.h"

#include <memory>

namespace flex::ir::interp {

using Dims = std::map<std::string, int64_t>;

/// A tensor in memory: an argument's bytes as they are, or computed elements with errors.
class Buffer {
public:
  /// Refers to `data`, which must outlive the buffer.
  static Buffer ofBytes(llvm::StringRef dtype, llvm::ArrayRef<int64_t> shape, const void *data);
  /// Elements that `store` fills in.
  static Buffer ofElements(llvm::StringRef dtype, llvm::ArrayRef<int64_t> shape);

  void load(int64_t index, Reg &reg) const;
  void store(int64_t index, const Reg &reg);

  const std::string &getDtype() const { return dtype; }
  llvm::ArrayRef<int64_t> getShape() const { return shape; }
  int64_t size() const { return count; }
  bool isFloat() const { return format != nullptr; }

private:
  enum class Kind { Bool, I8, I16, I32, I64, F16, BF16, F32, F64, Wide, Widest, Integers };
  Buffer(llvm::StringRef dtype, llvm::ArrayRef<int64_t> shape);

  std::string dtype;
  llvm::SmallVector<int64_t> shape;
  int64_t count = 1;
  const FloatFormat *format;
  Kind kind = Kind::Integers;
  const void *bytes = nullptr;
  std::vector<double> wide;        // floats below f64
  std::vector<long double> widest; // f64
  std::vector<int64_t> integers;
  std::vector<double> errors; // empty while all are 0
};

/// An index expression over a statement's indices, by number.
class IndexExpr {
public:
  /// REQUIRES: every name in `expr` is one of `indices`.
  IndexExpr(const DimExpr &expr, llvm::ArrayRef<llvm::StringRef> indices);
  /// False when it overflows or divides by a number below 1.
  bool evaluate(const int64_t *point, int64_t &value) const;
  /// The slope of each index if it is affine, and nothing else.
  std::optional<llvm::SmallVector<int64_t>> getSlopes(unsigned numIndices) const;
  int64_t getConstant() const { return constant; }

private:
  struct Atom;
  struct Product {
    int64_t coefficient;
    std::vector<Atom> atoms;
  };
  int64_t constant = 0;
  std::vector<std::pair<unsigned, int64_t>> linear;
  std::vector<Product> products;
};

struct IndexExpr::Atom {
  int index; ///< or -1 for an operation
  DimExpr::OpKind op;
  std::vector<IndexExpr> operands;
};

/// One operand of a statement.
struct Read {
  const Buffer *buffer;
  std::vector<IndexExpr> exprs;
  llvm::SmallVector<int64_t> strides;
  BoundaryKind boundary;
  Reg fill;
  bool inRange = false; ///< for the whole domain: offset + slopes . point
  int64_t offset = 0;
  llvm::SmallVector<int64_t> slopes;
};

/// A statement's body and where its inputs come from. Registers 0 … reads-1 are the elements read.
struct Program {
  std::vector<Instr> code;
  std::vector<Reg> registers;                                ///< as they are before each point
  std::vector<std::pair<unsigned, unsigned>> indexRegisters; ///< register, number of the index
  unsigned result = 0;
  llvm::SmallVector<int64_t> extents;
  unsigned numParallel = 0;
  std::vector<Read> reads;
};

/// Compiles a statement. `buffers` gives each operand's data.
StatusOr<Program> compileStatement(StatementInterface statement, const Dims &dims, const ErrorModel &errors,
                                   llvm::function_ref<const Buffer *(mlir::Value)> buffers);

/// The element that `read` has at `point`, into `reg`; for a read that is in range everywhere.
inline void loadInRange(const Read &read, const int64_t *point, Reg &reg) {
  int64_t offset = read.offset;
  for (size_t index = 0; index < read.slopes.size(); ++index)
    offset += read.slopes[index] * point[index];
  read.buffer->load(offset, reg);
}
/// For any other read. InvalidArgument when it lies outside and no rule says what it reads.
Status loadChecked(const Read &read, const int64_t *point, Reg &reg);

/// Combines the values of a reduction in any order, with one bound for all orders.
class Accumulator {
public:
  Accumulator(CombinerKind kind, mlir::Type type);
  void reset();
  void add(const Reg &value);
  Reg finish() const;

private:
  void addSum(const Reg &value);
  void addProduct(const Reg &value);
  void addExtreme(const Reg &value);
  void addInteger(const Reg &value);

  CombinerKind kind;
  const FloatFormat *format; // null for integers
  unsigned width = 64;
  Instr combine;         // of two values, for what has no better rule
  Reg identity, pair[3]; // pair[0] is the value so far
  uint64_t terms = 0;
  double sizes = 0;                 // a sum's: of the finite magnitudes, errors included
  double largest = 1, smallest = 1; // a product's: over all partial products
};

} // namespace flex::ir::interp
