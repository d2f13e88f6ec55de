//===- Ptx.cpp - What the driver reads of PTX text -----------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A scan over words and brackets, comments skipped; no parser. PTX ISA 9.0,
// sections 4 (syntax), 5.4 (.entry) and 11.1 (module directives).
//
//===----------------------------------------------------------------------===//
#include "Ptx.h"

#include <cctype>
#include <cstdlib>

namespace flex::rt::cuda {
namespace {

class Scanner {
public:
  explicit Scanner(const std::string &text) : text(text) {}

  /// The next word (letters, digits and .$_%), string or other character; empty at the end.
  std::string next() {
    skipBlanks();
    if (at >= text.size())
      return {};
    size_t begin = at;
    if (text[at] == '"') {
      at = text.find('"', at + 1);
      at = at == std::string::npos ? text.size() : at + 1;
      return text.substr(begin, at - begin);
    }
    while (at < text.size() && isWord(text[at]))
      ++at;
    if (at == begin)
      ++at;
    return text.substr(begin, at - begin);
  }

private:
  static bool isWord(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '$' || c == '_' || c == '%';
  }
  void skipBlanks() {
    while (at < text.size()) {
      bool line = text.compare(at, 2, "//") == 0, block = text.compare(at, 2, "/*") == 0;
      if (line || block) {
        size_t end = text.find(line ? "\n" : "*/", at + 2);
        at = end == std::string::npos ? text.size() : end + (line ? 1 : 2);
      } else if (std::isspace(static_cast<unsigned char>(text[at]))) {
        ++at;
      } else {
        return;
      }
    }
  }

  const std::string &text;
  size_t at = 0;
};

int readVersion(const std::string &word) {
  size_t dot = word.find('.');
  if (dot == std::string::npos || dot == 0 || dot + 2 != word.size())
    return 0;
  return 10 * std::atoi(word.c_str()) + (word[dot + 1] - '0');
}

} // namespace

StatusOr<PtxFacts> readPtx(const std::string &text) {
  auto damaged = [](const std::string &why) { return Status(StatusCode::DataLoss, "the payload is no PTX: " + why); };
  PtxFacts facts;
  Scanner scanner(text);
  if (text.find('\0') != std::string::npos || scanner.next() != ".version" ||
      (facts.version = readVersion(scanner.next())) == 0)
    return damaged("it does not begin with .version");
  if (scanner.next() != ".target")
    return damaged("it names no .target");
  facts.target = scanner.next();
  int64_t depth = 0;
  bool wantsBody = false;
  for (std::string word = scanner.next(); !word.empty(); word = scanner.next()) {
    if (word == ".entry" && depth == 0) {
      int64_t &count = facts.parameters[scanner.next()];
      wantsBody = true;
      word = scanner.next();
      if (word == "(") {
        while (!(word = scanner.next()).empty() && word != ")")
          count += word == ".param";
        continue;
      }
    }
    if (word == "{")
      wantsBody = false;
    depth += (word == "{") - (word == "}");
    if (depth < 0)
      return damaged("a bracket is closed that was not opened");
  }
  if (depth != 0 || wantsBody)
    return damaged("it ends inside a function");
  if (facts.parameters.empty())
    return damaged("it has no entry");
  return facts;
}

} // namespace flex::rt::cuda
