//===- Input.cpp - From bytes to the first module -------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Kernel text, IR as text or bytecode (any stage's artefact, or functions of
// linalg on tensors), or an image that carries its IR. The bytes may be
// anything: sizes and nesting are bounded before a recursive parser sees them.
//
//===----------------------------------------------------------------------===//
#include "Compilation.h"
#include "KernelText.h"
#include "TrialRead.h"
#include "flex/ScheduledLoops/Plan.h"
#include "flex/TensorIR/BindDims.h"
#include "flex/TensorIR/TensorPasses.h"

#include "mlir/Bytecode/BytecodeReader.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/SourceMgr.h"

using namespace flex;

namespace {

constexpr std::string_view kImageMagic = "FLEXIMG\n";
constexpr std::string_view kBytecodeMagic = "ML\xefR";

enum class InputKind { KernelText, IR, Image };

bool endsWith(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

/// By extension where there is one; otherwise the first word decides.
InputKind kindOf(std::string_view fileName, std::string_view source) {
  if (source.substr(0, kBytecodeMagic.size()) == kBytecodeMagic)
    return InputKind::IR;
  if (source.substr(0, kImageMagic.size()) == kImageMagic)
    return InputKind::Image;
  if (endsWith(fileName, ".mlir") || endsWith(fileName, ".mlirbc"))
    return InputKind::IR;
  if (endsWith(fileName, ".flex"))
    return InputKind::KernelText;
  std::string_view rest = source;
  while (!rest.empty()) {
    size_t begin = rest.find_first_not_of(" \t\r\n");
    if (begin == std::string_view::npos)
      break;
    rest.remove_prefix(begin);
    if (rest.substr(0, 2) != "//")
      break;
    size_t end = rest.find('\n');
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end);
  }
  for (std::string_view word : {"module", "flex.", "func.", "tile.", "llvm.", "\"builtin.", "#", "builtin."})
    if (rest.substr(0, word.size()) == word)
      return InputKind::IR;
  return InputKind::KernelText;
}

} // namespace

bool Compilation::load() {
  auto begin = std::chrono::steady_clock::now();
  if (input.source.size() > options.limits.sourceBytes)
    return failed("the input has " + std::to_string(input.source.size()) + " bytes; the limit is " +
                  std::to_string(options.limits.sourceBytes) + " (option max-source-bytes)");
  bool loaded = false;
  switch (kindOf(input.fileName, input.source)) {
  case InputKind::KernelText: loaded = loadKernelText(input.source); break;
  case InputKind::IR: loaded = loadIR(input.source); break;
  case InputKind::Image: loaded = loadImage(); break;
  }
  time("read", "", "", begin);
  return loaded;
}

bool Compilation::loadImage() {
  auto image = readImage(reinterpret_cast<const uint8_t *>(input.source.data()), input.source.size());
  if (!image)
    return fail(image.status());
  if (image->tensorIR.empty())
    return fail({StatusCode::InvalidArgument, "this image carries no IR, so nothing can be compiled from it"});
  owned.assign(image->tensorIR.begin(), image->tensorIR.end());
  return loadIR(owned);
}

/// MLIR's parsers recurse over brackets, and over chains of minus signs.
bool Compilation::checkNesting(std::string_view text) {
  unsigned depth = 0, minuses = 0;
  unsigned line = 1;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '\n')
      ++line;
    if (c == '"') {
      for (++i; i < text.size() && text[i] != '"' && text[i] != '\n'; ++i)
        i += text[i] == '\\';
    } else if (c == '/' && i + 1 < text.size() && text[i + 1] == '/') {
      for (; i + 1 < text.size() && text[i + 1] != '\n';)
        ++i;
    } else if (c == '(' || c == '[' || c == '{' || c == '<') {
      ++depth;
    } else if (c == ')' || c == ']' || c == '}' || (c == '>' && (i == 0 || text[i - 1] != '-'))) {
      depth -= depth > 0;
    }
    minuses = c == '-' ? minuses + 1 : c == ' ' || c == '\n' || c == '\t' ? minuses : 0;
    if (depth > options.limits.nesting || minuses > options.limits.nesting)
      return failed("line " + std::to_string(line) + " is nested deeper than " +
                    std::to_string(options.limits.nesting) + " levels (option max-nesting)");
  }
  return true;
}

bool Compilation::loadIR(std::string_view text) {
  bool bytecode = text.substr(0, kBytecodeMagic.size()) == kBytecodeMagic;
  if (!bytecode && !checkNesting(text))
    return false;
  std::string name = input.fileName.empty() ? "-" : input.fileName;
  // A copy: the text parser needs a terminator, the bytecode reader alignment.
  auto buffer = llvm::MemoryBuffer::getMemBufferCopy(llvm::StringRef(text.data(), text.size()), name);
  llvm::SourceMgr sources;
  sources.AddNewSourceBuffer(std::move(buffer), llvm::SMLoc());
  mlir::ParserConfig config(&context, /*verifyAfterParse=*/true);
  // An image has a checksum over the bytecode in it; bytecode alone may be anything.
  if (bytecode && owned.empty()) {
    std::string death = trialRun([&] { mlir::parseSourceFile<mlir::ModuleOp>(sources, config); });
    if (!death.empty())
      return failed("the bytecode is damaged: reading it ends with '" + death + "'");
  }
  module = mlir::parseSourceFile<mlir::ModuleOp>(sources, config);
  if (!module)
    return fail({StatusCode::CompileError, ""});
  return classify();
}

