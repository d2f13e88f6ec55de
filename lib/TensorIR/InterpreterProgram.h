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
  /// The elements of row-major strides.
  llvm::SmallVector<int64_t> getStrides() const;

  /// Of a tensor of positions: what else a device may have found, by element (TensorResult::positions).
  std::map<int64_t, std::vector<int64_t>> positions;

private:
  enum class Kind { Bool, I4, I8, I16, I32, I64, F8, F16, BF16, F32, F64, Wide, Widest, Integers };
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
  /// False when it overflows (unless it `wraps`) or divides by a number below 1.
  bool evaluate(const int64_t *point, int64_t &value, bool wraps = false) const;
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
  const Buffer *buffer = nullptr; ///< null for an operand taken whole
  std::vector<IndexExpr> exprs;
  llvm::SmallVector<int64_t> strides;
  BoundaryKind boundary = BoundaryKind::None;
  Reg fill;
  bool wraps = false;   ///< the indices are data, which may have any value
  bool inRange = false; ///< for the whole domain: offset + slopes . point
  int64_t offset = 0;
  llvm::SmallVector<int64_t> slopes;
};

/// A value as sorting sees it: its bounds, NaN above all else.
struct SortKey {
  long double value, low, high;
  bool isExact() const { return low == high; }
};
/// REQUIRES: `format` of a float, else an integer of `width`. `negated` reverses the order.
SortKey makeSortKey(const Reg &reg, const FloatFormat *format, unsigned width, bool isUnsigned, bool negated);
/// The stable ascending order of the keys; per rank below `count` that is not decided, the positions that may
/// have it (none listed when they would be too many).
struct SortedKeys {
  std::vector<int64_t> order;
  std::vector<bool> decided;
  std::map<int64_t, std::vector<int64_t>> acceptable;
};
SortedKeys sortKeys(llvm::ArrayRef<SortKey> keys, int64_t count);

/// How `kind` combines two values of a type: the instruction on registers 0 and 1.
Instr makeCombine(CombinerKind kind, mlir::Type type, bool strict);

/// Combines the values of a reduction in any order, with one bound for all orders; in strict kernels
/// in row-major order.
class Accumulator {
public:
  Accumulator(CombinerKind kind, mlir::Type type, bool strict);
  void reset();
  void add(const Reg &value);
  Reg finish() const;
  bool findsPosition() const { return isPosition(kind); }
  /// Of a position that is not decided: all that a device may find.
  std::vector<int64_t> acceptable() const;

private:
  void addSum(const Reg &value);
  void addProduct(const Reg &value);
  void addExtreme(const Reg &value);
  void addInteger(const Reg &value);

  CombinerKind kind;
  const FloatFormat *format; // null for integers
  unsigned width = 64;
  bool strict;
  std::vector<SortKey> keys; // of a position
  Instr combine;             // of two values, for what has no better rule
  Reg identity, pair[3];     // pair[0] is the value so far
  uint64_t terms = 0;
  double sizes = 0;                 // a sum's: of the finite magnitudes, errors included
  double largest = 1, smallest = 1; // a product's: over all partial products
};

/// flex.load: index values go to the point, behind the indices.
struct LoadStep {
  Read read;
  llvm::SmallVector<uint16_t> values; ///< registers
  unsigned slot;                      ///< of $0 in the point
  uint16_t dst;
};

/// flex.fold: the code behind it, up to `end`, once per point of its own indices.
struct FoldStep {
  llvm::SmallVector<int64_t> extents;
  unsigned slot; ///< of its first index in the point
  std::vector<std::pair<unsigned, unsigned>> indexRegisters;
  size_t end;
  uint16_t value, dst;
  Accumulator accumulator;
};

/// A statement's body and where its inputs come from. Registers 0 … are the body's arguments. An
/// instruction without a function is a step: `a` is its number, `b` 0 for a load and 1 for a fold.
struct Program {
  std::vector<Instr> code;
  std::vector<LoadStep> loads;
  std::vector<FoldStep> folds;
  std::vector<Reg> registers;                                ///< as they are before each point
  std::vector<std::pair<unsigned, unsigned>> indexRegisters; ///< register, number of the index
  std::vector<uint16_t> results;                             ///< what the body yields
  llvm::SmallVector<int64_t> extents;
  unsigned numParallel = 0;
  unsigned pointSize = 0;        ///< indices, those of folds and index values included
  std::vector<Read> reads;       ///< per operand; a whole one has no buffer
  std::vector<IndexExpr> places; ///< where the result lies; index values follow the indices
  uint64_t work = 1;             ///< steps per point
};

/// What compiling needs to know beside the statement.
struct CompileContext {
  const Dims &dims;
  const ErrorModel &errors;
  bool strict;
  llvm::function_ref<const Buffer *(mlir::Value)> buffers; ///< each operand's data
  const Buffer *self;                                      ///< the statement's result
};
StatusOr<Program> compileStatement(StatementInterface statement, const CompileContext &context);

/// Runs the body at a point, which has room for `pointSize` numbers.
Status runPoint(const Program &program, int64_t *point, Reg *registers);

/// Runs the whole statement into `result`, its zeroed elements.
Status runStatement(const Program &program, StatementInterface statement, bool strict, Buffer &result,
                    llvm::function_ref<const Buffer *(mlir::Value)> buffers);

/// Steps through the indices begin … end-1 of a domain, the last one fastest. False when done.
bool advance(int64_t *point, llvm::ArrayRef<int64_t> extents, unsigned begin, unsigned end);
/// No wrap: more than any limit when the true product exceeds 64 bits.
uint64_t saturatingProduct(llvm::ArrayRef<int64_t> factors, uint64_t product = 1);

/// The element that `read` has at `point`, into `reg`; for a read that is in range everywhere.
inline void loadInRange(const Read &read, const int64_t *point, Reg &reg) {
  int64_t offset = read.offset;
  for (size_t index = 0; index < read.slopes.size(); ++index)
    offset += read.slopes[index] * point[index];
  read.buffer->load(offset, reg);
}
/// For any other read. InvalidArgument when it lies outside and no rule says what it reads.
Status loadChecked(const Read &read, const int64_t *point, Reg &reg);

} // namespace flex::ir::interp
