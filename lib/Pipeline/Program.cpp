//===- Program.cpp - From a plan to an image's program --------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The plan may come from a file: every index is checked before it gets into an
// image.
//
//===----------------------------------------------------------------------===//
#include "Program.h"
#include "flex/ScheduledLoops/Plan.h"
#include "flex/ScheduledLoops/Workspace.h"
#include "flex/Target/Simt.h"

#include "mlir/IR/Builders.h"

using namespace flex;

static constexpr size_t kConstantAlignment = 64; // what BufferPlan gives each constant
static constexpr llvm::StringLiteral kWorkspaceAttr = "flex.workspace";

namespace {

Status checkPlan(const tile::KernelPlan &plan) {
  auto bad = [](const std::string &what) {
    return Status(StatusCode::InvalidArgument, "malformed flex.plan: " + what);
  };
  for (const ImageBuffer &buffer : plan.buffers) {
    int64_t limit = buffer.kind == ImageBuffer::Kind::Param      ? plan.params.size()
                    : buffer.kind == ImageBuffer::Kind::Result   ? plan.results.size()
                    : buffer.kind == ImageBuffer::Kind::Constant ? plan.constants.size() + 1
                                                                 : 1;
    bool isNumbered = buffer.kind != ImageBuffer::Kind::Temp && buffer.kind != ImageBuffer::Kind::Kept;
    if (isNumbered && (buffer.index < 0 || buffer.index >= limit))
      return bad("a buffer's index is " + std::to_string(buffer.index) + ", expected less than " +
                 std::to_string(limit));
  }
  for (int64_t param : plan.bound)
    if (param < 0 || param >= static_cast<int64_t>(plan.params.size()))
      return bad("'bound' names parameter " + std::to_string(param) + " of " + std::to_string(plan.params.size()));
  for (const std::string &dim : plan.keptDims)
    if (!llvm::is_contained(plan.dims, dim))
      return bad("'kept_dims' names the unknown dimension '" + dim + "'");
  for (const ImageLaunch &launch : plan.launches) {
    for (int64_t index : launch.buffers)
      if (index < 0 || index >= static_cast<int64_t>(plan.buffers.size()))
        return bad("launch '" + launch.entry + "' uses buffer " + std::to_string(index) + " of " +
                   std::to_string(plan.buffers.size()));
    for (const std::string &dim : launch.dims)
      if (!llvm::is_contained(plan.dims, dim))
        return bad("launch '" + launch.entry + "' uses the unknown dimension '" + dim + "'");
    if (launch.groupSize < 1)
      return bad("launch '" + launch.entry + "' has a group size of " + std::to_string(launch.groupSize));
  }
  return Status::ok();
}

} // namespace

int64_t flex::addConstants(std::vector<uint8_t> &all, const std::vector<uint8_t> &own) {
  if (own.size() <= all.size() && std::equal(own.begin(), own.end(), all.begin()))
    return 0;
  all.resize((all.size() + kConstantAlignment - 1) / kConstantAlignment * kConstantAlignment);
  int64_t begin = all.size();
  all.insert(all.end(), own.begin(), own.end());
  return begin;
}

StatusOr<ImageProgram> flex::planProgram(mlir::ModuleOp module, ImageKernel &kernel) {
  auto plans = tile::readPlans(module);
  if (!plans)
    return plans.status();
  auto plan = llvm::find_if(*plans, [&](const tile::KernelPlan &plan) { return plan.kernel == kernel.name; });
  if (plan == plans->end())
    return Status(StatusCode::InvalidArgument, "flex.plan says nothing of this kernel");
  FLEX_RETURN_IF_ERROR(checkPlan(*plan));
  ImageProgram program;
  program.buffers = plan->buffers;
  program.launches = plan->launches;
  program.arenaBytes = plan->arenaBytes;
  program.inPlace = plan->inPlace;
  program.bound = plan->bound;
  program.keptBytes = plan->keptBytes;
  program.keptKey = plan->keptKey;
  program.keptDims = plan->keptDims;
  auto workspaces = module->getAttrOfType<mlir::DictionaryAttr>(kWorkspaceAttr);
  for (ImageLaunch &launch : program.launches)
    if (auto bytes = workspaces ? workspaces.getAs<mlir::StringAttr>(launch.entry) : mlir::StringAttr()) {
      launch.workspaceBytes = ir::toDimExpr(bytes);
      if (!launch.workspaceBytes.isValid())
        return Status(StatusCode::InvalidArgument, "malformed flex.workspace: '" + bytes.getValue().str() + "'");
    }
  int64_t begin = addConstants(kernel.constants, plan->constants);
  for (ImageBuffer &buffer : program.buffers)
    if (buffer.kind == ImageBuffer::Kind::Constant)
      buffer.index += begin;
  return program;
}

Status flex::addGroupMemory(mlir::ModuleOp lowered, ImageProgram &program) {
  auto needs = lowered->getAttrOfType<mlir::DictionaryAttr>(target::kGroupMemoryAttr);
  for (ImageLaunch &launch : program.launches)
    if (auto bytes = needs ? needs.getAs<mlir::IntegerAttr>(launch.entry) : mlir::IntegerAttr()) {
      if (!bytes.getType().isInteger(64) || bytes.getInt() < 0)
        return Status(StatusCode::InvalidArgument, "malformed flex.group_memory of '" + launch.entry + "'");
      launch.groupMemoryBytes = bytes.getInt();
    }
  return Status::ok();
}

