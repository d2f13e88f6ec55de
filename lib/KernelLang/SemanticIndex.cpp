//===- SemanticIndex.cpp - What each name of a file refers to ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One walk over the main file's AST with the scopes of analysis, without its types:
// what analysis gives up on still resolves. The switches over node kinds name every
// kind, so a new one cannot be forgotten.
//
//===----------------------------------------------------------------------===//
#include "flex/KernelLang/SemanticIndex.h"
#include "SemaImpl.h"

#include <algorithm>

#pragma clang diagnostic error "-Wswitch"

namespace flex::lang {

using namespace ast;

namespace {

const char *const kConstants[] = {"inf", "nan", "pi"};

bool isConstantName(std::string_view name) {
  return std::find(std::begin(kConstants), std::end(kConstants), name) != std::end(kConstants);
}

class IndexBuilder {
public:
  explicit IndexBuilder(const Program &program) : module(program.main()) {}

  SemanticIndex run() {
    for (const Import &import : module.ast.imports)
      addImport(import);
    for (const Function &function : module.ast.functions)
      if (!function.name.text.empty())
        functions[&function] =
            declare(function.isKernel ? SymbolKind::Kernel : SymbolKind::Function, function.name, &function);
    for (const Function &function : module.ast.functions)
      walk(function);
    for (const Schedule &schedule : module.ast.schedules)
      if (const Function *kernel = findFunction(module, schedule.kernel.text, {}))
        refer(schedule.kernel.range, functionSymbol(kernel));
    resolveArguments();
    sortReferences();
    return std::move(index);
  }

private:
  //===--------------------------------------------------------------------===//
  // Symbols
  //===--------------------------------------------------------------------===//

  uint32_t add(Symbol symbol) {
    index.symbols.push_back(std::move(symbol));
    return static_cast<uint32_t>(index.symbols.size() - 1);
  }

  void refer(SourceRange range, uint32_t symbol, bool isDefinition = false) {
    if (range.file == module.file.get() && range.begin < range.end)
      index.references.push_back({range.begin, range.end, symbol, isDefinition});
  }

  uint32_t declare(SymbolKind kind, const Name &name, const Function *function) {
    Symbol symbol;
    symbol.kind = kind;
    symbol.name = name.text;
    symbol.definition = name.range;
    symbol.function = function;
    symbol.hintAt = name.range.end;
    uint32_t id = add(std::move(symbol));
    refer(name.range, id, /*isDefinition=*/true);
    return id;
  }

  uint32_t builtin(SymbolKind kind, const std::string &name) {
    auto [it, inserted] = builtins.try_emplace(name, 0);
    if (inserted) {
      Symbol symbol;
      symbol.kind = kind;
      symbol.name = name;
      it->second = add(std::move(symbol));
    }
    return it->second;
  }

  uint32_t functionSymbol(const Function *function) {
    auto [it, inserted] = functions.try_emplace(function, 0);
    if (inserted) { // of another module
      Symbol symbol;
      symbol.kind = function->isKernel ? SymbolKind::Kernel : SymbolKind::Function;
      symbol.name = function->name.text;
      symbol.definition = function->name.range;
      symbol.function = function;
      it->second = add(std::move(symbol));
    }
    return it->second;
  }

  void addImport(const Import &import) {
    const Name &name = import.alias ? *import.alias : import.path.back();
    Symbol symbol;
    symbol.kind = SymbolKind::Module;
    symbol.name = name.text;
    symbol.type = import.str();
    auto loaded = module.imports.find(name.text);
    if (loaded != module.imports.end())
      symbol.definition = {loaded->second->file.get(), 0, 0};
    modules[name.text] = add(std::move(symbol));
    refer(name.range, modules[name.text], /*isDefinition=*/import.alias.has_value());
    if (import.alias)
      refer(import.path.back().range, modules[name.text]);
  }

  //===--------------------------------------------------------------------===//
  // Scopes
  //===--------------------------------------------------------------------===//

  struct Scope {
    std::map<std::string, uint32_t> names;
  };

