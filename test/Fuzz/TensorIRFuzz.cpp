//===- TensorIRFuzz.cpp - Any text as tensor IR ---------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reader, verifiers, canonicalisation, binding of dims and grouping. What the
// verifiers accept must survive all of it, still verify, and print as text that
// reads back. MLIR's own recursive reader is kept from text that nests deeply, as
// the pipeline does. Bytecode is not tried: MLIR's reader does not claim to stand
// damaged bytes.
//
//===----------------------------------------------------------------------===//
#include "Fuzz.h"
#include "flex/TensorIR/BindDims.h"
#include "flex/TensorIR/TensorIR.h"
#include "flex/TensorIR/TensorPasses.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

using namespace flex;

using Module = mlir::OwningOpRef<mlir::ModuleOp>;

static bool isShallow(llvm::StringRef text) {
  size_t opened = 0, minuses = 0;
  for (char c : text) {
    opened += llvm::StringRef("([{<").contains(c);
    minuses += c == '-';
  }
  return opened < 400 && minuses < 400;
}

static std::string print(mlir::ModuleOp module) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  module->print(stream);
  return text;
}

static void bindAll(mlir::ModuleOp module, int64_t value) {
  std::map<std::string, int64_t> dims;
  for (auto kernel : module.getOps<ir::KernelOp>())
    for (const std::string &name : kernel.getDimNames())
      dims[name] = value;
  if (mlir::succeeded(ir::bindDims(module, dims)))
    FUZZ_CHECK(mlir::succeeded(mlir::verify(module)), "bound dims make the module invalid");
}

static void transform(mlir::ModuleOp module) {
  mlir::PassManager passes(module.getContext());
  passes.enableVerifier(true);
  passes.addNestedPass<ir::KernelOp>(mlir::createCanonicalizerPass());
  passes.addNestedPass<ir::KernelOp>(mlir::createCSEPass());
  passes.addNestedPass<ir::KernelOp>(ir::createFlexInlineMaps());
  passes.addNestedPass<ir::KernelOp>(ir::createFlexFormGroups());
  (void)passes.run(module); // refusing is fine
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  std::string text(reinterpret_cast<const char *>(data), size); // the reader looks one byte past the end
  if (size > 16384 || llvm::StringRef(text).starts_with("ML\xefR") || !isShallow(text))
    return 0;
  mlir::DialectRegistry registry;
  registry.insert<ir::FlexDialect, mlir::arith::ArithDialect, mlir::math::MathDialect>();
  mlir::MLIRContext context(registry, mlir::MLIRContext::Threading::DISABLED);
  mlir::ScopedDiagnosticHandler quiet(&context, [](mlir::Diagnostic &) { return mlir::success(); });
  Module module = mlir::parseSourceString<mlir::ModuleOp>(text, mlir::ParserConfig(&context));
  if (!module)
    return 0;
  std::string printed = print(*module);
  Module again = mlir::parseSourceString<mlir::ModuleOp>(printed, mlir::ParserConfig(&context));
  FUZZ_CHECK(again, printed);
  FUZZ_CHECK(print(*again) == printed, printed);
  for (int64_t value : {0, 5})
    bindAll(*Module(mlir::cast<mlir::ModuleOp>((*module)->clone())), value);
  transform(*module);
  return 0;
}
