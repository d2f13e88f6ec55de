//===- EmitLoops.cpp - Each scheduled group becomes a tile.kernel ---------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The pass tile-emit-loops: makes the functions, binds tensors to memory, lets
// the strategy fill the body, and writes the plan of buffers and launches.
//
//===----------------------------------------------------------------------===//
#include "BufferPlan.h"
#include "Emitter.h"
#include "OnlineSoftmax.h"
#include "PackResult.h"
#include "SameGroups.h"
#include "Simd/ChooseContraction.h"
#include "Simd/PackConstant.h"
#include "Simd/SimdUnit.h"
#include "Simt/EmitSimtContract.h"
#include "Simt/EmitSimtTranspose.h"
#include "flex/Binary/Hash.h"
#include "flex/ScheduledLoops/Plan.h"
#include "flex/ScheduledLoops/TilePasses.h"
#include "flex/ScheduledLoops/Workspace.h"
#include "flex/TensorIR/ScanForms.h"
#include "mlir/Interfaces/LoopLikeInterface.h"
#include "mlir/Transforms/LoopInvariantCodeMotionUtils.h"

namespace flex::tile {
#define GEN_PASS_DEF_TILEEMITLOOPS
#include "flex/ScheduledLoops/TilePasses.h.inc"
} // namespace flex::tile

using namespace mlir;
using namespace flex;
using namespace flex::tile;

namespace {

std::unique_ptr<Emitter> createEmitter(const EmitContext &context, const DeviceDescription &device) {
  bool simd = device.model == ExecutionModel::Simd;
  switch (context.schedule.strategy) {
  case Strategy::Tile:
    if (simd && context.schedule.depth > 0 && context.schedule.unit.empty())
      return context.schedule.unroll.empty() ? createSimdColumnsEmitter(context) : createSimdSkinnyEmitter(context);
    return simd                              ? createSimdTileEmitter(context, device)
           : context.schedule.unroll.empty() ? createSimtTileEmitter(context)
                                             : createSimtTransposeEmitter(context);
  case Strategy::Rows:
    if (simd && !context.schedule.unroll.empty())
      return createSimdDotsEmitter(context);
    return simd ? createSimdRowsEmitter(context) : createSimtRowsEmitter(context);
  case Strategy::Block: return simd ? nullptr : createSimtBlockEmitter(context);
  case Strategy::Points: return createPointsEmitter(context, !simd);
  case Strategy::Matrix: return createSimtMatrixEmitter(context, device);
  case Strategy::Attention:
    return simd ? createSimdAttentionEmitter(context) : createSimtAttentionEmitter(context, device);
  }
  llvm_unreachable("covered switch");
}

/// Refuses what would make the emitter misbehave, whoever wrote the schedule.
class ScheduleCheck {
public:
  ScheduleCheck(const GroupInfo &info, const Schedule &schedule, const DeviceDescription &device)
      : info(info), schedule(schedule), device(device), simd(device.model == ExecutionModel::Simd) {}