  std::optional<uint32_t> find(const std::string &name) const {
    for (auto scope = scopes.rbegin(); scope != scopes.rend(); ++scope)
      if (auto it = scope->names.find(name); it != scope->names.end())
        return it->second;
    return std::nullopt;
  }

  /// Declares a name visible from `from` to `to`.
  uint32_t bind(SymbolKind kind, const Name &name, uint32_t from, uint32_t to) {
    uint32_t id = declare(kind, name, function);
    index.symbols[id].visibleFrom = from;
    index.symbols[id].visibleTo = to;
    scopes.back().names[name.text] = id;
    return id;
  }

  const Function *findFunction(const LoadedModule &where, const std::string &name, std::optional<size_t> arguments) {
    auto found = where.functions.find(name);
    if (found == where.functions.end() || found->second.empty())
      return nullptr;
    const Function *best = found->second.front();
    for (const Function *candidate : found->second)
      if (arguments && candidate->params.size() == *arguments && best->params.size() != *arguments)
        best = candidate;
    return best;
  }

  /// Here, then in the imported modules.
  const Function *lookup(const QualifiedName &name, std::optional<size_t> arguments) {
    if (name.module) {
      auto it = module.imports.find(name.module->text);
      return it == module.imports.end() ? nullptr : findFunction(*it->second, name.name.text, arguments);
    }
    if (const Function *local = findFunction(module, name.name.text, arguments))
      return local;
    for (const auto &[alias, imported] : module.imports)
      if (const Function *found = findFunction(*imported, name.name.text, arguments))
        return found;
    return nullptr;
  }

  //===--------------------------------------------------------------------===//
  // Functions
  //===--------------------------------------------------------------------===//

  void walk(const Function &owner) {
    function = &owner;
    scopes.assign(1, {});
    uint32_t from = owner.range.begin, to = owner.range.end;
    for (const GenericParam &generic : owner.generics) {
      bool isDim = generic.allowed.size() == 1 && generic.allowed[0].text == "dim";
      uint32_t id = bind(isDim ? SymbolKind::Dimension : SymbolKind::TypeParameter, generic.name, from, to);
      for (const Name &allowed : generic.allowed) {
        std::string &type = index.symbols[id].type;
        type += (type.empty() ? "" : " | ") + allowed.text;
        if (!isDim)
          typeName(allowed);
      }
    }
    for (const Param &param : owner.params)
      if (param.type.element.text == "dim")
        parameter(param, from, to);
    // A name that is the whole of an axis is a dimension, whatever stands before it.
    for (const Param &param : owner.params)
      for (const ExprPtr &axis : param.type.shape)
        if (auto *name = dyn<NameExpr>(axis); name && !name->name.module && !find(name->name.name.text))
          bind(SymbolKind::Dimension, name->name.name, from, to);
    for (const Param &param : owner.params) {
      type(param.type);
      walk(param.defaultValue);
    }
    for (const Param &param : owner.params)
      if (param.type.element.text != "dim")
        parameter(param, from, to);
    for (const TypeExpr &result : owner.results)
      type(result);
    for (const ExprPtr &constraint : owner.constraints)
      walk(constraint);
    walk(owner.body);
    scopes.clear();
  }

  void parameter(const Param &param, uint32_t from, uint32_t to) {
    Symbol &symbol = index.symbols[bind(SymbolKind::Parameter, param.name, from, to)];
    symbol.type = (param.isInout ? "inout " : "") + std::string(param.type.range.text());
    symbol.isVar = param.isInout;
  }

  void typeName(const Name &name) {
    if (auto local = find(name.text))
      return refer(name.range, *local);
    if (dtypeFromName(name.text) || !dtypeCategory(name.text).empty())
      refer(name.range, builtin(SymbolKind::Type, name.text));
  }

  void type(const TypeExpr &type) {
    typeName(type.element);
    for (const ExprPtr &axis : type.shape)
      walk(axis);
  }

  //===--------------------------------------------------------------------===//
  // Statements
  //===--------------------------------------------------------------------===//

  void walk(const Block &block) {
    scopes.emplace_back();
    uint32_t outer = blockEnd;
    blockEnd = block.range.isValid() ? block.range.end : blockEnd;
    for (const Stmt &stmt : block.statements)
      walk(stmt);
    blockEnd = outer;
    scopes.pop_back();
  }

