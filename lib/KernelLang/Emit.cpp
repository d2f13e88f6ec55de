//===- Emit.cpp - Typed kernels to tensor IR ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Statements in order. Invariant: a reduction is emitted before the statement it
// stands in, over exactly those of its indices that the reduction uses, so
// nothing is computed more often than it is written.
//
//===----------------------------------------------------------------------===//
#include "flex/KernelLang/Emit.h"
#include "EmitScalar.h"

#include "flex/TensorIR/TensorIR.h"
#include <algorithm>

using namespace mlir;

namespace flex::lang {
namespace {

/// One operand of a statement under construction.
struct Read {
  Value tensor;
  SmallVector<DimExpr> indices;
  ir::BoundaryAttr boundary;
};

/// A reduction made into a tensor over `symbols`.
struct Hoisted {
  Value tensor;
  std::vector<IndexVarRef> axes;
};

class KernelEmitter {
public:
  KernelEmitter(const TypedKernel &kernel, ModuleOp module)
      : kernel(kernel), context(module.getContext()), builder(OpBuilder::atBlockEnd(module.getBody())) {}

  void run() {
    createKernel();
    for (const TStatement &statement : kernel.statements)
      tensors[statement.tensor] = emitStatement(statement);
    SmallVector<Value> results;
    for (int id : kernel.results)
      results.push_back(tensors[id]);
    ir::ReturnOp::create(builder, locationOf(context, kernel.range), results);
  }

private:
  using Names = std::map<std::string, std::string>;

  Type tensorType(const TTensor &tensor) {
    return ir::NamedTensorType::get(elementTypeOf(context, tensor.type), ArrayRef<DimExpr>(tensor.shape));
  }

  void createKernel() {
    SmallVector<Type> inputs, outputs;
    SmallVector<Attribute> argNames, resultNames, constraints;
    for (size_t i = 0; i < kernel.paramCount; ++i) {
      inputs.push_back(tensorType(kernel.tensors[i]));
      argNames.push_back(builder.getStringAttr(kernel.tensors[i].name));
    }
    for (size_t i = 0; i < kernel.results.size(); ++i) {
      outputs.push_back(tensorType(kernel.tensors[kernel.results[i]]));
      resultNames.push_back(
          builder.getStringAttr(kernel.results.size() == 1 ? "result" : "result" + std::to_string(i)));
    }
    for (const Constraint &constraint : kernel.constraints)
      constraints.push_back(builder.getStringAttr(constraint.str()));
    Location loc = locationOf(context, kernel.range);
    OperationState state(loc, ir::KernelOp::getOperationName());
    state.addAttribute("sym_name", builder.getStringAttr(kernel.name));
    state.addAttribute("function_type", TypeAttr::get(builder.getFunctionType(inputs, outputs)));
    state.addAttribute("arg_names", builder.getArrayAttr(argNames));
    state.addAttribute("result_names", builder.getArrayAttr(resultNames));
    if (!constraints.empty())
      state.addAttribute("constraints", builder.getArrayAttr(constraints));
    if (!kernel.doc.empty())
      state.addAttribute("doc", builder.getStringAttr(kernel.doc));
    Block &body = state.addRegion()->emplaceBlock();
    for (size_t i = 0; i < kernel.paramCount; ++i)
      tensors[static_cast<int>(i)] = body.addArgument(inputs[i], locationOf(context, kernel.tensors[i].range));
    builder.create(state);
    builder.setInsertionPointToEnd(&body);
  }

  Value emitStatement(const TStatement &statement) {
    const TExpr &root = *statement.value;
    if (root.kind == TKind::Reduce && root.reduce != ReduceKind::Mean)
      return emitReduce(root, statement.axes);
    prepare(root);
    std::vector<Read> reads;
    collectReads(root, reads);
    Names names;
    SmallVector<std::string> loopNames;
    SmallVector<DimExpr> extents;
    addLoops(statement.axes, names, loopNames, extents);
    auto [inputs, accesses, boundaries] = operandsOf(reads, names);
    Location loc = locationOf(context, statement.range);
    auto map = ir::MapOp::create(builder, loc, elementTypeOf(context, root.type), inputs, loopNames, extents, accesses,
                                 boundaries);
    emitBody(root, map.getBody().front(), reads, names);
    return map.getResult();
  }