/// What stage made this module.
bool Compilation::classify() {
  bool kernels = false, groups = false, loops = false, functions = false, lowered = false;
  module->walk([&](mlir::Operation *op) {
    kernels |= mlir::isa<ir::KernelOp>(op);
    groups |= mlir::isa<ir::GroupOp>(op);
    loops |= mlir::isa<tile::KernelOp>(op);
    functions |= mlir::isa<mlir::func::FuncOp>(op);
    lowered |= mlir::isa<mlir::LLVM::LLVMFuncOp>(op);
  });
  if (kernels && (loops || lowered))
    return failed("the module mixes flex.kernel with loops that are lowered already; give one or the other");
  reached = groups ? Stage::Groups : kernels ? Stage::Tensor : loops ? Stage::Loops : Stage::Module;
  if (kernels)
    return checkLimits(*module, reached) && requireDims();
  if (loops || (lowered && (*module)->hasAttr("flex.plan")))
    return checkLimits(*module, reached);
  if (functions)
    return importLinalg();
  return failed("no kernel found: expected flex.kernel, a func.func of linalg on tensors, or an artefact of "
                "`flexc --emit=loops|module`");
}

bool Compilation::importLinalg() {
  reached = Stage::Tensor;
  return runPasses(Stage::Tensor, nullptr, "", *module,
                   [](mlir::OpPassManager &passes) { passes.addPass(ir::createFlexImportLinalg()); }) &&
         checkLimits(*module, reached) && requireDims();
}

bool Compilation::requireDims() {
  return runPasses(Stage::Tensor, nullptr, "", *module, [](mlir::OpPassManager &passes) {
    passes.addNestedPass<ir::KernelOp>(ir::createFlexRequireDims());
  });
}

bool Compilation::loadKernelText(std::string_view text) {
  KernelText front(text, input.fileName, options, sink);
  bool good = front.analyze();
  result.dependencies = front.dependencies();
  if (!good)
    return fail({StatusCode::CompileError, ""});
  if (options.stopAfter == Stage::Ast && !options.describeOnly) {
    result.artefact = front.dumpAst();
    dump(Stage::Ast, "", "", result.artefact);
    return true;
  }
  if (!options.dumpDir.empty())
    dump(Stage::Ast, "", "", front.dumpAst());
  if (options.describeOnly) {
    kernels = front.signatures();
    return true;
  }
  module = front.emit(context);
  reached = Stage::Tensor;
  return module ? checkLimits(*module, reached) : fail({StatusCode::CompileError, ""});
}

//===----------------------------------------------------------------------===//
// Which kernels, with which dimensions
//===----------------------------------------------------------------------===//

bool Compilation::selectKernel() {
  if (options.kernel.empty() || reached >= Stage::Loops)
    return true;
  std::vector<std::string> names;
  for (auto kernel : llvm::make_early_inc_range(module->getOps<ir::KernelOp>())) {
    names.push_back(kernel.getSymName().str());
    if (names.back() != options.kernel)
      kernel.erase();
  }
  if (!module->getOps<ir::KernelOp>().empty())
    return true;
  return fail({StatusCode::NotFound, unknownKernelMessage(options.kernel, names)});
}

bool Compilation::bindTensorIR() {
  if (!options.dims.empty() && reached <= Stage::Groups) {
    std::set<std::string> known;
    for (auto kernel : module->getOps<ir::KernelOp>())
      for (const std::string &dim : kernel.getDimNames())
        known.insert(dim);
    // Kernel text was bound by the front end already, and knows its names.
    for (const auto &[name, value] : options.dims)
      if (!known.count(name) && reached == Stage::Tensor &&
          kindOf(input.fileName, input.source) != InputKind::KernelText)
        return fail({StatusCode::InvalidArgument, unknownDimMessage(name, known)});
    if (llvm::failed(ir::bindDims(*module, options.dims)))
      return fail({StatusCode::CompileError, ""});
  }
  if (!options.numerics.empty())
    for (auto kernel : module->getOps<ir::KernelOp>())
      kernel->setAttr("numerics", mlir::StringAttr::get(&context, options.numerics));
  return bindArguments();
}

/// Each kernel with such parameters takes them as fixed; one at least must have each.
bool Compilation::bindArguments() {
  if (options.bound.empty())
    return true;
  if (reached > Stage::Groups)
    return fail(
        {StatusCode::InvalidArgument, "option bind: this input is past stage 'groups', where launches are made"});
  std::set<std::string> missing(options.bound.begin(), options.bound.end());
  std::vector<std::string> names;
  for (auto kernel : module->getOps<ir::KernelOp>()) {
    std::vector<int64_t> numbers;
    for (unsigned number = 0; number < kernel.getFunctionType().getNumInputs(); ++number) {
      names.push_back(kernel.getArgName(number));
      if (!llvm::is_contained(options.bound, names.back()))
        continue;
      missing.erase(names.back());
      numbers.push_back(number);
      for (unsigned result = 0; result < kernel.getFunctionType().getNumResults(); ++result)
        if (kernel.getResultAlias(result) == number)
          return fail({StatusCode::InvalidArgument, "option bind: result '" + kernel.getResultName(result) +
                                                        "' of kernel '" + kernel.getSymName().str() +
                                                        "' is stored over parameter '" + names.back() +
                                                        "', which must stay as it is to be bound"});
    }
    if (!numbers.empty())
      kernel->setAttr(tile::kBoundAttr, mlir::DenseI64ArrayAttr::get(&context, numbers));
  }
  if (missing.empty())
    return true;
  return fail({StatusCode::InvalidArgument, "option bind: no parameter '" + *missing.begin() + "'" +
                                                suggestion(*missing.begin(), names) +
                                                "; there are: " + llvm::join(names, ", ")});
}