  /// The end of the line: names of a statement that is being written are visible there.
  uint32_t lineEnd(uint32_t offset) const {
    size_t end = module.file->text().find('\n', offset);
    return static_cast<uint32_t>(end == std::string_view::npos ? module.file->text().size() : end);
  }

  void declare(const std::vector<IndexDecl> &indices, uint32_t to, bool reuse = false) {
    for (const IndexDecl &decl : indices) {
      walk(decl.first);
      walk(decl.last);
      if (decl.isEllipsis)
        continue;
      auto known = reuse ? find(decl.name.text) : std::nullopt;
      if (known && index.symbols[*known].kind == SymbolKind::Index) {
        refer(decl.name.range, *known);
        continue;
      }
      uint32_t id = bind(SymbolKind::Index, decl.name, decl.name.range.begin, to);
      if (!decl.first || !decl.last)
        continue;
      index.symbols[id].type = std::string(decl.first->range.text()) + ".." + std::string(decl.last->range.text());
    }
  }

  void walk(const Stmt &stmt) {
    switch (stmt.kind) {
    case StmtKind::Let:
    case StmtKind::Assign: return binding(stmt);
    case StmtKind::Result:
      for (const ResultItem &item : stmt.results) {
        scopes.emplace_back();
        declare(item.indices, lineEnd(item.range.end));
        walk(item.value);
        scopes.pop_back();
      }
      return;
    case StmtKind::For:
      scopes.emplace_back();
      declare(stmt.indices, stmt.range.end);
      if (stmt.body)
        walk(*stmt.body);
      scopes.pop_back();
      return;
    }
  }

  void binding(const Stmt &stmt) {
    if (stmt.type)
      type(*stmt.type);
    scopes.emplace_back();
    declare(stmt.indices, lineEnd(stmt.range.end));
    bool carried = stmt.hasIndices && dyn<ScanExpr>(stmt.value) && stmt.kind == StmtKind::Let && stmt.names.size() == 1;
    if (!carried)
      walk(stmt.value);
    std::map<std::string, uint32_t> indices = std::move(scopes.back().names);
    scopes.pop_back();
    for (const Name &name : stmt.names) {
      auto known = find(name.text);
      if (stmt.kind == StmtKind::Assign && known)
        refer(name.range, *known);
      else if (stmt.kind == StmtKind::Let)
        bindLet(stmt, name, carried);
    }
    if (!carried)
      return;
    // A scan's body reads what the statement defines.
    scopes.emplace_back(Scope{std::move(indices)});
    walk(stmt.value);
    scopes.pop_back();
  }

  void bindLet(const Stmt &stmt, const Name &name, bool carried) {
    uint32_t from = carried ? name.range.end : lineEnd(stmt.range.end);
    Symbol &symbol = index.symbols[bind(SymbolKind::Variable, name, from, std::max(blockEnd, from))];
    symbol.isVar = stmt.isVar;
    if (stmt.type) {
      symbol.type = std::string(stmt.type->range.text());
    }
    if (!stmt.hasIndices)
      return;
    size_t close =
        module.file->text().find(']', stmt.indices.empty() ? name.range.end : stmt.indices.back().name.range.end);
    if (!stmt.indices.empty() && stmt.indices.back().last)
      close = module.file->text().find(']', stmt.indices.back().last->range.end);
    symbol.hintAt = static_cast<uint32_t>(close == std::string_view::npos ? name.range.end : close + 1);
  }

  //===--------------------------------------------------------------------===//
  // Expressions
  //===--------------------------------------------------------------------===//

  void walk(const ExprPtr &expr) {
    if (expr)
      walk(*expr);
  }

