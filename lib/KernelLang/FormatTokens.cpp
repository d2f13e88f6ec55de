//===- FormatTokens.cpp - The formatter: comments and spaces ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Each comment goes to the token behind which or above which it stands. Spaces
// follow from neighbouring tokens and the innermost bracket alone: operators are
// tight inside of [ ] and in ranges, as indices are written, and spaced elsewhere.
//
//===----------------------------------------------------------------------===//
#include "FormatImpl.h"

#include <algorithm>
#include <set>

namespace flex::lang::format {

using K = TokenKind;

namespace {

bool endsOperand(K kind) {
  switch (kind) {
  case K::Identifier:
  case K::Integer:
  case K::Float:
  case K::String:
  case K::KwTrue:
  case K::KwFalse:
  case K::RParen:
  case K::RBracket:
  case K::RBrace: return true;
  default: return false;
  }
}

bool isArithmetic(K kind) {
  return kind == K::Plus || kind == K::Minus || kind == K::Star || kind == K::StarStar || kind == K::Slash ||
         kind == K::Percent;
}

bool isOperator(K kind) {
  switch (kind) {
  case K::At:
  case K::Equal:
  case K::EqualEqual:
  case K::BangEqual:
  case K::Less:
  case K::LessEqual:
  case K::LessLess:
  case K::Greater:
  case K::GreaterEqual:
  case K::GreaterGreater:
  case K::Amp:
  case K::AmpAmp:
  case K::Pipe:
  case K::PipePipe:
  case K::Caret:
  case K::Arrow: return true;
  default: return isArithmetic(kind);
  }
}

bool isOpen(K kind) {
  return kind == K::LParen || kind == K::LBracket || kind == K::LBrace;
}
bool isClose(K kind) {
  return kind == K::RParen || kind == K::RBracket || kind == K::RBrace;
}

std::string trimmed(std::string_view text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r'))
    text.remove_suffix(1);
  return std::string(text);
}

/// Merges tokens and comments by their place.
class Attacher {
public:
  Attacher(const LexResult &lexed) : lexed(lexed) {}

  std::vector<Piece> run() {
    size_t comment = 0;
    for (const Token &token : lexed.tokens) {
      while (comment < lexed.comments.size() && lexed.comments[comment].begin < token.range.begin)
        addComment(lexed.comments[comment++]);
      if (token.is(K::EndOfFile))
        while (comment < lexed.comments.size())
          addComment(lexed.comments[comment++]);
      addToken(token);
    }
    moveBehindSeparators();
    return std::move(pieces);
  }

private:
  /// Line breaks between what was read last and `begin`.
  size_t breaksBefore(uint32_t begin) const {
    std::string_view between = lexed.tokens.back().range.file->text().substr(end, begin - end);
    return static_cast<size_t>(std::count(between.begin(), between.end(), '\n'));
  }

  void addLeading(SourceRange range) {
    bool first = pieces.empty() && leading.empty();
    leading.push_back({trimmed(range.text()), !first && breaksBefore(range.begin) > 1});
    end = range.end;
  }

  void addComment(SourceRange range) {
    if (pieces.empty() || !leading.empty() || breaksBefore(range.begin) > 0)
      return addLeading(range);
    pieces.back().trailing = trimmed(range.text());
    end = range.end;
  }

  void addToken(const Token &token) {
    if (token.is(K::DocComment))
      return addLeading(token.range);
    if (token.is(K::Newline)) {
      pendingNewline = true;
      return;
    }
    // The parser skips newlines before these.
    bool continues = token.is(K::Arrow) || token.is(K::KwWhere) || token.is(K::LBrace) || token.is(K::KwElse);
    if (!pieces.empty() && pendingNewline && !continues)
      pieces.back().endsStatement = true;
    pendingNewline = false;
    size_t breaks = breaksBefore(token.range.begin);
    Piece piece;
    piece.kind = token.kind;
    piece.text = token.text();
    piece.offset = token.range.begin;
    piece.newlineBefore = breaks > 0 || !leading.empty();
    piece.blankBefore = breaks > 1 && !(pieces.empty() && leading.empty());
    piece.leading = std::move(leading);
    leading.clear();
    pieces.push_back(std::move(piece));
    end = token.range.end;
  }

