//===- Evaluator.h - A statement's value at a point -------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Turns a statement's scalar body into scalar or vector code for one point of
// the loops, reading operands where they are: in registers, in a row's scratch,
// in memory, or computed anew. The one place that knows about accesses, boundary
// rules, lanes and narrow types; every emission strategy goes through it.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "LoopBuilder.h"
#include "flex/ScheduledLoops/TileDialect.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

#include <map>

namespace flex::tile {

/// Where a statement is evaluated: its indices as expressions over loop names.
struct Point {
  std::map<std::string, DimExpr> coordinates;
  std::string lane;  ///< the loop name along which lanes run; empty: scalar code
  int64_t lanes = 1; ///< lanes of the vector
  mlir::Value valid; ///< how many lanes are inside the domain; null: all
};

/// Memory behind a tensor value: element = sum of index * stride.
struct Memory {
  mlir::Value buffer;                 ///< of packed elements: their bytes
  llvm::SmallVector<DimExpr> strides; ///< per axis, in elements
  llvm::SmallVector<DimExpr> extents; ///< per axis
  bool packed = false;                ///< elements of four bits, two a byte; only read
};

/// The type that code computes a scalar type in: f32 for floats of 8 and 16 bits; i8 for i4, whose bits lie low, the
/// others 0.
mlir::Type carrierOf(mlir::Type scalar);

class Evaluator {
public:
  explicit Evaluator(LoopBuilder &loops) : loops(loops), b(loops.get()), loc(loops.getLoc()) {}

  /// Memory of a kernel argument, result, temporary or row scratch.
  std::map<void *, Memory> memory;

  /// Forgets everything computed so far in registers: a new block begins. Values
  /// published with `publish` stay.
  void beginBlock();

  /// Makes a statement's value at a point known to its readers.
  void publish(mlir::Value tensor, const Point &point, llvm::ArrayRef<DimExpr> at, mlir::Value value);
  void clearPublished() { published.clear(); }

  /// The statement's body value at a point, in its carrier type.
  mlir::Value evaluate(ir::StatementInterface statement, const Point &point);
  /// The value of one SSA value of the body.
  mlir::Value evaluate(ir::StatementInterface statement, mlir::Value value, const Point &point);

  /// Combines a body value into an accumulator; a product is fused into a sum unless the numerics are strict.
  /// Lanes outside the domain leave the accumulator as it is. An accumulator is one value, or two of a position:
  /// the value found and where.
  llvm::SmallVector<mlir::Value> accumulate(ir::StatementInterface statement, const Point &point,
                                            mlir::ValueRange accumulator);
  /// An accumulator of nothing.
  llvm::SmallVector<mlir::Value> startOf(ir::StatementInterface statement, int64_t lanes);
  static unsigned accumulatorWidth(ir::CombinerKind kind) { return ir::isPosition(kind) ? 2 : 1; }
  llvm::SmallVector<mlir::Value> combine(ir::CombinerKind kind, mlir::ValueRange a, mlir::ValueRange b);
  /// What a complete accumulator means: over its lanes and the threads of a group if asked to, in each lane otherwise.
  mlir::Value resultOf(ir::CombinerKind kind, mlir::ValueRange accumulator, bool acrossLanes, bool acrossGroup);

  /// Writes a value of the tensor at a point.
  void store(mlir::Value tensor, llvm::ArrayRef<DimExpr> at, mlir::Value value, const Point &point,
             bool nontemporal = false);

  /// How many elements behind a point, along the last axis, the tensor's memory reaches a multiple of the bytes that a
  /// vector of `lanes` of them takes, at most a line of the caches; null if there is no such alignment.
  mlir::Value leadOf(mlir::Value tensor, llvm::ArrayRef<DimExpr> at, int64_t lanes);

