//===- Program.cpp - Reading a program with its modules ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Loads the main file and, once each, the modules it imports; declares their
// functions; analyses all of the main file. Invariant: a module is found in the
// importing file's directory, then on the import paths, in order,
// then among those built in.
//
//===----------------------------------------------------------------------===//
#include "SemaImpl.h"
#include "flex/KernelLang/Document.h"
#include "flex/KernelLang/Lexer.h"
#include "flex/KernelLang/Parser.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace flex::lang {

namespace {
constexpr size_t kMaxModules = 256;
constexpr std::string_view kStandardFolder = "<std>/"; // no file has such a name

/// The modules that are part of the compiler, found after all folders.
struct StandardModule {
  const char *file, *text;
};
const StandardModule kStandardModules[] = {
#include "StandardModules.inc"
};
} // namespace

std::string standardModuleOf(std::string_view function) {
  for (const StandardModule &standard : kStandardModules) {
    std::string_view text = standard.text;
    for (const char *end : {"(", "<"})
      if (text.find("\nfn " + std::string(function) + end) != std::string_view::npos)
        return std::string(standard.file).substr(0, std::string_view(standard.file).find('.'));
  }
  return "";
}

std::vector<std::string> standardModuleNames() {
  std::vector<std::string> names;
  for (const StandardModule &standard : kStandardModules)
    names.push_back(std::string(standard.file).substr(0, std::string_view(standard.file).find('.')));
  return names;
}

std::string_view standardModuleText(std::string_view name) {
  for (const StandardModule &standard : kStandardModules)
    if (standard.file == std::string(name) + ".flex")
      return standard.text;
  return {};
}

class ProgramBuilder {
public:
  ProgramBuilder(const FrontendOptions &options, DiagnosticEngine &diagnostics)
      : options(options), diagnostics(diagnostics), program(std::make_shared<Program>()) {}

  std::shared_ptr<const Program> run(std::string_view source, std::string_view fileName) {
    read(source, fileName);
    for (size_t i = 0; i < program->main().ast.functions.size(); ++i)
      analyze(i);
    checkSchedules(program->main());
    return program;
  }

  /// All but the analysis of functions.
  std::shared_ptr<const Program> read(std::string_view source, std::string_view fileName) {
    add("", std::make_shared<const SourceFile>(std::string(fileName), std::string(source)));
    for (size_t i = 0; i < program->modules.size() && !diagnostics.limitReached(); ++i)
      load(*program->modules[i]);
    return program;
  }

  /// The function `number` of the main file.
  void analyze(size_t number) {
    const LoadedModule &main = program->main();
    const ast::Function &function = main.ast.functions[number];
    if (!diagnostics.limitReached() && isDeclared(main, function) && !function.headerBroken)
      analyze(main, function);
  }

  /// What a schedule sets is checked with its kernel.
  void checkSchedules(const LoadedModule &module) {
    std::vector<std::string> kernels;
    for (const ast::Function &function : module.ast.functions)
      if (function.isKernel)
        kernels.push_back(function.name.text);
    for (const ast::Schedule &schedule : module.ast.schedules)
      if (std::find(kernels.begin(), kernels.end(), schedule.kernel.text) == kernels.end())
        diagnostics
            .report(Diag::UnknownKernel, schedule.kernel.range, {schedule.kernel.text, "'" + module.file->name() + "'"})
            .hint(didYouMean(schedule.kernel.text, kernels));
  }

private:
  LoadedModule &add(std::string name, std::shared_ptr<const SourceFile> file) {
    auto module = std::make_unique<LoadedModule>();
    module->name = std::move(name);
    module->file = std::move(file);
    module->ast = parse(*module->file, diagnostics);
    declare(*module);
    program->modules.push_back(std::move(module));
    return *program->modules.back();
  }

  static bool isDeclared(const LoadedModule &module, const ast::Function &function) {
    auto it = module.functions.find(function.name.text);
    return it != module.functions.end() &&
           std::find(it->second.begin(), it->second.end(), &function) != it->second.end();
  }

  /// Overloads differ in the number of parameters, their axes or their types.
  static bool sameParams(const ast::Function &a, const ast::Function &b) {
    auto pack = [](const ast::TypeExpr &type) {
      return std::any_of(type.shape.begin(), type.shape.end(),
                         [](const ast::ExprPtr &axis) { return axis->kind == ast::ExprKind::Ellipsis; });
    };
    return std::equal(a.params.begin(), a.params.end(), b.params.begin(), b.params.end(),
                      [&](const ast::Param &x, const ast::Param &y) {
                        return x.type.shape.size() == y.type.shape.size() && pack(x.type) == pack(y.type) &&
                               x.type.element.text == y.type.element.text;
                      });
  }

