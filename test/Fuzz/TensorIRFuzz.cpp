//===- TensorIRFuzz.cpp - Any text as tensor IR ---------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reader, verifiers, canonicalisation, binding of dims and grouping. What the
// verifiers accept must survive all of it, still verify, print as text that
// reads back, and mean the same to the interpreter. MLIR's own recursive reader is kept from text that nests deeply, as
// the pipeline does. Bytecode is not tried: MLIR's reader does not claim to stand
// damaged bytes.
//
//===----------------------------------------------------------------------===//
#include "Fuzz.h"
#include "flex/TensorIR/BindDims.h"
#include "flex/TensorIR/Interpreter.h"
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

#include <cmath>

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

/// False when a pass refuses, which is fine.
static bool transform(mlir::ModuleOp module) {
  mlir::PassManager passes(module.getContext());
  passes.enableVerifier(true);
  passes.addNestedPass<ir::KernelOp>(ir::createFlexRequireDims());
  passes.addNestedPass<ir::KernelOp>(mlir::createCanonicalizerPass());
  passes.addNestedPass<ir::KernelOp>(mlir::createCSEPass());
  passes.addNestedPass<ir::KernelOp>(ir::createFlexFoldConstants());
  passes.addNestedPass<ir::KernelOp>(ir::createFlexMergeStatements());
  passes.addNestedPass<ir::KernelOp>(ir::createFlexInlineMaps());
  passes.addNestedPass<ir::KernelOp>(mlir::createCanonicalizerPass());
  passes.addNestedPass<ir::KernelOp>(ir::createFlexFormGroups());
  return mlir::succeeded(passes.run(module));
}

using Results = StatusOr<std::vector<ir::TensorResult>>;

/// A kernel on arguments of some bytes, with every dimension 3.
static std::optional<Results> interpret(ir::KernelOp kernel) {
  std::map<std::string, int64_t> dims;
  for (const std::string &name : kernel.getDimNames())
    dims[name] = 3;
  static const std::vector<uint8_t> bytes = [] {
    std::vector<uint8_t> some(1 << 16);
    for (size_t i = 0; i < some.size(); ++i)
      some[i] = static_cast<uint8_t>((i * 2654435761u) >> 13) & (i % 4 == 3 ? 0x43 : i % 5 ? 0xff : 0);
    return some;
  }();
  std::vector<ir::TensorView> arguments;
  for (mlir::Type type : kernel.getArgumentTypes()) {
    auto tensor = mlir::cast<ir::NamedTensorType>(type);
    std::vector<int64_t> shape;
    int64_t size = 8;
    for (const DimExpr &dim : tensor.getDims()) {
      shape.push_back(dim.evaluate(dims).value_or(-1));
      if (shape.back() < 0 || __builtin_mul_overflow(size, shape.back(), &size) || size > int64_t(bytes.size()))
        return std::nullopt;
    }
    arguments.push_back({ir::getDTypeName(tensor.getElementType()), shape, bytes.data()});
  }
  ir::InterpreterOptions options;
  options.maxSteps = 1 << 16;
  options.maxBytes = 1 << 22;
  options.dims = dims;
  return ir::interpret(kernel, arguments, options);
}

static bool agree(const ir::TensorResult &a, const ir::TensorResult &b) {
  if (a.shape != b.shape || a.bounds.size() != b.bounds.size())
    return false;
  for (size_t i = 0; i < a.bounds.size(); ++i) {
    double bound = a.bounds[i] + b.bounds[i];
    if (!std::isfinite(bound))
      continue;
    if (!a.ints.empty() && a.ints[i] != b.ints[i])
      return false;
    if (!a.uints.empty() && a.uints[i] != b.uints[i])
      return false;
    if (!a.floats.empty() && a.floats[i] != b.floats[i] && !(std::fabs(a.floats[i] - b.floats[i]) <= bound) &&
        !(std::isnan(a.floats[i]) && std::isnan(b.floats[i])))
      return false;
  }
  return true;
}

/// The passes keep what each kernel computes.
static void compare(mlir::ModuleOp before, mlir::ModuleOp after) {
  for (auto kernel : before.getOps<ir::KernelOp>()) {
    auto other = after.lookupSymbol<ir::KernelOp>(kernel.getNameAttr());
    auto expected = interpret(kernel);
    if (!other || !expected || !expected->isOk())
      continue;
    auto found = interpret(other);
    if (!found->isOk() && found->status().code() == StatusCode::ResourceExhausted)
      continue;
    FUZZ_CHECK(found->isOk(), found->status().str() + print(before) + print(after));
    for (size_t i = 0; i < (*expected)->size(); ++i)
      FUZZ_CHECK(agree((**expected)[i], (**found)[i]), print(before) + print(after));
  }
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
  Module changed = mlir::cast<mlir::ModuleOp>((*module)->clone());
  if (transform(*changed))
    compare(*module, *changed);
  return 0;
}
