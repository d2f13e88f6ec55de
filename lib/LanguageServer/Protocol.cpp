//===- Protocol.cpp - What clients ask, read leniently ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A field of the wrong kind is an InvalidParams error with its path.
//
//===----------------------------------------------------------------------===//
#include "Protocol.h"

#include "llvm/Support/JSON.h"

namespace flex::lsp {

using llvm::json::ObjectMapper;
using llvm::json::Path;
using llvm::json::Value;

/// Reads `key` of the object `value` if it is there and not null.
template <typename T> static bool readIfThere(const Value &value, llvm::StringLiteral key, T &result, Path path) {
  const Value *field = value.getAsObject()->get(key);
  return !field || field->kind() == Value::Null || fromJSON(*field, result, path.field(key));
}

static bool readUri(const Value &value, std::string &uri, int64_t *version, Path path) {
  ObjectMapper fields(value, path);
  if (!fields)
    return false;
  const Value *document = value.getAsObject()->get("textDocument");
  if (!document) {
    path.report("expected a textDocument");
    return false;
  }
  Path inner = path.field("textDocument");
  ObjectMapper mapper(*document, inner);
  return mapper && mapper.map("uri", uri) && (!version || mapper.mapOptional("version", *version));
}

bool fromJSON(const Value &value, DocumentRequest &result, Path path) {
  if (!readUri(value, result.uri, nullptr, path))
    return false;
  llvm::lsp::Position position;
  llvm::lsp::Range range;
  const auto &object = *value.getAsObject();
  if (!readIfThere(value, "position", position, path) || !readIfThere(value, "range", range, path) ||
      !readIfThere(value, "newName", result.newName, path))
    return false;
  if (object.get("position"))
    result.position = position;
  if (object.get("range"))
    result.range = range;
  if (auto *context = object.getObject("context"))
    result.includeDeclaration = context->getBoolean("includeDeclaration").value_or(true);
  return true;
}

bool fromJSON(const Value &value, OpenRequest &result, Path path) {
  if (!readUri(value, result.uri, &result.version, path))
    return false;
  Path inner = path.field("textDocument");
  ObjectMapper mapper(*value.getAsObject()->get("textDocument"), inner);
  return mapper && mapper.map("text", result.text);
}

bool fromJSON(const Value &value, Change &result, Path path) {
  ObjectMapper mapper(value, path);
  if (!mapper || !mapper.map("text", result.text))
    return false;
  llvm::lsp::Range range;
  if (!readIfThere(value, "range", range, path))
    return false;
  if (value.getAsObject()->get("range"))
    result.range = range;
  return true;
}

bool fromJSON(const Value &value, ChangeRequest &result, Path path) {
  if (!readUri(value, result.uri, &result.version, path))
    return false;
  ObjectMapper mapper(value, path);
  return mapper && mapper.map("contentChanges", result.changes);
}

std::string pathOf(const std::string &uri) {
  if (llvm::StringRef(uri).starts_with("file:")) {
    if (auto parsed = llvm::lsp::URIForFile::fromURI(uri))
      return parsed->file().str();
    else
      llvm::consumeError(parsed.takeError());
  }
  return uri;
}

std::string uriOf(const std::string &path) {
  auto uri = llvm::lsp::URIForFile::fromFile(path);
  if (uri)
    return uri->uri().str();
  llvm::consumeError(uri.takeError());
  return path;
}

} // namespace flex::lsp
