//===- Navigation.cpp - Definitions, references, rename, symbols ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A function is known across the open files by its file and name; all other names
// live in one function.
//
//===----------------------------------------------------------------------===//
#include "Protocol.h"
#include "Queries.h"

#include "llvm/Support/LSP/Transport.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace flex::lsp {

using lang::Reference;
using lang::Symbol;
using lang::SymbolKind;
using llvm::json::Array;
using llvm::json::Object;

namespace fs = std::filesystem;

/// $XDG_CACHE_HOME/flex/std or ~/.cache/flex/std.
static fs::path standardFolder() {
  const char *cache = std::getenv("XDG_CACHE_HOME"), *home = std::getenv("HOME");
  if (cache && *cache)
    return fs::path(cache) / "flex" / "std";
  return home && *home ? fs::path(home) / ".cache" / "flex" / "std" : fs::path();
}

std::optional<std::string> uriOfFile(const lang::SourceFile &file) {
  llvm::StringRef name(file.name());
  if (!name.consume_front("<std>/"))
    return fs::path(file.name()).is_absolute() ? std::optional(uriOf(file.name())) : std::nullopt;
  fs::path folder = standardFolder(), path = folder / name.str();
  if (folder.empty())
    return std::nullopt;
  std::ifstream old(path, std::ios::binary);
  std::ostringstream text;
  text << old.rdbuf();
  if (!old || text.str() != file.text()) {
    std::error_code failure;
    fs::create_directories(folder, failure);
    fs::path fresh = path;
    fresh += ".new";
    std::ofstream out(fresh, std::ios::binary | std::ios::trunc);
    out << file.text();
    out.close();
    if (!out)
      return std::nullopt;
    fs::rename(fresh, path, failure);
    if (failure)
      return std::nullopt;
  }
  return uriOf(path.string());
}

Value definition(Document &document, uint32_t offset) {
  const Symbol *symbol = symbolAt(document, offset);
  if (!symbol || !symbol->definition.isValid())
    return nullptr;
  lang::SourceRange range = symbol->definition;
  if (range.file == document.program().main().file.get())
    return Object{{"uri", document.uri}, {"range", document.lines().range(range.begin, range.end)}};
  auto uri = uriOfFile(*range.file);
  if (!uri)
    return nullptr;
  LineTable lines(range.file->text());
  return Object{{"uri", *uri}, {"range", lines.range(range.begin, range.end)}};
}

Value highlights(Document &document, uint32_t offset) {
  const Reference *at = nullptr;
  if (!symbolAt(document, offset, &at))
    return nullptr;
  Array list;
  for (const Reference *reference : document.index().referencesTo(at->symbol))
    list.push_back(Object{{"range", document.lines().range(reference->begin, reference->end)}});
  return list;
}

namespace {

struct Place {
  Document *document;
  const Reference *reference;
};

/// The file a symbol is declared in, empty if it is built in.
std::string fileOf(const Symbol &symbol) {
  return symbol.definition.file ? symbol.definition.file->name() : "";
}

bool isFunction(const Symbol &symbol) {
  return symbol.kind == SymbolKind::Kernel || symbol.kind == SymbolKind::Function;
}

/// Everywhere a symbol is named; overloads of one name stay apart by their place.
std::vector<Place> placesOf(Document &document, const Reference &at, const std::vector<Document *> &others) {
  std::vector<Place> places;
  const Symbol &symbol = document.index().symbols[at.symbol];
  for (const Reference *reference : document.index().referencesTo(at.symbol))
    places.push_back({&document, reference});
  if (!isFunction(symbol))
    return places;
  for (Document *other : others) {
    if (other == &document)
      continue;
    const lang::SemanticIndex &index = other->index();
    for (uint32_t id = 0; id < index.symbols.size(); ++id) {
      const Symbol &candidate = index.symbols[id];
      bool same = isFunction(candidate) && candidate.name == symbol.name && fileOf(candidate) == fileOf(symbol) &&
                  candidate.definition.begin == symbol.definition.begin;
      if (!same)
        continue;
      for (const Reference *reference : index.referencesTo(id))
        places.push_back({other, reference});
    }
  }
  return places;
}

} // namespace

Value references(Document &document, uint32_t offset, bool includeDeclaration, const std::vector<Document *> &others) {
  const Reference *at = nullptr;
  if (!symbolAt(document, offset, &at))
    return nullptr;
  Array list;
  for (const Place &place : placesOf(document, *at, others))
    if (includeDeclaration || !place.reference->isDefinition)
      list.push_back(Object{{"uri", place.document->uri},
                            {"range", place.document->lines().range(place.reference->begin, place.reference->end)}});
  return list;
}

//===----------------------------------------------------------------------===//
// Rename
//===----------------------------------------------------------------------===//

