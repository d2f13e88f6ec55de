//===- SplitAttention.cpp - Attention in parts ----------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The number of the part becomes an outer index, as that of a batch, and a mask: a part
// sees the keys whose number over its size is its own, so that every access stays as it
// was. The emitter visits no other keys. All that passes between the groups is f32.
//
//===----------------------------------------------------------------------===//
#include "SplitAttention.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace flex;
using namespace flex::tile;

using Statement = ir::StatementInterface;

static Value yielded(Statement statement) {
  return cast<ir::YieldOp>(statement.getStatementBody()->getTerminator()).getOperand(0);
}

/// Of a result's scalar.
static int64_t bitsOf(Operation *statement) {
  return cast<ir::NamedTensorType>(statement->getResult(0).getType()).getScalarType().getIntOrFloatBitWidth();
}

/// Whether it is attention of numbers of at most 32 bits that is not in parts yet.
static bool canSplit(const OnlineSoftmax &parts) {
  return parts.part.empty() && std::max({bitsOf(parts.max), bitsOf(parts.exp), bitsOf(parts.output)}) <= 32;
}

int64_t tile::chooseAttentionParts(const OnlineSoftmax &parts, const Schedule &schedule,
                                   const DeviceDescription &device) {
  constexpr int64_t kMostParts = 32, kLeastKeys = 256;
  auto queries = parts.queryExtent.constant();
  DimExpr heads(1);
  for (const DimExpr &extent : parts.batchExtents)
    heads = heads * extent;
  auto items = heads.constant();
  if (!queries || *queries > schedule.tileM || !items || *items < 1 || !canSplit(parts))
    return 1;
  int64_t count = std::min(kMostParts, device.cores / *items);
  if (auto keys = parts.keyExtent.constant())
    count = std::min(count, *keys / kLeastKeys);
  return std::max<int64_t>(count, 1);
}

namespace {

class Splitter {
public:
  Splitter(ir::GroupOp group, const Schedule &schedule, int64_t count)
      : old(group), info(group), parts(*findOnlineSoftmax(group)), schedule(schedule), count(count), b(group),
        loc(group.getLoc()), f32(b.getF32Type()) {
    SmallVector<std::string> used = group->getParentOfType<ir::KernelOp>().getDimNames();
    for (Statement statement : info.statements)
      for (StringRef name : statement.getIndexNames())
        used.push_back(name.str());
    while (llvm::is_contained(used, part))
      part += "_";
  }

  void split() {
    ir::GroupOp merged = writeMerge(writeParts());
    old.replaceAllUsesWith(merged);
    old.erase();
  }

private:
  ir::BoundaryAttr none() { return ir::BoundaryAttr::get(b.getContext(), ir::BoundaryKind::None, TypedAttr()); }
  static SmallVector<DimExpr> symbols(ArrayRef<std::string> names) {
    return llvm::map_to_vector(names, [](const std::string &name) { return DimExpr::symbol(name); });
  }
  static std::vector<std::string> namesOf(Statement statement) {
    std::vector<std::string> names;
    for (StringRef name : statement.getIndexNames())
      names.push_back(name.str());
    return names;
  }
  Value widened(Value value) {
    return value.getType() == f32 ? value : arith::ExtFOp::create(b, loc, f32, value).getResult();
  }
  Value rounded(Value value, Type type) {
    return value.getType() == type ? value : arith::TruncFOp::create(b, loc, type, value).getResult();
  }
  Value lowest(Type type) {
    return arith::ConstantOp::create(
        b, loc, b.getFloatAttr(type, APFloat::getInf(cast<FloatType>(type).getFloatSemantics(), /*Negative=*/true)));
  }
  ir::GroupOp startGroup(const std::string &name, ArrayRef<std::string> outer, ArrayRef<Type> types) {
    SmallVector<Attribute> names;
    for (const std::string &index : outer)
      names.push_back(b.getStringAttr(index));
    auto group = ir::GroupOp::create(b, loc, types, b.getStringAttr(name), b.getArrayAttr(names), DictionaryAttr());
    group.getBody().emplaceBlock();
    return group;
  }

  //===--------------------------------------------------------------------===//
  // The parts
  //===--------------------------------------------------------------------===//

  using Body = llvm::function_ref<Value(Block &body, IRMapping &map)>;