  Value emitReduce(const TExpr &node, const std::vector<IndexVarRef> &axes) {
    const TExpr &root = *node.operands[0];
    prepare(root);
    std::vector<Read> reads;
    collectReads(root, reads);
    Names names;
    SmallVector<std::string> loopNames;
    SmallVector<DimExpr> extents;
    addLoops(axes, names, loopNames, extents);
    addLoops(node.loops, names, loopNames, extents);
    auto [inputs, accesses, boundaries] = operandsOf(reads, names);
    auto reduce = ir::ReduceOp::create(builder, locationOf(context, node.range), combinerOf(node),
                                       elementTypeOf(context, root.type), inputs, loopNames, extents, axes.size(),
                                       accesses, boundaries);
    emitBody(root, reduce.getBody().front(), reads, names);
    return reduce.getResult();
  }

  static ir::CombinerKind combinerOf(const TExpr &node) {
    using C = ir::CombinerKind;
    bool isUnsignedType = isUnsigned(node.type);
    switch (node.reduce) {
    case ReduceKind::Sum:
    case ReduceKind::Mean: return C::Sum;
    case ReduceKind::Prod: return C::Prod;
    case ReduceKind::Max: return isUnsignedType ? C::UMax : C::Max;
    case ReduceKind::Min: return isUnsignedType ? C::UMin : C::Min;
    case ReduceKind::Any: return C::Any;
    case ReduceKind::All: return C::All;
    }
    return C::Sum;
  }

  /// Loop names are the user's, made unique in the op and distinct from dimensions.
  void addLoops(const std::vector<IndexVarRef> &vars, Names &names, SmallVector<std::string> &loopNames,
                SmallVector<DimExpr> &extents) {
    for (const IndexVarRef &var : vars) {
      std::string name = var->name;
      auto taken = [&] { return llvm::is_contained(loopNames, name) || llvm::is_contained(kernel.dims, name); };
      for (unsigned n = 1; taken(); ++n)
        name = var->name + std::to_string(n);
      names[var->symbol] = name;
      loopNames.push_back(name);
      extents.push_back(*var->extent);
    }
  }

  //===--------------------------------------------------------------------===//
  // Reductions inside a statement
  //===--------------------------------------------------------------------===//

  /// Emits each reduction below `root`, outermost ones only: they see to their own.
  void prepare(const TExpr &root) {
    std::set<const TExpr *> visited;
    prepare(root, visited);
  }

  void prepare(const TExpr &expr, std::set<const TExpr *> &visited) {
    if (!visited.insert(&expr).second)
      return;
    if (expr.kind == TKind::Reduce) {
      hoist(expr);
      return;
    }
    for (const TExprRef &operand : expr.operands)
      prepare(*operand, visited);
  }

  void hoist(const TExpr &expr) {
    if (hoisted.count(&expr))
      return;
    Hoisted result;
    result.axes = freeIndices(expr);
    result.tensor = emitReduce(expr, result.axes);
    hoisted[&expr] = std::move(result);
  }

  /// The indices of enclosing statements that a reduction uses, in the order of
  /// their declaration.
  std::vector<IndexVarRef> freeIndices(const TExpr &expr) {
    std::set<std::string> used, bound;
    std::set<const TExpr *> visited;
    std::vector<const TExpr *> work{&expr};
    while (!work.empty()) {
      const TExpr *node = work.back();
      work.pop_back();
      if (!visited.insert(node).second)
        continue;
      if (node->dim)
        node->dim->collectSymbols(used);
      for (const DimExpr &index : node->indices)
        index.collectSymbols(used);
      for (const IndexVarRef &loop : node->loops)
        bound.insert(loop->symbol);
      for (const TExprRef &operand : node->operands)
        work.push_back(operand.get());
    }
    std::vector<IndexVarRef> axes;
    for (const IndexVarRef &var : enclosing())
      if (used.count(var->symbol) && !bound.count(var->symbol))
        axes.push_back(var);
    return axes;
  }

