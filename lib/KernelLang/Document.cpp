//===- Document.cpp - The reference of a module ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Collects a module's entries in the order of the text and writes Markdown; HTML is
// DocumentHtml.cpp. Invariant: every function and kernel is in exactly one entry.
//
//===----------------------------------------------------------------------===//
#include "flex/KernelLang/Document.h"

#include <algorithm>

namespace flex::lang {

using namespace ast;

namespace {

/// The header of a function on one line, without comments.
std::string signatureOf(const Function &function) {
  uint32_t end = function.body.range.isValid() ? function.body.range.begin : function.range.end;
  std::string_view text = function.range.file->text().substr(function.range.begin, end - function.range.begin);
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i, 2) == "//")
      i = std::min(text.find('\n', i), text.size() - 1);
    bool space = text[i] == ' ' || text[i] == '\n' || text[i] == '\t' || text[i] == '\r';
    if (!space)
      out += text[i];
    else if (!out.empty() && out.back() != ' ' && out.back() != '(')
      out += ' ';
  }
  while (!out.empty() && out.back() == ' ')
    out.pop_back();
  size_t close;
  while ((close = out.find(" )")) != std::string::npos)
    out.erase(close, 1);
  while ((close = out.find(",)")) != std::string::npos)
    out.erase(close, 1);
  return out;
}

std::string commentText(SourceRange range) {
  std::string_view text = range.text();
  text.remove_prefix(std::min<size_t>(2, text.size()));
  while (!text.empty() && text.front() == ' ')
    text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\r'))
    text.remove_suffix(1);
  return std::string(text);
}

/// The comments outside of functions: the block at the top, and titles of sections.
class Comments {
public:
  Comments(const ast::Module &module) : module(module) {}

  void read(ModuleDoc &doc) {
    unsigned expected = 1;
    for (const SourceRange &comment : module.comments) {
      unsigned line = lineOf(comment);
      bool top = line == expected;
      if (top) {
        doc.intro += (doc.intro.empty() ? "" : "\n") + commentText(comment);
        expected = line + 1;
      } else if (standsAlone(comment)) {
        titles.push_back({comment.begin, commentText(comment)});
      }
    }
  }

  /// The last title before `offset` that comes after the one given before; empty if none.
  std::string titleBefore(uint32_t offset) {
    std::string title;
    while (next < titles.size() && titles[next].offset < offset)
      title = titles[next++].text;
    return title;
  }

private:
  struct Title {
    uint32_t offset;
    std::string text;
  };

  unsigned lineOf(SourceRange range) const { return range.file->position(range.begin).line; }

  /// One line between two empty ones, outside of every function.
  bool standsAlone(SourceRange range) const {
    for (const Function &function : module.functions)
      if (range.begin >= function.range.begin && range.end <= function.range.end)
        return false;
    unsigned line = lineOf(range);
    auto blank = [&](unsigned number) {
      return range.file->line(number).find_first_not_of(" \t\r") == std::string_view::npos;
    };
    return range.file->position(range.begin).column == 1 && blank(line - 1) && blank(line + 1);
  }

  const ast::Module &module;
  std::vector<Title> titles;
  size_t next = 0;
};

} // namespace

/// An empty line before each fence, as Markdown's readers want it.
static std::string spaced(const std::string &doc) {
  std::string out;
  bool inside = false;
  for (size_t at = 0; at < doc.size();) {
    size_t end = std::min(doc.find('\n', at), doc.size());
    std::string line = doc.substr(at, end - at);
    bool fence = line.substr(0, 3) == "```";
    if (fence && !inside && !out.empty() && out.substr(std::max<size_t>(out.size(), 2) - 2) != "\n\n")
      out += "\n";
    inside ^= fence;
    out += line + "\n";
    at = end + 1;
  }
  return out;
}

ModuleDoc documentModule(const Program &program, std::string name) {
  const ast::Module &module = program.main().ast;
  ModuleDoc doc;
  doc.name = std::move(name);
  Comments comments(module);
  comments.read(doc);
  if (!module.doc.empty())
    doc.intro = module.doc;
  doc.sections.emplace_back();
  for (const Function &function : module.functions) {
    if (std::string title = comments.titleBefore(function.range.begin); !title.empty())
      doc.sections.push_back({title, {}});
    std::vector<EntryDoc> &entries = doc.sections.back().entries;
    if (entries.empty() || entries.back().name != function.name.text)
      entries.push_back({function.name.text, function.isKernel, {}, {}, {}});
    EntryDoc &entry = entries.back();
    entry.signatures.push_back(signatureOf(function));
    entry.docs.push_back(function.doc);
    if (const KernelSignature *signature = function.isKernel ? program.findKernel(function.name.text) : nullptr)
      for (const Constraint &constraint : signature->constraints)
        if (entry.signatures.back().find(constraint.source) == std::string::npos)
          entry.required.push_back(constraint.str());
  }
  if (doc.sections.front().entries.empty())
    doc.sections.erase(doc.sections.begin());
  return doc;
}

std::string toMarkdown(const ModuleDoc &module) {
  std::string out = "# " + module.name + "\n";
  if (!module.intro.empty())
    out += "\n" + module.intro + "\n";
  for (const SectionDoc &section : module.sections) {
    if (!section.title.empty())
      out += "\n## " + section.title + "\n";
    for (const EntryDoc &entry : section.entries) {
      out += "\n### " + entry.name + "\n";
      for (size_t i = 0; i < entry.signatures.size(); ++i) {
        out += "\n```flex-shown\n" + entry.signatures[i] + "\n```\n";
        if (!entry.docs[i].empty())
          out += "\n" + spaced(entry.docs[i]);
      }
      std::string required;
      for (const std::string &condition : entry.required)
        required += (required.empty() ? "`" : ", `") + condition + "`";
      if (!required.empty())
        out += "\nThe caller must keep " + required + ".\n";
    }
  }
  return out;
}

std::vector<std::string> examplesOf(std::string_view doc) {
  std::vector<std::string> examples;
  constexpr std::string_view fence = "```flex\n";
  for (size_t at = doc.find(fence); at != std::string_view::npos; at = doc.find(fence, at + 1)) {
    size_t begin = at + fence.size(), end = doc.find("```", begin);
    if (end == std::string_view::npos)
      break;
    examples.emplace_back(doc.substr(begin, end - begin));
  }
  return examples;
}

} // namespace flex::lang
