//===- Runs.cpp - Where runs of consecutive elements are aligned ----------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A term of an offset is a product of a number, indices and dimensions; indices
// can be anything, so the rest of the term has to be the multiple.
//
//===----------------------------------------------------------------------===//
#include "Runs.h"

#include "Evaluator.h"

using namespace mlir;
using namespace flex;
using namespace flex::tile;

static constexpr int64_t kMaxConditions = 4;
/// Of the widest element of a run.
static constexpr int64_t kMaxAccesses = 4;
static constexpr int64_t kFarMultiple = int64_t(1) << 20;

static int64_t powerIn(int64_t number) {
  return number == 0 ? kFarMultiple : std::min(number & -number, kFarMultiple);
}

/// Whether a product has all the atoms of another one.
static bool contains(const DimExpr::Term &term, const DimExpr::Term &part) {
  auto next = term.atoms.begin();
  for (const auto &atom : part.atoms) {
    next = std::find_if(next, term.atoms.end(), [&](const auto &other) { return other->text == atom->text; });
    if (next == term.atoms.end())
      return false;
    ++next;
  }
  return part.coefficient != 0 && term.coefficient % part.coefficient == 0;
}

int64_t RunAlignment::multipleOf(const DimExpr &offset) const {
  int64_t result = kFarMultiple;
  for (const DimExpr::Term &term : offset.terms()) {
    int64_t multiple = powerIn(term.coefficient);
    for (const auto &atom : term.atoms)
      if (auto known = multiples.find(atom->text); atom->isName && known != multiples.end())
        multiple = std::min(multiple * known->second, kFarMultiple);
    for (const DimExpr &condition : conditions)
      if (condition.terms().size() == 1 && contains(term, condition.terms().front()))
        multiple = std::max(multiple, powerIn(lanes));
    result = std::min(result, multiple);
  }
  return result;
}

void RunAlignment::addStart(const std::string &name) {
  multiples[name] = powerIn(lanes);
}

namespace {

class RunAnalysis {
public:
  RunAnalysis(const GroupInfo &info, LaneIndex laneOf, ArrayRef<std::string> collapsed, int64_t lanes)
      : info(info), laneOf(laneOf) {
    result.lanes = lanes;
    for (const std::string &name : collapsed)
      zeros[name] = DimExpr(0);
  }

  bool add(Value tensor, ArrayRef<DimExpr> at, const std::string &index, const std::set<std::string> &indices) {
    DimExpr offset;
    for (auto [expr, stride] : llvm::zip_equal(at, denseStrides(cast<ir::NamedTensorType>(tensor.getType()))))
      offset = offset + expr * stride;
    offset = offset.substitute(zeros);
    auto linear = offset.linearIn(index);
    if (!linear)
      return false;
    if (linear->first == DimExpr(0))
      return true;
    return linear->first == DimExpr(1) &&
           llvm::all_of(linear->second.terms(), [&](const DimExpr::Term &term) { return require(term, indices); });
  }

  /// The part of a term that no index is in must be a multiple.
  bool require(const DimExpr::Term &term, const std::set<std::string> &indices) {
    DimExpr part(term.coefficient);
    for (const auto &atom : term.atoms) {
      DimExpr expr = atom->isName ? DimExpr::symbol(atom->text) : *DimExpr::parse(atom->text);
      if (llvm::none_of(indices, [&](const std::string &name) { return expr.uses(name); }))
        part = part * expr;
    }
    return require(part);
  }

  bool require(const DimExpr &multiple) {
    DimExpr rest = multiple.mod(DimExpr(result.lanes));
    if (rest == DimExpr(0) || llvm::is_contained(result.conditions, multiple))
      return true;
    if (rest.isConstant())
      return false;
    result.conditions.push_back(multiple);
    return static_cast<int64_t>(result.conditions.size()) <= kMaxConditions;
  }

