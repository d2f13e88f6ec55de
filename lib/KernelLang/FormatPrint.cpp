//===- FormatPrint.cpp - The formatter: line breaks ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What fits on a line is put on one. What does not is broken at its loosest
// operators or inside its brackets, where the file's own breaks at that level are
// kept. Invariant: a break depends on the tree, the column and the file's breaks
// at the same level only, so a second run meets the same and decides the same.
//
//===----------------------------------------------------------------------===//
#include "FormatImpl.h"
#include "flex/KernelLang/Format.h"

#include <algorithm>

namespace flex::lang::format {

using K = TokenKind;

namespace {

constexpr size_t kIndent = 2, kContinuation = 4;
/// Brackets narrower than this stay together.
constexpr size_t kSmallBracket = 24;

class Printer {
public:
  explicit Printer(std::vector<Piece> &pieces) : pieces(pieces) {}

  std::string run(const std::vector<Node> &items) {
    bool first = true, spread = false, attribute = false;
    for (const Node &item : items) {
      // A blank line around items of several lines and before documented ones.
      bool several = item.flat > kFormatWidth;
      if (!first && !attribute && (spread || several || isDocumented(pieces[item.first])))
        separate(pieces[item.first]);
      attribute = pieces[item.first].kind == K::At && item.kind != Node::Kind::Header;
      statement(item, 0, first);
      spread = several;
      first = false;
    }
    comments(pieces.back().leading, 0, first);
    return std::move(out);
  }

private:
  //===--------------------------------------------------------------------===//
  // Text
  //===--------------------------------------------------------------------===//

  void newline(size_t indent) {
    while (!out.empty() && out.back() == ' ')
      out.pop_back();
    if (!out.empty() && !atLineStart)
      out += '\n';
    out.append(indent, ' ');
    column = lineIndent = indent;
    atLineStart = true;
    pendingNewline = false;
  }

  void write(std::string_view text) {
    out += text;
    column += text.size();
    atLineStart = false;
  }

  size_t gap(uint32_t token) const {
    if (atLineStart)
      return 0;
    return pieces[token].wideBefore ? 2 : pieces[token].spaceBefore ? 1 : 0;
  }

  /// A token with its comments. One that cannot follow on this line begins another.
  void token(uint32_t index) {
    Piece &piece = pieces[index];
    if (pendingNewline || (!piece.leading.empty() && !atLineStart))
      newline(continuation);
    for (const Comment &comment : piece.leading) {
      write(comment.text);
      newline(lineIndent);
    }
    piece.leading.clear();
    write(std::string(gap(index), ' '));
    write(piece.text);
    if (!piece.trailing.empty())
      write("  " + piece.trailing);
    pendingNewline = !piece.trailing.empty();
  }

  void comments(std::vector<Comment> &lines, size_t indent, bool first) {
    for (Comment &comment : lines) {
      newline(indent);
      if (comment.blankBefore && !first)
        blank(indent);
      write(comment.text);
      newline(indent);
      first = false;
    }
    lines.clear();
  }

  /// An empty line before the one begun.
  void blank(size_t indent) {
    out.resize(out.size() - indent);
    out += '\n';
    out.append(indent, ' ');
  }

  static bool isDocumented(const Piece &piece) {
    auto isDoc = [](const Comment &comment) {
      return comment.text.substr(0, 3) == "///" && comment.text.substr(0, 4) != "////";
    };
    return piece.kind == K::At || std::any_of(piece.leading.begin(), piece.leading.end(), isDoc);
  }

  /// The comments right above an item belong to it.
  static void separate(Piece &piece) {
    bool attached = !piece.blankBefore;
    for (const Comment &comment : piece.leading)
      attached &= !comment.blankBefore;
    if (attached)
      (piece.leading.empty() ? piece.blankBefore : piece.leading[0].blankBefore) = true;
  }

  //===--------------------------------------------------------------------===//
  // Fitting
  //===--------------------------------------------------------------------===//

  bool fits(const Node &node, size_t tail) const { return column + gap(node.first) + node.flat + tail <= kFormatWidth; }

  /// Columns up to the first place in the node where a line may end.
  size_t lead(const Node &node) const {
    switch (node.kind) {
    case Node::Kind::Token: return node.flat;
    case Node::Kind::Group: return isBreakable(node) ? pieces[node.first].text.size() : node.flat;
    case Node::Kind::Block: return std::min<size_t>(node.flat, 1);
    case Node::Kind::If: return 3 + lead(node.kids[0]);
    case Node::Kind::Chain:
    case Node::Kind::List: return lead(node.kids[0]) + 3;
    case Node::Kind::Seq:
    case Node::Kind::Header: return leadOf(node.kids, 0, 0);
    }
    return node.flat;
  }

