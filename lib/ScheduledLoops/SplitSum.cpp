//===- SplitSum.cpp - A contraction in parts ------------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The number of the part becomes an outer index, as that of a batch: strategies
// and plans need to know nothing of it.
//
//===----------------------------------------------------------------------===//
#include "SplitSum.h"

#include "Simt/EmitSimt.h"
#include "Simt/EmitSimtContract.h"
#include "flex/ScheduledLoops/Workspace.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/Support/MathExtras.h"

#include <optional>

using namespace mlir;
using namespace flex;
using namespace flex::tile;

namespace {

/// A name that no statement of the group uses.
std::string freshIndex(const GroupInfo &info) {
  std::string name = "part";
  auto isUsed = [&](ir::StatementInterface statement) {
    return llvm::is_contained(statement.getIndexNames(), StringRef(name));
  };
  while (llvm::any_of(info.statements, isUsed))
    name += "_";
  return name;
}

SmallVector<DimExpr> symbols(ArrayRef<std::string> names) {
  SmallVector<DimExpr> result;
  for (const std::string &name : names)
    result.push_back(DimExpr::symbol(name));
  return result;
}

/// The type that partial sums are kept in.
Type sumTypeOf(ir::StatementInterface statement) {
  return carrierOf(cast<ir::NamedTensorType>(statement->getResult(0).getType()).getScalarType());
}

/// `part` in front of a contraction's indices; its last index runs over one part.
ir::ReduceOp createParts(OpBuilder &b, const GroupInfo &info, const Contraction &contraction, const std::string &part,
                         int64_t parts) {
  ir::StatementInterface statement = contraction.statement;
  std::vector<std::string> names{part};
  std::vector<DimExpr> extents{DimExpr(parts)};
  for (auto [name, extent] : llvm::zip_equal(statement.getIndexNames(), statement.getIndexExtents())) {
    names.push_back(name.str());
    extents.push_back(extent);
  }
  extents.back() = DimExpr(*extents.back().constant() / parts);
  std::map<std::string, DimExpr> shift{
      {names.back(), DimExpr::symbol(names.back()) + extents.back() * DimExpr::symbol(part)}};
  std::vector<SmallVector<DimExpr>> accesses;
  std::vector<ir::BoundaryAttr> boundaries;
  for (unsigned operand = 0; operand < statement->getNumOperands(); ++operand) {
    SmallVector<DimExpr> &at = accesses.emplace_back();
    for (const DimExpr &expr : statement.getAccessExprs(operand))
      at.push_back(expr.substitute(shift));
    boundaries.push_back(statement.getAccessBoundary(operand));
  }
  Type type = sumTypeOf(statement);
  auto op = ir::ReduceOp::create(b, statement.getLoc(), ir::CombinerKind::Sum, type, statement->getOperands(), names,
                                 extents, info.outerNames.size() + 1, accesses, boundaries);
  OpBuilder::InsertionGuard guard(b);
  Block &body = op.getBody().front(), &old = *statement.getStatementBody();
  b.setInsertionPointToEnd(&body);
  IRMapping map;
  map.map(old.getArguments(), body.getArguments());
  Operation *product = cast<ir::YieldOp>(old.getTerminator()).getOperand(0).getDefiningOp();
  for (Operation &nested : old.without_terminator())
    if (&nested != product)
      b.clone(nested, map);
  auto wide = [&](Value factor) -> Value {
    Value value = map.lookup(factor);
    return value.getType() == type ? value : arith::ExtFOp::create(b, op.getLoc(), type, value).getResult();
  };
  Value left = wide(contraction.left), right = wide(contraction.right);
  Value result = isa<FloatType>(type) ? arith::MulFOp::create(b, op.getLoc(), left, right).getResult()
                                      : arith::MulIOp::create(b, op.getLoc(), left, right).getResult();
  ir::YieldOp::create(b, op.getLoc(), result);
  return op;
}

/// The parts added, first to last, and as the type of the whole.
Value createSum(OpBuilder &b, const GroupInfo &info, ir::StatementInterface statement, Value partial,
                const std::string &part, int64_t parts) {
  ir::BoundaryAttr none = ir::BoundaryAttr::get(b.getContext(), ir::BoundaryKind::None, TypedAttr());
  std::vector<std::string> names(info.outerNames.begin(), info.outerNames.end());
  std::vector<DimExpr> extents(info.outerExtents.begin(), info.outerExtents.end());
  SmallVector<DimExpr> at = symbols(names), partAt{DimExpr::symbol(part)};
  partAt.append(at);
  names.push_back(part);
  extents.push_back(DimExpr(parts));
  auto sum = ir::ReduceOp::create(b, statement.getLoc(), ir::CombinerKind::Sum, sumTypeOf(statement), partial, names,
                                  extents, at.size(), SmallVector<DimExpr>(partAt), none);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToEnd(&sum.getBody().front());
  ir::YieldOp::create(b, sum.getLoc(), sum.getBody().front().getArgument(0));
  Type type = cast<ir::NamedTensorType>(statement->getResult(0).getType()).getScalarType();
  if (type == sumTypeOf(statement))
    return sum.getResult();
  names.pop_back();
  extents.pop_back();
  b.setInsertionPointAfter(sum);
  auto rounded = ir::MapOp::create(b, sum.getLoc(), type, sum.getResult(), names, extents, at, none);
  b.setInsertionPointToEnd(&rounded.getBody().front());
  Value value = rounded.getBody().front().getArgument(0);
  ir::YieldOp::create(b, sum.getLoc(), arith::TruncFOp::create(b, sum.getLoc(), type, value).getResult());
  return rounded.getResult();
}

/// Whether the body only multiplies what it reads: an index in it would need the part's number.
bool namesNoIndex(ir::StatementInterface statement) {
  return !statement.getStatementBody()
              ->walk([](Operation *op) {
                return isa<ir::IndexOp, ir::LoadOp, ir::FoldOp>(op) ? WalkResult::interrupt() : WalkResult::advance();
              })
              .wasInterrupted();
}

} // namespace