  LogicalResult run() const {
    if (simd && schedule.strategy == Strategy::Block)
      return fail("strategy 'block' needs a device with groups of threads");
    if (schedule.strategy == Strategy::Block && info.isStrict())
      return fail("strategy 'block' does not keep the order that strict numerics promise");
    if (schedule.strategy == Strategy::Rows && info.isStrict() && info.hasOrderedSums() &&
        (schedule.lanes * schedule.vectors != 1 || schedule.groupSize != (simd ? 1 : schedule.itemRows)))
      return fail("strict numerics promise sums in order: strategy 'rows' then needs lanes and vectors of 1, and one "
                  "thread per row");
    if (simd && schedule.groupSize != 1)
      return fail("'group-size' needs a device with groups of threads");
    if (schedule.strategy == Strategy::Attention)
      return failIf(checkAttention(info, schedule, device));
    if (simd && !schedule.unit.empty())
      if (std::string why = checkSimdUnit(info, schedule, device); !why.empty())
        return fail(why);
    if (info.isOrdered() != (schedule.strategy == Strategy::Points))
      return fail("strategy 'points' is for scans, scatters and sorts, the others for the rest");
    if (schedule.strategy == Strategy::Points)
      return checkPoints();
    if (schedule.strategy == Strategy::Matrix)
      return checkMatrixUnit();
    if (schedule.strategy == Strategy::Rows) {
      if (simd && !schedule.unroll.empty())
        return failIf(checkDots(info, schedule));
      if (schedule.prefetch && info.outerNames.empty())
        return fail("'prefetch' needs an outer index");
      return simd ? success() : checkThreadsOfRows();
    }
    if (failed(checkIndices()) || failed(checkSizes()))
      return failure();
    if (schedule.strategy == Strategy::Block)
      return checkBlock();
    if (!simd && !schedule.unroll.empty())
      return checkTurned();
    return schedule.pack ? checkPack() : success();
  }

private:
  LogicalResult fail(const Twine &why) const {
    InFlightDiagnostic diagnostic = emitError(info.group->getLoc()) << "schedule does not fit its group: " << why;
    if (auto kernel = info.group->getParentOfType<ir::KernelOp>(); kernel && kernel.getSchedules())
      diagnostic.attachNote(kernel.getLoc()) << "kernel '" << kernel.getName() << "' has schedules of its own";
    return diagnostic;
  }
  LogicalResult failIf(const std::string &why) const { return why.empty() ? success() : fail(why); }
  bool isOuter(const std::string &name) const { return llvm::is_contained(info.outerNames, name); }

  LogicalResult checkPoints() const {
    bool isSort = info.main().getStatementKind() == ir::StatementKind::ArgSort;
    bool usesLane = schedule.lanes > 1 || (isSort && !schedule.lane.empty());
    if (usesLane && (!simd || !llvm::is_contained(info.laneIndices(), schedule.lane)))
      return fail("'lane' of strategy 'points' must be an outer index, the last one that a scan runs in any order, or "
                  "the one of a sort of which at most " +
                  Twine(GroupInfo::kMaxSelected) + " are kept, on a device without groups of threads");
    if (isSort && schedule.lanes > GroupInfo::kMaxSortLanes)
      return fail("a sort takes at most " + Twine(GroupInfo::kMaxSortLanes) + " 'lanes'");
    if (schedule.depth > 0 && schedule.laneTile % (schedule.lanes * schedule.vectors) != 0)
      return fail("'lane-tile' must be a multiple of lanes x vectors");
    return success();
  }

  LogicalResult checkThreadsOfRows() const {
    if (schedule.itemRows == 1)
      return success();
    int64_t threads = schedule.groupSize / schedule.itemRows;
    if (schedule.groupSize % schedule.itemRows != 0 || !llvm::isPowerOf2_64(threads) || threads > device.waveSize)
      return fail(
          "'item-rows' rows of one group need a 'group-size' that gives each a power of two of threads, at most "
          "a wave");
    if (llvm::any_of(info.statements, GroupInfo::hasLoads))
      return fail("'item-rows' rows of one group cannot read at computed places");
    return success();
  }

  LogicalResult checkMatrixUnit() const {
    if (schedule.unit.empty() || !device.findMatrixUnit(schedule.unit))
      return fail("'unit' names no matrix unit of the device");
    auto plan = planMatrix(info, device, schedule.lane, schedule.unroll, schedule.unit);
    if (!plan)
      return fail(
          "strategy 'matrix' needs one contraction, first in its group, of which one factor moves "
          "with 'lane' and the other with 'unroll', of types that the unit takes, and numerics that are not strict");
    std::string why = tile::checkMatrix(*plan, schedule, device);
    return why.empty() ? success() : fail(why);
  }

  LogicalResult checkIndices() const {
    if (!info.hasOnlyOuterResults())
      return fail("strategies 'tile' and 'block' need statements without inner parallel indices");
    if (!isOuter(schedule.lane) || (!schedule.unroll.empty() && !isOuter(schedule.unroll)) ||
        schedule.lane == schedule.unroll)
      return fail("'lane' and 'unroll' must be two different outer indices");
    if (schedule.collapse > 1 &&
        (schedule.collapse > info.collapsibleIndices(schedule.unroll) || schedule.lane != info.outerNames.back() ||
         schedule.strategy == Strategy::Block || (!schedule.unroll.empty() && !goesWithUnroll())))
      return fail("'collapse' exceeds what the accesses allow, or does not go with 'unroll' or 'lane'");
    return success();
  }