  void walk(const Expr &expr) {
    switch (expr.kind) {
    case ExprKind::Error:
    case ExprKind::Integer:
    case ExprKind::Float:
    case ExprKind::Bool:
    case ExprKind::Ellipsis: return;
    case ExprKind::Name: return name(static_cast<const NameExpr &>(expr).name);
    case ExprKind::Unary: return walk(static_cast<const UnaryExpr &>(expr).operand);
    case ExprKind::Binary:
      walk(static_cast<const BinaryExpr &>(expr).lhs);
      return walk(static_cast<const BinaryExpr &>(expr).rhs);
    case ExprKind::Call: return call(static_cast<const CallExpr &>(expr));
    case ExprKind::Index:
      walk(static_cast<const IndexExpr &>(expr).base);
      return walk(static_cast<const IndexExpr &>(expr).indices);
    case ExprKind::Reduce: {
      auto &reduce = static_cast<const ReduceExpr &>(expr);
      return reduction(reduce.reducer, reduce.indices, reduce.body, false);
    }
    case ExprKind::Scan: {
      auto &scan = static_cast<const ScanExpr &>(expr);
      return reduction(scan.keyword, scan.indices, scan.body, true);
    }
    case ExprKind::If:
      walk(static_cast<const IfExpr &>(expr).condition);
      walk(static_cast<const IfExpr &>(expr).thenBlock);
      return walk(static_cast<const IfExpr &>(expr).elseBlock);
    case ExprKind::Tuple: return walk(static_cast<const TupleExpr &>(expr).elements);
    case ExprKind::Slice:
      walk(static_cast<const SliceExpr &>(expr).first);
      walk(static_cast<const SliceExpr &>(expr).last);
      return walk(static_cast<const SliceExpr &>(expr).step);
    }
  }

  void walk(const std::vector<ExprPtr> &list) {
    for (const ExprPtr &expr : list)
      walk(expr);
  }

  void reduction(const Name &reducer, const std::vector<IndexDecl> &indices, const ExprPtr &body, bool isScan) {
    if (!isScan)
      refer(reducer.range, builtin(SymbolKind::Builtin, reducer.text));
    scopes.emplace_back();
    declare(indices, body ? lineEnd(body->range.end) : lineEnd(reducer.range.end), /*reuse=*/isScan);
    walk(body);
    scopes.pop_back();
  }

  void moduleName(const QualifiedName &name) {
    if (!name.module)
      return;
    if (auto it = modules.find(name.module->text); it != modules.end())
      refer(name.module->range, it->second);
  }

  void name(const QualifiedName &name) {
    moduleName(name);
    if (!name.module)
      if (auto local = find(name.name.text))
        return refer(name.name.range, *local);
    if (const Function *found = lookup(name, std::nullopt))
      return refer(name.name.range, functionSymbol(found));
    if (name.module)
      return;
    if (isConstantName(name.name.text))
      return refer(name.name.range, builtin(SymbolKind::Constant, name.name.text));
    if (isBuiltinFunction(name.name.text))
      return refer(name.name.range, builtin(SymbolKind::Builtin, name.name.text));
    typeName(name.name);
  }

  void call(const CallExpr &call) {
    moduleName(call.callee);
    const Name &name = call.callee.name;
    const Function *callee = nullptr;
    bool isLocal = !call.callee.module && module.functions.count(name.text);
    auto local = find(name.text);
    bool isCast = !call.callee.module && (dtypeFromName(name.text) || !dtypeCategory(name.text).empty());
    if (!call.callee.module && !isLocal && local)
      refer(name.range, *local); // T(x)
    else if (isCast && !isLocal)
      refer(name.range, builtin(SymbolKind::Type, name.text));
    else if (!call.callee.module && !isLocal && isBuiltinFunction(name.text))
      refer(name.range, builtin(SymbolKind::Builtin, name.text));
    else if ((callee = lookup(call.callee, call.arguments.size())))
      refer(name.range, functionSymbol(callee));
    for (const Argument &argument : call.arguments) {
      // Parameters of a function further down have no symbol yet.
      if (argument.name && callee && callee->name.range.file == module.file.get())
        argumentNames.emplace_back(argument.name->range, callee);
      walk(argument.value);
    }
  }

  /// `f(scale = 2)`: the name refers to the parameter.
  void resolveArguments() {
    std::map<std::pair<const Function *, std::string_view>, uint32_t> params;
    for (uint32_t id = 0; id < index.symbols.size(); ++id)
      if (const Symbol &symbol = index.symbols[id]; symbol.kind == SymbolKind::Parameter)
        params[{symbol.function, symbol.name}] = id;
    for (const auto &[range, target] : argumentNames)
      if (auto it = params.find({target, range.text()}); it != params.end())
        refer(range, it->second);
  }

