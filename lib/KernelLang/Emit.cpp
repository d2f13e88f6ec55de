//===- Emit.cpp - Typed kernels to tensor IR ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The kernel with its attributes around the statements, which are EmitStatement.cpp.
//
//===----------------------------------------------------------------------===//
#include "flex/KernelLang/Emit.h"
#include "EmitKernel.h"

using namespace mlir;

namespace flex::lang {

KernelEmitter::KernelEmitter(const TypedKernel &kernel, ModuleOp module)
    : kernel(kernel), context(module.getContext()), builder(OpBuilder::atBlockEnd(module.getBody())) {}

void KernelEmitter::run() {
  createKernel();
  for (const TStatement &statement : kernel.statements)
    tensors[statement.tensor] = emitStatement(statement);
  SmallVector<Value> results;
  for (int id : kernel.results)
    results.push_back(tensors[id]);
  ir::ReturnOp::create(builder, locationOf(context, kernel.range), results);
}

Type KernelEmitter::tensorType(const TTensor &tensor) {
  return ir::NamedTensorType::get(elementTypeOf(context, tensor.type), ArrayRef<DimExpr>(tensor.shape));
}

void KernelEmitter::createKernel() {
  SmallVector<Type> inputs, outputs;
  SmallVector<Attribute> argNames, resultNames, constraints;
  for (size_t i = 0; i < kernel.paramCount; ++i) {
    inputs.push_back(tensorType(kernel.tensors[i]));
    argNames.push_back(builder.getStringAttr(kernel.tensors[i].name));
  }
  for (size_t i = 0; i < kernel.results.size(); ++i) {
    outputs.push_back(tensorType(kernel.tensors[kernel.results[i]]));
    resultNames.push_back(builder.getStringAttr(kernel.resultNames[i]));
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
  addOptions(state);
  Block &body = state.addRegion()->emplaceBlock();
  for (size_t i = 0; i < kernel.paramCount; ++i)
    tensors[static_cast<int>(i)] = body.addArgument(inputs[i], locationOf(context, kernel.tensors[i].range));
  builder.create(state);
  builder.setInsertionPointToEnd(&body);
}

/// What the kernel says beyond its meaning; each attribute only if it says something.
void KernelEmitter::addOptions(OperationState &state) {
  if (kernel.numerics != "default")
    state.addAttribute("numerics", builder.getStringAttr(kernel.numerics));
  if (llvm::any_of(kernel.resultAliases, [](int alias) { return alias >= 0; }))
    state.addAttribute("result_aliases", builder.getDenseI64ArrayAttr(SmallVector<int64_t>(
                                             kernel.resultAliases.begin(), kernel.resultAliases.end())));
  if (llvm::any_of(kernel.argDefaults, [](const TExprRef &value) { return value != nullptr; })) {
    SmallVector<Attribute> defaults;
    for (const TExprRef &value : kernel.argDefaults)
      defaults.push_back(value ? Attribute(constantAttr(builder, *value)) : builder.getUnitAttr());
    state.addAttribute("arg_defaults", builder.getArrayAttr(defaults));
  }
  SmallVector<Attribute> schedules;
  for (const KernelSchedule &schedule : kernel.schedules) {
    SmallVector<NamedAttribute> entries{builder.getNamedAttr("target", builder.getStringAttr(schedule.target))};
    for (const ScheduleSetting &setting : schedule.settings)
      entries.push_back(builder.getNamedAttr(setting.key, settingAttr(setting)));
    schedules.push_back(builder.getDictionaryAttr(entries));
  }
  if (!schedules.empty())
    state.addAttribute("schedules", builder.getArrayAttr(schedules));
}

Attribute KernelEmitter::settingAttr(const ScheduleSetting &setting) {
  if (auto *flag = std::get_if<bool>(&setting.value))
    return builder.getBoolAttr(*flag);
  if (auto *number = std::get_if<int64_t>(&setting.value))
    return builder.getI64IntegerAttr(*number);
  return builder.getStringAttr(std::get<std::string>(setting.value));
}

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
