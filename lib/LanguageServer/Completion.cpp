//===- Completion.cpp - What may come next ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The text before the cursor says what kind of name is expected; the client filters
// by what is typed. Names nearer to the cursor sort first.
//
//===----------------------------------------------------------------------===//
#include "Queries.h"

#include <filesystem>
#include <set>

namespace flex::lsp {

using lang::Symbol;
using lang::SymbolKind;
using llvm::json::Array;
using llvm::json::Object;
using Kind = llvm::lsp::CompletionItemKind;

namespace {

bool isWord(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

Kind kindOf(SymbolKind kind) {
  switch (kind) {
  case SymbolKind::Module: return Kind::Module;
  case SymbolKind::Kernel:
  case SymbolKind::Function:
  case SymbolKind::Builtin: return Kind::Function;
  case SymbolKind::Parameter:
  case SymbolKind::Variable:
  case SymbolKind::Index: return Kind::Variable;
  case SymbolKind::Dimension:
  case SymbolKind::Constant: return Kind::Constant;
  case SymbolKind::TypeParameter: return Kind::TypeParameter;
  case SymbolKind::Type: return Kind::Class;
  }
  return Kind::Text;
}

class Completer {
public:
  Completer(Document &document, uint32_t offset) : document(document), offset(offset) {
    std::string_view text = document.text();
    size_t word = offset;
    while (word > 0 && isWord(text[word - 1]))
      --word;
    size_t line = text.rfind('\n', word ? word - 1 : 0);
    line = line == std::string_view::npos || word == 0 ? 0 : line + 1;
    before = text.substr(line, word - line);
    comment = before.find("//") != std::string_view::npos;
    while (!before.empty() && (before.back() == ' ' || before.back() == '\t'))
      before.remove_suffix(1);
  }

  Array run() {
    if (comment)
      return {};
    if (!before.empty() && before.back() == '.' && before.find("..") == std::string_view::npos)
      members();
    else if (before.substr(0, 6) == "import")
      modules();
    else if (!before.empty() && before.back() == '@')
      add("numerics", Kind::Keyword, "@numerics(strict | default | fast)", "", 0);
    else if (before.size() > 9 && before.substr(before.size() - 10) == "@numerics(")
      policies();
    else if (!inFunction())
      items();
    else if (atType())
      types(0);
    else
      values();
    return std::move(list);
  }

private:
  void add(const std::string &label, Kind kind, const std::string &detail, const std::string &doc, int rank,
           const std::string &insert = "") {
    if (!seen.insert(label).second)
      return;
    Object item{{"label", label}, {"kind", static_cast<int>(kind)}, {"sortText", std::to_string(rank) + label}};
    if (!detail.empty())
      item["detail"] = llvm::json::fixUTF8(detail);
    if (!doc.empty())
      item["documentation"] = Object{{"kind", "markdown"}, {"value", llvm::json::fixUTF8(doc)}};
    if (!insert.empty())
      item["insertText"] = insert;
    list.push_back(std::move(item));
  }

  bool inFunction() const {
    for (const lang::ast::Function &function : document.program().main().ast.functions)
      if (offset > function.range.begin && offset <= function.range.end + (function.bodyBroken ? 1 : 0))
        return true;
    return false;
  }

  /// Behind `name:`, `->` or `|`.
  bool atType() const {
    size_t size = before.size();
    bool arrow = size > 1 && before.substr(size - 2) == "->";
    bool colon = size > 0 && before[size - 1] == ':' && before.rfind('[') == std::string_view::npos;
    bool param = size > 0 && before[size - 1] == ':' && before.rfind('(') != std::string_view::npos;
    bool header = before.find("kernel ") != std::string_view::npos || before.find("fn ") != std::string_view::npos;
    return arrow || colon || (header && param) || (header && size > 0 && before[size - 1] == '|');
  }

  void functionsOf(const lang::LoadedModule &module, int rank) {
    for (const auto &[name, overloads] : module.functions)
      add(name, Kind::Function, lang::signatureText(*overloads.front()), overloads.front()->doc, rank);
  }

  void members() {
    std::string_view name = before.substr(0, before.size() - 1);
    size_t begin = name.size();
    while (begin > 0 && isWord(name[begin - 1]))
      --begin;
    const auto &imports = document.program().main().imports;
    if (auto it = imports.find(std::string(name.substr(begin))); it != imports.end())
      functionsOf(*it->second, 0);
  }

  void modules() {
    std::error_code failure;
    std::filesystem::path own(document.path);
    for (std::filesystem::directory_iterator it(own.parent_path(), failure), end; !failure && it != end;
         it.increment(failure))
      if (it->path().extension() == ".flex" && it->path().filename() != own.filename())
        add(it->path().stem().string(), Kind::Module, "", "", 0);
    for (const std::string &name : lang::standardModuleNames())
      add(name, Kind::Module, "standard library", "", 1);
  }

  void policies() {
    for (const char *policy : {"strict", "default", "fast"})
      add(policy, Kind::Keyword, "", "", 0);
  }

  void items() {
    for (const char *keyword : {"kernel", "fn", "import", "schedule"})
      add(keyword, Kind::Keyword, "", "", 0);
  }

  void types(int rank) {
    symbols([](const Symbol &symbol) { return symbol.kind == SymbolKind::TypeParameter; });
    for (const std::string &type : lang::typeNames())
      add(type, Kind::Class, "", "", rank);
  }

  template <typename Filter> void symbols(Filter wanted) {
    const std::vector<Symbol> &all = document.index().symbols;
    for (size_t i = all.size(); i-- > 0;) { // inner names are declared later
      const Symbol &symbol = all[i];
      bool visible = symbol.visibleTo && symbol.visibleFrom <= offset && offset <= symbol.visibleTo;
      if (visible && wanted(symbol))
        add(symbol.name, kindOf(symbol.kind), typeOf(document, symbol), "", 0);
    }
  }

  /// `eps = ` of the call around.
  void argumentNames() {
    Value help = signatureHelp(document, offset);
    const Object *object = help.getAsObject();
    const Array *signatures = object ? object->getArray("signatures") : nullptr;
    for (const Value &signature : signatures ? *signatures : Array())
      for (const Value &param : *signature.getAsObject()->getArray("parameters")) {
        std::string label = param.getAsObject()->getString("label").value_or("").str();
        size_t end = 0;
        while (end < label.size() && isWord(label[end]))
          ++end;
        bool isName = end > 0 && (end == label.size() || label[end] == ' ') && !(label[0] >= '0' && label[0] <= '9');
        if (isName)
          add(label.substr(0, end) + " =", Kind::Property, "argument", "", 1, label.substr(0, end) + " = ");
      }
  }

  void values() {
    symbols([](const Symbol &) { return true; });
    argumentNames();
    const lang::LoadedModule &main = document.program().main();
    functionsOf(main, 2);
    for (const auto &[alias, module] : main.imports) {
      add(alias, Kind::Module, "import " + module->name, module->ast.doc, 2);
      functionsOf(*module, 3);
    }
    for (const auto &[name, doc] : lang::builtinDocs())
      add(name, Kind::Function, doc.signature, doc.text, 3);
    for (const std::string &type : lang::typeNames())
      add(type, Kind::Class, "", "", 4);
    for (const std::string &name : lang::constantNames())
      add(name, Kind::Constant, "", "", 4);
    for (const char *keyword : {"let", "var", "return", "if", "else", "for", "in", "true", "false", "scan", "inout"})
      add(keyword, Kind::Keyword, "", "", 5);
  }

  Document &document;
  uint32_t offset;
  std::string_view before; ///< of the line, up to the word at the cursor
  bool comment = false;
  Array list;
  std::set<std::string> seen;
};

} // namespace

Value completion(Document &document, uint32_t offset) {
  document.analyze(offset, offset);
  return Object{{"isIncomplete", false}, {"items", Completer(document, offset).run()}};
}

} // namespace flex::lsp