  /// By place, one at each.
  void sortReferences() {
    std::stable_sort(index.references.begin(), index.references.end(), [](const Reference &a, const Reference &b) {
      return std::pair(a.begin, !a.isDefinition) < std::pair(b.begin, !b.isDefinition);
    });
    auto same = [](const Reference &a, const Reference &b) { return a.begin == b.begin; };
    index.references.erase(std::unique(index.references.begin(), index.references.end(), same), index.references.end());
  }

private:
  const LoadedModule &module;
  SemanticIndex index;
  std::map<const Function *, uint32_t> functions;
  std::map<std::string, uint32_t> modules, builtins;
  std::vector<Scope> scopes;
  std::vector<std::pair<SourceRange, const Function *>> argumentNames;
  const Function *function = nullptr;
  uint32_t blockEnd = 0;
};

} // namespace

SemanticIndex buildIndex(const Program &program) {
  return IndexBuilder(program).run();
}

std::string inferredType(const Program &program, const Symbol &symbol) {
  bool isMain = symbol.definition.file == program.main().file.get();
  auto fact = isMain ? program.facts().find(symbol.definition.begin) : program.facts().end();
  if (fact == program.facts().end())
    return "";
  if (fact->second.isIndex)
    return fact->second.text;
  // A type parameter's name rather than the type it has in one instance.
  std::string type;
  for (const std::string &name : fact->second.types)
    if (type.empty() || !dtypeFromName(name))
      type = name;
  return type.empty() ? "" : type + fact->second.text;
}

const Reference *SemanticIndex::at(uint32_t offset) const {
  auto after = std::upper_bound(references.begin(), references.end(), offset,
                                [](uint32_t value, const Reference &reference) { return value < reference.begin; });
  if (after == references.begin())
    return nullptr;
  const Reference &candidate = *std::prev(after);
  return offset <= candidate.end ? &candidate : nullptr;
}

std::vector<const Reference *> SemanticIndex::referencesTo(uint32_t symbol) const {
  std::vector<const Reference *> found;
  for (const Reference &reference : references)
    if (reference.symbol == symbol)
      found.push_back(&reference);
  return found;
}

std::string signatureText(const Function &function) {
  if (!function.range.isValid() || function.name.text.empty())
    return "";
  uint32_t end = function.body.range.isValid() ? function.body.range.begin : function.range.end;
  SourceRange range{function.range.file, function.range.begin, end};
  std::string text;
  std::string_view source = range.text();
  for (size_t i = 0; i < source.size(); ++i) {
    if (source.substr(i, 2) == "//")
      i = std::min(source.find('\n', i), source.size() - 1);
    bool space = source[i] == ' ' || source[i] == '\t' || source[i] == '\n' || source[i] == '\r';
    bool drop = space && (text.empty() || text.back() == ' ' || text.back() == '(');
    if (!drop)
      text += space ? ' ' : source[i];
    if (source[i] == ')' && text.size() > 1 && text[text.size() - 2] == ' ')
      text.erase(text.size() - 2, 1);
  }
  while (!text.empty() && text.back() == ' ')
    text.pop_back();
  return text;
}

//===----------------------------------------------------------------------===//
// The language's own names
//===----------------------------------------------------------------------===//

std::vector<std::string> keywordNames() {
  return {
#define KEYWORD(NAME, SPELLING) SPELLING,
#define PUNCT(NAME, SPELLING)
#include "flex/KernelLang/Tokens.def"
  };
}

std::vector<std::string> contextualKeywordNames() {
  return {"as", "dim", "inout", "scan", "var"};
}

std::vector<std::string> builtinNames() {
  std::vector<std::string> names = builtinFunctionNames();
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

std::vector<std::string> typeNames() {
  return dtypeNames();
}

std::vector<std::string> constantNames() {
  return {std::begin(kConstants), std::end(kConstants)};
}

} // namespace flex::lang
