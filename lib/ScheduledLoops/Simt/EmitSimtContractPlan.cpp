//===- EmitSimtContractPlan.cpp - Which contractions a matrix unit takes --===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Looks at types and index expressions only; emits nothing. A group that no unit
// takes keeps the strategy it would have without matrix units.
//
//===----------------------------------------------------------------------===//
#include "EmitSimtContract.h"

#include "../Evaluator.h"
#include "flex/ScheduledLoops/Workspace.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace flex;
using namespace flex::tile;

namespace {

/// The name of an operand's type in units.
StringRef nameOf(Type type, bool isUnsigned, bool isFast) {
  if (type.isF32() && isFast)
    return "tf32"; // 10 bits of each factor's fraction: not without being asked

  if (type.isF16())
    return "f16";
  if (type.isBF16())
    return "bf16";
  if (isa<Float8E4M3FNType>(type))
    return "f8e4m3fn";
  if (isa<Float8E5M2Type>(type))
    return "f8e5m2";
  if (type.isInteger(8))
    return isUnsigned ? "u8" : "i8";
  return "";
}

/// What every term of an expression has as a factor that no index moves: if all of these are multiples of something, so
/// is the expression at every point. `indices`: the names that are not dims.
void appendFixedFactors(const DimExpr &expr, const std::set<std::string> &indices, SmallVectorImpl<DimExpr> &factors) {
  for (const DimExpr::Term &term : expr.terms()) {
    DimExpr fixed(term.coefficient);
    for (const auto &atom : term.atoms) {
      DimExpr factor = *DimExpr::parse(atom->text);
      std::set<std::string> used;
      factor.collectSymbols(used);
      if (llvm::none_of(used, [&](const std::string &name) { return indices.count(name); }))
        fixed = fixed * factor;
    }
    if (!llvm::is_contained(factors, fixed))
      factors.push_back(fixed);
  }
}

/// Leaves out what is a multiple whatever the dims are; nothing if one never is.
Multiples simplified(ArrayRef<DimExpr> factors, int64_t of) {
  SmallVector<DimExpr> open;
  for (const DimExpr &factor : factors) {
    if (auto constant = factor.constant(); constant && *constant % of != 0)
      return std::nullopt;
    if (factor.mod(DimExpr(of)) != DimExpr(0))
      open.push_back(factor);
  }
  return open;
}

std::set<std::string> indexNames(ir::StatementInterface statement) {
  std::set<std::string> names;
  for (StringRef name : statement.getIndexNames())
    names.insert(name.str());
  return names;
}

DimExpr offsetOf(Type tensor, ArrayRef<DimExpr> at) {
  DimExpr offset;
  for (auto [expr, stride] : llvm::zip_equal(at, denseStrides(cast<ir::NamedTensorType>(tensor))))
    offset = offset + expr * stride;
  return offset;
}

bool isPacked(Value tensor) {
  return cast<ir::NamedTensorType>(tensor.getType()).getElementBits() < 8;
}

class Planner {
public:
  Planner(const GroupInfo &info, const DeviceDescription &device, const std::string &lane, const std::string &unroll)
      : info(info), device(device), lane(lane), unroll(unroll) {}

