//===- Lexer.cpp - Text to tokens ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One pass over the bytes. Invariant: every step consumes at least one byte,
// so any input ends; the newline rule is stated in Lexer.h.
//
//===----------------------------------------------------------------------===//
#include "flex/KernelLang/Lexer.h"
#include "Hints.h"

#include <cstring>

namespace flex::lang {
namespace {

const char *const kTokenTexts[] = {
#define TOKEN(NAME, TEXT) TEXT,
#include "flex/KernelLang/Tokens.def"
};

struct Spelling {
  std::string_view text;
  TokenKind kind;
};

const Spelling kKeywords[] = {
#define KEYWORD(NAME, SPELLING) {SPELLING, TokenKind::NAME},
#define PUNCT(NAME, SPELLING)
#include "flex/KernelLang/Tokens.def"
};

const Spelling kPunctuation[] = {
#define KEYWORD(NAME, SPELLING)
#define PUNCT(NAME, SPELLING) {SPELLING, TokenKind::NAME},
#include "flex/KernelLang/Tokens.def"
};

bool isDigit(char c) {
  return c >= '0' && c <= '9';
}
bool isWordStart(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool isWord(char c) {
  return isWordStart(c) || isDigit(c);
}

/// After these a line goes on.
bool continuesLine(TokenKind kind) {
  switch (kind) {
  case TokenKind::Plus:
  case TokenKind::Minus:
  case TokenKind::Star:
  case TokenKind::StarStar:
  case TokenKind::Slash:
  case TokenKind::Percent:
  case TokenKind::At:
  case TokenKind::Equal:
  case TokenKind::EqualEqual:
  case TokenKind::BangEqual:
  case TokenKind::Bang:
  case TokenKind::Less:
  case TokenKind::LessEqual:
  case TokenKind::LessLess:
  case TokenKind::Greater:
  case TokenKind::GreaterEqual:
  case TokenKind::GreaterGreater:
  case TokenKind::Amp:
  case TokenKind::AmpAmp:
  case TokenKind::Pipe:
  case TokenKind::PipePipe:
  case TokenKind::Caret:
  case TokenKind::Tilde:
  case TokenKind::Comma:
  case TokenKind::Arrow:
  case TokenKind::DotDot:
  case TokenKind::Colon:
  case TokenKind::KwWhere:
  case TokenKind::KwElse:
  case TokenKind::Newline:
  case TokenKind::DocComment: return true;
  default: return false;
  }
}

bool beginsStatement(TokenKind kind) {
  return kind == TokenKind::KwLet || kind == TokenKind::KwReturn || kind == TokenKind::KwKernel ||
         kind == TokenKind::KwFn || kind == TokenKind::KwImport || kind == TokenKind::KwSchedule;
}

class Lexer {
public:
  Lexer(const SourceFile &file, DiagnosticEngine &diagnostics)
      : file(file), text(file.text()), diagnostics(diagnostics) {}

  LexResult run() {
    if (text.size() > kMaxFileBytes) {
      diagnostics.report(Diag::FileTooLarge, range(0, 0), {std::to_string(text.size()), std::to_string(kMaxFileBytes)});
      pos = text.size();
    }
    if (text.substr(0, 3) == "\xEF\xBB\xBF")
      pos = 3;
    while (pos < text.size() && !diagnostics.limitReached()) {
      if (result.tokens.size() >= kMaxTokens) {
        diagnostics.report(Diag::TooManyTokens, range(pos, pos), {std::to_string(kMaxTokens)});
        break;
      }
      step();
    }
    newline(text.size());
    add(TokenKind::EndOfFile, text.size(), text.size());
    return std::move(result);
  }

private:
  SourceRange range(size_t begin, size_t end) const {
    return {&file, static_cast<uint32_t>(begin), static_cast<uint32_t>(end)};
  }
  char peek(size_t ahead = 0) const { return pos + ahead < text.size() ? text[pos + ahead] : '\0'; }
  void add(TokenKind kind, size_t begin, size_t end) { result.tokens.push_back({kind, range(begin, end)}); }

  void newline(size_t at) {
    freshLine = true;
    bool bracketed = !brackets.empty() && brackets.back() != '{';
    if (!bracketed && !result.tokens.empty() && !continuesLine(result.tokens.back().kind))
      add(TokenKind::Newline, at, at);
  }

  void step() {
    char c = text[pos];
    if (c == '\n')
      return newline(pos++);
    if (c == ' ' || c == '\t' || c == '\r') {
      ++pos;
      return;
    }
    if (c == '/' && peek(1) == '/')
      return comment();
    if (c == '/' && peek(1) == '*')
      return blockComment();
    if (isWordStart(c))
      word();
    else if (isDigit(c))
      number();
    else if (c == '"' || c == '\'')
      string();
    else
      punctuation();
    freshLine = false;
  }

  void comment() {
    size_t begin = pos;
    pos = std::min(text.find('\n', pos), text.size());
    std::string_view body = text.substr(begin, pos - begin);
    if (body.substr(0, 3) == "///" && body.substr(0, 4) != "////" && freshLine)
      add(TokenKind::DocComment, begin, pos);
    else
      result.comments.push_back(range(begin, pos));
    if (!freshLine && looksLikeDivisor(body.substr(2)))
      diagnostics.report(Diag::CommentDivision, range(begin, pos), {std::string(body.substr(2))})
          .hint("'/' divides; of integers it rounds down");
  }

  /// `x // 2` is Python's division: a comment of a number and what may follow one.
  static bool looksLikeDivisor(std::string_view body) {
    size_t at = std::min(body.find_first_not_of(' '), body.size());
    size_t end = std::min(body.find_first_not_of("0123456789", at), body.size());
    return end > at && body.find_first_not_of("0123456789 \r)]},+-*/%", end) == std::string_view::npos;
  }

  void blockComment() {
    size_t begin = pos, end = text.find("*/", pos + 2);
    diagnostics.report(Diag::BlockComment, range(begin, begin + 2)).hint("write '//' before each line");
    pos = end == std::string_view::npos ? text.size() : end + 2;
  }

  void word() {
    size_t begin = pos;
    while (isWord(peek()))
      ++pos;
    if (isForeignLetter())
      return foreignName(begin);
    std::string_view spelling = text.substr(begin, pos - begin);
    TokenKind kind = TokenKind::Identifier;
    for (const Spelling &keyword : kKeywords)
      if (keyword.text == spelling)
        kind = keyword.kind;
    // An unclosed bracket ends where a line begins with a statement.
    if (freshLine && beginsStatement(kind)) {
      while (!brackets.empty() && brackets.back() != '{')
        brackets.pop_back();
      if (kind != TokenKind::KwLet && kind != TokenKind::KwReturn)
        brackets.clear();
      if (!result.tokens.empty() && !continuesLine(result.tokens.back().kind)) {
        size_t end = result.tokens.back().range.end; // where the line before ended
        add(TokenKind::Newline, end, end);
      }
    }
    add(kind, begin, pos);
  }

  void number() {
    size_t begin = pos;
    bool isFloat = false;
    if (peek() == '0' && std::strchr("xXbB", peek(1)) && peek(1)) {
      pos += 2;
    } else {
      while (isDigit(peek()) || peek() == '_')
        ++pos;
      // `0..N` is a range, `1.5` a number.
      if (peek() == '.' && peek(1) != '.' && !isWordStart(peek(1))) {
        isFloat = true;
        ++pos;
      }
      while (isDigit(peek()) || peek() == '_')
        ++pos;
      bool exponent = (peek() == 'e' || peek() == 'E') &&
                      (isDigit(peek(1)) || ((peek(1) == '+' || peek(1) == '-') && isDigit(peek(2))));
      if (exponent) {
        isFloat = true;
        pos += 2;
      }
    }
    while (isWord(peek()))
      ++pos;
    add(isFloat ? TokenKind::Float : TokenKind::Integer, begin, pos);
  }

  void string() {
    size_t begin = pos++;
    while (pos < text.size() && text[pos] != text[begin] && text[pos] != '\n')
      ++pos;
    if (peek() == text[begin])
      ++pos;
    else
      diagnostics.report(Diag::UnterminatedString, range(begin, pos));
    add(TokenKind::String, begin, pos);
  }

  void punctuation() {
    for (const Spelling &candidate : kPunctuation) {
      if (text.substr(pos, candidate.text.size()) != candidate.text)
        continue;
      add(candidate.kind, pos, pos + candidate.text.size());
      trackBracket(text[pos]);
      pos += candidate.text.size();
      return;
    }
    unknown();
  }

  void trackBracket(char c) {
    if (c == '(' || c == '[' || c == '{')
      brackets.push_back(c);
    if (c == '}')
      while (!brackets.empty() && brackets.back() != '{')
        brackets.pop_back();
    if ((c == ')' || c == ']' || c == '}') && !brackets.empty() && (c == '}' || brackets.back() != '{'))
      brackets.pop_back();
  }

  /// A byte of a letter outside of ASCII, or of nothing that is known.
  bool isForeignLetter() const {
    return (static_cast<unsigned char>(peek()) & 0x80) && !findLookAlike(text.substr(pos));
  }

  /// A name with letters outside of ASCII: read as a name, said once.
  void foreignName(size_t begin) {
    while (isWord(peek()) || isForeignLetter())
      ++pos;
    std::string shown = "'" + std::string(text.substr(begin, std::min<size_t>(pos - begin, 48))) + "'";
    if (said.insert(shown).second)
      diagnostics.report(Diag::UnknownCharacter, range(begin, pos), {shown})
          .hint("names are made of ASCII letters, digits and '_'");
    add(TokenKind::Identifier, begin, pos);
  }

  /// What begins no token. Where the sign that was meant is known it is read instead.
  void unknown() {
    size_t begin = pos;
    if (isForeignLetter())
      return foreignName(begin);
    const LookAlike *meant = findLookAlike(text.substr(pos));
    pos += meant ? meant->bytes.size() : 1;
    if (!meant)
      return unknownAscii(begin);
    if (said.insert(meant->hint).second)
      diagnostics.report(Diag::UnknownCharacter, range(begin, pos), {"'" + std::string(meant->bytes) + "'"})
          .hint(meant->hint);
    if (meant->spelling != " ")
      addMeant(meant->spelling, begin);
  }

  void addMeant(std::string_view spelling, size_t begin) {
    TokenKind kind = TokenKind::Identifier;
    for (const Spelling &candidate : kPunctuation)
      if (candidate.text == spelling)
        kind = candidate.kind;
    add(kind, begin, pos);
    trackBracket(spelling[0]);
  }

  void unknownAscii(size_t begin) {
    unsigned char lead = static_cast<unsigned char>(text[begin]);
    static const char digits[] = "0123456789abcdef";
    std::string shown = std::string("'") + text[begin] + "'";
    if (lead < 0x20 || lead == 0x7F)
      shown = std::string("0x") + digits[lead >> 4] + digits[lead & 15];
    const char *hint = lead == '?'    ? "write 'if c { a } else { b }'"
                       : lead == '#'  ? "a comment starts with '//'"
                       : lead == '\\' ? "leave it out: a line goes on while a bracket is open or an operator ends it"
                                      : "";
    if (said.insert(shown).second)
      diagnostics.report(Diag::UnknownCharacter, range(begin, pos), {shown}).hint(hint);
    if (lead == '#') // as the comment that was meant
      pos = std::min(text.find('\n', pos), text.size());
    else if (lead == '\\' && text.substr(pos, 1) == "\n")
      ++pos;
    else if (lead != '\\')
      add(TokenKind::Unknown, begin, pos);
  }

  const SourceFile &file;
  std::string_view text;
  DiagnosticEngine &diagnostics;
  LexResult result;
  std::vector<char> brackets;
  std::set<std::string> said; ///< once is enough
  size_t pos = 0;
  bool freshLine = true;
};

} // namespace

const char *tokenText(TokenKind kind) {
  return kTokenTexts[static_cast<size_t>(kind)];
}

LexResult lex(const SourceFile &file, DiagnosticEngine &diagnostics) {
  return Lexer(file, diagnostics).run();
}

} // namespace flex::lang
