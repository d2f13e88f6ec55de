//===- SemanticIndex.h - What each name of a file refers to ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// For editors: the symbols a main file declares or uses, and every place where one
// is named. Names are resolved on the AST, so a broken file has an index, too;
// types, shapes and ranges come from Program::facts where analysis got that far.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/KernelLang/Frontend.h"

namespace flex::lang {

enum class SymbolKind : uint8_t {
  Module,
  Kernel,
  Function,
  Parameter,
  Variable,
  Index,
  Dimension,
  TypeParameter,
  Type,    ///< built in
  Builtin, ///< a function of the language
  Constant
};

struct Symbol {
  SymbolKind kind = SymbolKind::Variable;
  std::string name;
  SourceRange definition;                  ///< the name where it is declared; invalid if it is built in
  const ast::Function *function = nullptr; ///< itself, or the one it belongs to
  std::string type;                        ///< as written: "f32[M, N]", or an index's range "0..N-1"; may be empty
  bool isVar = false;
  uint32_t visibleFrom = 0, visibleTo = 0; ///< offsets of the main file, for completion; none: everywhere
  uint32_t hintAt = 0;                     ///< where an editor shows an inferred type or range
};

/// A name in the main file.
struct Reference {
  uint32_t begin = 0, end = 0, symbol = 0;
  bool isDefinition = false;
};

struct SemanticIndex {
  std::vector<Symbol> symbols;
  std::vector<Reference> references; ///< by `begin`; they do not overlap

  /// The name at an offset, or right before it.
  const Reference *at(uint32_t offset) const;
  std::vector<const Reference *> referencesTo(uint32_t symbol) const;
};

SemanticIndex buildIndex(const Program &program);

/// What analysis found for a symbol the text gives no type or range; empty if its function is not analysed.
std::string inferredType(const Program &program, const Symbol &symbol);

/// `kernel softmax(x: f32[M, N]) -> f32[M, N]` as written, on one line.
std::string signatureText(const ast::Function &function);

struct BuiltinDoc {
  std::string signature; ///< "clamp(x)"
  std::string text;
};
/// What the language itself offers as a function, by name; overloads side by side.
const std::multimap<std::string, BuiltinDoc> &builtinDocs();

/// All keywords, builtin functions, type names and named constants: for completion and highlighting.
std::vector<std::string> keywordNames();
std::vector<std::string> contextualKeywordNames();
std::vector<std::string> builtinNames();
std::vector<std::string> typeNames();
std::vector<std::string> constantNames();

} // namespace flex::lang