  /// The same statement with the part's number in front; `body` fills it in.
  Value copy(Statement statement, Type element, Body body) {
    std::vector<std::string> names = namesOf(statement);
    SmallVector<DimExpr> extents{DimExpr(count)};
    names.insert(names.begin(), part);
    llvm::append_range(extents, statement.getIndexExtents());
    SmallVector<Value> tensors;
    std::vector<SmallVector<DimExpr>> accesses;
    std::vector<ir::BoundaryAttr> boundaries;
    for (unsigned operand = 0; operand < statement->getNumOperands(); ++operand) {
      SmallVector<DimExpr> at;
      Value tensor = statement->getOperand(operand);
      if (Value own = made.lookup(tensor)) { // of this group
        tensor = own;
        at.push_back(DimExpr::symbol(part));
      }
      llvm::append_range(at, statement.getAccessExprs(operand));
      tensors.push_back(tensor);
      accesses.push_back(at);
      boundaries.push_back(statement.getAccessBoundary(operand));
    }
    Operation *op;
    if (auto reduce = dyn_cast<ir::ReduceOp>(statement.getOperation()))
      op = ir::ReduceOp::create(b, loc, reduce.getCombiner(), element, tensors, names, extents,
                                statement.getNumParallelIndices() + 1, accesses, boundaries);
    else
      op = ir::MapOp::create(b, loc, element, tensors, names, extents, accesses, boundaries);
    OpBuilder::InsertionGuard guard(b);
    Block *block = cast<Statement>(op).getStatementBody();
    IRMapping map;
    map.map(statement.getStatementBody()->getArguments(), block->getArguments());
    b.setInsertionPointToEnd(block);
    ir::YieldOp::create(b, loc, body(*block, map));
    made[statement->getResult(0)] = op->getResult(0);
    return op->getResult(0);
  }

  static Type elementOf(Statement statement) {
    return cast<ir::NamedTensorType>(statement->getResult(0).getType()).getElementType();
  }

  Value copyWhole(Statement statement, bool masked = false) {
    return copy(statement, elementOf(statement), [&](Block &, IRMapping &map) {
      for (Operation &op : statement.getStatementBody()->without_terminator())
        b.clone(op, map);
      Value value = map.lookup(yielded(statement));
      return masked ? ofPart(value) : value;
    });
  }

  /// `if key / keys of a part == part { value } else { -inf }`.
  Value ofPart(Value value) {
    Type i64 = b.getI64Type();
    Value key = ir::IndexOp::create(b, loc, i64, b.getStringAttr(parts.key));
    Value number = ir::IndexOp::create(b, loc, i64, b.getStringAttr(part));
    DimExpr tile(schedule.tileN);
    DimExpr each = tile * parts.keyExtent.ceilDiv(tile * DimExpr(count));
    Value size = each.isConstant()
                     ? arith::ConstantOp::create(b, loc, b.getI64IntegerAttr(*each.constant())).getResult()
                     : ir::DimOp::create(b, loc, i64, each.str()).getResult();
    Value owner = arith::DivSIOp::create(b, loc, key, size);
    Value isOurs = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, owner, number);
    return arith::SelectOp::create(b, loc, isOurs, value, lowest(value.getType()));
  }

  /// A map of the scores that only hides those of other parts.
  Value maskScores(Value scores) {
    Statement statement = cast<Statement>(scores.getDefiningOp());
    std::vector<std::string> names = namesOf(statement);
    names.pop_back(); // the depth
    SmallVector<DimExpr> extents(statement.getIndexExtents());
    extents.pop_back();
    auto map = ir::MapOp::create(b, loc, elementOf(statement), scores, names, extents, symbols(names), none());
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToEnd(&map.getBody().front());
    ir::YieldOp::create(b, loc, ofPart(map.getBody().front().getArgument(0)));
    return map;
  }

  Value argumentOf(Statement statement, Value tensor, IRMapping &map) {
    unsigned operand = llvm::find(statement->getOperands(), tensor) - statement->getOperands().begin();
    return map.lookup<Value>(statement.getStatementBody()->getArgument(operand));
  }