  static bool isBreakable(const Node &node) {
    switch (node.kind) {
    case Node::Kind::Token: return false;
    case Node::Kind::Group: return node.flat >= kSmallBracket;
    case Node::Kind::Seq: return std::any_of(node.kids.begin(), node.kids.end(), isBreakable);
    default: return true;
    }
  }

  size_t leadOf(const std::vector<Node> &kids, size_t from, size_t tail) const {
    size_t width = 0;
    for (size_t i = from; i < kids.size(); ++i) {
      width += pieces[kids[i].first].spaceBefore && i > 0;
      width += lead(kids[i]);
      if (isBreakable(kids[i]))
        return width;
    }
    return width + tail;
  }

  /// The file has a break around the operator or comma before kid `i`.
  bool brokenBefore(const Node &node, size_t i) const {
    return pieces[node.separators[i - 1]].newlineBefore || pieces[node.kids[i].first].newlineBefore;
  }

  //===--------------------------------------------------------------------===//
  // Layout
  //===--------------------------------------------------------------------===//

  struct Indent {
    Indent(size_t &variable, size_t value) : variable(variable), old(variable) { variable = value; }
    ~Indent() { variable = old; }
    size_t &variable;
    size_t old;
  };

  void print(const Node &node, size_t tail) {
    if (node.kind == Node::Kind::Token)
      return token(node.first);
    if (fits(node, tail)) {
      for (uint32_t i = node.first; i <= node.last; ++i)
        token(i);
      return;
    }
    switch (node.kind) {
    case Node::Kind::Token: return;
    case Node::Kind::Seq: return sequence(node, tail);
    case Node::Kind::Chain:
    case Node::Kind::List: return chain(node, tail);
    case Node::Kind::Group: return group(node);
    case Node::Kind::Block: return block(node);
    case Node::Kind::If: return conditional(node);
    case Node::Kind::Header: return header(node);
    }
  }

  void sequence(const Node &node, size_t tail) {
    for (size_t i = 0; i < node.kids.size(); ++i)
      print(node.kids[i], leadOf(node.kids, i + 1, tail));
  }

  /// The file has breaks at this level, and the rows they make fit: they begin at `first`, then at `rest`.
  bool keepsRows(const Node &node, size_t first, size_t rest, size_t tail) const {
    bool broken = false;
    size_t width = first;
    for (size_t i = 0; i < node.kids.size(); ++i) {
      const Node &kid = node.kids[i];
      bool begins = i > 0 && (brokenBefore(node, i) || !pieces[node.separators[i - 1]].trailing.empty());
      broken |= begins;
      width = begins ? rest : width + (i > 0);
      width += kid.flat + (i < node.separators.size() ? pieces[node.separators[i]].text.size() + 1 : tail);
      if (width > kFormatWidth + 1)
        return false;
    }
    return broken;
  }

  /// Operands side by side as far as they fit; a line ends behind an operator.
  void chain(const Node &node, size_t tail) {
    bool rows = !node.isAssignment && keepsRows(node, column + 1, continuation, tail);
    for (size_t i = 0; i < node.kids.size(); ++i) {
      const Node &kid = node.kids[i];
      bool last = i + 1 == node.kids.size();
      size_t after = last ? tail : pieces[node.separators[i]].text.size() + pieces[node.separators[i]].spaceBefore;
      if (i > 0 && (rows ? brokenBefore(node, i) : breaksBefore(node, i, after)))
        newline(continuation);
      print(kid, after);
      if (i < node.separators.size())
        token(node.separators[i]);
    }
  }

  bool breaksBefore(const Node &node, size_t i, size_t after) const {
    const Node &kid = node.kids[i];
    bool noRoom = column + gap(kid.first) + lead(kid) > kFormatWidth;
    if (node.isAssignment)
      return noRoom;
    if (fits(kid, after))
      return false;
    return noRoom || continuation + kid.flat + after <= kFormatWidth;
  }

