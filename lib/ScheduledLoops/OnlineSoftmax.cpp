//===- OnlineSoftmax.cpp - Attention as one group -------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reads the parts of a fused group off its statements. OnlineSoftmaxFuse.cpp makes such
// groups; one that comes as text is looked at as closely.
//
//===----------------------------------------------------------------------===//
#include "OnlineSoftmax.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace flex;
using namespace flex::tile;

static Value yielded(ir::StatementInterface statement) {
  return cast<ir::YieldOp>(statement.getStatementBody()->getTerminator()).getOperand(0);
}

/// Whether a statement reads a tensor once, at the given names, and does nothing about boundaries.
static bool readsAt(ir::StatementInterface statement, Value tensor, ArrayRef<std::string> names) {
  if (llvm::count(statement->getOperands(), tensor) != 1)
    return false;
  unsigned operand = llvm::find(statement->getOperands(), tensor) - statement->getOperands().begin();
  if (statement.isWholeAccess(operand) || statement.getAccessBoundary(operand).getKind() != ir::BoundaryKind::None)
    return false;
  SmallVector<DimExpr> at = statement.getAccessExprs(operand);
  return llvm::equal(at, names, [](const DimExpr &expr, const std::string &name) { return expr.isSymbol(name); });
}

static bool hasNames(ir::StatementInterface statement, ArrayRef<std::string> names) {
  return llvm::equal(statement.getIndexNames(), names, [](StringRef a, const std::string &b) { return a == b; });
}

/// The body's argument of a tensor that is read once.
static Value argumentOf(ir::StatementInterface statement, Value tensor) {
  unsigned operand = llvm::find(statement->getOperands(), tensor) - statement->getOperands().begin();
  return statement.getStatementBody()->getArgument(operand);
}

/// What a value of a group in parts was before it became an f32.
static Value narrow(Value value) {
  auto wider = value.getDefiningOp<arith::ExtFOp>();
  return wider ? wider.getIn() : value;
}

static bool isFloat(Value tensor) {
  Type scalar = cast<ir::NamedTensorType>(tensor.getType()).getScalarType();
  return isa<FloatType>(scalar) && scalar.getIntOrFloatBitWidth() >= 16;
}

namespace {

class Parts {
public:
  explicit Parts(const GroupInfo &info) : info(info) {}

  std::optional<OnlineSoftmax> find() {
    bool plain = llvm::none_of(info.statements, [](ir::StatementInterface statement) {
      return GroupInfo::hasLoads(statement) || GroupInfo::hasFolds(statement) || !isFloat(statement->getResult(0));
    });
    if (!plain || info.isStrict() || info.statements.size() < 5 || !findNames() || !findScores() || !findSoftmax() ||
        !findOutput() || !findFactors())
      return std::nullopt;
    findMask();
    bool inParts = !parts.part.empty();
    return inParts == parts.epilogue.empty() && (inParts || !isWidened) ? std::optional(parts) : std::nullopt;
  }

private:
  Operation *operationAt(size_t number) const {
    ir::StatementInterface statement = info.statements[number];
    return statement;
  }
  template <typename Op> Op next() {
    return position < info.statements.size() ? dyn_cast<Op>(operationAt(position++)) : Op();
  }
  bool isReduce(ir::ReduceOp reduce, ir::CombinerKind kind, unsigned parallel) const {
    return reduce && reduce.getCombiner() == kind && ir::StatementInterface(reduce).getNumParallelIndices() == parallel;
  }
  SmallVector<std::string> outerAnd(ArrayRef<std::string> more) const {
    SmallVector<std::string> names(info.outerNames);
    llvm::append_range(names, more);
    return names;
  }

  bool findNames() {
    SmallVector<std::string> inner = info.innerNames(info.statements.front());
    if (inner.size() != 2)
      return false;
    parts.key = inner[0];
    parts.depth = inner[1];
    SmallVector<DimExpr> extents = info.innerExtents(info.statements.front());
    parts.keyExtent = extents[0];
    parts.depthExtent = extents[1];
    return true;
  }

  bool findScores() {
    parts.scores = next<ir::ReduceOp>();
    if (!isReduce(parts.scores, ir::CombinerKind::Sum, info.outerNames.size() + 1))
      return false;
    while (position < info.statements.size() && isa<ir::MapOp>(info.statements[position])) {
      auto map = next<ir::MapOp>();
      Value before = parts.lastScore()->getResult(0);
      if (!hasNames(map, outerAnd({parts.key})) || !readsAt(map, before, outerAnd({parts.key})))
        return false;
      parts.scoreMaps.push_back(map);
    }
    return true;
  }