  /// Collapsed lanes beside unrolled rows: register tiles of a contraction that read both operands in place.
  bool goesWithUnroll() const {
    return simd && schedule.depth == 0 && !schedule.pack && schedule.unit.empty() &&
           info.findTiled(schedule.lane, schedule.unroll).has_value();
  }

  LogicalResult checkSizes() const {
    if (schedule.rows > 1 && schedule.unroll.empty())
      return fail("'rows' needs an index in 'unroll'");
    if (schedule.laneTile % (schedule.lanes * schedule.vectors) != 0 || schedule.unrollTile % schedule.rows != 0)
      return fail("'lane-tile' must be a multiple of lanes x vectors, 'unroll-tile' of rows");
    if (simd && schedule.depth > 0 && schedule.unit.empty() && !schedule.unroll.empty())
      return failIf(checkSkinny(info, schedule));
    if (simd && schedule.depth > 0 && schedule.unit.empty() && (!info.soleReduction() || schedule.laneTile == 0))
      return fail(
          "'depth' of strategy 'tile' needs one reduction, of what the group does not make itself, and a 'lane-tile'");
    return success();
  }

  LogicalResult checkTurned() const {
    auto turned = findTurned(info, schedule.lane, schedule.unroll);
    if (turned.empty())
      return fail("'unroll' of strategy 'tile' needs maps that read along it, on a device with groups of threads");
    if (schedule.laneTile == 0 || schedule.unrollTile == 0 || schedule.laneTile % schedule.lanes != 0 ||
        schedule.unrollTile % schedule.lanes != 0)
      return fail(
          "'unroll' of strategy 'tile' needs a 'lane-tile' and an 'unroll-tile' that are multiples of 'lanes', on "
          "a device with groups of threads");
    if (schedule.lanes > 1 && !areTurnedRunsAligned(info, schedule.lane, schedule.unroll, schedule.lanes))
      return fail("'lanes' must divide the extents of 'lane' and 'unroll' and the strides of what is read and written");
    return success();
  }

  LogicalResult checkBlock() const {
    if (schedule.unroll.empty() || !info.isBlockContraction(schedule.lane, schedule.unroll))
      return fail("strategy 'block' needs one contraction, first in its group, of which one factor "
                  "moves with 'lane' and the other with 'unroll'");
    int64_t threads = schedule.groupSize;
    if (schedule.depth < 1 || threads % 16 != 0 || (schedule.rows * schedule.depth) % 16 != 0 ||
        (16 * schedule.vectors * schedule.depth) % threads != 0)
      return fail("strategy 'block' needs a 'group-size' that is a multiple of 16, rows x depth a multiple of 16, and "
                  "16 x vectors x depth a multiple of 'group-size'");
    return success();
  }

  LogicalResult checkPack() const {
    auto contraction = info.findTiled(schedule.lane, schedule.unroll);
    if (!contraction || !llvm::is_contained(info.outerNames, schedule.unroll))
      return fail("'pack' needs a contraction and 'unroll'");
    if (GroupInfo::dependsOn(contraction->statement, GroupInfo::laneFactor(*contraction, schedule.lane),
                             schedule.unroll))
      return fail("'pack' needs a lane operand that does not move with 'unroll'");
    auto rows = info.outerExtent(schedule.unroll).constant();
    int64_t last = rows && schedule.unrollTile ? *rows % schedule.unrollTile : rows.value_or(0);
    if (rows && (*rows < schedule.rows || (last != 0 && last < schedule.rows)))
      return fail("'pack' needs a full row tile in each work item");
    return success();
  }

  const GroupInfo &info;
  const Schedule &schedule;
  const DeviceDescription &device;
  bool simd;
};

struct EmitLoopsPass : tile::impl::TileEmitLoopsBase<EmitLoopsPass> {
  using TileEmitLoopsBase::TileEmitLoopsBase;

  void runOnOperation() override {
    auto parsed = DeviceDescription::parse(device.getValue());
    if (!parsed) {
      getOperation().emitError() << parsed.status().message();
      return signalPassFailure();
    }
    for (ir::KernelOp kernel : llvm::make_early_inc_range(getOperation().getOps<ir::KernelOp>())) {
      if (failed(emitKernel(kernel, *parsed)))
        return signalPassFailure();
      kernel.erase();
    }
  }

