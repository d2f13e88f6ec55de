//===- DocumentTest.cpp - The reference of a module ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What `flexc doc` writes; and that the library documents all it has, with examples
// that compile.
//
//===----------------------------------------------------------------------===//
#include "flex/KernelLang/Document.h"
#include "TestSupport.h"

using namespace flex::lang;
using namespace flex::lang::test;

namespace {

const char *const kModule = R"(// About shapes.
// Two lines.
import nn

// Simple things

/// Twice `x`, for x < 1 & more.
///
/// - first
/// - second
/// ```flex
/// kernel k(x: f32[N]) -> f32[N] { return m.twice(x) }
/// ```
fn twice(
  x: float,  // any
) -> float { 2 * x }
fn twice(x: int) -> int { x + x }

// not a title, since a function follows
/// Pairs.
kernel pairs(x: f32[2 * N], y: f32[N]) -> f32[N - 1] { return [i in 0..N-2] x[2 * i] + y[i] }
)";

TEST(Document, Markdown) {
  Analysis analysis(kModule);
  ASSERT_FALSE(analysis.diagnostics.hasErrors()) << analysis.diagnostics.renderText();
  std::string text = toMarkdown(documentModule(*analysis.program, "m"));
  EXPECT_EQ(text, "# m\n\nAbout shapes.\nTwo lines.\n\n## Simple things\n\n### twice\n\n"
                  "```flex-shown\nfn twice(x: float) -> float\n```\n\n"
                  "Twice `x`, for x < 1 & more.\n\n- first\n- second\n\n"
                  "```flex\nkernel k(x: f32[N]) -> f32[N] { return m.twice(x) }\n```\n\n"
                  "```flex-shown\nfn twice(x: int) -> int\n```\n\n### pairs\n\n"
                  "```flex-shown\nkernel pairs(x: f32[2 * N], y: f32[N]) -> f32[N - 1]\n```\n\nPairs.\n\n"
                  "The caller must keep `0 <= N - 1`.\n");
}

TEST(Document, HtmlIsEscapedAndClosed) {
  Analysis analysis(kModule);
  std::string text = toHtml(documentModule(*analysis.program, "m"));
  EXPECT_NE(text.find("<p>Twice <code>x</code>, for x &lt; 1 &amp; more.</p>\n<ul>\n<li>first</li>\n<li>second</li>\n"
                      "</ul>\n<pre>kernel k(x: f32[N]) -&gt; f32[N] { return m.twice(x) }\n</pre>"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("<h3 id=\"pairs\">pairs</h3>"), std::string::npos) << text;
  for (const char *tag : {"p", "ul", "li", "pre", "h3", "code"}) {
    auto count = [&](const std::string &what) {
      size_t found = 0;
      for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1))
        ++found;
      return found;
    };
    std::string open = std::string("<") + tag;
    EXPECT_EQ(count(open + ">") + count(open + " "), count(std::string("</") + tag + ">")) << tag << "\n" << text;
  }
}

TEST(Document, AnUnclosedFenceEndsWithItsComment) {
  Analysis analysis("/// ```flex\n/// kernel\nfn f(x: f32) -> f32 { x }\n");
  std::string text = toHtml(documentModule(*analysis.program, "m"));
  EXPECT_NE(text.find("<pre>kernel\n</pre>"), std::string::npos) << text;
  EXPECT_TRUE(examplesOf("```flex\nkernel\n").empty());
}

/// Every function of the library says what it does and shows it.
TEST(Document, TheLibraryIsDocumented) {
  std::vector<std::string> names = standardModuleNames();
  EXPECT_GE(names.size(), 3u);
  for (const std::string &name : names) {
    Analysis analysis(standardModuleText(name), name + ".flex");
    ASSERT_FALSE(analysis.diagnostics.hasErrors()) << analysis.diagnostics.renderText();
    for (const SectionDoc &section : documentModule(*analysis.program, name).sections)
      for (const EntryDoc &entry : section.entries) {
        std::string all;
        for (const std::string &doc : entry.docs)
          all += doc + "\n";
        EXPECT_GT(all.size(), entry.docs.size()) << name << "." << entry.name << " has no doc comment";
        std::vector<std::string> examples = examplesOf(all);
        EXPECT_FALSE(examples.empty()) << name << "." << entry.name << " has no example";
        for (const std::string &example : examples) {
          Analysis good("import " + name + "\n" + example);
          EXPECT_TRUE(good.diagnostics.all().empty()) << name << "." << entry.name << "\n"
                                                      << good.diagnostics.renderText();
        }
      }
  }
  EXPECT_TRUE(standardModuleText("nothing").empty());
}

} // namespace