  /// The elements of a tensor in memory, at coordinates inside it.
  mlir::Value readTensor(mlir::Value tensor, llvm::ArrayRef<DimExpr> at, const Point &point);
  /// i1: coordinates that are values lie in a tensor's memory.
  mlir::Value isInside(mlir::Value tensor, llvm::ArrayRef<DimExpr> at) {
    return insideTest(memory.at(tensor.getAsOpaquePointer()), at);
  }
  /// A value after a store to a tensor and a load.
  mlir::Value rounded(mlir::Value tensor, mlir::Value value);
  /// The value of a narrow type in its carrier, rounded to the type if the numerics are strict.
  mlir::Value strictly(mlir::Value value, mlir::Type scalar);
  /// A constant in its carrier type.
  mlir::Value constantOf(mlir::TypedAttr value);

  /// Hints that what a statement reads from memory at a point will be needed.
  void prefetch(ir::StatementInterface statement, const Point &point);

  /// A scalar in each lane.
  mlir::Value broadcast(mlir::Value scalar, int64_t lanes);
  mlir::Value identity(ir::CombinerKind kind, mlir::Type scalar, int64_t lanes);
  /// The i1 vector of lanes below `valid`.
  mlir::Value validMask(const Point &point);

  /// Hook for packed operands: asked before a body value is computed, told after.
  std::function<mlir::Value(mlir::Value bodyValue, const Point &)> lookupPacked;
  std::function<void(mlir::Value bodyValue, const Point &, mlir::Value computed)> notePacked;
  /// Hook for a scan's own results that are in registers.
  std::function<mlir::Value(ir::LoadOp)> lookupSelf;

  /// The statement whose operands are known to be read inside of their tensors: boundary rules change nothing.
  mlir::Operation *insideStatement = nullptr;

  /// The reduction whose guard (GroupInfo::guardOf) holds, and its value then.
  mlir::Operation *guardedStatement = nullptr;
  mlir::Value guardedValue;

  /// Asked of a run's offset: a power of two that divides it for certain. Null: nothing is known.
  std::function<int64_t(const DimExpr &)> multipleOf;
  /// Lanes that a boundary rule leaves inside are read at once: registers are wide.
  bool hasWindows = false;

  /// How many neighbours resultOf combines across a group; 0: all threads.
  int64_t groupThreads = 0;

  /// No contraction and no reassociation: every operation as it is written.
  bool strict = false;