  /// The content on lines of its own, two columns further in.
  void group(const Node &node) {
    bool small = node.kids.empty() || (node.flat < kSmallBracket && column + 1 + node.flat < kFormatWidth);
    if (small && node.flat < kNotFlat) {
      for (uint32_t i = node.first; i <= node.last; ++i)
        token(i);
      return;
    }
    token(node.first);
    size_t outer = lineIndent, inner = outer + kIndent;
    bool hugs = !node.kids.empty() && node.kids[0].kind == Node::Kind::If && !pendingNewline &&
                pieces[node.kids[0].first].leading.empty() && pieces[node.last].leading.empty() &&
                pieces[node.last - 1].trailing.empty();
    if (hugs) { // `(if c {`
      conditional(node.kids[0]);
      return token(node.last);
    }
    if (!node.kids.empty()) {
      newline(inner);
      const Node &content = node.kids[0];
      bool several = content.kind == Node::Kind::List && content.kids.size() > 1;
      Indent indent(continuation, several ? inner + kContinuation : inner);
      if (content.kind == Node::Kind::List)
        list(content, inner);
      else
        print(content, 0);
    }
    comments(pieces[node.last].leading, inner, /*first=*/true);
    newline(outer);
    token(node.last);
  }

  void list(const Node &node, size_t inner) {
    bool whole = fits(node, 0), rows = !whole && keepsRows(node, inner, inner, 0);
    for (size_t i = 0; i < node.kids.size(); ++i) {
      const Node &kid = node.kids[i];
      if (i > 0 && (rows ? brokenBefore(node, i) || pendingNewline : !whole))
        newline(inner);
      comments(pieces[kid.first].leading, inner, /*first=*/true);
      print(kid, 1);
      if (i < node.separators.size())
        token(node.separators[i]);
    }
  }

  void conditional(const Node &node) {
    token(node.first);
    print(node.kids[0], 2);
    block(node.kids[1]);
    if (node.separators.empty())
      return;
    token(node.separators[0]);
    if (node.kids[2].kind == Node::Kind::If)
      conditional(node.kids[2]);
    else
      block(node.kids[2]);
  }

  void block(const Node &node) {
    token(node.first);
    size_t outer = lineIndent;
    statements(node, outer);
  }

  void statements(const Node &node, size_t outer) {
    Indent indent(continuation, outer + kIndent + kContinuation);
    bool empty = node.kids.empty() && pieces[node.last].leading.empty() && !pendingNewline;
    if (!empty) {
      newline(outer + kIndent);
      for (size_t i = 0; i < node.kids.size(); ++i)
        statement(node.kids[i], outer + kIndent, i == 0);
      comments(pieces[node.last].leading, outer + kIndent, node.kids.empty());
      newline(outer);
    }
    token(node.last);
  }

  void statement(const Node &node, size_t indent, bool first) {
    Piece &piece = pieces[node.first];
    bool commented = !piece.leading.empty();
    comments(piece.leading, indent, first);
    newline(indent);
    if (piece.blankBefore && (commented || !first))
      blank(indent);
    Indent inside(continuation, indent + kContinuation);
    print(node, 0);
    newline(indent);
  }

  void header(const Node &node) {
    const Node &signature = node.kids[0], &body = node.kids.back();
    bool hasWhere = node.kids.size() > 2;
    size_t outer = lineIndent;
    size_t where = hasWhere ? 1 + node.kids[1].flat : 0;
    bool whereBelow = hasWhere && signature.flat + where + 2 > kFormatWidth;
    size_t tail = whereBelow ? 0 : std::min(where, kNotFlat) + 2;
    if (fits(signature, tail) || signature.kind != Node::Kind::Seq)
      print(signature, tail);
    else
      brokenSignature(signature, tail);
    if (whereBelow)
      newline(outer + kContinuation);
    if (hasWhere)
      print(node.kids[1], 2);
    token(body.first);
    statements(body, outer);
  }

  /// The parameters break before the results do.
  void brokenSignature(const Node &node, size_t tail) {
    auto is = [&](K kind) { return [this, kind](const Node &kid) { return pieces[kid.first].kind == kind; }; };
    auto keyword = std::find_if(node.kids.begin(), node.kids.end(), is(K::KwKernel)); // behind an attribute's bracket
    auto params =
        std::find_if(keyword == node.kids.end() ? node.kids.begin() : keyword, node.kids.end(), is(K::LParen));
    for (size_t i = 0; i < node.kids.size(); ++i) {
      const Node &kid = node.kids[i];
      bool breaks = params != node.kids.end() && &kid == &*params && !kid.kids.empty();
      if (breaks)
        group(kid);
      else
        print(kid, leadOf(node.kids, i + 1, tail));
    }
  }

  std::vector<Piece> &pieces;
  std::string out;
  size_t column = 0, lineIndent = 0, continuation = kContinuation;
  bool atLineStart = true, pendingNewline = false;
};

} // namespace

std::string print(std::vector<Piece> &pieces, const std::vector<Node> &items) {
  return Printer(pieces).run(items);
}

} // namespace flex::lang::format