  /// What a group reads instead of a contraction's operand; null: as it is.
  struct PackedOperand {
    Value panels, least; ///< see EmitContext
  };

  LogicalResult emitKernel(ir::KernelOp kernel, const DeviceDescription &description) {
    emitted = SameGroups();
    functions.clear();
    panelsOf.clear();
    leastOf.clear();
    BufferPlan buffers(kernel);
    OpBuilder builder(kernel);
    for (ir::GroupOp group : kernel.getBody().getOps<ir::GroupOp>())
      if (failed(emitGroup(builder, kernel, group, description, buffers)))
        return failure();
    for (const BufferPlan::PackedResult &result : buffers.packedResults()) {
      std::string name = (kernel.getName() + "_pack" + Twine(result.buffer)).str();
      buffers.addPackLaunch(emitPackResult(builder, kernel, name, result.value, description), result);
    }
    buffers.setInPlace(resultsInPlace(kernel));
    auto mayOverwrite = [&](Value result, Value input) { return isInPlace(kernel, result, input); };
    for (const std::string &entry : buffers.reuseInPlace(mayOverwrite))
      getOperation().lookupSymbol(entry)->setAttr(kMayAliasAttr, builder.getUnitAttr());
    for (Operation &op : kernel.getBody().front())
      if (!isa<ir::GroupOp, ir::ConstantOp, ir::ReturnOp>(op))
        return op.emitError("is not in a flex.group: run flex-form-groups first");
    if (failed(checkReturns(kernel)))
      return failure();
    KernelPlan plan = buffers.finish();
    setKeptKey(plan);
    writePlan(getOperation(), plan);
    return success();
  }

  /// From the code of the kept launches, whatever it is called, and the memory that it is run on.
  void setKeptKey(KernelPlan &plan) {
    std::string text;
    std::set<std::string> names;
    llvm::raw_string_ostream out(text);
    for (const ImageLaunch &launch : plan.launches) {
      if (!launch.kept)
        continue;
      auto function = cast<KernelOp>(getOperation().lookupSymbol(launch.entry));
      OwningOpRef<KernelOp> copy(function.clone());
      copy->setSymName("kept");
      copy->print(out, OpPrintingFlags().assumeVerified());
      for (int64_t number : launch.buffers) {
        const ImageBuffer &buffer = plan.buffers[number];
        out << static_cast<int>(buffer.kind) << ' ' << buffer.index << ' ' << buffer.bytes.str() << '\n';
        if (buffer.kind == ImageBuffer::Kind::Kept)
          out << buffer.arenaOffset.str() << '\n';
        if (buffer.kind == ImageBuffer::Kind::Constant)
          out << StringRef(reinterpret_cast<const char *>(plan.constants.data()) + buffer.index,
                           buffer.bytes.constant().value_or(0));
        buffer.bytes.collectSymbols(names);
        buffer.arenaOffset.collectSymbols(names);
      }
      launch.items.collectSymbols(names);
      auto dims = function.getBody().getArguments().take_back(launch.dims.size());
      for (auto [name, value] : llvm::zip_equal(launch.dims, dims))
        if (!value.use_empty())
          names.insert(name);
    }
    if (text.empty())
      return;
    plan.keptKey = contentHash(text);
    plan.keptDims.assign(names.begin(), names.end());
  }

  /// A result's memory is what its group writes.
  static LogicalResult checkReturns(ir::KernelOp kernel) {
    Operation *ret = kernel.getBody().front().getTerminator();
    llvm::SmallPtrSet<void *, 8> seen;
    for (Value value : ret->getOperands())
      if (!value.getDefiningOp<ir::GroupOp>() || !seen.insert(value.getAsOpaquePointer()).second)
        return ret->emitError("returns what no flex.group writes, or one value twice: run flex-form-groups first");
    return success();
  }