  ir::GroupOp writeParts() {
    SmallVector<std::string> outer{part};
    llvm::append_range(outer, info.outerNames);
    ir::GroupOp group = startGroup((old.getName() + "_parts").str(), outer, SmallVector<Type>(3, f32));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToEnd(&group.getBody().front());
    Value score = copyWhole(parts.scores);
    for (ir::MapOp map : parts.scoreMaps)
      score = copyWhole(map, map == parts.scoreMaps.back());
    if (parts.scoreMaps.empty())
      made[parts.scores] = maskScores(score);
    copy(parts.max, f32, [&](Block &body, IRMapping &) { return widened(body.getArgument(0)); });
    Type weight = elementOf(parts.exp);
    copy(parts.exp, weight, [&](Block &, IRMapping &map) {
      Value scoreHere = widened(argumentOf(parts.exp, parts.lastScore()->getResult(0), map));
      Value difference = arith::SubFOp::create(b, loc, scoreHere, argumentOf(parts.exp, parts.max, map));
      return rounded(math::ExpOp::create(b, loc, difference), weight);
    });
    copy(parts.sum, f32, [&](Block &body, IRMapping &) { return widened(body.getArgument(0)); });
    copy(parts.output, f32, [&](Block &, IRMapping &map) -> Value {
      Operation *product = yielded(parts.output).getDefiningOp();
      for (Operation &op : Statement(parts.output).getStatementBody()->without_terminator())
        if (&op != product)
          b.clone(op, map);
      Value left = widened(map.lookup(parts.weightFactor)), right = widened(map.lookup(parts.valueFactor));
      return arith::MulFOp::create(b, loc, left, right);
    });
    Value results[] = {made.at(parts.output), made.at(parts.max), made.at(parts.sum)};
    for (auto [result, value] : llvm::zip_equal(group.getResults(), results))
      result.setType(value.getType());
    ir::YieldOp::create(b, loc, results);
    Schedule known = schedule;
    known.parts = count;
    group.setScheduleAttr(known.toAttr(b.getContext()));
    return group;
  }

  //===--------------------------------------------------------------------===//
  // The merge
  //===--------------------------------------------------------------------===//

  /// A reduction over the parts at every point of the result: what has no width is reduced for each column.
  Value reduceParts(ir::CombinerKind kind, ValueRange tensors, llvm::function_ref<Value(Block &)> body) {
    std::vector<std::string> names(point.begin(), point.end());
    SmallVector<DimExpr> extents(pointExtents);
    names.push_back(part);
    extents.push_back(DimExpr(count));
    std::vector<SmallVector<DimExpr>> accesses;
    for (Value tensor : tensors) {
      SmallVector<DimExpr> at;
      if (!tensor.getDefiningOp<ir::ReduceOp>()) // of the first group
        at.push_back(DimExpr::symbol(part));
      size_t rank = cast<ir::NamedTensorType>(tensor.getType()).getShape().size() - at.size();
      llvm::append_range(at, symbols(ArrayRef(point).take_front(rank)));
      accesses.push_back(at);
    }
    auto op = ir::ReduceOp::create(b, loc, kind, f32, tensors, names, extents, point.size(), accesses,
                                   std::vector<ir::BoundaryAttr>(tensors.size(), none()));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToEnd(&op.getBody().front());
    ir::YieldOp::create(b, loc, body(op.getBody().front()));
    return op;
  }