  void declare(LoadedModule &module) {
    for (const ast::Function &function : module.ast.functions) {
      const std::string &name = function.name.text;
      if (name.empty())
        continue;
      if ((isBuiltinFunction(name) && !isTensorBuiltin(name)) || dtypeFromName(name) || !dtypeCategory(name).empty()) {
        diagnostics.report(Diag::Redefined, function.name.range, {name})
            .at("built into the language")
            .hint("choose another name");
        continue;
      }
      std::vector<const ast::Function *> &overloads = module.functions[name];
      auto same = std::find_if(overloads.begin(), overloads.end(), [&](const ast::Function *other) {
        return other->isKernel || function.isKernel || sameParams(*other, function);
      });
      if (same == overloads.end())
        overloads.push_back(&function);
      else
        diagnostics.report(Diag::Redefined, function.name.range, {name})
            .label((*same)->name.range, "first defined here")
            .hint(function.isKernel || (*same)->isKernel
                      ? "kernels are not overloaded"
                      : "overloads differ in the number of parameters, their axes or their types");
    }
  }

  void load(LoadedModule &importer) {
    for (const ast::Import &import : importer.ast.imports) {
      const std::string &alias = import.localName();
      const LoadedModule *module = find(importer, import);
      if (module && !importer.imports.emplace(alias, module).second && importer.imports[alias] != module)
        diagnostics.report(Diag::Redefined, import.range, {alias})
            .hint("give it another name: 'import " + import.str() + " as …'");
      if (module)
        continue;
      importer.importsMissing = true;
    }
  }

  const LoadedModule *find(const LoadedModule &importer, const ast::Import &import) {
    namespace fs = std::filesystem;
    fs::path relative;
    for (const ast::Name &part : import.path)
      relative /= part.text;
    relative += ".flex";
    // What the standard library imports is its own, whatever lies beside the kernel.
    std::vector<fs::path> candidates;
    if (!importer.file->name().starts_with(kStandardFolder)) {
      candidates.push_back(fs::path(importer.file->name()).parent_path());
      candidates.insert(candidates.end(), options.importPaths.begin(), options.importPaths.end());
    }
    std::string searched;
    for (const fs::path &directory : candidates) {
      fs::path path = (directory / relative).lexically_normal();
      searched += (searched.empty() ? "" : ", ") + (directory.empty() ? std::string(".") : directory.string());
      std::error_code failure;
      if (auto unsaved = options.unsaved.find(path.string()); unsaved != options.unsaved.end())
        return addOnce(import, path.string(), [&] { return std::optional(unsaved->second); });
      if (!fs::is_regular_file(path, failure)) {
        if (std::find(program->missing.begin(), program->missing.end(), path.string()) == program->missing.end())
          program->missing.push_back(path.string());
        continue;
      }
      return addOnce(import, path.string(), [&] { return readModule(import, path.string()); });
    }
    for (const StandardModule &standard : kStandardModules)
      if (relative == standard.file)
        return addOnce(import, std::string(kStandardFolder) + standard.file,
                       [&] { return std::string(standard.text); });
    std::vector<std::string> known;
    for (const StandardModule &standard : kStandardModules)
      known.push_back(fs::path(standard.file).stem().string());
    diagnostics.report(Diag::UnknownModule, import.range, {import.str(), searched + " and the standard library"})
        .hint(didYouMean(import.str(), known));
    return nullptr;
  }

  /// The module with this file name, read on first use.
  template <typename Read> const LoadedModule *addOnce(const ast::Import &import, const std::string &path, Read read) {
    for (const auto &module : program->modules)
      if (module->file->name() == path)
        return module.get();
    if (program->modules.size() >= kMaxModules) {
      diagnostics.report(Diag::TooManyModules, import.range, {std::to_string(kMaxModules)});
      return nullptr;
    }
    std::optional<std::string> text = read();
    return text ? &add(import.str(), std::make_shared<const SourceFile>(path, std::move(*text))) : nullptr;
  }

  std::optional<std::string> readModule(const ast::Import &import, const std::string &path) {
    std::error_code failure;
    auto size = std::filesystem::file_size(path, failure);
    std::ifstream stream(path, std::ios::binary);
    std::ostringstream text;
    bool small = !failure && size <= kMaxFileBytes;
    if (small)
      text << stream.rdbuf();
    if (small && stream)
      return text.str();
    diagnostics.report(Diag::ModuleNotRead, import.range,
                       {import.str(), small ? "the file cannot be read" : "the file is too large"});
    return std::nullopt;
  }

  /// One instance per combination of the type parameters.
  void analyze(const LoadedModule &module, const ast::Function &function) {
    std::vector<ast::Name> dimParams;
    std::vector<TypeParam> params = typeParamsOf(function, dimParams, nullptr);
    size_t combinations = 1;
    for (TypeParam &param : params) {
      // A category in a function of scalars means the same for each of its types.
      if (!function.isKernel && !dtypeCategory(param.name).empty())
        param.allowed.resize(1);
      combinations *= std::max<size_t>(1, param.allowed.size());
      if (combinations > kMaxTypeCombinations)
        break;
    }
    if (combinations > kMaxTypeCombinations) {
      diagnostics.report(Diag::TooManyTypeCombinations, function.name.range,
                         {std::to_string(combinations), std::to_string(kMaxTypeCombinations)});
      return;
    }
    for (size_t number = 0; number < combinations; ++number) {
      Bindings bindings;
      size_t rest = number;
      for (const TypeParam &param : params) {
        if (param.allowed.empty())
          continue;
        bindings.types[param.name] = param.allowed[rest % param.allowed.size()];
        rest /= param.allowed.size();
      }
      Sema sema({&module, &function}, bindings, diagnostics, /*generic=*/true);
      if (options.recordFacts)
        sema.recordFacts(program->nameFacts);
      auto kernel = sema.run();
      if (number == 0 && function.isKernel && kernel)
        sign(function, *kernel, params, dimParams);
      if (!kernel && number == 0)
        break; // the same errors would follow for every type
    }
  }