  std::optional<MatrixPlan> plan(const std::string &unitName) {
    if (unroll.empty() || info.isStrict() || !info.isBlockContraction(lane, unroll))
      return std::nullopt;
    MatrixPlan plan;
    plan.throughRegisters = device.asyncCopyBytes < kChunkBytes;
    plan.contraction = *info.findContraction();
    ir::StatementInterface statement = plan.contraction.statement;
    plan.axes = info.axesOf(plan.contraction, lane, unroll);
    bool isUnsigned[2] = {false, false};
    Value columns = GroupInfo::laneFactor(plan.contraction, lane);
    Value rows = columns == plan.contraction.right ? plan.contraction.left : plan.contraction.right;
    plan.a.factor = withoutWidening(rows, isUnsigned[0]);
    plan.b.factor = withoutWidening(columns, isUnsigned[1]);
    plan.a.element = plan.a.factor.getType();
    plan.b.element = plan.b.factor.getType();
    if (plan.a.element != plan.b.element || isUnsigned[0] != isUnsigned[1])
      return std::nullopt;
    plan.a.index = unroll;
    plan.b.index = lane;
    plan.depth = plan.axes.reduced.size();
    plan.rows = plan.axes.rows.size();
    plan.columns = plan.axes.columns.size();
    if (!plan.depth.isValid() || !plan.rows.isValid() || !plan.columns.isValid())
      return std::nullopt;
    place(plan.a, statement, plan.axes.rows, plan.axes.reduced);
    place(plan.b, statement, plan.axes.columns, plan.axes.reduced);
    for (MatrixOperand *side : {&plan.a, &plan.b})
      side->boxes = findBoxes(plan, *side);
    plan.unit = findUnit(plan, nameOf(plan.a.element, isUnsigned[0], isFast()), sumType(statement), unitName);
    if (!plan.unit)
      return std::nullopt;
    plan.runs = findRuns(info, info.statements, info.outerNames, lane, info.outerExtent(lane));
    return plan;
  }
  void place(MatrixOperand &side, ir::StatementInterface statement, const IndexAxis &outer,
             const IndexAxis &summed) const;

private:
  bool isFast() const {
    auto kernel = info.group->getParentOfType<ir::KernelOp>();
    return kernel && kernel.getNumerics() == "fast";
  }

  static StringRef sumType(ir::StatementInterface statement) {
    Type carrier = carrierOf(cast<ir::NamedTensorType>(statement->getResult(0).getType()).getScalarType());
    return carrier.isF32() ? "f32" : carrier.isInteger(32) ? "i32" : "";
  }

  const MatrixUnit *findUnit(const MatrixPlan &plan, StringRef operand, StringRef accumulator,
                             const std::string &name) const {
    for (const MatrixUnit &unit : device.matrixUnits)
      if (operand == unit.operand && accumulator == unit.accumulator && (name.empty() || name == unit.name()) &&
          takes(unit, plan))
        return &unit;
    return nullptr;
  }

  /// Operands that the unit reads from group memory itself can be turned if they are of 16 bits.
  bool takes(const MatrixUnit &unit, const MatrixPlan &plan) const {
    if (readsGroupMemory(unit))
      return unit.n == unit.maxN && device.asyncCopyBytes >= kChunkBytes &&
             (plan.a.element.getIntOrFloatBitWidth() == 16 || (!plan.a.across && !plan.b.across));
    return unit.a == OperandHome::Registers && unit.b == OperandHome::Registers && unit.c == OperandHome::Registers &&
           unit.threads == device.waveSize;
  }

  /// How far apart the steps of the reduction are, in memory and from the edges of a tensor with zeros around it.
  bool findSteps(MatrixOperand &side, ir::StatementInterface statement, unsigned operand, const IndexAxis &summed,
                 bool isClamped) const {
    std::set<std::string> indices = indexNames(statement);
    auto stepsOf = [&](const DimExpr &expr, SmallVectorImpl<DimExpr> &steps) {
      for (const std::string &name : summed.names) {
        auto linear = expr.linearIn(name);
        if (!linear || llvm::any_of(indices, [&](const std::string &index) { return linear->first.uses(index); }))
          return false;
        steps.push_back(linear->first);
      }
      return true;
    };
    if (!stepsOf(side.offset, side.steps))
      return false;
    DimExpr around = side.steps.back() * summed.extents.back();
    for (size_t i = side.steps.size() - 1; i-- > 0; around = around * summed.extents[i])
      side.isEven &= side.steps[i] == around || summed.extents[i] == DimExpr(1);
    ir::BoundaryAttr boundary = statement.getAccessBoundary(operand);
    if (boundary.getKind() == ir::BoundaryKind::None || isClamped)
      return true;
    if (!boundary.fillsWithZero())
      return false;
    auto extents = cast<ir::NamedTensorType>(statement->getOperand(operand).getType()).getDims();
    for (auto [at, extent] : llvm::zip_equal(statement.getAccessExprs(operand), extents)) {
      if (isInside(statement, at, extent))
        continue;
      MatrixOperand::Edge &edge = side.edges.emplace_back(MatrixOperand::Edge{at, extent, {}});
      if (!stepsOf(at, edge.steps))
        return false;
    }
    side.isEven &= side.edges.empty();
    return true;
  }