  bool addStatement(ir::StatementInterface statement) {
    std::set<std::string> indices;
    std::string index = laneOf(statement);
    for (StringRef name : statement.getIndexNames())
      indices.insert(name.str());
    for (unsigned operand = 0; operand < statement->getNumOperands(); ++operand)
      if (statement.isWholeAccess(operand) ||
          statement.getAccessBoundary(operand).getKind() != ir::BoundaryKind::None ||
          !add(statement->getOperand(operand), statement.getAccessExprs(operand), index, indices))
        return false;
    return !info.escapes(statement) || add(statement->getResult(0), statement.getResultExprs(), index, indices);
  }

  RunAlignment result;

private:
  const GroupInfo &info;
  LaneIndex laneOf;
  std::map<std::string, DimExpr> zeros;
};

} // namespace

std::optional<RunAlignment> tile::alignRuns(const GroupInfo &info, LaneIndex laneOf, ArrayRef<std::string> collapsed,
                                            ArrayRef<DimExpr> extents, int64_t lanes) {
  RunAnalysis analysis(info, laneOf, collapsed, lanes);
  for (const DimExpr &extent : extents)
    if (!analysis.require(extent))
      return std::nullopt;
  for (ir::StatementInterface statement : info.statements)
    if (!analysis.addStatement(statement))
      return std::nullopt;
  return analysis.result;
}

std::optional<RunAlignment> tile::alignOuterRuns(const GroupInfo &info, const Schedule &schedule, bool isOneLine) {
  SmallVector<std::string> collapsed;
  for (const std::string &name : ArrayRef(info.outerNames).take_back(schedule.collapse))
    if (schedule.collapse > 1 && name != schedule.lane)
      collapsed.push_back(name);
  SmallVector<DimExpr> extents;
  if (!isOneLine) {
    DimExpr extent(1);
    for (auto [name, outerExtent] : llvm::zip_equal(info.outerNames, info.outerExtents))
      if (name == schedule.lane || llvm::is_contained(collapsed, name))
        extent = extent * outerExtent;
    extents.push_back(extent);
  }
  return alignRuns(info, [&](ir::StatementInterface) { return schedule.lane; }, collapsed, extents, schedule.lanes);
}

std::string tile::innermost(const GroupInfo &info, ir::StatementInterface statement) {
  SmallVector<std::string> inner = info.innerNames(statement);
  return inner.empty() ? "" : inner.back();
}

std::optional<RunAlignment> tile::alignRows(const GroupInfo &info, int64_t lanes) {
  SmallVector<DimExpr> extents;
  for (ir::StatementInterface statement : info.statements)
    if (SmallVector<DimExpr> inner = info.innerExtents(statement);
        !inner.empty() && !llvm::is_contained(extents, inner.back()))
      extents.push_back(inner.back());
  return alignRuns(
      info, [&](ir::StatementInterface statement) { return innermost(info, statement); }, {}, extents, lanes);
}

int64_t tile::widestRun(const GroupInfo &info, LaneIndex laneOf, int64_t accessBits) {
  int64_t narrow = 64, wide = 32;
  auto visit = [&](Value tensor, ArrayRef<DimExpr> at, const std::string &index) {
    if (llvm::none_of(at, [&](const DimExpr &expr) { return expr.uses(index); }))
      return;
    Type scalar = cast<ir::NamedTensorType>(tensor.getType()).getScalarType();
    narrow = std::min<int64_t>(narrow, std::max(8u, scalar.getIntOrFloatBitWidth()));
    wide = std::max<int64_t>(wide, carrierOf(scalar).getIntOrFloatBitWidth());
  };
  for (ir::StatementInterface statement : info.statements) {
    std::string index = laneOf(statement);
    for (unsigned operand = 0; operand < statement->getNumOperands(); ++operand)
      if (!statement.isWholeAccess(operand) && !info.contains(statement->getOperand(operand)))
        visit(statement->getOperand(operand), statement.getAccessExprs(operand), index);
    if (info.escapes(statement))
      visit(statement->getResult(0), statement.getResultExprs(), index);
  }
  return std::max<int64_t>(1, std::min(accessBits / narrow, kMaxAccesses * accessBits / wide));
}