  /// A comment before a comma or an operator stands behind it: lines end with both.
  void moveBehindSeparators() {
    int braces = 0;
    for (size_t i = 1; i + 1 < pieces.size(); ++i) {
      Piece &piece = pieces[i];
      braces += piece.kind == K::LBrace ? 1 : piece.kind == K::RBrace ? -1 : 0;
      bool attribute = piece.kind == K::At && braces == 0;
      bool binary = isOperator(piece.kind) && endsOperand(pieces[i - 1].kind) && !pieces[i - 1].endsStatement &&
                    piece.kind != K::Arrow && !attribute;
      if (piece.kind != K::Comma && !binary)
        continue;
      std::string &before = pieces[i - 1].trailing;
      bool isDoc = piece.trailing.substr(0, 3) == "///"; // on a line of its own it would be a doc comment
      if ((before.empty() && piece.leading.empty()) || isDoc)
        continue;
      std::vector<Comment> moved = std::move(piece.leading);
      if (!piece.trailing.empty())
        moved.push_back({std::move(piece.trailing), false});
      piece.leading.clear();
      piece.trailing = std::move(before);
      before.clear();
      std::vector<Comment> &next = pieces[i + 1].leading;
      next.insert(next.begin(), std::make_move_iterator(moved.begin()), std::make_move_iterator(moved.end()));
    }
  }

  const LexResult &lexed;
  std::vector<Piece> pieces;
  std::vector<Comment> leading;
  uint32_t end = 0;
  bool pendingNewline = false;
};

/// One pass over the pieces that knows the open brackets.
class Spacer {
public:
  Spacer(std::vector<Piece> &pieces, const ast::Module &module) : pieces(pieces) {
    for (const ast::Schedule &schedule : module.schedules)
      for (const ast::ScheduleEntry &entry : schedule.entries)
        entries.push_back(entry.key.range);
  }

  void run() {
    markLoose();
    brackets.push_back({K::LBrace, false, false});
    for (size_t i = 0; i < pieces.size(); ++i) {
      if (i == 0 || pieces[i - 1].endsStatement)
        brackets.back().inRange = false;
      mark(i);
      if (i > 0)
        pieces[i].spaceBefore = space(pieces[i - 1], pieces[i]);
      markEntry(i);
      track(pieces[i].kind);
    }
  }

private:
  struct Bracket {
    K kind;
    bool tight;
    bool inRange; ///< behind `in`
  };

  /// Beside brackets, sums in an index are spaced: `x[2*i+1, ((2*i+1)*W - w)/(2*w) + 1]`.
  void markLoose() {
    struct Part {
      std::vector<size_t> sums;
      bool hasBracket = false;
    };
    loose.assign(pieces.size(), false);
    std::vector<Part> parts(1);
    auto end = [&](Part &part) {
      for (size_t i : part.sums)
        loose[i] = part.hasBracket;
      part = {};
    };
    for (size_t i = 0; i < pieces.size(); ++i) {
      K kind = pieces[i].kind;
      if (kind == K::Plus || kind == K::Minus)
        parts.back().sums.push_back(i);
      if (kind == K::Comma || kind == K::Colon || kind == K::DotDot || pieces[i].endsStatement)
        end(parts.back());
      parts.back().hasBracket |= kind == K::LParen && (i == 0 || pieces[i - 1].kind != K::Identifier);
      if (isOpen(kind))
        parts.emplace_back();
      if (isClose(kind) && parts.size() > 1) {
        end(parts.back());
        parts.pop_back();
      }
    }
  }

