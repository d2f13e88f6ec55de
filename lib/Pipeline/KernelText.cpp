//===- KernelText.cpp - The front end, as the pipeline uses it ------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The bindings a caller gives are checked here, where the names are known.
//
//===----------------------------------------------------------------------===//
#include "KernelText.h"
#include "flex/Binary/Hash.h"
#include "flex/KernelLang/Emit.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace flex;

namespace {

std::string join(const std::vector<std::string> &words) {
  std::string out;
  for (const std::string &word : words)
    out += (out.empty() ? "" : ", ") + word;
  return out.empty() ? "none" : out;
}

ImageConstraint convert(const lang::Constraint &constraint) {
  auto kind = constraint.kind == lang::Constraint::Kind::LessEqual ? ImageConstraint::Kind::LessEqual
              : constraint.kind == lang::Constraint::Kind::Equal   ? ImageConstraint::Kind::Equal
                                                                   : ImageConstraint::Kind::Divisible;
  return {kind, constraint.lhs, constraint.rhs, constraint.source};
}

/// Exactly: 17 digits give every double back.
std::string numberText(const lang::TExpr &constant) {
  char text[64];
  if (lang::isFloat(constant.type))
    std::snprintf(text, sizeof text, "%.17g", constant.floatValue);
  else if (lang::isSigned(constant.type))
    std::snprintf(text, sizeof text, "%lld", static_cast<long long>(constant.intValue));
  else
    std::snprintf(text, sizeof text, "%llu", static_cast<unsigned long long>(constant.intValue));
  return text;
}

ImageKernel convert(const lang::KernelSignature &signature) {
  ImageKernel kernel;
  kernel.name = signature.name;
  kernel.doc = signature.doc;
  kernel.dims = signature.dims;
  for (const lang::Constraint &constraint : signature.constraints)
    kernel.constraints.push_back(convert(constraint));
  for (const lang::SignatureTensor &tensor : signature.params)
    kernel.params.push_back({tensor.name, tensor.dtype, tensor.shape});
  for (const lang::SignatureTensor &tensor : signature.results)
    kernel.results.push_back({tensor.name, tensor.dtype, tensor.shape});
  for (size_t i = 0; i < std::min(signature.argDefaults.size(), kernel.params.size()); ++i)
    if (signature.argDefaults[i])
      kernel.params[i].defaultValue = numberText(*signature.argDefaults[i]);
  for (size_t i = 0; i < std::min(signature.resultAliases.size(), kernel.results.size()); ++i)
    kernel.results[i].alias = signature.resultAliases[i];
  for (const lang::TypeParam &param : signature.typeParams) {
    ImageTypeParam out{param.name, {}};
    for (lang::DType type : param.allowed)
      out.allowed.push_back(lang::dtypeName(type));
    kernel.typeParams.push_back(std::move(out));
  }
  return kernel;
}

} // namespace

std::string flex::suggestion(const std::string &name, const std::vector<std::string> &known) {
  std::string hint = lang::didYouMean(name, known);
  return hint.empty() ? "" : "\nhint: " + hint;
}

std::string flex::unknownKernelMessage(const std::string &name, const std::vector<std::string> &known) {
  return "there is no kernel '" + name + "'; this input has: " + join(known) + suggestion(name, known);
}

std::string flex::unknownDimMessage(const std::string &name, const std::set<std::string> &known) {
  std::vector<std::string> names(known.begin(), known.end());
  return "there is no dimension or type parameter '" + name + "' to bind; open are: " + join(names) +
         suggestion(name, names);
}

KernelText::KernelText(std::string_view text, std::string fileName, const CompileOptions &options, DiagnosticSink &sink)
    : text(text), fileName(fileName.empty() ? "-" : std::move(fileName)), options(options), sink(sink) {}

bool KernelText::flush(lang::DiagnosticEngine &diagnostics) {
  if (!diagnostics.all().empty())
    sink.addRendered(diagnostics.renderText(), diagnostics.renderJson(), diagnostics.hasErrors());
  return !diagnostics.hasErrors();
}