  /// Every index of the kernel, once: statements' axes, then loops as met.
  const std::vector<IndexVarRef> &enclosing() {
    if (!allIndices.empty())
      return allIndices;
    std::set<const IndexVar *> seen;
    auto add = [&](const std::vector<IndexVarRef> &vars) {
      for (const IndexVarRef &var : vars)
        if (seen.insert(var.get()).second)
          allIndices.push_back(var);
    };
    std::set<const TExpr *> visited;
    for (const TStatement &statement : kernel.statements) {
      add(statement.axes);
      std::vector<const TExpr *> work{statement.value.get()};
      while (!work.empty()) {
        const TExpr *node = work.back();
        work.pop_back();
        if (!visited.insert(node).second)
          continue;
        add(node->loops);
        for (const TExprRef &operand : node->operands)
          work.push_back(operand.get());
      }
    }
    return allIndices;
  }

  //===--------------------------------------------------------------------===//
  // Reads and bodies
  //===--------------------------------------------------------------------===//

  ir::BoundaryAttr boundaryOf(const TExpr &access) {
    using B = ir::BoundaryKind;
    switch (access.rule) {
    case BoundaryRule::None: return ir::BoundaryAttr::get(context, B::None, TypedAttr());
    case BoundaryRule::Clamp: return ir::BoundaryAttr::get(context, B::Clamp, TypedAttr());
    case BoundaryRule::Wrap: return ir::BoundaryAttr::get(context, B::Wrap, TypedAttr());
    case BoundaryRule::Mirror: return ir::BoundaryAttr::get(context, B::Mirror, TypedAttr());
    case BoundaryRule::Zero:
    case BoundaryRule::Fill: return ir::BoundaryAttr::get(context, B::Fill, constantAttr(builder, *access.operands[0]));
    }
    return {};
  }

  Read readOf(const TExpr &expr) {
    if (expr.kind == TKind::Access)
      return {tensors[expr.tensor], SmallVector<DimExpr>(expr.indices.begin(), expr.indices.end()), boundaryOf(expr)};
    const Hoisted &reduction = hoisted[&expr];
    Read read{reduction.tensor, {}, ir::BoundaryAttr::get(context, ir::BoundaryKind::None, TypedAttr())};
    for (const IndexVarRef &axis : reduction.axes)
      read.indices.push_back(DimExpr::symbol(axis->symbol));
    return read;
  }

  static bool same(const Read &a, const Read &b) {
    return a.tensor == b.tensor && a.boundary == b.boundary && llvm::equal(a.indices, b.indices);
  }

  void collectReads(const TExpr &root, std::vector<Read> &reads) {
    std::set<const TExpr *> visited;
    collectReads(root, reads, visited);
  }

  void collectReads(const TExpr &expr, std::vector<Read> &reads, std::set<const TExpr *> &visited) {
    if (!visited.insert(&expr).second)
      return;
    if (expr.kind == TKind::Access || expr.kind == TKind::Reduce) {
      Read read = readOf(expr);
      if (llvm::none_of(reads, [&](const Read &other) { return same(read, other); }))
        reads.push_back(std::move(read));
      return;
    }
    for (const TExprRef &operand : expr.operands)
      collectReads(*operand, reads, visited);
  }

  std::tuple<SmallVector<Value>, SmallVector<SmallVector<DimExpr>>, SmallVector<ir::BoundaryAttr>>
  operandsOf(const std::vector<Read> &reads, const Names &names) {
    std::map<std::string, DimExpr> renames;
    for (const auto &[symbol, name] : names)
      renames.emplace(symbol, DimExpr::symbol(name));
    SmallVector<Value> inputs;
    SmallVector<SmallVector<DimExpr>> accesses;
    SmallVector<ir::BoundaryAttr> boundaries;
    for (const Read &read : reads) {
      inputs.push_back(read.tensor);
      accesses.emplace_back();
      for (const DimExpr &index : read.indices)
        accesses.back().push_back(index.substitute(renames));
      boundaries.push_back(read.boundary);
    }
    return {inputs, accesses, boundaries};
  }

