//===- MathJit.cpp - Runs one expanded elementary function -----*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// MLIR text -> expandMath -> upstream conversions -> LLVM ORC with the host's
// features and SelectionDAG, no module optimisation: what the product runs.
//
//===----------------------------------------------------------------------===//
#include "MathJit.h"
#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/Support/TargetSelect.h"

using namespace mlir;
using namespace flex::test;

struct MathJit::Impl {
  MLIRContext context;
  std::unique_ptr<llvm::orc::LLJIT> jit;
  int functions = 0;
};

MathJit::MathJit() : impl(std::make_unique<Impl>()) {
  llvm::InitializeNativeTarget();
  llvm::InitializeNativeTargetAsmPrinter();
  DialectRegistry registry;
  registry
      .insert<arith::ArithDialect, func::FuncDialect, LLVM::LLVMDialect, math::MathDialect, vector::VectorDialect>();
  registerBuiltinDialectTranslation(registry);
  registerLLVMDialectTranslation(registry);
  impl->context.appendDialectRegistry(registry);
  impl->context.loadAllAvailableDialects();
  auto machine = llvm::cantFail(llvm::orc::JITTargetMachineBuilder::detectHost());
  machine.setCodeGenOptLevel(llvm::CodeGenOptLevel::Default);
  impl->jit = llvm::cantFail(llvm::orc::LLJITBuilder().setJITTargetMachineBuilder(machine).create());
}

MathJit::~MathJit() = default;

MLIRContext &MathJit::context() {
  return impl->context;
}

OwningOpRef<ModuleOp> MathJit::parse(const std::string &text) {
  return parseSourceString<ModuleOp>(text, &impl->context);
}

static std::string shaped(const std::string &element, bool scalar) {
  return scalar ? element : "vector<" + std::to_string(MathJit::kLanes) + "x" + element + ">";
}

std::string MathJit::operation(const std::string &op, const std::string &element, int operands, bool scalar,
                               const std::string &second) {
  std::string x = shaped(element, scalar);
  std::string types = second.empty() ? x : x + ", " + shaped(second, scalar);
  return "  %r = " + op + " %x" + (operands == 2 ? ", %y" : "") + " : " + types + "\n";
}

std::string MathJit::moduleText(const std::string &body, const std::string &element, bool scalar,
                                const std::string &second) {
  std::string x = shaped(element, scalar), y = shaped(second.empty() ? element : second, scalar);
  bool binary = body.find("%y") != std::string::npos;
  return "func.func @f(%a: !llvm.ptr, %b: !llvm.ptr, %c: !llvm.ptr) {\n"
         "  %x = llvm.load %a {alignment = 2 : i64} : !llvm.ptr -> " +
         x + "\n" + (binary ? "  %y = llvm.load %b {alignment = 2 : i64} : !llvm.ptr -> " + y + "\n" : "") + body +
         "  llvm.store %r, %c {alignment = 2 : i64} : " + x + ", !llvm.ptr\n  return\n}\n";
}

MathJit::Function MathJit::compile(const std::string &op, const std::string &element, int operands, bool scalar,
                                   const std::string &second, const tile::MathExpansionOptions &options) {
  return compileBody(operation(op, element, operands, scalar, second), element, scalar, second, options);
}

std::unique_ptr<llvm::Module> MathJit::lower(llvm::LLVMContext &llvmContext, const std::string &name,
                                             const std::string &body, const std::string &element, bool scalar,
                                             const std::string &second, const tile::MathExpansionOptions &options) {
  OwningOpRef<ModuleOp> module = parse(moduleText(body, element, scalar, second));
  if (!module || failed(tile::expandMath(*module, options)))
    llvm::report_fatal_error("math test: no module for the operation");
  module->lookupSymbol<func::FuncOp>("f").setSymName(name);
  PassManager passes(&impl->context);
  passes.addPass(createConvertMathToLLVMPass());
  passes.addPass(createArithToLLVMConversionPass());
  passes.addPass(createConvertVectorToLLVMPass());
  passes.addPass(createConvertFuncToLLVMPass());
  passes.addPass(createReconcileUnrealizedCastsPass());
  if (failed(passes.run(*module)))
    llvm::report_fatal_error("math test: lowering failed");
  std::unique_ptr<llvm::Module> llvmModule = translateModuleToLLVMIR(*module, llvmContext);
  if (!llvmModule)
    llvm::report_fatal_error("math test: translation failed");
  return llvmModule;
}

MathJit::Function MathJit::compileBody(const std::string &body, const std::string &element, bool scalar,
                                       const std::string &second, const tile::MathExpansionOptions &options) {
  std::string name = "f" + std::to_string(impl->functions++);
  auto llvmContext = std::make_unique<llvm::LLVMContext>();
  std::unique_ptr<llvm::Module> module = lower(*llvmContext, name, body, element, scalar, second, options);
  module->setDataLayout(impl->jit->getDataLayout());
  llvm::cantFail(impl->jit->addIRModule(llvm::orc::ThreadSafeModule(std::move(module), std::move(llvmContext))));
  return llvm::cantFail(impl->jit->lookup(name)).toPtr<Function>();
}
