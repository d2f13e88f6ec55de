//===- DocumentHtml.cpp - The reference of a module as a page ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Doc comments are Markdown; what they use of it is read here: paragraphs, lists, `code`
// and fenced blocks. Everything else is text. Invariant: all text is escaped.
//
//===----------------------------------------------------------------------===//
#include "flex/KernelLang/Document.h"

#include <algorithm>

namespace flex::lang {
namespace {

const char *const kStyle = "body{font:16px/1.5 sans-serif;max-width:50em;margin:2em auto;padding:0 1em;color:#222}"
                           "code,pre{font-family:monospace;font-size:.92em;background:#f3f3f3}"
                           "pre{padding:.6em .8em;overflow-x:auto}pre.signature{background:#e6edf5}"
                           "h3{margin-bottom:.2em;font-family:monospace}nav a{margin-right:.8em}";

std::string escaped(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '"')
      out += "&quot;";
    else
      out += c;
  }
  return out;
}

/// Escaped, with `code` marked.
std::string inlineText(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    size_t open = text.find('`');
    size_t close = open == std::string_view::npos ? open : text.find('`', open + 1);
    if (close == std::string_view::npos)
      return out + escaped(text);
    out += escaped(text.substr(0, open)) + "<code>" + escaped(text.substr(open + 1, close - open - 1)) + "</code>";
    text.remove_prefix(close + 1);
  }
  return out;
}

/// Blocks of a doc comment.
class Blocks {
public:
  std::string run(std::string_view text) {
    while (!text.empty()) {
      size_t end = std::min(text.find('\n'), text.size());
      line(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    close();
    return out + (fenced ? "</pre>\n" : "");
  }

private:
  void line(std::string_view text) {
    if (text.substr(0, 3) == "```") {
      close();
      out += fenced ? "</pre>\n" : "<pre>";
      fenced = !fenced;
    } else if (fenced) {
      out += escaped(text) + "\n";
    } else if (text.find_first_not_of(' ') == std::string_view::npos) {
      close();
    } else if (text.substr(0, 2) == "- ") {
      close(/*keepList=*/true);
      out += list ? "" : "<ul>\n";
      list = true;
      open = "li";
      paragraph = text.substr(2);
    } else {
      if (open.empty())
        close(); // a list before it
      open = open.empty() ? "p" : open;
      paragraph += (paragraph.empty() ? "" : "\n") + std::string(text);
    }
  }

  void close(bool keepList = false) {
    if (!open.empty())
      out += "<" + open + ">" + inlineText(paragraph) + "</" + open + ">\n";
    if (list && !keepList)
      out += "</ul>\n";
    list &= keepList;
    open.clear();
    paragraph.clear();
  }

  std::string out, open, paragraph;
  bool fenced = false, list = false;
};

} // namespace

std::string toHtml(const ModuleDoc &module) {
  std::string out = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>" +
                    escaped(module.name) + "</title>\n<style>" + kStyle + "</style>\n</head>\n<body>\n<h1>" +
                    escaped(module.name) + "</h1>\n" + Blocks().run(module.intro) + "<nav>\n";
  for (const SectionDoc &section : module.sections)
    for (const EntryDoc &entry : section.entries)
      out += "<a href=\"#" + escaped(entry.name) + "\">" + escaped(entry.name) + "</a>\n";
  out += "</nav>\n";
  for (const SectionDoc &section : module.sections) {
    if (!section.title.empty())
      out += "<h2>" + inlineText(section.title) + "</h2>\n";
    for (const EntryDoc &entry : section.entries) {
      out += "<h3 id=\"" + escaped(entry.name) + "\">" + escaped(entry.name) + "</h3>\n";
      for (size_t i = 0; i < entry.signatures.size(); ++i)
        out += "<pre class=\"signature\">" + escaped(entry.signatures[i]) + "</pre>\n" + Blocks().run(entry.docs[i]);
      std::string required;
      for (const std::string &condition : entry.required)
        required += (required.empty() ? "<code>" : ", <code>") + escaped(condition) + "</code>";
      if (!required.empty())
        out += "<p>The caller must keep " + required + ".</p>\n";
    }
  }
  return out + "</body>\n</html>\n";
}

} // namespace flex::lang