  bool findSoftmax() {
    Value score = parts.lastScore()->getResult(0);
    SmallVector<std::string> point = outerAnd({parts.key});
    parts.max = next<ir::ReduceOp>();
    parts.exp = next<ir::MapOp>();
    parts.sum = next<ir::ReduceOp>();
    unsigned outer = info.outerNames.size();
    if (!isReduce(parts.max, ir::CombinerKind::Max, outer) || !parts.exp ||
        !isReduce(parts.sum, ir::CombinerKind::Sum, outer) || !hasNames(parts.max, point) ||
        !hasNames(parts.exp, point) || !hasNames(parts.sum, point))
      return false;
    if (!readsAt(parts.max, score, point) || !isArgument(yielded(parts.max), parts.max, score) ||
        !readsAt(parts.sum, parts.exp, point) || !isArgument(yielded(parts.sum), parts.sum, parts.exp) ||
        !readsAt(parts.exp, score, point) || !readsAt(parts.exp, parts.max, info.outerNames))
      return false;
    Value weight = yielded(parts.exp);
    if (auto rounded = weight.getDefiningOp<arith::TruncFOp>()) {
      isWidened = true;
      weight = rounded.getIn();
    }
    auto exp = weight.getDefiningOp<math::ExpOp>();
    auto difference = exp ? exp.getOperand().getDefiningOp<arith::SubFOp>() : arith::SubFOp();
    return difference && isArgument(difference.getLhs(), parts.exp, score) &&
           difference.getRhs() == argumentOf(parts.exp, parts.max);
  }

  /// Whether a value is what a body reads of a tensor; as an f32 in a group in parts.
  bool isArgument(Value value, ir::StatementInterface statement, Value tensor) {
    isWidened |= value != narrow(value);
    return narrow(value) == argumentOf(statement, tensor);
  }

  bool findOutput() {
    parts.output = next<ir::ReduceOp>();
    if (!isReduce(parts.output, ir::CombinerKind::Sum, info.outerNames.size() + 1))
      return false;
    SmallVector<std::string> inner = info.innerNames(parts.output);
    if (inner.size() != 2 || inner[1] != parts.key || !readsAt(parts.output, parts.exp, outerAnd({parts.key})))
      return false;
    parts.width = inner[0];
    parts.widthExtent = info.innerExtents(parts.output)[0];
    bool divides = false;
    while (position < info.statements.size()) {
      auto map = next<ir::MapOp>();
      if (!map || !hasNames(map, outerAnd({parts.width})))
        return false;
      divides |= isDivision(map);
      parts.epilogue.push_back(map);
    }
    return (divides || parts.epilogue.empty()) && hasPlainUses();
  }

  /// Of `output` by `sum`: what makes the row of a NaN, or of no score above -inf, one of NaN.
  bool isDivision(ir::MapOp map) {
    if (!readsAt(map, parts.output, outerAnd({parts.width})) || !readsAt(map, parts.sum, info.outerNames))
      return false;
    return llvm::any_of(map.getBody().front(), [&](Operation &op) {
      auto divide = dyn_cast<arith::DivFOp>(op);
      return divide && divide.getLhs() == argumentOf(map, parts.output) &&
             divide.getRhs() == argumentOf(map, parts.sum);
    });
  }

  /// What is read of the group is read where it is made: sums and the output by the epilogue only, and no part but the
  /// epilogue leaves the group.
  bool hasPlainUses() {
    for (ir::StatementInterface statement : info.statements) {
      auto map = dyn_cast<ir::MapOp>(statement.getOperation());
      bool isLast = map && llvm::is_contained(parts.epilogue, map);
      bool isOfPart =
          parts.epilogue.empty() && (statement == parts.max || statement == parts.sum || statement == parts.output);
      if (info.escapes(statement) != (isLast || isOfPart) && (isOfPart || !isLast))
        return false;
      for (Operation *user : statement->getUsers()) {
        auto reader = dyn_cast<ir::MapOp>(user);
        bool inEpilogue = reader && llvm::is_contained(parts.epilogue, reader);
        bool isEnd = statement == parts.output || statement == parts.sum || isLast;
        if (!isa<ir::YieldOp>(user) && isEnd != inEpilogue)
          return false;
        if (inEpilogue &&
            !readsAt(reader, statement->getResult(0),
                     statement == parts.sum ? SmallVector<std::string>(info.outerNames) : outerAnd({parts.width})))
          return false;
      }
    }
    return true;
  }