  LogicalResult emitGroup(OpBuilder &builder, ir::KernelOp kernel, ir::GroupOp group,
                          const DeviceDescription &description, BufferPlan &buffers) {
    if (!group.getSchedule())
      return group.emitError("has no schedule: run tile-choose-schedule first");
    auto schedule = Schedule::fromAttr(*group.getSchedule(), group.getLoc());
    if (failed(schedule))
      return failure();
    GroupInfo info(group);
    if (failed(ScheduleCheck(info, *schedule, description).run()) || failed(checkWholeReads(info)) ||
        failed(checkMemory(info)))
      return failure();

    SmallVector<Value> inputs = externalInputs(info), outputs = externalOutputs(info);
    FailureOr<PackedOperand> packed = boundPanels(builder, kernel, group, *schedule, description, buffers);
    if (failed(packed))
      return failure();
    if (!packed->panels)
      packed->panels = simdPanels(info, *schedule, description);
    if (packed->panels)
      llvm::replace(inputs, panelsOf.lookup(packed->panels), packed->panels);
    if (packed->least)
      inputs.push_back(packed->least);
    if (ir::GroupOp same = emitted.find(group)) {
      for (KernelOp function : functions.at(same))
        buffers.addLaunch(function, inputs, outputs);
      return success();
    }
    SmallVector<Value> tensors = inputs;
    tensors.append(outputs);
    auto emit = [&](const Schedule &schedule, const Twine &suffix, const DimExpr &share) -> LogicalResult {
      KernelOp function = emitFunction(builder, info, schedule, description, tensors, *packed, suffix, share);
      if (!function)
        return failure();
      functions[group].push_back(function);
      buffers.addLaunch(function, inputs, outputs);
      return success();
    };
    auto unaligned =
        description.model == ExecutionModel::Simt ? findUnaligned(info, *schedule, description) : std::nullopt;
    if (!unaligned)
      return emit(*schedule, "", DimExpr(1));
    // Of the two launches, one has no work items.
    if (failed(emit(*schedule, "", unaligned->aligned)))
      return failure();
    return emit(unaligned->otherwise, kUnalignedSuffix, DimExpr(1) - unaligned->aligned);
  }

  /// The function of a group; null after an error. `share`: how much of the group is its work.
  KernelOp emitFunction(OpBuilder &builder, const GroupInfo &info, const Schedule &schedule,
                        const DeviceDescription &description, ArrayRef<Value> tensors, const PackedOperand &packed,
                        const Twine &suffix, const DimExpr &share) {
    ir::GroupOp group = info.group;
    auto kernel = group->getParentOfType<ir::KernelOp>();
    SmallVector<Type> types;
    for (Value tensor : tensors)
      types.push_back(bufferTypeOf(tensor.getType(), Space::Global));
    SmallVector<std::string> dims = kernel.getDimNames();
    types.append(dims.size(), builder.getIndexType());

    builder.setInsertionPoint(kernel);
    SmallVector<StringRef> dimRefs(dims.begin(), dims.end());
    auto function = KernelOp::create(builder, group.getLoc(), (group.getName() + suffix).str(),
                                     builder.getFunctionType(types, {}), builder.getStrArrayAttr(dimRefs), "0",
                                     schedule.groupSize, StringAttr(), StringAttr(), ArrayAttr(), ArrayAttr());
    // Compilers inside of drivers take `noalias` for leave to reorder what a scan writes and reads of one buffer.
    if (kernel.getResultAliases() || (info.isOrdered() && description.model == ExecutionModel::Simt))
      function->setAttr(kMayAliasAttr, builder.getUnitAttr());
    Block &entry = function.getBody().emplaceBlock();
    for (Type type : types)
      entry.addArgument(type, group.getLoc());
    DimExpr items = fillBody(function, info, schedule, description, tensors, dims, packed) * share;
    if (!items.isValid()) {
      group.emitError("the number of work items overflows 64 bits");
      return KernelOp();
    }
    // A row's scalars (a mean, a reciprocal of a root) are computed where they are read: out of the lane loops.
    function.walk([](LoopLikeOpInterface loop) { moveLoopInvariantCode(loop); });
    function.setItemsAttr(ir::toAttr(group.getContext(), items));
    DimExpr flops = info.flops() * share;
    auto softmax = schedule.strategy == Strategy::Attention ? findOnlineSoftmax(group) : std::nullopt;
    if (softmax && !softmax->part.empty()) // each key is visited by one part
      flops = flops.floorDiv(info.outerExtent(softmax->part));
    function.setFlopsAttr(ir::toAttr(group.getContext(), orZero(flops)));
    function.setBytesAttr(ir::toAttr(group.getContext(), orZero(info.bytesMoved() * share)));
    return function;
  }