  void sign(const ast::Function &function, const TypedKernel &kernel, const std::vector<TypeParam> &params,
            const std::vector<ast::Name> &dimParams) {
    KernelSignature signature;
    signature.name = kernel.name;
    signature.doc = kernel.doc;
    signature.typeParams = params;
    signature.dims = kernel.dims;
    for (const ast::Name &name : dimParams)
      signature.dimParams.push_back(name.text);
    for (size_t i = 0; i < kernel.paramCount; ++i)
      signature.params.push_back({kernel.tensors[i].name, function.params[i].type.element.text, kernel.tensors[i].shape,
                                  function.params[i].name.range});
    for (size_t i = 0; i < kernel.results.size(); ++i) {
      int alias = kernel.resultAliases[i];
      const ast::TypeExpr &type = alias < 0 ? function.results[i] : function.params[alias].type;
      signature.results.push_back(
          {kernel.resultNames[i], type.element.text, kernel.tensors[kernel.results[i]].shape, type.range});
    }
    signature.resultAliases = kernel.resultAliases;
    signature.argDefaults = kernel.argDefaults;
    signature.constraints = kernel.constraints;
    signature.range = function.name.range;
    program->signatures.push_back(std::move(signature));
  }

  const FrontendOptions &options;
  DiagnosticEngine &diagnostics;
  std::shared_ptr<Program> program;
};

const KernelSignature *Program::findKernel(std::string_view name) const {
  for (const KernelSignature &signature : signatures)
    if (signature.name == name)
      return &signature;
  return nullptr;
}

std::vector<std::string> Program::dependencies() const {
  std::vector<std::string> names;
  names.reserve(modules.size());
  for (const auto &module : modules)
    names.push_back(module->file->name());
  return names;
}

std::shared_ptr<const Program> parseAndAnalyze(std::string_view source, std::string_view fileName,
                                               const FrontendOptions &options, DiagnosticEngine &diagnostics) {
  return ProgramBuilder(options, diagnostics).run(source, fileName);
}

StepwiseProgram::StepwiseProgram(std::string_view source, std::string_view fileName, FrontendOptions given,
                                 DiagnosticEngine &diagnostics)
    : options(std::move(given)), builder(std::make_unique<ProgramBuilder>(options, diagnostics)),
      built(builder->read(source, fileName)), done(built->main().ast.functions.size()) {
  builder->checkSchedules(built->main());
}

StepwiseProgram::~StepwiseProgram() = default;

void StepwiseProgram::analyze(size_t number) {
  if (!done[number])
    builder->analyze(number);
  done[number] = true;
}

/// Checks that every binding names something of the kernel.
static bool checkBindings(const KernelSignature &signature, const Bindings &bindings, DiagnosticEngine &diagnostics) {
  std::vector<std::string> known = signature.dims;
  for (const TypeParam &param : signature.typeParams)
    known.push_back(param.name);
  bool ok = true;
  auto unknown = [&](const std::string &name) {
    diagnostics.report(Diag::UnknownBinding, signature.range, {signature.name, name}).hint(didYouMean(name, known));
    ok = false;
  };
  for (const auto &[name, value] : bindings.dims) {
    if (std::find(signature.dims.begin(), signature.dims.end(), name) == signature.dims.end())
      unknown(name);
    else if (value < 0) {
      diagnostics.report(Diag::BadBinding, signature.range, {name, std::to_string(value), "a dimension is at least 0"});
      ok = false;
    }
  }
  for (const auto &[name, type] : bindings.types)
    if (std::none_of(signature.typeParams.begin(), signature.typeParams.end(), [&](auto &p) { return p.name == name; }))
      unknown(name);
  return ok;
}

std::optional<TypedKernel> instantiate(const Program &program, std::string_view name, const Bindings &bindings,
                                       DiagnosticEngine &diagnostics) {
  const LoadedModule &main = program.main();
  const KernelSignature *signature = program.findKernel(name);
  if (!signature) {
    std::vector<std::string> known;
    for (const KernelSignature &candidate : program.kernels())
      known.push_back(candidate.name);
    SourceRange start{main.file.get(), 0, 0};
    diagnostics.report(Diag::UnknownKernel, start, {std::string(name), "'" + main.file->name() + "'"})
        .hint(didYouMean(name, known));
    return std::nullopt;
  }
  if (!checkBindings(*signature, bindings, diagnostics))
    return std::nullopt;
  return Sema({&main, main.functions.at(signature->name).front()}, bindings, diagnostics).run();
}

} // namespace flex::lang