  void emitBody(const TExpr &root, Block &block, const std::vector<Read> &reads, const Names &names) {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToEnd(&block);
    ScalarEmitter scalars(builder, names);
    std::map<const TExpr *, Value> done;
    Value result = emitScalar(root, block, reads, scalars, done);
    ir::YieldOp::create(builder, locationOf(context, root.range), result);
  }

  Value emitScalar(const TExpr &expr, Block &block, const std::vector<Read> &reads, ScalarEmitter &scalars,
                   std::map<const TExpr *, Value> &done) {
    auto it = done.find(&expr);
    if (it != done.end())
      return it->second;
    Location loc = locationOf(context, expr.range);
    Value value;
    switch (expr.kind) {
    case TKind::Const: value = scalars.constant(expr); break;
    case TKind::Index: value = scalars.dimension(*expr.dim, loc); break;
    case TKind::Access:
    case TKind::Reduce: {
      Read read = readOf(expr);
      size_t position = llvm::find_if(reads, [&](const Read &other) { return same(read, other); }) - reads.begin();
      value = block.getArgument(static_cast<unsigned>(position));
      if (expr.kind == TKind::Reduce && expr.reduce == ReduceKind::Mean)
        value = meanOf(value, expr, scalars, loc);
      break;
    }
    case TKind::Apply:
    case TKind::Cast: {
      SmallVector<Value> operands;
      for (const TExprRef &operand : expr.operands)
        operands.push_back(emitScalar(*operand, block, reads, scalars, done));
      value = expr.kind == TKind::Cast ? scalars.cast(operands[0], expr.operands[0]->type, expr.type, loc)
                                       : scalars.apply(expr, operands);
      break;
    }
    }
    done[&expr] = value;
    return value;
  }

  Value meanOf(Value sum, const TExpr &expr, ScalarEmitter &scalars, Location loc) {
    DimExpr count = 1;
    for (const IndexVarRef &loop : expr.loops)
      count = count * *loop->extent;
    Value number = scalars.cast(scalars.dimension(count, loc), DType::I64, expr.type, loc);
    return scalars.divide(sum, number, expr.type, loc);
  }

  const TypedKernel &kernel;
  MLIRContext *context;
  OpBuilder builder;
  std::map<int, Value> tensors;
  std::map<const TExpr *, Hoisted> hoisted;
  std::vector<IndexVarRef> allIndices;
};

} // namespace

bool emitTensorIR(const TypedKernel &kernel, ModuleOp module, DiagnosticEngine &diagnostics) {
  std::set<std::string> given;
  for (size_t i = 0; i < kernel.paramCount; ++i)
    for (const DimExpr &dim : kernel.tensors[i].shape)
      dim.collectSymbols(given);
  for (const std::string &dim : kernel.dims)
    if (!given.count(dim)) {
      diagnostics.report(Diag::UnboundParameter, kernel.range, {dim, kernel.name})
          .hint("give it: --define " + dim + "=…");
      return false;
    }
  module.getContext()->loadDialect<ir::FlexDialect, arith::ArithDialect, math::MathDialect>();
  KernelEmitter(kernel, module).run();
  return true;
}

OwningOpRef<ModuleOp> emitTensorIR(const Program &program, std::string_view kernelName, const Bindings &bindings,
                                   MLIRContext &context, DiagnosticEngine &diagnostics) {
  auto kernel = instantiate(program, kernelName, bindings, diagnostics);
  if (!kernel)
    return nullptr;
  OwningOpRef<ModuleOp> module = ModuleOp::create(locationOf(&context, kernel->range));
  if (!emitTensorIR(*kernel, *module, diagnostics))
    return nullptr;
  return module;
}

} // namespace flex::lang
