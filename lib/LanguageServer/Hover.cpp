//===- Hover.cpp - Hovers and signature help ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A declaration as one would write it, with the type analysis found, then what it is.
//
//===----------------------------------------------------------------------===//
#include "Queries.h"

#include <algorithm>

namespace flex::lsp {

using lang::Symbol;
using lang::SymbolKind;
using llvm::json::Array;
using llvm::json::Object;

const Symbol *symbolAt(Document &document, uint32_t offset, const lang::Reference **reference) {
  const lang::SemanticIndex &index = document.index();
  const lang::Reference *found = index.at(offset);
  if (reference)
    *reference = found;
  return found ? &index.symbols[found->symbol] : nullptr;
}

std::string typeOf(Document &document, const Symbol &symbol) {
  if (!symbol.type.empty() || !symbol.function)
    return symbol.type;
  document.analyze(symbol.definition.begin, symbol.definition.end);
  return lang::inferredType(document.program(), symbol);
}

std::vector<const lang::ast::Function *> functionsNamed(const lang::Program &program, const std::string &module,
                                                        const std::string &name) {
  std::vector<const lang::ast::Function *> found;
  auto add = [&](const lang::LoadedModule &where) {
    if (auto it = where.functions.find(name); it != where.functions.end())
      found.insert(found.end(), it->second.begin(), it->second.end());
  };
  const lang::LoadedModule &main = program.main();
  if (!module.empty()) {
    if (auto it = main.imports.find(module); it != main.imports.end())
      add(*it->second);
    return found;
  }
  add(main);
  if (found.empty())
    for (const auto &[alias, imported] : main.imports)
      add(*imported);
  return found;
}

std::string docOf(const Symbol &symbol) {
  return symbol.function ? symbol.function->doc : "";
}

static std::string fenced(const std::string &code) {
  return "```flex\n" + code + "\n```";
}

static std::string builtinHover(const std::string &name) {
  std::string text;
  auto [from, to] = lang::builtinDocs().equal_range(name);
  for (auto it = from; it != to; ++it)
    text += (text.empty() ? "" : "\n\n") + fenced(it->second.signature) + "\n" + it->second.text;
  return text;
}

static std::string hoverText(Document &document, const Symbol &symbol) {
  std::string type = typeOf(document, symbol);
  std::string typed = type.empty() ? "" : ": " + type;
  std::string around = symbol.function ? " of `" + symbol.function->name.text + "`" : "";
  switch (symbol.kind) {
  case SymbolKind::Kernel:
  case SymbolKind::Function: {
    std::string doc = docOf(symbol);
    return fenced(lang::signatureText(*symbol.function)) + (doc.empty() ? "" : "\n\n" + doc);
  }
  case SymbolKind::Parameter: return fenced(symbol.name + typed) + "\n\nparameter" + around;
  case SymbolKind::Variable: return fenced((symbol.isVar ? "var " : "let ") + symbol.name + typed);
  case SymbolKind::Index: return fenced(symbol.name + (type.empty() ? "" : " in " + type)) + "\n\nindex";
  case SymbolKind::Dimension: return fenced(symbol.name) + "\n\ndimension" + around;
  case SymbolKind::TypeParameter: return fenced(symbol.name + typed) + "\n\ntype parameter" + around;
  case SymbolKind::Type: return fenced(symbol.name) + "\n\nelement type";
  case SymbolKind::Constant: return fenced(symbol.name) + "\n\nconstant";
  case SymbolKind::Builtin: return builtinHover(symbol.name);
  case SymbolKind::Module: break;
  }
  auto module = document.program().main().imports.find(symbol.name);
  bool loaded = module != document.program().main().imports.end();
  std::string doc = loaded ? module->second->ast.doc : "";
  return fenced("import " + symbol.type) + (doc.empty() ? "" : "\n\n" + doc);
}

Value hover(Document &document, uint32_t offset) {
  const lang::Reference *reference = nullptr;
  const Symbol *symbol = symbolAt(document, offset, &reference);
  std::string text = symbol ? hoverText(document, *symbol) : "";
  if (text.empty())
    return nullptr;
  return Object{{"contents", Object{{"kind", "markdown"}, {"value", llvm::json::fixUTF8(text)}}},
                {"range", document.lines().range(reference->begin, reference->end)}};
}

//===----------------------------------------------------------------------===//
// Signature help
//===----------------------------------------------------------------------===//

namespace {

constexpr uint32_t kLookBack = 8192;

bool isWord(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// The call whose brackets are open at the end of the text.
struct OpenCall {
  std::string module, name;
  int argument = 0;
  std::string argumentName; ///< `eps` in `f(x, eps = |`
};

/// The word that ends at `end`, spaces behind it left out.
std::string wordBefore(std::string_view text, size_t &end) {
  while (end > 0 && (text[end - 1] == ' ' || text[end - 1] == '\t'))
    --end;
  size_t stop = end;
  while (end > 0 && isWord(text[end - 1]))
    --end;
  return std::string(text.substr(end, stop - end));
}

std::string withoutComments(std::string_view text) {
  std::string code(text);
  for (size_t at = 0; (at = code.find("//", at)) != std::string::npos;)
    while (at < code.size() && code[at] != '\n')
      code[at++] = ' ';
  return code;
}

/// An unclosed bracket ends where a line begins with a statement.
bool beginsStatement(std::string_view line) {
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  for (std::string_view word : {"let", "var", "return", "kernel", "fn", "import", "schedule"})
    if (line.substr(0, word.size()) == word && (line.size() == word.size() || !isWord(line[word.size()])))
      return true;
  return false;
}

std::optional<OpenCall> openCall(std::string_view whole) {
  std::string code = withoutComments(whole.substr(whole.size() - std::min<size_t>(whole.size(), kLookBack)));
  OpenCall call;
  int depth = 0;
  size_t argumentStart = code.size();
  bool first = true;
  for (size_t at = code.size(); at-- > 0;) {
    char c = code[at];
    if (c == '\n' && beginsStatement(std::string_view(code).substr(at + 1)))
      return std::nullopt;
    if (c == ')' || c == ']' || c == '}')
      ++depth;
    if (c == ',' && depth == 0) {
      ++call.argument;
      if (first)
        argumentStart = at + 1;
      first = false;
    }
    if ((c != '(' && c != '[' && c != '{') || depth-- > 0)
      continue;
    if (c == '{')
      return std::nullopt;
    size_t end = at;
    std::string name = c == '(' ? wordBefore(code, end) : "";
    if (name.empty()) { // a bracket inside of an argument
      call.argument = 0;
      depth = 0;
      first = true;
      argumentStart = at;
      continue;
    }
    if (first)
      argumentStart = at + 1;
    call.name = name;
    if (end > 0 && code[end - 1] == '.')
      call.module = wordBefore(code, --end);
    size_t equals = code.find('=', argumentStart);
    if (equals != std::string::npos && equals > 0 && code.compare(equals, 2, "==") != 0)
      call.argumentName = wordBefore(std::string_view(code).substr(0, equals), equals);
    return call;
  }
  return std::nullopt;
}

Object signature(std::string label, const std::string &doc, const std::vector<std::string> &params) {
  Array list;
  for (const std::string &param : params)
    list.push_back(Object{{"label", llvm::json::fixUTF8(param)}});
  return Object{{"label", llvm::json::fixUTF8(label)},
                {"documentation", Object{{"kind", "markdown"}, {"value", llvm::json::fixUTF8(doc)}}},
                {"parameters", std::move(list)}};
}

Object signatureOf(const lang::ast::Function &function) {
  std::vector<std::string> params;
  for (const lang::ast::Param &param : function.params)
    params.push_back(param.name.text); // a part of the label
  return signature(lang::signatureText(function), function.doc, params);
}

/// The parameters between the brackets of "pad(x, axis = 0)".
std::vector<std::string> paramsOf(const std::string &signature) {
  std::vector<std::string> params;
  size_t open = signature.find('('), close = signature.find(')');
  std::string list = signature.substr(open + 1, close - open - 1);
  for (size_t at = 0; at < list.size();) {
    size_t comma = std::min(list.find(", ", at), list.size());
    params.push_back(list.substr(at, comma - at));
    at = comma + 2;
  }
  return params;
}

} // namespace

Value signatureHelp(Document &document, uint32_t offset) {
  auto call = openCall(std::string_view(document.text()).substr(0, offset));
  if (!call)
    return nullptr;
  Array signatures;
  int active = 0, argument = call->argument;
  auto functions = functionsNamed(document.program(), call->module, call->name);
  for (const lang::ast::Function *function : functions) {
    auto named = std::find_if(function->params.begin(), function->params.end(),
                              [&](const auto &param) { return param.name.text == call->argumentName; });
    bool fits = static_cast<size_t>(argument) < function->params.size();
    if (fits && static_cast<size_t>(argument) >= functions[active]->params.size())
      active = static_cast<int>(signatures.size());
    if (named != function->params.end())
      argument = static_cast<int>(named - function->params.begin());
    signatures.push_back(signatureOf(*function));
  }
  if (signatures.empty() && call->module.empty()) {
    auto [from, to] = lang::builtinDocs().equal_range(call->name);
    for (auto it = from; it != to; ++it)
      signatures.push_back(signature(it->second.signature, it->second.text, paramsOf(it->second.signature)));
  }
  if (signatures.empty())
    return nullptr;
  return Object{{"signatures", std::move(signatures)}, {"activeSignature", active}, {"activeParameter", argument}};
}

} // namespace flex::lsp