  /// What the token is, where one spelling has two meanings.
  void mark(size_t i) {
    Piece &piece = pieces[i];
    bool operand = i > 0 && endsOperand(pieces[i - 1].kind) && !pieces[i - 1].endsStatement && !afterIndexList;
    afterIndexList = false;
    if (piece.kind == K::Bang || piece.kind == K::Tilde)
      piece.unary = true;
    if (piece.kind == K::Minus && !operand)
      piece.unary = true;
    if (piece.kind == K::At && (!operand || brackets.size() == 1))
      piece.unary = true;
    bool header = i > 1 && (pieces[i - 2].kind == K::KwKernel || pieces[i - 2].kind == K::KwFn);
    if (piece.kind == K::Less && header) {
      piece.genericBracket = true;
      size_t close = i;
      while (pieces[close].kind != K::Greater && pieces[close].kind != K::EndOfFile)
        ++close;
      pieces[close].genericBracket = pieces[close].kind == K::Greater;
    }
    // `return [i, j] -x[i, j]`: what follows an index list begins a value.
    if (piece.kind == K::LBracket)
      indexLists.push_back(!operand);
    if (piece.kind == K::RBracket && !indexLists.empty()) {
      afterIndexList = indexLists.back();
      indexLists.pop_back();
    }
  }

  bool tight() const { return brackets.back().tight || brackets.back().inRange; }

  bool space(const Piece &before, const Piece &piece) const {
    if (isClose(piece.kind) && piece.kind != K::RBrace)
      return false;
    if (piece.kind == K::Comma || piece.kind == K::Semicolon || before.kind == K::LParen || before.kind == K::LBracket)
      return false;
    if (piece.kind == K::RBrace || before.kind == K::LBrace)
      return !(piece.kind == K::RBrace && before.kind == K::LBrace);
    if (piece.kind == K::Dot || before.kind == K::Dot)
      return false;
    if (before.kind == K::Comma)
      return true;
    if (piece.genericBracket || before.genericBracket)
      return before.kind == K::Greater && piece.kind != K::LParen;
    if (piece.kind == K::Colon || before.kind == K::Colon)
      return before.kind == K::Colon && piece.kind != K::Colon && brackets.back().kind != K::LBracket;
    if (piece.kind == K::DotDot) // `1.` and `..` would be read as `1` and `...`
      return before.kind == K::Float && before.text.back() == '.';
    if (before.kind == K::DotDot || before.unary)
      return false;
    if (isBinary(piece) || isBinary(before)) {
      const Piece &binary = isBinary(piece) ? piece : before;
      return !tight() || !isArithmetic(binary.kind) || loose[static_cast<size_t>(&binary - pieces.data())];
    }
    if (piece.kind == K::LParen)
      return before.kind != K::Identifier;
    if (piece.kind == K::LBracket)
      return !endsOperand(before.kind);
    return true;
  }

  static bool isBinary(const Piece &piece) { return isOperator(piece.kind) && !piece.unary && !piece.genericBracket; }

  /// The words of a schedule's key are one; its entries stand apart.
  void markEntry(size_t i) {
    while (entry < entries.size() && entries[entry].end <= pieces[i].offset)
      ++entry;
    if (entry == entries.size() || pieces[i].offset < entries[entry].begin)
      return;
    bool begins = pieces[i].offset == entries[entry].begin;
    pieces[i].wideBefore = begins && i > 0 && pieces[i - 1].kind != K::LBrace && pieces[i - 1].kind != K::Comma;
    if (!begins)
      pieces[i].spaceBefore = false;
  }

  void track(K kind) {
    Bracket &top = brackets.back();
    if (kind == K::KwIn)
      top.inRange = true;
    if (kind == K::Comma || kind == K::LBrace)
      top.inRange = false;
    if (isOpen(kind))
      brackets.push_back({kind, kind != K::LBrace && (kind == K::LBracket || tight()), false});
    if (isClose(kind) && brackets.size() > 1)
      brackets.pop_back();
  }

  std::vector<Piece> &pieces;
  std::vector<Bracket> brackets;
  std::vector<bool> indexLists, loose;
  std::vector<SourceRange> entries;
  size_t entry = 0;
  bool afterIndexList = false;
};

} // namespace

std::vector<Piece> makePieces(const LexResult &lexed, const ast::Module &module) {
  std::vector<Piece> pieces = Attacher(lexed).run();
  Spacer(pieces, module).run();
  return pieces;
}

} // namespace flex::lang::format