  /// Of a clamped access: places that no index of the factor's axes moves are clamped here, once for all elements; the
  /// others must lie inside. Otherwise `at` stays as it is.
  static bool clampFixed(const MatrixOperand &side, ir::StatementInterface statement, unsigned operand,
                         const IndexAxis &outer, const IndexAxis &summed, SmallVectorImpl<DimExpr> &at) {
    if (statement.getAccessBoundary(operand).getKind() != ir::BoundaryKind::Clamp)
      return false;
    SmallVector<DimExpr> clamped(at.begin(), at.end());
    auto moves = [](const IndexAxis &axis, const DimExpr &expr) {
      return llvm::any_of(axis.names, [&](const std::string &name) { return expr.uses(name); });
    };
    auto extents = cast<ir::NamedTensorType>(statement->getOperand(operand).getType()).getDims();
    for (auto [place, extent] : llvm::zip_equal(clamped, extents)) {
      if (isInside(statement, place, extent))
        continue;
      if (place.uses(side.index) || moves(outer, place) || moves(summed, place))
        return false;
      place = DimExpr::max(DimExpr::min(place, extent - DimExpr(1)), DimExpr(0));
    }
    at.assign(clamped.begin(), clamped.end());
    return true;
  }

  /// Whether a place is a sum of indices that never leaves [0, extent).
  static bool isInside(ir::StatementInterface statement, DimExpr at, const DimExpr &extent) {
    DimExpr last;
    SmallVector<DimExpr> extents = statement.getIndexExtents();
    for (auto [name, indexExtent] : llvm::zip_equal(statement.getIndexNames(), extents)) {
      auto linear = at.linearIn(name.str());
      if (!linear || linear->first.constant().value_or(-1) < 0)
        return false;
      last = last + linear->first * (indexExtent - DimExpr(1));
      at = linear->second;
    }
    return at.constant().value_or(-1) >= 0 && (extent - at - last).constant().value_or(0) > 0;
  }

  /// Whether the value reads a tensor along an index.
  static bool readsAlong(ir::StatementInterface statement, Value value, const std::string &index) {
    for (unsigned operand = 0; operand < statement->getNumOperands(); ++operand) {
      if (statement.isWholeAccess(operand))
        continue;
      auto linear =
          offsetOf(statement->getOperand(operand).getType(), statement.getAccessExprs(operand)).linearIn(index);
      if (linear && linear->first == DimExpr(1) && GroupInfo::dependsOn(statement, value, index))
        return true;
    }
    return false;
  }