  /// What is read at computed places must be in memory as a whole before the group begins; not so what a scatter starts
  /// from, which is copied element by element.
  static LogicalResult checkWholeReads(const GroupInfo &info) {
    for (ir::StatementInterface statement : info.statements)
      for (unsigned operand = 0; operand < statement->getNumOperands(); ++operand) {
        bool isBase =
            isa<ir::ScatterOp>(statement) && operand == 0 && statement.getStatementBody()->getArgument(0).use_empty();
        if (statement.isWholeAccess(operand) && !isBase && info.contains(statement->getOperand(operand)))
          return statement.emitError("takes a tensor whole that its own group computes: they must be apart");
      }
    return success();
  }

  /// What is read again while it is computed must have memory.
  static LogicalResult checkMemory(const GroupInfo &info) {
    ir::StatementInterface main = info.main();
    auto scan = dyn_cast<ir::ScanOp>(main.getOperation());
    bool isRead = scan ? !ir::getCarriedStart(scan, info.outerNames.size()) : isa<ir::ScatterOp>(main);
    if (isRead && !info.escapes(main))
      return main.emitError("needs its earlier elements in memory: its group must yield it");
    return success();
  }

  /// A constant operand in panels, as a constant of the kernel; one serves all groups that read it alike.
  Value simdPanels(const GroupInfo &info, const Schedule &schedule, const DeviceDescription &description) {
    auto packed = description.model == ExecutionModel::Simd ? packConstant(info, schedule, description) : std::nullopt;
    if (!packed)
      return {};
    for (auto [panels, constant] : panelsOf)
      if (constant == packed->constant && panels.getDefiningOp<ir::ConstantOp>().getValue() == packed->elements)
        return panels;
    auto constant = packed->constant.getDefiningOp<ir::ConstantOp>();
    OpBuilder builder(constant);
    auto type = ir::NamedTensorType::get(packed->elements.getElementType(), DimExpr(packed->elements.getNumElements()));
    Value panels = ir::ConstantOp::create(builder, constant.getLoc(), type, packed->elements);
    panelsOf[panels] = packed->constant;
    return panels;
  }

  static DimExpr orZero(const DimExpr &expr) { return expr.isValid() ? expr : DimExpr(0); }

  static void setSchedule(ir::GroupOp group, const DeviceDescription &device, const char *why) {
    Schedule schedule = chooseSchedule(group, device);
    schedule.why = why;
    schedule.setOn(group);
  }

  /// The panels that a group reads of what follows from bound arguments, written by a group of their own; one serves
  /// all groups that read it alike. Null if there are none.
  FailureOr<PackedOperand> boundPanels(OpBuilder &builder, ir::KernelOp kernel, ir::GroupOp group,
                                       const Schedule &schedule, const DeviceDescription &description,
                                       BufferPlan &buffers) {
    auto bound = kernel->getAttrOfType<DenseI64ArrayAttr>(kBoundAttr);
    if (!bound || description.model != ExecutionModel::Simd)
      return PackedOperand();
    auto isFixed = [&](Value tensor) { return buffers.isFixed(tensor) && !tensor.getDefiningOp<ir::ConstantOp>(); };
    ir::GroupOp made = packFixed(group, schedule, description, isFixed);
    if (!made)
      return PackedOperand();
    setSchedule(made, description, "an operand of what follows in panels, which follows from bound arguments alone");
    Value source = made.getBody().front().front().getOperand(0);
    for (auto [panels, tensor] : panelsOf)
      if (auto before = panels.getDefiningOp<ir::GroupOp>();
          before && tensor == source && SameGroups::areSame(before, made)) {
        made.erase();
        return PackedOperand{panels, leastOf.lookup(panels)};
      }
    PackedOperand packed{made.getResult(0), Value()};
    panelsOf[packed.panels] = source;
    if (failed(emitGroup(builder, kernel, made, description, buffers)))
      return failure();
    if (!schedule.unit.empty() && planSimdUnit(GroupInfo(group), description, schedule)->isGuarded) {
      ir::GroupOp least = leastOfPanels(made, group);
      leastOf[packed.panels] = packed.least = least.getResult(0);
      setSchedule(least, description, "the least magnitude of each panel, which follows from bound arguments alone");
      if (failed(emitGroup(builder, kernel, least, description, buffers)))
        return failure();
    }
    return packed;
  }