  /// What weights of a part are worth: exp(its maximum - that of all). A part that sees nothing is worth nothing, also
  /// where none does.
  Value worth(Value maximum, Value all) {
    Value isNone = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OEQ, maximum, lowest(f32));
    Value zero = arith::ConstantOp::create(b, loc, b.getF32FloatAttr(0));
    Value exp = math::ExpOp::create(b, loc, arith::SubFOp::create(b, loc, maximum, all).getResult());
    return arith::SelectOp::create(b, loc, isNone, zero, exp);
  }

  /// A part's value times its worth.
  Value addParts(Value tensor, Value maxima, Value all) {
    return reduceParts(ir::CombinerKind::Sum, {tensor, maxima, all}, [&](Block &body) -> Value {
      Value factor = worth(body.getArgument(1), body.getArgument(2));
      return arith::MulFOp::create(b, loc, body.getArgument(0), factor);
    });
  }

  /// A map at every point of the result.
  Value mapPoints(Type element, ValueRange tensors, ArrayRef<SmallVector<DimExpr>> accesses,
                  ArrayRef<ir::BoundaryAttr> boundaries, llvm::function_ref<Value(Block &)> body) {
    std::vector<std::string> names(point.begin(), point.end());
    auto op = ir::MapOp::create(b, loc, element, tensors, names, pointExtents, accesses, boundaries);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToEnd(&op.getBody().front());
    ir::YieldOp::create(b, loc, body(op.getBody().front()));
    return op;
  }

  /// The output over the sum; over no keys at all both are 0, and so is the result.
  Value quotient(Value output, Value sum) {
    SmallVector<SmallVector<DimExpr>> accesses(2, symbols(point));
    return mapPoints(f32, {output, sum}, accesses, {none(), none()}, [&](Block &body) -> Value {
      Value result = arith::DivFOp::create(b, loc, body.getArgument(0), body.getArgument(1));
      if (parts.keyExtent.isConstant())
        return result;
      Value keys = ir::DimOp::create(b, loc, b.getI64Type(), parts.keyExtent.str());
      Value zero = arith::ConstantOp::create(b, loc, b.getI64IntegerAttr(0));
      Value isEmpty = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, keys, zero);
      return arith::SelectOp::create(b, loc, isEmpty, body.getArgument(0), result);
    });
  }

  /// A map behind the softmax; the division is done, and what is left of it divides by 1.
  Value copyEpilogue(ir::MapOp map) {
    Statement statement = map;
    SmallVector<Value> tensors;
    SmallVector<SmallVector<DimExpr>> accesses;
    SmallVector<ir::BoundaryAttr> boundaries;
    SmallVector<unsigned> kept;
    for (unsigned operand = 0; operand < map->getNumOperands(); ++operand) {
      Value tensor = map->getOperand(operand);
      if (tensor == parts.sum.getResult())
        continue;
      Value own = made.lookup(tensor);
      tensors.push_back(own ? own : tensor);
      accesses.push_back(SmallVector<DimExpr>(statement.getAccessExprs(operand)));
      boundaries.push_back(statement.getAccessBoundary(operand));
      kept.push_back(operand);
    }
    Value result = mapPoints(elementOf(statement), tensors, accesses, boundaries, [&](Block &body) {
      Block &from = *statement.getStatementBody();
      IRMapping mapping;
      for (auto [number, operand] : llvm::enumerate(kept)) {
        Value argument = body.getArgument(number);
        Type type = from.getArgument(operand).getType();
        mapping.map(from.getArgument(operand), isa<FloatType>(type) ? rounded(argument, type) : argument);
      }
      for (unsigned operand = 0; operand < map->getNumOperands(); ++operand)
        if (map->getOperand(operand) == parts.sum.getResult()) {
          auto type = cast<FloatType>(from.getArgument(operand).getType());
          Value one = arith::ConstantOp::create(b, loc, b.getFloatAttr(type, 1));
          mapping.map(from.getArgument(operand), one);
        }
      for (Operation &op : from.without_terminator())
        b.clone(op, mapping);
      return mapping.lookup(yielded(statement));
    });
    made[map] = result;
    return result;
  }

  ir::GroupOp writeMerge(ir::GroupOp first) {
    point.assign(info.outerNames.begin(), info.outerNames.end());
    point.push_back(parts.width);
    pointExtents.assign(info.outerExtents.begin(), info.outerExtents.end());
    pointExtents.push_back(parts.widthExtent);
    ir::GroupOp group = startGroup(old.getName().str(), point, SmallVector<Type>(old.getResultTypes()));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToEnd(&group.getBody().front());
    Value outputs = first.getResult(0), maxima = first.getResult(1), sums = first.getResult(2);
    Value all = reduceParts(ir::CombinerKind::Max, maxima, [](Block &body) { return body.getArgument(0); });
    Value sum = addParts(sums, maxima, all), output = addParts(outputs, maxima, all);
    made.clear();
    made[parts.output] = quotient(output, sum);
    for (ir::MapOp map : parts.epilogue)
      copyEpilogue(map);
    SmallVector<Value> results;
    for (Value result : old.getBody().front().getTerminator()->getOperands())
      results.push_back(made.lookup(result));
    ir::YieldOp::create(b, loc, results);
    return group;
  }

  ir::GroupOp old;
  GroupInfo info;
  OnlineSoftmax parts;
  const Schedule &schedule;
  int64_t count;
  OpBuilder b;
  Location loc;
  Type f32;
  std::string part = "part";
  DenseMap<Value, Value> made;    ///< in the group that is being written, by the old one's
  SmallVector<std::string> point; ///< indices of the results
  SmallVector<DimExpr> pointExtents;
};

} // namespace

void tile::splitLongAttention(ir::KernelOp kernel, const DeviceDescription &device) {
  SmallVector<ir::GroupOp> groups(kernel.getOps<ir::GroupOp>());
  for (ir::GroupOp group : groups) {
    auto parts = group.getSchedule() ? findOnlineSoftmax(group) : std::nullopt;
    if (!parts || !canSplit(*parts))
      continue;
    auto schedule = Schedule::fromAttr(group.getScheduleAttr(), group.getLoc());
    if (failed(schedule) || schedule->strategy != Strategy::Attention)
      continue;
    int64_t count = schedule->parts ? schedule->parts : chooseAttentionParts(*parts, *schedule, device);
    if (count > 1)
      Splitter(group, *schedule, count).split();
  }
}
