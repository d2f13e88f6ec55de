//===- Protocol.h - What clients ask, read leniently ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// LLVM's library has no rename, formatting, semantic tokens or incremental changes
// in UTF-16. All requests about a document have the same few fields, so one
// struct reads them.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "llvm/Support/LSP/Protocol.h"

#include <optional>
#include <string>
#include <vector>

namespace flex::lsp {

/// `textDocument/…` requests: the fields that are there.
struct DocumentRequest {
  std::string uri;
  std::optional<llvm::lsp::Position> position;
  std::optional<llvm::lsp::Range> range;
  std::string newName;
  bool includeDeclaration = true;
};
bool fromJSON(const llvm::json::Value &value, DocumentRequest &result, llvm::json::Path path);

struct OpenRequest {
  std::string uri, text;
  int64_t version = 0;
};
bool fromJSON(const llvm::json::Value &value, OpenRequest &result, llvm::json::Path path);

struct Change {
  std::optional<llvm::lsp::Range> range; ///< none: the whole text
  std::string text;
};
bool fromJSON(const llvm::json::Value &value, Change &result, llvm::json::Path path);

struct ChangeRequest {
  std::string uri;
  int64_t version = 0;
  std::vector<Change> changes;
};
bool fromJSON(const llvm::json::Value &value, ChangeRequest &result, llvm::json::Path path);

/// Parameters that are not looked at.
struct Anything {};
inline bool fromJSON(const llvm::json::Value &, Anything &, llvm::json::Path) {
  return true;
}

/// The path of a `file:` URI; for any other, the URI itself.
std::string pathOf(const std::string &uri);
std::string uriOf(const std::string &path);

} // namespace flex::lsp