  /// What the group reads from outside.
  static SmallVector<Value> externalInputs(const GroupInfo &info) {
    SmallVector<Value> tensors;
    for (ir::StatementInterface statement : info.statements)
      for (Value operand : statement->getOperands())
        if (!info.contains(operand) && !llvm::is_contained(tensors, operand))
          tensors.push_back(operand);
    return tensors;
  }

  /// What it gives.
  static SmallVector<Value> externalOutputs(const GroupInfo &info) {
    SmallVector<Value> tensors;
    for (ir::StatementInterface statement : info.statements)
      if (info.escapes(statement))
        tensors.push_back(statement->getResult(0));
    return tensors;
  }

  static DimExpr fillBody(KernelOp function, const GroupInfo &info, const Schedule &schedule,
                          const DeviceDescription &device, ArrayRef<Value> tensors, ArrayRef<std::string> dims,
                          const PackedOperand &packed) {
    Block &entry = function.getBody().front();
    OpBuilder builder = OpBuilder::atBlockEnd(&entry);
    LoopBuilder loops(builder, function.getLoc());
    Evaluator values(loops);
    values.hasWindows = device.model == ExecutionModel::Simd;
    values.strict = info.isStrict();
    if (device.model == ExecutionModel::Simt && !values.strict) {
      auto kernel = info.group->getParentOfType<ir::KernelOp>();
      bool isFast = kernel && kernel.getNumerics() == "fast";
      values.approximations =
          isFast ? arith::FastMathFlags::arcp | arith::FastMathFlags::afn : arith::FastMathFlags::arcp;
    }
    for (auto [number, tensor] : llvm::enumerate(tensors)) {
      auto type = cast<ir::NamedTensorType>(tensor.getType());
      // What no group has written is the caller's, packed.
      bool isPacked = type.getElementBits() < 8 && !info.contains(tensor) && !tensor.getDefiningOp<ir::GroupOp>();
      values.memory[tensor.getAsOpaquePointer()] = {entry.getArgument(number), denseStrides(type), type.getDims(),
                                                    isPacked};
    }
    for (auto [number, name] : llvm::enumerate(dims))
      loops.define(name, entry.getArgument(tensors.size() + number));
    std::unique_ptr<Emitter> emitter =
        createEmitter({info, schedule, loops, values, packed.panels, packed.least}, device);
    DimExpr items = emitter->items(), bytes = info.bytesMoved();
    // An extent of 0 leaves nothing to do, and nothing to divide the item's number by.
    bool isEmpty = !items.isValid() || items == DimExpr(0);
    Value item = isEmpty ? Value() : IdOp::create(builder, function.getLoc()).getResult();
    if (!isEmpty && schedule.streamFrom > 0 && bytes.isValid()) {
      Schedule streams = schedule;
      streams.nontemporal = true;
      auto streaming = createEmitter({info, streams, loops, values, packed.panels, packed.least}, device);
      Value moved = loops.emit(bytes), least = loops.constant(schedule.streamFrom);
      for (auto [which, relation] :
           {std::pair(streaming.get(), arith::CmpIPredicate::sge), std::pair(emitter.get(), arith::CmpIPredicate::slt)})
        loops.conditional(arith::CmpIOp::create(builder, function.getLoc(), relation, moved, least), {},
                          [&, which = which](ValueRange) -> SmallVector<Value> {
                            values.beginBlock();
                            values.clearPublished();
                            which->emit(item);
                            return {};
                          });
    } else if (!isEmpty) {
      emitter->emit(item);
    }
    ReturnOp::create(builder, function.getLoc());
    return items;
  }

  SameGroups emitted;                                              ///< of the kernel at hand
  llvm::DenseMap<Operation *, SmallVector<KernelOp, 2>> functions; ///< of each group
  llvm::DenseMap<Value, Value> leastOf;   ///< panels of bound arguments, and the smallest magnitude of each
  llvm::MapVector<Value, Value> panelsOf; ///< constants and bound arguments in panels, and what they are made of
};

} // namespace
