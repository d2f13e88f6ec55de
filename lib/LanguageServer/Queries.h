//===- Queries.h - What can be asked about a document ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One function a request; each gives the protocol's result. The document has been
// read. What needs types analyses the functions it shows, no others.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "Document.h"
#include "llvm/Support/JSON.h"

#include <vector>

namespace flex::lsp {

using llvm::json::Value;

// Hover.cpp
Value hover(Document &document, uint32_t offset);
Value signatureHelp(Document &document, uint32_t offset);

// Completion.cpp
Value completion(Document &document, uint32_t offset);

// Navigation.cpp
Value definition(Document &document, uint32_t offset);
Value highlights(Document &document, uint32_t offset);
/// In all `others`, too, which have been read.
Value references(Document &document, uint32_t offset, bool includeDeclaration, const std::vector<Document *> &others);
/// The range and name, or null where nothing can be renamed.
Value prepareRename(Document &document, uint32_t offset);
/// A workspace edit, or the reason there is none.
llvm::Expected<Value> rename(Document &document, uint32_t offset, const std::string &newName,
                             const std::vector<Document *> &others);
Value documentSymbols(Document &document);
/// Where the text of a range is: a module of the standard library is written to the cache folder for it.
std::optional<std::string> uriOfFile(const lang::SourceFile &file);

// Presentation.cpp
Value semanticTokensLegend();
Value semanticTokens(Document &document, std::optional<Range> range);
Value inlayHints(Document &document, Range range);
/// Edits; none if the file has syntax errors or is in its form.
Value formatting(Document &document);
/// The parameters of publishDiagnostics: all functions have been analysed.
Value diagnosticsOf(Document &document);

/// The symbol named at an offset, or null.
const lang::Symbol *symbolAt(Document &document, uint32_t offset, const lang::Reference **reference = nullptr);
/// The type or range of a symbol as written or found; its function is analysed for that.
std::string typeOf(Document &document, const lang::Symbol &symbol);
/// All functions of a name that are visible: the file's own and those imported, or of one module.
std::vector<const lang::ast::Function *> functionsNamed(const lang::Program &program, const std::string &module,
                                                        const std::string &name);
/// A doc comment; a line "```flex" stays what it is.
std::string docOf(const lang::Symbol &symbol);

} // namespace flex::lsp