bool KernelText::analyze() {
  lang::DiagnosticEngine diagnostics;
  program = lang::parseAndAnalyze(text, fileName, {options.importPaths}, diagnostics);
  bool good = flush(diagnostics);
  if (!good || options.kernel.empty() || program->findKernel(options.kernel))
    return good;
  std::vector<std::string> names;
  for (const lang::KernelSignature &signature : program->kernels())
    names.push_back(signature.name);
  sink.error(unknownKernelMessage(options.kernel, names));
  return false;
}

std::vector<CompileDependency> KernelText::dependencies() const {
  std::vector<CompileDependency> out;
  if (!program)
    return out;
  const auto &modules = program->allModules();
  for (size_t i = 1; i < modules.size(); ++i) {
    llvm::SmallString<256> path(modules[i]->file->name());
    // A module that is no file is part of the compiler.
    if (llvm::sys::fs::make_absolute(path) || !llvm::sys::fs::exists(path))
      continue;
    out.push_back({path.str().str(), contentHash(modules[i]->file->text())});
  }
  for (const std::string &missing : program->missingFiles()) {
    llvm::SmallString<256> path(missing);
    if (!llvm::sys::fs::make_absolute(path))
      out.push_back({path.str().str(), ""});
  }
  return out;
}

std::string KernelText::dumpAst() const {
  return lang::ast::dump(program->main().ast);
}

std::vector<const lang::KernelSignature *> KernelText::chosenKernels() const {
  std::vector<const lang::KernelSignature *> chosen;
  for (const lang::KernelSignature &signature : program->kernels())
    if (options.kernel.empty() || signature.name == options.kernel)
      chosen.push_back(&signature);
  return chosen;
}

std::vector<ImageKernel> KernelText::signatures() const {
  std::vector<ImageKernel> out;
  for (const lang::KernelSignature *signature : chosenKernels())
    out.push_back(convert(*signature));
  return out;
}

/// Every name bound must exist in one of the kernels; each kernel then takes its own.
bool KernelText::checkBindings(const std::vector<const lang::KernelSignature *> &chosen, lang::Bindings &bindings) {
  std::set<std::string> open;
  for (const lang::KernelSignature *signature : chosen) {
    open.insert(signature->dims.begin(), signature->dims.end());
    for (const lang::TypeParam &param : signature->typeParams)
      open.insert(param.name);
  }
  bool good = true;
  auto check = [&](const std::string &name) {
    if (!open.count(name)) {
      sink.error(unknownDimMessage(name, open));
      good = false;
    }
  };
  for (const auto &[name, value] : options.dims) {
    check(name);
    bindings.dims[name] = value;
  }
  for (const auto &[name, type] : options.types) {
    check(name);
    if (auto dtype = lang::dtypeFromName(type)) {
      bindings.types[name] = *dtype;
    } else {
      sink.error("'" + type + "' for type parameter '" + name + "' is no element type" +
                 suggestion(type, lang::dtypeNames()));
      good = false;
    }
  }
  return good;
}

mlir::OwningOpRef<mlir::ModuleOp> KernelText::emit(mlir::MLIRContext &context) {
  auto chosen = chosenKernels();
  lang::Bindings bindings;
  if (!checkBindings(chosen, bindings))
    return nullptr;
  if (chosen.empty()) {
    sink.error("'" + fileName + "' has no kernel");
    return nullptr;
  }
  lang::DiagnosticEngine diagnostics;
  auto location = mlir::FileLineColLoc::get(&context, fileName, 1, 1);
  mlir::OwningOpRef<mlir::ModuleOp> module = mlir::ModuleOp::create(location);
  for (const lang::KernelSignature *signature : chosen) {
    lang::Bindings own;
    for (const std::string &dim : signature->dims)
      if (auto found = bindings.dims.find(dim); found != bindings.dims.end())
        own.dims.insert(*found);
    for (const lang::TypeParam &param : signature->typeParams)
      if (auto found = bindings.types.find(param.name); found != bindings.types.end())
        own.types.insert(*found);
    auto kernel = lang::instantiate(*program, signature->name, own, diagnostics);
    if (kernel && !diagnostics.hasErrors())
      lang::emitTensorIR(*kernel, *module, diagnostics);
  }
  if (!flush(diagnostics))
    return nullptr;
  return module;
}
