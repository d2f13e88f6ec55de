//===- FoldConstants.cpp - Statements of constants become constants -------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Computed once here instead of at each launch, with MLIR's folders, which round
// as the device would. What they do not fold exactly (exp and its kin) stays.
//
//===----------------------------------------------------------------------===//
#include "flex/TensorIR/TensorPasses.h"

namespace flex::ir {
#define GEN_PASS_DEF_FLEXFOLDCONSTANTS
#include "flex/TensorIR/TensorPasses.h.inc"
} // namespace flex::ir

using namespace mlir;
using namespace flex;
using namespace flex::ir;

namespace {

// Points times operations of a body: what is more belongs into the kernel.
constexpr int64_t kMaxSteps = 1 << 16;

/// An index moved into 0 … extent-1 by a rule; nothing if the element is the fill value, or there is none.
std::optional<int64_t> moved(int64_t index, int64_t extent, BoundaryKind rule) {
  if (index >= 0 && index < extent)
    return index;
  if (extent < 1)
    return std::nullopt;
  switch (rule) {
  case BoundaryKind::Clamp: return std::clamp<int64_t>(index, 0, extent - 1);
  case BoundaryKind::Wrap: return ((index % extent) + extent) % extent;
  case BoundaryKind::Mirror: {
    int64_t period = std::max<int64_t>(1, 2 * (extent - 1)), phase = ((index % period) + period) % period;
    return std::min(phase, period - phase);
  }
  case BoundaryKind::None:
  case BoundaryKind::Fill: return std::nullopt;
  }
  return std::nullopt;
}

/// Runs one statement. Every member that cannot go on says so by an empty result.
class Folder {
public:
  explicit Folder(StatementInterface statement) : statement(statement), scratch(statement->clone()) {
    type = cast<NamedTensorType>(statement->getResult(0).getType());
  }
  ~Folder() { scratch->erase(); }
  Folder(const Folder &) = delete;
  Folder &operator=(const Folder &) = delete;

  ElementsAttr run() {
    if (!prepare())
      return {};
    SmallVector<Attribute> elements;
    std::vector<int64_t> point(extents.size());
    unsigned parallel = statement.getNumParallelIndices();
    bool none = llvm::is_contained(extents, 0);
    if (none && llvm::is_contained(ArrayRef(extents).take_front(parallel), 0))
      return {};
    do {
      Attribute value = combiner ? Attribute(getIdentity(*combiner, type.getScalarType())) : Attribute();
      if (!none)
        do {
          Attribute element = evaluate(point);
          value = combiner && element ? combine(value, element) : element;
          if (!value)
            return {};
        } while (combiner && advance(point, parallel, extents.size()));
      elements.push_back(stored(value));
    } while (advance(point, 0, parallel));
    auto shape = RankedTensorType::get(ArrayRef(extents).take_front(parallel), type.getElementType());
    return DenseElementsAttr::get(shape, elements);
  }

private:
  bool prepare() {
    if (!isa<MapOp, ReduceOp>(statement) || statement->getNumOperands() == 0 || !isPlain(type))
      return false;
    combiner = statement.getCombinerKind();
    if (combiner && (*combiner == CombinerKind::ArgMax || *combiner == CombinerKind::ArgMin ||
                     *combiner == CombinerKind::UArgMax || *combiner == CombinerKind::UArgMin))
      return false;
    int64_t steps = static_cast<int64_t>(statement.getStatementBody()->getOperations().size());
    for (const DimExpr &extent : statement.getIndexExtents()) {
      auto value = extent.constant();
      if (!value || __builtin_mul_overflow(steps, std::max<int64_t>(*value, 1), &steps) || steps > kMaxSteps)
        return false;
      extents.push_back(*value);
      names.push_back(statement.getIndexNames()[extents.size() - 1].str());
    }
    for (unsigned operand = 0; operand < statement->getNumOperands(); ++operand) {
      auto constant = statement->getOperand(operand).getDefiningOp<ConstantOp>();
      auto elements = constant ? dyn_cast<DenseElementsAttr>(constant.getValue()) : DenseElementsAttr();
      if (!elements || statement.isWholeAccess(operand) || !isPlain(constant.getResult().getType()))
        return false;
      reads.push_back({elements, statement.getAccessExprs(operand), statement.getAccessBoundary(operand),
                       constant.getResult().getType().getScalarType()});
    }
    return true;
  }

  static bool isPlain(NamedTensorType type) {
    Type element = type.getElementType();
    unsigned width = element.getIntOrFloatBitWidth();
    return element.isF16() || element.isBF16() || element.isF32() || element.isF64() ||
           (element.isInteger() && (width == 1 || width >= 8));
  }

  bool advance(std::vector<int64_t> &point, unsigned begin, unsigned end) const {
    for (unsigned axis = end; axis-- > begin;) {
      if (++point[axis] < extents[axis])
        return true;
      point[axis] = 0;
    }
    return false;
  }

