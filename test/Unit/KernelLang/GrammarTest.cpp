//===- GrammarTest.cpp - The editors' grammar knows the language ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The word lists of editors/vscode/syntaxes/flex.tmLanguage.json, which the docs'
// highlighting reads, too, against the lexer's keywords and the builtin names.
//
//===----------------------------------------------------------------------===//
#include "TestSupport.h"
#include "flex/KernelLang/SemanticIndex.h"

#include <algorithm>

using namespace flex::lang;
using namespace flex::lang::test;

namespace {

/// The words of `"<group>": { … "match": "\\b(?:a|b)\\b"`.
std::vector<std::string> wordsOf(const std::string &grammar, const std::string &group) {
  size_t at = grammar.find("\"" + group + "\": {");
  at = at == std::string::npos ? at : grammar.find("\"match\": \"", at);
  size_t open = at == std::string::npos ? at : grammar.find("(?:", at);
  if (open == std::string::npos)
    return {};
  std::istringstream list(grammar.substr(open + 3, grammar.find(')', open) - open - 3));
  std::vector<std::string> words;
  for (std::string word; std::getline(list, word, '|');)
    words.push_back(word);
  return words;
}

std::vector<std::string> sorted(std::vector<std::string> words) {
  std::sort(words.begin(), words.end());
  return words;
}

TEST(Grammar, WordListsAreTheCompilers) {
  std::string grammar = readFile(sourcePath("editors/vscode/syntaxes/flex.tmLanguage.json"));
  std::vector<std::string> keywords = wordsOf(grammar, "keywords"), literals = wordsOf(grammar, "literals");
  keywords.insert(keywords.end(), literals.begin(), literals.end());
  EXPECT_EQ(sorted(keywords), sorted(keywordNames()));
  EXPECT_EQ(sorted(wordsOf(grammar, "types")), sorted(typeNames()));
  EXPECT_EQ(sorted(wordsOf(grammar, "builtins")), sorted(builtinNames()));
  EXPECT_EQ(sorted(wordsOf(grammar, "constants")), sorted(constantNames()));
  for (const std::string &word : contextualKeywordNames())
    EXPECT_NE(grammar.find(word), std::string::npos) << word;
}

} // namespace