  const GroupInfo &info;
  const DeviceDescription &device;
  const std::string &lane, &unroll;
};

/// How the factor lies in memory, hence in the ring.
void Planner::place(MatrixOperand &side, ir::StatementInterface statement, const IndexAxis &outer,
                    const IndexAxis &summed) const {
  const std::string &reduced = summed.names.back();
  // Where copies pass through registers, they are turned there. Otherwise that happens when they are read from the
  // ring, which is not possible for bytes.
  int64_t bits = side.element.getIntOrFloatBitWidth();
  bool turns = device.asyncCopyBytes < kChunkBytes && bits <= 16, canTurn = turns || bits >= 16;
  auto argument = dyn_cast<BlockArgument>(side.factor);
  if (!argument) {
    side.across =
        canTurn && !readsAlong(statement, side.factor, reduced) && readsAlong(statement, side.factor, side.index);
    side.turned = side.across && turns;
    return;
  }
  unsigned operand = argument.getArgNumber();
  Value tensor = statement->getOperand(operand);
  if (statement.isWholeAccess(operand) || info.contains(tensor))
    return;
  SmallVector<DimExpr> at(statement.getAccessExprs(operand));
  bool isClamped = clampFixed(side, statement, operand, outer, summed, at);
  DimExpr offset = offsetOf(tensor.getType(), at);
  auto alongDepth = offset.linearIn(reduced), alongIndex = offset.linearIn(side.index);
  if (!alongDepth || !alongIndex)
    return;
  bool across = alongDepth->first != DimExpr(1) && alongIndex->first == DimExpr(1);
  if (across && !canTurn)
    return;
  side.across = across;
  side.turned = across && turns;
  side.read = operand;
  side.offset = offset;
  if ((!across && alongDepth->first != DimExpr(1)) || !findSteps(side, statement, operand, summed, isClamped))
    return; // element by element
  // Chunks run along the depth, or along the outer index: what else moves the place must move it by whole chunks, and
  // the last chunk must be whole, also where the tensor ends.
  const std::string &along = across ? side.index : reduced;
  SmallVector<DimExpr> factors{across ? outer.extents.back() : summed.extents.back()};
  appendFixedFactors(across ? alongIndex->second : alongDepth->second, indexNames(statement), factors);
  for (const MatrixOperand::Edge &edge : side.edges) {
    auto linear = edge.at.linearIn(along);
    if (!linear || (linear->first != DimExpr(0) && linear->first != DimExpr(1)))
      return;
    if (linear->first == DimExpr(0))
      continue;
    factors.push_back(edge.extent);
    appendFixedFactors(linear->second, indexNames(statement), factors);
  }
  side.chunks = simplified(factors, kChunkBytes / elementBytes(side.element));
}

} // namespace

Value tile::withoutWidening(Value value, bool &isUnsigned) {
  while (Operation *op = value.getDefiningOp()) {
    if (!isa<arith::ExtFOp, arith::ExtSIOp, arith::ExtUIOp>(op))
      break;
    isUnsigned |= isa<arith::ExtUIOp>(op);
    value = op->getOperand(0);
  }
  return value;
}

void tile::placeOperand(const GroupInfo &info, const DeviceDescription &device, ir::StatementInterface statement,
                        const IndexAxis &outer, const IndexAxis &summed, MatrixOperand &side) {
  const std::string none;
  Planner(info, device, none, none).place(side, statement, outer, summed);
}

Multiples tile::findRuns(const GroupInfo &info, ArrayRef<ir::StatementInterface> statements,
                         ArrayRef<std::string> names, const std::string &lane, const DimExpr &extent) {
  SmallVector<DimExpr> factors{extent};
  for (ir::StatementInterface statement : statements) {
    bool isContraction = info.isReduction(statement);
    if (!isContraction && GroupInfo::hasLoads(statement))
      return std::nullopt;
    auto add = [&](Type tensor, ArrayRef<DimExpr> at) {
      auto linear = offsetOf(tensor, at).linearIn(lane);
      if (!linear || (linear->first != DimExpr(0) && linear->first != DimExpr(1)))
        return false;
      if (linear->first == DimExpr(1))
        appendFixedFactors(linear->second, indexNames(statement), factors);
      return true;
    };
    for (unsigned operand = 0; !isContraction && operand < statement->getNumOperands(); ++operand) {
      Value tensor = statement->getOperand(operand);
      if (statement.getAccessBoundary(operand).getKind() != ir::BoundaryKind::None ||
          statement.isWholeAccess(operand) || isPacked(tensor) ||
          (!info.contains(tensor) && !add(tensor.getType(), statement.getAccessExprs(operand))))
        return std::nullopt;
    }
    SmallVector<DimExpr> at;
    for (const std::string &name : names)
      at.push_back(DimExpr::symbol(name));
    if (info.escapes(statement) && (isPacked(statement->getResult(0)) || !add(statement->getResult(0).getType(), at)))
      return std::nullopt;
  }
  return simplified(factors, kRunColumns);
}