/// Why a symbol cannot be renamed here; empty if it can.
static std::string cannotRename(Document &document, const Symbol *symbol) {
  if (!symbol)
    return "there is no name here";
  if (!symbol->definition.isValid() || (symbol->kind == SymbolKind::Module && !symbol->definition.isValid()))
    return "'" + symbol->name + "' is part of the language";
  if (symbol->kind == SymbolKind::Module)
    return "a module has the name of its file";
  if (symbol->definition.file != document.program().main().file.get())
    return "'" + symbol->name + "' is declared in another file";
  return "";
}

Value prepareRename(Document &document, uint32_t offset) {
  const Reference *at = nullptr;
  const Symbol *symbol = symbolAt(document, offset, &at);
  if (!cannotRename(document, symbol).empty())
    return nullptr;
  return Object{{"range", document.lines().range(at->begin, at->end)}, {"placeholder", symbol->name}};
}

static bool isIdentifier(const std::string &name) {
  auto isStart = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  auto isPart = [&](char c) { return isStart(c) || (c >= '0' && c <= '9'); };
  return !name.empty() && isStart(name[0]) && std::all_of(name.begin(), name.end(), isPart);
}

/// Why `name` cannot stand for `symbol`; empty if it can.
static std::string nameTaken(Document &document, const Symbol &symbol, const std::string &name) {
  if (!isIdentifier(name))
    return "'" + name + "' is not a name";
  for (const auto &reserved : {lang::keywordNames(), lang::builtinNames(), lang::typeNames(), lang::constantNames()})
    if (std::find(reserved.begin(), reserved.end(), name) != reserved.end())
      return "'" + name + "' is part of the language";
  for (const Symbol &other : document.index().symbols) {
    bool global = isFunction(other) || isFunction(symbol) || other.kind == SymbolKind::Module;
    if (&other != &symbol && other.name == name && (global || other.function == symbol.function))
      return "'" + name + "' is already defined";
  }
  return "";
}

llvm::Expected<Value> rename(Document &document, uint32_t offset, const std::string &newName,
                             const std::vector<Document *> &others) {
  const Reference *at = nullptr;
  const Symbol *symbol = symbolAt(document, offset, &at);
  std::string problem = cannotRename(document, symbol);
  if (problem.empty() && newName != symbol->name)
    problem = nameTaken(document, *symbol, newName);
  if (!problem.empty())
    return llvm::make_error<llvm::lsp::LSPError>(problem, llvm::lsp::ErrorCode::RequestFailed);
  std::map<std::string, Array> edits;
  for (const Place &place : placesOf(document, *at, others))
    edits[place.document->uri].push_back(Object{
        {"range", place.document->lines().range(place.reference->begin, place.reference->end)}, {"newText", newName}});
  Object changes;
  for (auto &[uri, list] : edits)
    changes[uri] = std::move(list);
  return Value(Object{{"changes", std::move(changes)}});
}

//===----------------------------------------------------------------------===//
// The outline
//===----------------------------------------------------------------------===//

/// LLVM's JSON objects take 4 KB each: the names inside of functions are listed up to this many of them.
static constexpr long kMaxMembers = 300;

static bool isMember(const Symbol &symbol) {
  bool kind = symbol.kind == SymbolKind::Parameter || symbol.kind == SymbolKind::Variable;
  return kind && symbol.function && symbol.definition.begin < symbol.definition.end;
}

Value documentSymbols(Document &document) {
  const LineTable &lines = document.lines();
  std::map<const lang::ast::Function *, Array> children;
  const std::vector<Symbol> &symbols = document.index().symbols;
  bool isLarge = std::count_if(symbols.begin(), symbols.end(), isMember) > kMaxMembers;
  for (const Symbol &symbol : symbols) {
    if (isLarge || !isMember(symbol))
      continue;
    Range range = lines.range(symbol.definition.begin, symbol.definition.end);
    Object child{{"name", symbol.name},
                 {"kind", static_cast<int>(llvm::lsp::SymbolKind::Variable)},
                 {"range", range},
                 {"selectionRange", range}};
    if (!symbol.type.empty())
      child["detail"] = llvm::json::fixUTF8(symbol.type);
    children[symbol.function].push_back(std::move(child));
  }
  Array list;
  for (const lang::ast::Function &function : document.program().main().ast.functions) {
    if (function.name.text.empty())
      continue;
    Object item{{"name", function.name.text},
                {"detail", function.isKernel ? "kernel" : "fn"},
                {"kind", static_cast<int>(llvm::lsp::SymbolKind::Function)},
                {"range", lines.range(function.range.begin, function.range.end)},
                {"selectionRange", lines.range(function.name.range.begin, function.name.range.end)}};
    if (auto it = children.find(&function); it != children.end())
      item["children"] = std::move(it->second);
    list.push_back(std::move(item));
  }
  return list;
}

} // namespace flex::lsp