/// One entry of flex.tensor_maps; nothing if it is malformed.
static std::optional<ImageTensorMap> readMap(mlir::Attribute attr, const ImageLaunch &launch) {
  auto dict = mlir::dyn_cast<mlir::DictionaryAttr>(attr);
  if (!dict)
    return std::nullopt;
  bool isGood = true;
  auto number = [&](llvm::StringRef key) {
    auto value = dict.getAs<mlir::IntegerAttr>(key);
    isGood &= value && value.getType().isSignlessInteger(64);
    return isGood ? value.getInt() : 0;
  };
  auto expr = [&](mlir::Attribute value) {
    auto text = mlir::dyn_cast_or_null<mlir::StringAttr>(value);
    DimExpr parsed = text ? ir::toDimExpr(text) : DimExpr();
    std::set<std::string> names;
    isGood &= text && parsed.isValid();
    if (isGood)
      parsed.collectSymbols(names);
    for (const std::string &name : names)
      isGood &= llvm::is_contained(launch.dims, name);
    return isGood ? parsed : DimExpr();
  };
  auto exprs = [&](llvm::StringRef key) {
    std::vector<DimExpr> list;
    auto array = dict.getAs<mlir::ArrayAttr>(key);
    isGood &= static_cast<bool>(array);
    for (mlir::Attribute element : array ? array.getValue() : llvm::ArrayRef<mlir::Attribute>())
      list.push_back(expr(element));
    return list;
  };
  ImageTensorMap map{number("buffer"), number("element_bytes"), expr(dict.get("offset")),
                     exprs("sizes"),   exprs("pitches"),        {},
                     number("swizzle")};
  if (auto box = dict.getAs<mlir::DenseI64ArrayAttr>("box"))
    map.box = box.asArrayRef().vec();
  size_t rank = map.sizes.size();
  isGood &= rank >= 1 && rank <= kMaxMapRank && map.pitches.size() + 1 == rank && map.box.size() == rank;
  isGood &= map.buffer >= 0 && map.buffer < static_cast<int64_t>(launch.buffers.size());
  isGood &= llvm::is_contained({1, 2, 4, 8}, map.elementBytes) && llvm::is_contained({0, 32, 64, 128}, map.swizzle);
  isGood &= llvm::all_of(map.box, [](int64_t extent) { return extent >= 1 && extent <= 256; });
  return isGood ? std::optional(map) : std::nullopt;
}

Status flex::addTensorMaps(mlir::ModuleOp lowered, ImageProgram &program) {
  auto maps = lowered->getAttrOfType<mlir::DictionaryAttr>(target::kTensorMapsAttr);
  for (ImageLaunch &launch : program.launches)
    if (mlir::Attribute list = maps ? maps.get(launch.entry) : mlir::Attribute()) {
      auto array = mlir::dyn_cast<mlir::ArrayAttr>(list);
      for (mlir::Attribute entry : array ? array.getValue() : llvm::ArrayRef<mlir::Attribute>())
        if (auto map = readMap(entry, launch))
          launch.maps.push_back(std::move(*map));
      if (!array || launch.maps.size() != array.size())
        return Status(StatusCode::InvalidArgument, "malformed flex.tensor_maps of '" + launch.entry + "'");
    }
  return Status::ok();
}

ImageProgram flex::wholeKernelProgram(const ImageKernel &kernel) {
  ImageProgram program;
  ImageLaunch launch;
  launch.entry = kernel.name;
  launch.dims = kernel.dims;
  launch.items = DimExpr(1);
  auto add = [&](const std::vector<ImageTensor> &tensors, ImageBuffer::Kind kind) {
    for (size_t i = 0; i < tensors.size(); ++i) {
      int64_t bits = dtypeBits(tensors[i].dtype);
      DimExpr bytes(std::max<int64_t>(bits / 8, 1));
      for (const DimExpr &dim : tensors[i].shape)
        bytes = bytes * dim;
      if (bits < 8)
        bytes = bytes.ceilDiv(2);
      launch.buffers.push_back(static_cast<int64_t>(program.buffers.size()));
      launch.bytesMoved = launch.bytesMoved + bytes;
      program.buffers.push_back({kind, static_cast<int64_t>(i), bytes, DimExpr()});
    }
  };
  add(kernel.params, ImageBuffer::Kind::Param);
  add(kernel.results, ImageBuffer::Kind::Result);
  program.launches.push_back(std::move(launch));
  return program;
}

std::set<std::string> flex::launchEntries(mlir::ModuleOp module, const std::string &kernel) {
  std::set<std::string> entries;
  if (auto plans = tile::readPlans(module))
    for (const tile::KernelPlan &plan : *plans)
      if (plan.kernel == kernel)
        for (const ImageLaunch &launch : plan.launches)
          entries.insert(launch.entry);
  return entries;
}

void flex::recordWorkspaces(mlir::ModuleOp module) {
  mlir::Builder builder(module.getContext());
  llvm::SmallVector<mlir::NamedAttribute> bytes;
  for (auto kernel : module.getOps<tile::KernelOp>())
    bytes.push_back(
        builder.getNamedAttr(kernel.getSymName(), builder.getStringAttr(tile::workspaceBytes(kernel).str())));
  module->setAttr(kWorkspaceAttr, builder.getDictionaryAttr(bytes));
}