bool tile::readsGroupMemory(const MatrixUnit &unit) {
  return unit.a == OperandHome::Group && unit.b == OperandHome::Group && unit.c != OperandHome::Group;
}

std::optional<MatrixPlan> tile::planMatrix(const GroupInfo &info, const DeviceDescription &device,
                                           const std::string &lane, const std::string &unroll,
                                           const std::string &unitName) {
  return Planner(info, device, lane, unroll).plan(unitName);
}

/// Rows of a power of two of bytes. A column of chunks must not lie in one group of banks: 8 rows of 128 bytes, or what
/// fills 128 bytes each, get 8 different places for one chunk.
LayoutAttr tile::operandLayout(MLIRContext *context, int64_t columns, int64_t elementBytes, bool turned) {
  int64_t chunk = kChunkBytes / elementBytes, rowBytes = columns * elementBytes;
  SmallVector<int64_t> bits;
  for (int64_t rows = rowBytes; rows < 128; rows *= 2)
    bits.push_back(0); // that many rows share 128 bytes
  for (int64_t mask = 1; mask < std::min<int64_t>(8, rowBytes / kChunkBytes); mask *= 2)
    bits.push_back(mask);
  if (turned) {
    while (int64_t(1) << bits.size() < chunk)
      bits.push_back(0);
    for (int64_t mask = 1; mask < std::min<int64_t>(8, rowBytes / kChunkBytes); mask *= 2)
      bits.push_back(mask);
  }
  return LayoutAttr::get(context, columns, chunk, bits);
}

/// 4-byte results in chunks of 4. Threads write pieces of two neighbouring chunks in four neighbouring rows at a time,
/// and read every second chunk of rows r and r + 4: both meet 8 different places modulo 128 bytes.
LayoutAttr tile::resultLayout(MLIRContext *context, int64_t columns) {
  return LayoutAttr::get(context, columns, 4, {2, 4, 1});
}

static int64_t matrixStageBytes(const MatrixPlan &plan, const Schedule &schedule) {
  return (schedule.tileM + schedule.tileN) * schedule.tileK * elementBytes(plan.a.element);
}

/// Whole tiles of the unit, as many below each other as there is room for; narrower ones, of whole runs of four, where
/// there is less than they take: memory for results alone would be groups less beside each other, from 16 KiB on, of
/// which four fit the smallest units. Of sums in tensor memory any columns can be had, so that a tile of 128 rows fits.
MatrixStrip tile::matrixStrip(const MatrixPlan &plan, const Schedule &schedule) {
  int64_t waveRows = schedule.tileM / schedule.wavesM, waveColumns = schedule.tileN / schedule.wavesN;
  constexpr int64_t kFewBytes = 16 << 10;
  int64_t stages = plan.throughRegisters ? 1 : schedule.stages;
  int64_t room = stages * matrixStageBytes(plan, schedule) / (schedule.wavesM * schedule.wavesN * 4);
  bool isTensor = plan.unit->c == OperandHome::Tensor;
  int64_t narrowest = isTensor ? kTensorColumns : std::max(plan.unit->n, 4 * kRunColumns);
  int64_t most = isTensor ? room : std::max(room, kFewBytes / (schedule.wavesM * schedule.wavesN * 4));
  MatrixStrip strip{plan.unit->m, waveColumns};
  while (strip.columns % (2 * narrowest) == 0 && strip.rows * strip.columns > most)
    strip.columns /= 2;
  while (strip.rows * 2 * strip.columns <= room && strip.columns == waveColumns && waveRows % (strip.rows * 2) == 0)
    strip.rows *= 2;
  return strip;
}