  /// `arcp`: a device's reciprocals, refined, may stand for divisions by what a row shares and for 1 / sqrt(x); `afn`:
  /// its 2^x, as it is, for exp and exp2.
  mlir::arith::FastMathFlags approximations = mlir::arith::FastMathFlags::none;

private:
  mlir::Value read(ir::StatementInterface statement, unsigned operand, const Point &point);
  mlir::Value readMemory(const Memory &memory, mlir::Type element, llvm::ArrayRef<DimExpr> at,
                         ir::BoundaryAttr boundary, const Point &point);
  mlir::Value loadRun(const Memory &memory, mlir::Type element, const DimExpr &offset, const Point &point, bool vector);
  mlir::Value loadStrided(const Memory &memory, mlir::Type element, const DimExpr &offset, int64_t step,
                          const Point &point);
  mlir::Value gather(const Memory &memory, mlir::Type element, llvm::ArrayRef<DimExpr> at, ir::BoundaryAttr boundary,
                     const Point &point);
  mlir::Value gatherLoop(const Memory &memory, mlir::Type element, llvm::ArrayRef<DimExpr> at,
                         ir::BoundaryAttr boundary, const Point &point, const std::string &laneName,
                         const DimExpr &upper, mlir::Value start);
  mlir::Value readBounded(const Memory &memory, mlir::Type element, llvm::ArrayRef<DimExpr> at,
                          ir::BoundaryAttr boundary, const Point &point);
  mlir::Value readBoundedRun(const Memory &memory, mlir::Type element, llvm::ArrayRef<DimExpr> at,
                             ir::BoundaryAttr boundary, const Point &point, llvm::ArrayRef<DimExpr> moved,
                             llvm::ArrayRef<DimExpr> first, llvm::ArrayRef<DimExpr> last);
  mlir::Value readWindow(const Memory &memory, mlir::Type element, llvm::ArrayRef<DimExpr> at,
                         ir::BoundaryAttr boundary, const Point &point);
  mlir::Value insideTest(const Memory &memory, llvm::ArrayRef<DimExpr> at);
  void noteAlignment(mlir::Operation *access, const DimExpr &offset, mlir::Type element);
  mlir::Value loadNibbles(const Memory &memory, const DimExpr &offset, const Point &point, bool vector);
  mlir::Value loadNibble(const Memory &memory, const DimExpr &offset);
  mlir::Value unpackRun(const Memory &memory, const DimExpr &offset, const Point &point);
  mlir::Value nibbleOperand(mlir::Operation *op, mlir::Value value);
  mlir::Value finishNibble(mlir::Operation *op, mlir::ValueRange operands, int64_t lanes);
  mlir::Value loadWhole(ir::StatementInterface statement, ir::LoadOp op, const Point &point);
  mlir::Value loadPerLane(const Memory &memory, ir::LoadOp op, llvm::ArrayRef<mlir::Value> numbers, const Point &point);
  mlir::Value gatherVector(const Memory &memory, ir::LoadOp op, llvm::ArrayRef<mlir::Value> numbers,
                           const Point &point);
  std::optional<mlir::Value> vectorIndex(const DimExpr &expr, llvm::ArrayRef<mlir::Value> numbers, const Point &point);
  mlir::Value foldBody(ir::StatementInterface statement, ir::FoldOp op, const Point &point);
  struct Guard;
  std::optional<Guard> guardOf(ir::FoldOp op, mlir::Value yielded, const Point &point);
  llvm::SmallVector<mlir::Value> foldStep(ir::StatementInterface statement, ir::CombinerKind kind, mlir::Value yielded,
                                          mlir::ValueRange carried, mlir::Value place, const Point &point);
  llvm::SmallVector<mlir::Value> include(ir::CombinerKind kind, mlir::ValueRange accumulator, mlir::Value value,
                                         mlir::Value position, const Point &point);
  mlir::Value isBetter(ir::CombinerKind kind, mlir::Value a, mlir::Value b);
  mlir::Value isSame(mlir::Value a, mlir::Value b);
  llvm::SmallVector<mlir::Value> startOf(ir::CombinerKind kind, mlir::Type body, int64_t lanes,
                                         llvm::ArrayRef<DimExpr> reduced);
  mlir::Value computeOp(ir::StatementInterface statement, mlir::Operation *op, const Point &point);
  mlir::Value cloneOp(mlir::Operation *op, llvm::ArrayRef<mlir::Value> operands, int64_t lanes);
  /// A value of indices in each lane. `type`: i64 if null.
  mlir::Value indexValue(const DimExpr &expr, const Point &point, mlir::IntegerType type = {});
  mlir::Value indexValuePerLane(const DimExpr &expr, const Point &point, mlir::IntegerType type);
  mlir::Value toCarrier(mlir::Value value);
  mlir::Value fromCarrier(mlir::Value value, mlir::Type scalar);
  mlir::Value once(const std::string &key, llvm::function_ref<mlir::Value()> make);
  mlir::Value divideByUniform(mlir::Value x, mlir::Value s);
  bool isDivisionByUniform(mlir::Operation *op, llvm::ArrayRef<mlir::Value> operands);

  /// "i1" of a body and its carrier: what positions are found among.
  static mlir::Type comparedType(mlir::Type body);

  LoopBuilder &loops;
  mlir::OpBuilder &b;
  mlir::Location loc;
  std::map<std::string, mlir::Value> memo;
  std::map<std::string, DimExpr> knownAccess; ///< simpler forms that hold inside of a guarded fold
  std::map<std::pair<void *, std::string>, mlir::Value> published;
};

} // namespace flex::tile