  struct Read {
    DenseElementsAttr elements;
    SmallVector<DimExpr> access;
    BoundaryAttr boundary;
    Type scalar;
  };

  Attribute load(const Read &read, const std::map<std::string, int64_t> &indices) const {
    int64_t flat = 0;
    ArrayRef<int64_t> shape = cast<ShapedType>(read.elements.getType()).getShape();
    for (auto [expr, extent] : llvm::zip_equal(read.access, shape)) {
      auto index = expr.evaluate(indices);
      if (!index)
        return {};
      auto inside = moved(*index, extent, read.boundary.getKind());
      if (!inside)
        return read.boundary.getKind() == BoundaryKind::Fill ? Attribute(read.boundary.getValue()) : Attribute();
      flat = flat * extent + *inside;
    }
    if (isa<FloatType>(read.scalar))
      return FloatAttr::get(read.scalar, *(read.elements.value_begin<APFloat>() + flat));
    return IntegerAttr::get(read.scalar, *(read.elements.value_begin<APInt>() + flat));
  }

  Attribute evaluate(const std::vector<int64_t> &point) {
    std::map<std::string, int64_t> indices;
    for (auto [name, value] : llvm::zip_equal(names, point))
      indices[name] = value;
    llvm::DenseMap<Value, Attribute> known;
    Block *body = scratchStatement().getStatementBody();
    for (auto [read, argument] : llvm::zip_equal(reads, body->getArguments()))
      if (!(known[argument] = load(read, indices)))
        return {};
    for (Operation &op : body->without_terminator()) {
      Attribute value = isa<IndexOp>(op) ? IntegerAttr::get(op.getResult(0).getType(),
                                                            indices.at(cast<IndexOp>(op).getIndexName().str()))
                                         : foldOne(op, known);
      if (!value)
        return {};
      known[op.getResult(0)] = value;
    }
    return known.lookup(body->getTerminator()->getOperand(0));
  }

  static Attribute foldOne(Operation &op, const llvm::DenseMap<Value, Attribute> &known) {
    bool isExact =
        isa<arith::ArithDialect>(op.getDialect()) || isa<DimOp, math::AbsFOp, math::AbsIOp, math::FloorOp, math::CeilOp,
                                                         math::RoundEvenOp, math::TruncOp, math::CopySignOp>(op);
    if (!isExact || op.getNumResults() != 1)
      return {};
    SmallVector<Attribute> operands;
    for (Value operand : op.getOperands())
      operands.push_back(known.lookup(operand));
    SmallVector<OpFoldResult> results;
    if (llvm::is_contained(operands, Attribute()) || failed(op.fold(operands, results)) || results.size() != 1)
      return {};
    if (auto value = dyn_cast<Value>(results[0]))
      return known.lookup(value);
    return cast<Attribute>(results[0]);
  }

  Attribute combine(Attribute left, Attribute right) {
    if (!combination) {
      Type scalar = type.getScalarType();
      Location loc = statement->getLoc();
      Value x = pair.addArgument(scalar, loc), y = pair.addArgument(scalar, loc);
      OpBuilder builder(scalar.getContext());
      builder.setInsertionPointToEnd(&pair);
      combination = emitCombine(builder, loc, *combiner, x, y).getDefiningOp();
    }
    return foldOne(*combination, {{pair.getArgument(0), left}, {pair.getArgument(1), right}});
  }

  /// As the constant's type has it: ui8 in memory is i8 in a body.
  Attribute stored(Attribute value) const {
    auto integer = dyn_cast<IntegerAttr>(value);
    return integer ? IntegerAttr::get(type.getElementType(), integer.getValue()) : value;
  }

  StatementInterface scratchStatement() const { return cast<StatementInterface>(scratch); }

  StatementInterface statement;
  Operation *scratch; ///< a folder may change its operation
  NamedTensorType type;
  std::optional<CombinerKind> combiner;
  std::vector<std::string> names;
  std::vector<int64_t> extents;
  std::vector<Read> reads;
  Block pair; ///< two values and how they combine
  Operation *combination = nullptr;
};

struct FoldConstantsPass : ir::impl::FlexFoldConstantsBase<FoldConstantsPass> {
  void runOnOperation() override {
    for (Operation &op : llvm::make_early_inc_range(getOperation().getBody().front())) {
      auto statement = dyn_cast<StatementInterface>(op);
      if (!statement)
        continue;
      ElementsAttr value = Folder(statement).run();
      if (!value)
        continue;
      OpBuilder builder(&op);
      auto type = cast<NamedTensorType>(op.getResult(0).getType());
      op.replaceAllUsesWith(ConstantOp::create(builder, op.getLoc(), type, value));
      op.erase();
    }
  }
};

} // namespace