static int64_t matrixResultBytes(const MatrixPlan &plan, const Schedule &schedule) {
  MatrixStrip strip = matrixStrip(plan, schedule);
  return schedule.wavesM * schedule.wavesN * strip.rows * strip.columns * 4;
}

bool tile::hasStageForResults(const MatrixPlan &plan, const Schedule &schedule) {
  return plan.throughRegisters && schedule.stages > 1 &&
         matrixResultBytes(plan, schedule) <= matrixStageBytes(plan, schedule);
}

int64_t tile::matrixRingBytes(const MatrixPlan &plan, const Schedule &schedule) {
  return std::max(schedule.stages * matrixStageBytes(plan, schedule), matrixResultBytes(plan, schedule));
}

int64_t tile::matrixGroupBytes(const MatrixPlan &plan, const Schedule &schedule) {
  constexpr int64_t kBarriers = 8 * kPanelBytes; // of as many bytes as rings are aligned to
  bool hasBarriers = plan.unit->c == OperandHome::Tensor || copiesBoxes(schedule);
  return matrixRingBytes(plan, schedule) + (hasBarriers ? kBarriers : 0);
}

int64_t tile::matrixGroupSize(const Schedule &schedule, const MatrixUnit &unit, const DeviceDescription &device) {
  return schedule.wavesM * schedule.wavesN * unit.threads + (copiesBoxes(schedule) ? device.waveSize : 0);
}

void tile::settleCopies(const MatrixPlan &plan, Schedule &schedule, const DeviceDescription &device) {
  if (!readsGroupMemory(*plan.unit)) {
    schedule.copies.clear();
    schedule.groupSize = matrixGroupSize(schedule, *plan.unit, device);
    return;
  }
  for (llvm::StringRef copies : {kCopiesByBoxes, kCopiesByThreads}) {
    schedule.copies = copies.str();
    schedule.groupSize = matrixGroupSize(schedule, *plan.unit, device);
    if (checkMatrix(plan, schedule, device).empty())
      return;
  }
}

void tile::settleGroupSize(const GroupInfo &info, Schedule &schedule, const DeviceDescription &device, bool isAsked) {
  const MatrixUnit *unit = device.findMatrixUnit(schedule.unit);
  schedule.groupSize =
      unit ? matrixGroupSize(schedule, *unit, device) : schedule.wavesM * schedule.wavesN * device.waveSize;
  auto plan = planMatrix(info, device, schedule.lane, schedule.unroll, schedule.unit);
  if (plan && !isAsked)
    settleCopies(*plan, schedule, device);
}

Schedule tile::copiedByThreads(const MatrixPlan &plan, Schedule schedule, const DeviceDescription &device) {
  schedule.copies = kCopiesByThreads.str();
  schedule.groupSize = matrixGroupSize(schedule, *plan.unit, device);
  return schedule;
}

/// Why boxes cannot be copied for the schedule.
static std::string checkBoxes(const MatrixPlan &plan, const Schedule &schedule, const DeviceDescription &device) {
  if (!device.hasBulkCopy)
    return "'copies tma' is for devices that copy boxes of tensors (sm_90 on)";
  if (!readsGroupMemory(*plan.unit))
    return "'copies tma' goes with units that read group memory themselves (wgmma, tcgen05)";
  if (!plan.a.boxes || !plan.b.boxes)
    return "'copies tma' needs operands that are plain tensors whose rows can begin at multiples of 16 bytes";
  constexpr int64_t kLongestBox = 256;
  if ((!plan.a.across && schedule.tileM > kLongestBox) || (!plan.b.across && schedule.tileN > kLongestBox))
    return "'copies tma' takes at most " + std::to_string(kLongestBox) + " rows and columns of results";
  if (boxesAreAligned(plan) == DimExpr(1))
    return "";
  std::string why = checkMatrix(plan, copiedByThreads(plan, schedule, device), device);
  return why.empty() ? "" : "where rows begin at no multiples of 16 bytes, threads copy, but " + why;
}