ir::GroupOp tile::splitSum(ir::GroupOp group, int64_t parts) {
  GroupInfo info(group);
  Contraction contraction = *info.findContraction();
  ir::StatementInterface statement = contraction.statement;
  std::string part = freshIndex(info);
  OpBuilder b(group);
  SmallVector<Attribute> outer{b.getStringAttr(part)};
  llvm::append_range(outer, group.getOuter());
  auto reduce = createParts(b, info, contraction, part, parts);
  ir::GroupOp first = moveToGroup(reduce, group, "_parts", outer);

  b.setInsertionPoint(statement);
  Value sum = createSum(b, info, statement, first.getResult(0), part, parts);
  statement->getResult(0).replaceAllUsesWith(sum);
  statement->erase();
  return first;
}

/// As matrixTime, of blocks: `times` products of known extents.
static double blockTime(const ContractionAxes &axes, const Schedule &schedule, const DeviceDescription &device,
                        int64_t times) {
  int64_t rows = schedule.groupSize / kThreadColumns * schedule.rows, columns = kThreadColumns * schedule.vectors;
  int64_t blocks = llvm::divideCeil(*axes.rows.size().constant(), rows) *
                   llvm::divideCeil(*axes.columns.size().constant(), columns) * *axes.rest.size().constant() * times;
  return double(llvm::divideCeil(blocks, device.cores)) * double(rows * columns);
}

std::string tile::checkParts(const GroupInfo &info, int64_t parts) {
  if (parts == 1)
    return "";
  auto contraction = info.findContraction();
  if (!contraction || !namesNoIndex(contraction->statement))
    return "'parts' needs a sum of products";
  if (info.isStrict())
    return "'parts' would add in another order, which @numerics(strict) does not allow";
  auto depth = info.innerExtents(contraction->statement).back().constant();
  if (!depth || *depth % parts != 0)
    return "'parts' " + std::to_string(parts) + " needs an extent of the sum's last index that it divides";
  return "";
}