  bool findFactors() {
    auto product = yielded(parts.scores).getDefiningOp<arith::MulFOp>();
    auto weighted = yielded(parts.output).getDefiningOp<arith::MulFOp>();
    if (!product || !weighted)
      return false;
    ir::StatementInterface scores = parts.scores, output = parts.output;
    auto usesKey = [&](Value value) { return GroupInfo::dependsOn(scores, value, parts.key); };
    parts.keyFactor = usesKey(product.getLhs()) ? product.getLhs() : product.getRhs();
    parts.queryFactor = usesKey(product.getLhs()) ? product.getRhs() : product.getLhs();
    auto usesWidth = [&](Value value) { return GroupInfo::dependsOn(output, value, parts.width); };
    parts.valueFactor = usesWidth(weighted.getLhs()) ? weighted.getLhs() : weighted.getRhs();
    parts.weightFactor = usesWidth(weighted.getLhs()) ? weighted.getRhs() : weighted.getLhs();
    Value weight = parts.weightFactor;
    if (auto wider = weight.getDefiningOp<arith::ExtFOp>())
      weight = wider.getIn();
    if (usesKey(parts.queryFactor) || !usesKey(parts.keyFactor) || usesWidth(parts.weightFactor) ||
        weight != argumentOf(output, parts.exp) || !usesWidth(parts.valueFactor))
      return false;
    for (auto [name, extent] : llvm::zip_equal(info.outerNames, info.outerExtents)) {
      bool isShared = GroupInfo::dependsOn(scores, parts.queryFactor, name) &&
                      !GroupInfo::dependsOn(scores, parts.keyFactor, name) &&
                      !GroupInfo::dependsOn(output, parts.valueFactor, name);
      if (isShared && (parts.query.empty() || !isOne(extent))) {
        parts.query = name;
        parts.queryExtent = extent;
      }
    }
    for (auto [name, extent] : llvm::zip_equal(info.outerNames, info.outerExtents))
      if (name != parts.query) {
        parts.batch.push_back(name);
        parts.batchExtents.push_back(extent);
      }
    return true;
  }
  static bool isOne(const DimExpr &extent) { return extent == DimExpr(1); }

  /// `if condition { visible } else { -inf }`.
  static std::optional<std::pair<Value, Value>> maskOf(Value value) {
    auto select = value.getDefiningOp<arith::SelectOp>();
    auto constant = select ? select.getFalseValue().getDefiningOp<arith::ConstantOp>() : arith::ConstantOp();
    auto number = constant ? dyn_cast<FloatAttr>(constant.getValue()) : FloatAttr();
    if (!number || !number.getValue().isInfinity() || !number.getValue().isNegative())
      return std::nullopt;
    return std::pair(select.getCondition(), select.getTrueValue());
  }

  void findMask() {
    if (parts.scoreMaps.empty())
      return;
    auto mask = maskOf(yielded(parts.scoreMaps.back()));
    if (mask && findPart(mask->first)) {
      parts.visible = mask->second;
      mask = maskOf(mask->second);
    }
    if (mask)
      std::tie(parts.condition, parts.visible) = *mask;
  }

  /// `key / partKeys == part`.
  bool findPart(Value condition) {
    auto compare = condition.getDefiningOp<arith::CmpIOp>();
    if (!compare || compare.getPredicate() != arith::CmpIPredicate::eq)
      return false;
    auto quotient = compare.getLhs().getDefiningOp<arith::DivSIOp>();
    auto key = quotient ? quotient.getLhs().getDefiningOp<ir::IndexOp>() : ir::IndexOp();
    auto part = compare.getRhs().getDefiningOp<ir::IndexOp>();
    if (!key || !part || key.getIndexName() != parts.key || !llvm::is_contained(parts.batch, part.getIndexName()))
      return false;
    if (auto dim = quotient.getRhs().getDefiningOp<ir::DimOp>())
      parts.partKeys = ir::toDimExpr(dim.getExprAttr());
    else if (auto constant = quotient.getRhs().getDefiningOp<arith::ConstantOp>())
      parts.partKeys = DimExpr(cast<IntegerAttr>(constant.getValue()).getInt());
    else
      return false;
    parts.part = part.getIndexName().str();
    return true;
  }

  const GroupInfo &info;
  OnlineSoftmax parts;
  size_t position = 0;
  bool isWidened = false; ///< values are f32 on the way, as in a group in parts
};

} // namespace

std::optional<OnlineSoftmax> tile::findOnlineSoftmax(ir::GroupOp group) {
  GroupInfo info(group);
  return Parts(info).find();
}
