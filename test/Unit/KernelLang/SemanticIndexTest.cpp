//===- SemanticIndexTest.cpp - What names refer to ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Resolution of every kind of name, inferred types, and files that are broken. The
// requests of editors on top of it: test/EndToEnd/test_lsp.py.
//
//===----------------------------------------------------------------------===//
#include "flex/KernelLang/SemanticIndex.h"
#include "TestSupport.h"
#include "flex/KernelLang/Lexer.h"

#include <algorithm>
#include <filesystem>

using namespace flex::lang;
using namespace flex::lang::test;

namespace {

struct Indexed {
  DiagnosticEngine diagnostics{1000};
  std::shared_ptr<const Program> program;
  SemanticIndex index;

  explicit Indexed(std::string_view text) {
    FrontendOptions options;
    options.recordFacts = true;
    program = parseAndAnalyze(text, "test.flex", options, diagnostics);
    index = buildIndex(*program);
  }

  /// The symbol of occurrence `number` of `word` that is a name.
  const Symbol *symbol(const std::string &word, size_t number = 0) const {
    for (const Reference &reference : index.references)
      if (program->main().file->text().substr(reference.begin, reference.end - reference.begin) == word && !number--)
        return &index.symbols[reference.symbol];
    return nullptr;
  }
  size_t count(const std::string &word) const {
    const Symbol *found = symbol(word);
    return found ? index.referencesTo(static_cast<uint32_t>(found - index.symbols.data())).size() : 0;
  }
  std::string type(const std::string &word, size_t number = 0) const {
    const Symbol *found = symbol(word, number);
    return !found ? "none" : found->type.empty() ? inferredType(*program, *found) : found->type;
  }
};

const char *const kKernel = R"(import nn
fn scaled(x: float, by: float = 2) -> float { x * by }
kernel k<T: f16 | f32, D: dim>(x: T[M, K], w: T[K, N], p: inout f32[D]) -> (T[M, N], f32[N], T[M]) where M <= 64 {
  let y = x @ w
  var z = nn.relu(y)
  z = scaled(z, by = 3)
  for r in 0..2 { z = z + T(r) }
  p = p * pi
  let s[t, c] = scan(t) if t == 0 { 0.5 } else { zero(s)[t-1, c] + f32(w[t, c]) }
  let last = s[-1, :]
  return [i, j] z[i, j], last, [m] sum(q in 0..K-1) x[m, q]
}
schedule k for cpu { rows 8 }
)";

TEST(SemanticIndex, Kinds) {
  Indexed file(kKernel);
  ASSERT_FALSE(file.diagnostics.hasErrors()) << file.diagnostics.renderText();
  const std::pair<const char *, SymbolKind> expected[] = {
      {"nn", SymbolKind::Module},       {"scaled", SymbolKind::Function}, {"k", SymbolKind::Kernel},
      {"T", SymbolKind::TypeParameter}, {"D", SymbolKind::Dimension},     {"M", SymbolKind::Dimension},
      {"x", SymbolKind::Parameter},     {"y", SymbolKind::Variable},      {"z", SymbolKind::Variable},
      {"relu", SymbolKind::Function},   {"r", SymbolKind::Index},         {"pi", SymbolKind::Constant},
      {"t", SymbolKind::Index},         {"zero", SymbolKind::Builtin},    {"f32", SymbolKind::Type},
      {"float", SymbolKind::Type},      {"sum", SymbolKind::Builtin},     {"by", SymbolKind::Parameter},
  };
  for (const auto &[name, kind] : expected) {
    const Symbol *found = file.symbol(name);
    ASSERT_TRUE(found) << name;
    EXPECT_EQ(found->kind, kind) << name;
  }
}

TEST(SemanticIndex, EveryPlaceOfAName) {
  Indexed file(kKernel);
  EXPECT_EQ(file.count("k"), 2u) << "its schedule";
  EXPECT_EQ(file.count("by"), 3u) << "declared, used, named in a call";
  EXPECT_EQ(file.count("M"), 4u) << "x, both results, where";
  EXPECT_EQ(file.count("z"), 6u);
  EXPECT_EQ(file.count("s"), 3u) << "the scan's body, too";
  EXPECT_EQ(file.count("t"), 5u) << "scan(t) names the index of the statement";
  EXPECT_EQ(file.count("nn"), 2u);
}

TEST(SemanticIndex, InferredTypes) {
  Indexed file(kKernel);
  EXPECT_EQ(file.type("y"), "T[M, N]");
  EXPECT_EQ(file.type("z"), "T[M, N]");
  EXPECT_EQ(file.type("s"), "f32[K, N]");
  EXPECT_EQ(file.type("last"), "f32[N]");
  EXPECT_EQ(file.type("p"), "inout f32[D]");
  EXPECT_EQ(file.type("i"), "0..M - 1");
  EXPECT_EQ(file.type("q"), "0..K-1");
  EXPECT_TRUE(file.symbol("z")->isVar);
  EXPECT_FALSE(file.symbol("y")->isVar);
}