/// Of a contraction with few rows on a CPU: parts for all cores instead of pieces of columns, so that each reads whole
/// rows of the lane operand, one after the other.
static int64_t chooseStreams(const GroupInfo &info, const Schedule &schedule, const DeviceDescription &device) {
  constexpr int64_t kItemsPerCore = 2, kMostParts = 8, kLeastDepth = 256;
  auto contraction = info.findContraction();
  if (schedule.strategy != Strategy::Tile || schedule.unroll.empty() || schedule.depth == 0 || !schedule.unit.empty() ||
      !contraction || info.isStrict() || !namesNoIndex(contraction->statement))
    return 1;
  auto results = product(info.outerExtents).constant();
  auto depth = info.innerExtents(contraction->statement).back().constant();
  auto columns = info.outerExtent(schedule.lane).constant();
  auto rows = info.outerExtent(schedule.unroll).constant();
  if (!results || !depth || !columns || !rows || *columns == 0 || *rows == 0)
    return 1;
  int64_t parts =
      std::min(kMostParts, kItemsPerCore * device.cores * *columns * *rows / std::max<int64_t>(1, *results));
  while (parts > 1 && (*depth % parts != 0 || *depth / parts < kLeastDepth))
    --parts;
  return std::max<int64_t>(1, parts);
}

int64_t tile::chooseParts(const GroupInfo &info, const Schedule &schedule, const DeviceDescription &device) {
  if (device.model == ExecutionModel::Simd)
    return chooseStreams(info, schedule, device);
  constexpr int64_t kMostParts = 32, kLeastDepth = 256;
  constexpr double kLaunchSeconds = 4e-6, kUnitsRate = 8, kWorthIt = 0.8;
  bool isMatrix = schedule.strategy == Strategy::Matrix, isBlock = schedule.strategy == Strategy::Block;
  auto contraction = isMatrix || isBlock ? info.findContraction() : std::nullopt;
  if (!contraction || info.isStrict() || !info.isBlockContraction(schedule.lane, schedule.unroll) ||
      !namesNoIndex(contraction->statement))
    return 1;
  ContractionAxes axes = info.axesOf(*contraction, schedule.lane, schedule.unroll);
  auto results = product(info.outerExtents).constant(), depth = axes.reduced.size().constant();
  auto last = axes.reduced.extents.back().constant();
  if (!results || !depth || !last || *results == 0 || *depth == 0)
    return 1; // of open extents nobody knows whether they are small
  // Multiply-adds a second of a compute unit: those of its f32 arithmetic, times what matrix units make of them.
  double rate = (isMatrix ? kUnitsRate : 1) * device.gflops * 1e9 / 2 / double(device.cores);
  int64_t step = isMatrix ? schedule.tileK : schedule.depth, bytes = elementBytes(sumTypeOf(contraction->statement));
  auto secondsOf = [&](int64_t parts) {
    double time = isMatrix ? matrixTime(info, device, schedule.lane, schedule.unroll, parts)
                           : blockTime(axes, schedule, device, parts);
    int64_t steps = *depth / parts;
    double seconds = time * double(steps) / rate;
    return parts == 1 ? seconds
                      : seconds + kLaunchSeconds + double(2 * parts * *results * bytes) / (device.memoryGBs * 1e9);
  };
  double whole = secondsOf(1), least = whole * kWorthIt;
  int64_t best = 1;
  for (int64_t parts = 2; parts <= kMostParts && *depth / parts >= kLeastDepth; ++parts)
    if (*last % parts == 0 && *last / parts % step == 0)
      if (double seconds = secondsOf(parts); seconds < least) {
        least = seconds;
        best = parts;
      }
  return best;
}
