//===- Frontend.h - The language front end's one door ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the pipeline, the tools and the language server call: text in, a checked
// program out; then a typed kernel for given types and dimensions. Free of LLVM and
// MLIR; the step to tensor IR is flex/KernelLang/Emit.h.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/KernelLang/AST.h"
#include "flex/KernelLang/Diagnostics.h"
#include "flex/KernelLang/Typed.h"

#include <map>

namespace flex::lang {

/// A type parameter with the types it may have, in the order written.
struct TypeParam {
  std::string name;
  std::vector<DType> allowed;
};

struct SignatureTensor {
  std::string name;
  std::string dtype; ///< a type's name or a type parameter's
  std::vector<DimExpr> shape;
  SourceRange range;
};

struct KernelSignature {
  std::string name;
  std::string doc;
  std::vector<TypeParam> typeParams;
  std::vector<std::string> dims;                ///< open names in the order of first use
  std::vector<std::string> dimParams;           ///< of these, the ones no parameter's shape gives (`<OH: dim>`)
  std::vector<SignatureTensor> params, results; ///< the values of `inout` parameters are the last results
  std::vector<int> resultAliases;               ///< per result: the parameter it overwrites (inout), or -1
  std::vector<TExprRef> argDefaults;            ///< per parameter: a Const (of the first type allowed), or null
  std::vector<Constraint> constraints;          ///< written, and found by analysis
  SourceRange range;
};

/// Values for a kernel's open names. A type parameter with one allowed type
/// needs none.
struct Bindings {
  std::map<std::string, int64_t> dims;
  std::map<std::string, DType> types;
};

struct FrontendOptions {
  /// Searched for modules after the directory of the importing file, in order.
  std::vector<std::string> importPaths;
  /// Texts that stand for those of files, by path: what an editor has not saved.
  std::map<std::string, std::string> unsaved = {};
  /// Fills Program::facts.
  bool recordFacts = false;
};

/// What analysis found out about a name where it is declared.
struct NameFact {
  std::set<std::string> types; ///< a value's: what its type is called in every instance; may be none
  std::string text;            ///< a value's shape, "[M, N]" or empty; an index's range, "0..N-1"
  bool isIndex = false;
};

/// One file of a program with what it declares and imports.
struct LoadedModule {
  std::string name; ///< as imported; empty for the main file
  std::shared_ptr<const SourceFile> file;
  ast::Module ast;
  std::map<std::string, std::vector<const ast::Function *>> functions; ///< the overloads of each name, never none
  std::map<std::string, const LoadedModule *> imports;                 ///< by alias, else the last part of the path
  bool importsMissing = false;                                         ///< an import failed: unknown names may be its
};

/// A checked program: the main file, the modules it imports and the signatures
/// of the main file's kernels. Immutable and safe to share once built.
class Program {
public:
  const LoadedModule &main() const { return *modules.front(); }
  const std::vector<std::unique_ptr<LoadedModule>> &allModules() const { return modules; }
  const std::vector<KernelSignature> &kernels() const { return signatures; }
  const KernelSignature *findKernel(std::string_view name) const;
  /// Every file read, the main one first: what a cache key and a watcher need.
  std::vector<std::string> dependencies() const;
  /// Where a module was looked for and no file lies: one put there would be read instead.
  const std::vector<std::string> &missingFiles() const { return missing; }
  /// By the offset of the declared name in the main file; if the options asked for it.
  const std::map<uint32_t, NameFact> &facts() const { return nameFacts; }

private:
  friend class ProgramBuilder;
  std::vector<std::unique_ptr<LoadedModule>> modules;
  std::vector<std::string> missing;
  std::vector<KernelSignature> signatures;
  std::map<uint32_t, NameFact> nameFacts;
};

/// Reads a program and checks all of it: every kernel for every combination of
/// its types (at most 64), every function on its own. Always gives a
/// program, for tools that work on broken files; it is fit for `instantiate`
/// if `diagnostics.hasErrors()` is false.
std::shared_ptr<const Program> parseAndAnalyze(std::string_view source, std::string_view fileName,
                                               const FrontendOptions &options, DiagnosticEngine &diagnostics);

/// The modules of the standard library, e.g. "nn".
std::vector<std::string> standardModuleNames();

class ProgramBuilder;

/// For editors: the same, but each function is analysed when it is asked for, so that what is on the screen comes
/// first and a pause never lasts longer than one function takes. The diagnostics must outlive it.
class StepwiseProgram {
public:
  StepwiseProgram(std::string_view source, std::string_view fileName, FrontendOptions options,
                  DiagnosticEngine &diagnostics);
  ~StepwiseProgram();
  /// Its kernels and facts are those of the functions analysed so far.
  const std::shared_ptr<const Program> &program() const { return built; }
  size_t functionCount() const { return done.size(); }
  bool isAnalyzed(size_t number) const { return done[number]; }
  /// Analyses a function of the main file, if that has not been done.
  void analyze(size_t number);

private:
  FrontendOptions options;
  std::unique_ptr<ProgramBuilder> builder;
  std::shared_ptr<const Program> built;
  std::vector<bool> done;
};

/// The typed kernel `name` with `bindings`; nothing, and errors reported, if
/// they do not fit or the kernel has errors with them.
std::optional<TypedKernel> instantiate(const Program &program, std::string_view name, const Bindings &bindings,
                                       DiagnosticEngine &diagnostics);

} // namespace flex::lang
