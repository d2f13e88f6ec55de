//===- DocCommand.cpp - flexc doc: the reference of a module --------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Links the language front end, which is free of LLVM. A module of the standard library is
// named without a file; a file must be free of errors.
//
//===----------------------------------------------------------------------===//
#include "Command.h"
#include "Text.h"
#include "flex/KernelLang/Document.h"

#include <algorithm>
#include <filesystem>

namespace flex::tool {
namespace {

constexpr uint64_t kMaxBytes = 16u << 20;

struct Source {
  std::string text, fileName, name;
};

StatusOr<Source> sourceOf(const std::string &word) {
  bool isFile = endsWith(word, ".flex") || word == "-" || word.find('/') != std::string::npos;
  if (!isFile) {
    std::string_view text = lang::standardModuleText(word);
    if (!text.empty())
      return Source{std::string(text), "<std>/" + word + ".flex", word};
    std::vector<std::string> names = lang::standardModuleNames();
    return Status(StatusCode::NotFound, "the standard library has no module '" + printable(word) + "'; there are: " +
                                            join(names) + didYouMean(word, names) + "; a file ends in '.flex'");
  }
  auto text = readFile(word, kMaxBytes);
  if (!text)
    return text.status();
  std::string name = word == "-" ? "kernel" : std::filesystem::path(word).stem().string();
  return Source{std::move(*text), word, std::move(name)};
}

/// Writes NAME.md and NAME.html, or prints Markdown where no folder is given.
Status document(const std::string &word, const Options &options) {
  auto source = sourceOf(word);
  if (!source)
    return source.status();
  lang::FrontendOptions frontend;
  frontend.importPaths = options.all("import-path");
  lang::DiagnosticEngine diagnostics;
  auto program = lang::parseAndAnalyze(source->text, source->fileName, frontend, diagnostics);
  if (diagnostics.hasErrors())
    return {StatusCode::CompileError, diagnostics.renderText()};
  lang::ModuleDoc doc = lang::documentModule(*program, source->name);
  if (!options.has("output")) {
    print(lang::toMarkdown(doc));
    return Status::ok();
  }
  std::filesystem::path folder = options.get("output");
  std::error_code failure;
  std::filesystem::create_directories(folder, failure);
  if (failure)
    return {StatusCode::PermissionDenied,
            "cannot make the folder '" + printable(folder.string()) + "': " + failure.message()};
  std::string markdown = lang::toMarkdown(doc), html = lang::toHtml(doc);
  FLEX_RETURN_IF_ERROR(writeFile((folder / (doc.name + ".md")).string(), markdown.data(), markdown.size()));
  return writeFile((folder / (doc.name + ".html")).string(), html.data(), html.size());
}

} // namespace

int runDoc(const Options &options) {
  std::vector<std::string> words = options.words;
  if (words.empty() && !options.has("output")) {
    for (const std::string &name : lang::standardModuleNames())
      print(name + "\n");
    return kExitOk;
  }
  if (words.empty())
    words = lang::standardModuleNames();
  for (const std::string &word : words)
    if (Status status = document(word, options); !status.isOk())
      return fail(status);
  return kExitOk;
}

} // namespace flex::tool