int64_t tile::matrixGroupLimit(const DeviceDescription &device) {
  return device.asyncCopyBytes >= kChunkBytes ? std::max(device.groupMemoryBytes, device.groupMemoryLimit)
                                              : device.groupMemoryBytes;
}

std::string tile::checkMatrix(const MatrixPlan &plan, const Schedule &schedule, const DeviceDescription &device) {
  const MatrixUnit &unit = *plan.unit;
  int64_t threads = schedule.groupSize, bytes = elementBytes(plan.a.element);
  bool byBoxes = copiesBoxes(schedule);
  if (!schedule.copies.empty() && !byBoxes && (schedule.copies != kCopiesByThreads || !device.asyncCopyBytes))
    return "'copies' is tma or async, on a device that has it";
  if (byBoxes)
    if (std::string why = checkBoxes(plan, schedule, device); !why.empty())
      return why;
  if (matrixGroupSize(schedule, unit, device) != threads)
    return "'group-size' must be waves-m x waves-n x " + std::to_string(unit.threads) +
           (byBoxes ? ", and a wave that copies" : "");
  if (threads > device.maxGroupSize)
    return "'group-size' exceeds the device's " + std::to_string(device.maxGroupSize);
  auto divides = [](int64_t size, int64_t by) { return size > 0 && size % by == 0; };
  if (!divides(schedule.tileM, schedule.wavesM * std::max<int64_t>(unit.m, 8)) ||
      !divides(schedule.tileN, schedule.wavesN * std::max<int64_t>(unit.n, 32)) || !divides(schedule.tileK, unit.k))
    return "'tile-m', 'tile-n' and 'tile-k' must be multiples of the waves' grid times " +
           std::to_string(std::max<int64_t>(unit.m, 8)) + " rows, " + std::to_string(std::max<int64_t>(unit.n, 32)) +
           " columns, and of " + std::to_string(unit.k) + " steps";
  for (int64_t size : {schedule.tileM, schedule.tileN, schedule.tileK, schedule.tileN / schedule.wavesN})
    if (!llvm::isPowerOf2_64(size))
      return "'tile-m', 'tile-n', 'tile-k' and the columns of a wave must be powers of two";
  if (readsGroupMemory(unit)) {
    if (schedule.tileN != schedule.wavesN * unit.n)
      return "'tile-n' must be waves-n x " + std::to_string(unit.n) + ", the columns of '" + unit.name() + "'";
    if (schedule.tileK * bytes > kPanelBytes || (schedule.wavesN > 1 && unit.n * bytes < kPanelBytes))
      return "'tile-k' must be at most " + std::to_string(kPanelBytes / bytes) +
             ", and each of several waves must have as many columns";
  }
  int64_t chunk = kChunkBytes / bytes;
  for (const MatrixOperand *side : {&plan.a, &plan.b}) {
    if (byBoxes)
      break;
    int64_t outer = side == &plan.a ? schedule.tileM : schedule.tileN;
    int64_t columns = side->across ? outer : schedule.tileK, rows = side->across ? schedule.tileK : outer;
    if (columns < 2 * chunk || !divides(threads, columns / chunk) || !divides(rows * columns / chunk, threads) ||
        (side->turned && rows < 2 * chunk))
      return "the threads cannot share the chunks of 16 bytes of an operand's tile evenly";
  }
  if (device.asyncCopyBytes < kChunkBytes && schedule.stages > 2)
    return "'stages' is 1 or 2 on a device without asynchronous copies";
  if (device.asyncCopyBytes >= kChunkBytes && schedule.stages < 2)
    return "'stages' is at least 2 on a device with asynchronous copies";
  if (int64_t need = matrixGroupBytes(plan, schedule), limit = matrixGroupLimit(device); need > limit)
    return "the stages take " + std::to_string(need) + " bytes of group memory, the device has " +
           std::to_string(limit);
  return "";
}