/// A name means the innermost declaration, and what another function declares does not count.
TEST(SemanticIndex, Scopes) {
  Indexed file(
      "fn f(x: float) -> float { let y = x\n y }\n"
      "kernel g(x: f32[N]) -> f32[N] { let y[i] = if x[i] > 0 { let u = x[i]\n u } else { 0 }\n return [i] y[i] }\n");
  EXPECT_EQ(file.count("y"), 2u);
  EXPECT_NE(file.symbol("y"), file.symbol("y", 2));
  EXPECT_NE(file.symbol("i"), file.symbol("i", 3)) << "each statement has its own index";
  EXPECT_EQ(file.count("u"), 2u);
}

TEST(SemanticIndex, DimensionsAsParameters) {
  Indexed file(
      "fn g(x: float[N], size: dim) -> float[size] where size >= 1 { let p = clamp(x)\n [i in 0..size-1] p[i] }\n");
  EXPECT_EQ(file.count("size"), 4u);
  EXPECT_EQ(file.symbol("size")->kind, SymbolKind::Parameter);
}

TEST(SemanticIndex, SignaturesAreOnOneLine) {
  Indexed file("kernel k(\n  x: f32[N],  // the input\n  y: f32[N]\n)\n    -> f32[N]\n    where N >= 1 { x + y }\n");
  ASSERT_EQ(file.program->main().ast.functions.size(), 1u);
  EXPECT_EQ(signatureText(file.program->main().ast.functions[0]),
            "kernel k(x: f32[N], y: f32[N]) -> f32[N] where N >= 1");
}

/// References are in order, apart, and spell the symbol's name; also where a file ends anywhere.
TEST(SemanticIndex, AnyFile) {
  for (const char *folder : {"std", "test/KernelLang", "examples"})
    for (const auto &entry : std::filesystem::recursive_directory_iterator(sourcePath(folder))) {
      if (entry.path().extension() != ".flex")
        continue;
      std::string text = readFile(entry.path().string());
      for (size_t length : {text.size(), text.size() / 2, text.size() / 3}) {
        Indexed file(text.substr(0, length));
        uint32_t end = 0;
        for (const Reference &reference : file.index.references) {
          ASSERT_GE(reference.begin, end) << entry.path();
          end = reference.end;
          ASSERT_LE(end, length);
          const Symbol &symbol = file.index.symbols[reference.symbol];
          if (symbol.kind != SymbolKind::Module) {
            EXPECT_EQ(text.substr(reference.begin, end - reference.begin), symbol.name) << entry.path();
          }
        }
      }
    }
}

/// In a file without errors only words of the grammar and the names of other files' parameters refer to nothing.
TEST(SemanticIndex, EveryNameRefersToSomething) {
  std::vector<std::string> words = contextualKeywordNames();
  words.insert(words.end(), {"numerics", "strict", "default", "fast"});
  size_t files = 0;
  for (const char *folder : {"std", "examples"})
    for (const auto &entry : std::filesystem::recursive_directory_iterator(sourcePath(folder))) {
      if (entry.path().extension() != ".flex")
        continue;
      Indexed file(readFile(entry.path().string()));
      if (file.diagnostics.hasErrors())
        continue;
      ++files;
      DiagnosticEngine quiet;
      LexResult lexed = lex(*file.program->main().file, quiet);
      for (size_t i = 0; i + 1 < lexed.tokens.size(); ++i) {
        const Token &token = lexed.tokens[i];
        bool isWord = std::find(words.begin(), words.end(), token.text()) != words.end();
        bool isArgument = lexed.tokens[i + 1].is(TokenKind::Equal);
        const Reference *found = file.index.at(token.range.begin);
        bool isKnown = found && found->begin == token.range.begin;
        if (token.is(TokenKind::Identifier) && !isWord && !isArgument) {
          EXPECT_TRUE(isKnown) << entry.path() << ":" << file.program->main().file->position(token.range.begin).line
                               << ": " << token.text();
        }
      }
    }
  EXPECT_GE(files, 8u);
}

TEST(SemanticIndex, EveryBuiltinFunctionHasALine) {
  std::vector<std::string> names = builtinNames();
  for (const std::string &name : names)
    EXPECT_TRUE(builtinDocs().count(name)) << name << ": add it to BuiltinDocs.cpp";
  for (const auto &[name, doc] : builtinDocs()) {
    EXPECT_TRUE(std::find(names.begin(), names.end(), name) != names.end()) << name;
    EXPECT_EQ(doc.signature.substr(0, name.size() + 1), name + "(");
    EXPECT_EQ(doc.text.back(), '.') << name;
  }
}

/// Functions analysed one by one say the same as all at once.
TEST(SemanticIndex, StepwiseIsTheSame) {
  std::string text = std::string(kKernel) + "kernel bad(x: f32[N]) -> f32[N] { x + undefined }\n";
  Indexed whole(text);
  DiagnosticEngine diagnostics(1000);
  FrontendOptions options;
  options.recordFacts = true;
  StepwiseProgram steps(text, "test.flex", options, diagnostics);
  EXPECT_EQ(steps.functionCount(), 3u);
  EXPECT_FALSE(diagnostics.hasErrors());
  for (size_t number : {2, 0, 1, 1})
    steps.analyze(number);
  EXPECT_EQ(diagnostics.renderText(), whole.diagnostics.renderText());
  EXPECT_EQ(steps.program()->facts().size(), whole.program->facts().size());
  EXPECT_EQ(steps.program()->kernels().size(), whole.program->kernels().size());
}

} // namespace
