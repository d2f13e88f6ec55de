//===- FormatTree.cpp - The formatter: tokens grouped for layout ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Brackets first, then commas, then operators from the loosest to the tightest. The
// tree is about where lines may break, not about meaning: what it does not know is
// a sequence of tokens and stays on one line.
//
//===----------------------------------------------------------------------===//
#include "FormatImpl.h"

#include <algorithm>

namespace flex::lang::format {

using K = TokenKind;

namespace {

/// Looser operators have smaller numbers; 0 for what is none.
int precedence(const Piece &piece) {
  if (piece.unary || piece.genericBracket)
    return 0;
  switch (piece.kind) {
  case K::Equal: return 1;
  case K::PipePipe: return 2;
  case K::AmpAmp: return 3;
  case K::EqualEqual:
  case K::BangEqual:
  case K::Less:
  case K::LessEqual:
  case K::Greater:
  case K::GreaterEqual: return 4;
  case K::Pipe: return 5;
  case K::Caret: return 6;
  case K::Amp: return 7;
  case K::LessLess:
  case K::GreaterGreater: return 8;
  case K::Plus:
  case K::Minus: return 9;
  case K::Star:
  case K::Slash:
  case K::Percent:
  case K::At: return 10;
  case K::StarStar: return 11;
  default: return 0;
  }
}

class TreeBuilder {
public:
  explicit TreeBuilder(const std::vector<Piece> &pieces) : pieces(pieces) {}

  std::vector<Node> run() {
    std::vector<Node> items;
    while (!is(K::EndOfFile))
      items.push_back(statement(/*topLevel=*/true));
    return items;
  }

private:
  bool is(K kind) const { return pieces[position].kind == kind; }
  bool atClose() const { return is(K::RParen) || is(K::RBracket) || is(K::RBrace) || is(K::EndOfFile); }

  /// Columns between two neighbours that share a line.
  size_t gap(uint32_t token) const { return pieces[token].wideBefore ? 2 : pieces[token].spaceBefore ? 1 : 0; }

  /// Width of `left` and what follows it at `next`, or kNotFlat.
  size_t join(size_t left, uint32_t lastOfLeft, uint32_t next, size_t right) const {
    bool broken = !pieces[lastOfLeft].trailing.empty() || !pieces[next].leading.empty();
    return broken ? kNotFlat : std::min(kNotFlat, left + gap(next) + right);
  }

  Node token() {
    Node node;
    node.first = node.last = position;
    node.flat = pieces[position++].text.size();
    return node;
  }

  /// Gives a node with kids and separators in the order of the file its range and width.
  Node finish(Node node) const {
    node.first = node.kids.front().first;
    node.last = node.kids.back().last;
    if (node.separators.size() == node.kids.size())
      node.last = node.separators.back();
    node.flat = node.kids[0].flat;
    uint32_t end = node.kids[0].last;
    auto add = [&](uint32_t next, uint32_t last, size_t width) {
      node.flat = join(node.flat, end, next, width);
      end = last;
    };
    for (size_t i = 0; i < node.kids.size(); ++i) {
      if (i > 0)
        add(node.kids[i].first, node.kids[i].last, node.kids[i].flat);
      if (i < node.separators.size())
        add(node.separators[i], node.separators[i], pieces[node.separators[i]].text.size());
    }
    return node;
  }

  /// A statement, or an item of the file: up to the end the language gives it.
  Node statement(bool topLevel) {
    std::vector<Node> parts;
    bool isHeader = is(K::KwKernel) || is(K::KwFn);
    do {
      isHeader |= is(K::KwKernel) || is(K::KwFn);
      parts.push_back(part());
      bool closed = parts.back().kind == Node::Kind::Block && !is(K::KwElse);
      if (topLevel && closed)
        break;
    } while (!atClose() && !pieces[position - 1].endsStatement);
    if (parts.empty() || position == parts.front().first)
      ++position; // cannot be: a file without syntax errors has no stray bracket
    return isHeader ? header(std::move(parts)) : structure(std::move(parts));
  }

  Node part() {
    if (is(K::LParen) || is(K::LBracket))
      return group();
    if (is(K::LBrace))
      return block();
    if (is(K::KwIf))
      return conditional();
    if (is(K::Less) && pieces[position].genericBracket)
      return group();
    return token();
  }

  bool atGenericEnd() const { return is(K::Greater) && pieces[position].genericBracket; }

  Node group() {
    Node node;
    node.kind = Node::Kind::Group;
    node.first = position++;
    std::vector<Node> parts;
    while (!atClose() && !atGenericEnd())
      parts.push_back(part());
    node.last = position;
    position += !is(K::EndOfFile);
    size_t open = pieces[node.first].text.size();
    if (parts.empty()) {
      node.flat = join(open, node.first, node.last, 1);
      return node;
    }
    node.kids.push_back(structure(std::move(parts)));
    const Node &kid = node.kids[0];
    node.flat = join(join(open, node.first, kid.first, kid.flat), kid.last, node.last, 1);
    return node;
  }

  Node block() {
    Node node;
    node.kind = Node::Kind::Block;
    node.first = position++;
    while (!atClose())
      node.kids.push_back(statement(/*topLevel=*/false));
    node.last = position;
    position += !is(K::EndOfFile);
    if (node.kids.empty()) {
      node.flat = join(1, node.first, node.last, 1);
      return node;
    }
    const Node &kid = node.kids[0];
    bool spread = node.kids.size() > 1 || pieces[kid.first].newlineBefore;
    node.flat = spread ? kNotFlat : join(join(1, node.first, kid.first, kid.flat), kid.last, node.last, 1);
    return node;
  }

  /// `if c { … } else { … }`
  Node conditional() {
    Node node;
    node.kind = Node::Kind::If;
    uint32_t keyword = position++;
    std::vector<Node> condition;
    while (!atClose() && !is(K::LBrace))
      condition.push_back(part());
    if (condition.empty() || !is(K::LBrace)) {
      position = keyword;
      return token();
    }
    node.kids.push_back(structure(std::move(condition)));
    node.kids.push_back(block());
    if (is(K::KwElse)) {
      node.separators.push_back(position++);
      node.kids.push_back(is(K::KwIf) ? conditional() : is(K::LBrace) ? block() : token());
    }
    size_t width = join(pieces[keyword].text.size(), keyword, node.kids[0].first, node.kids[0].flat);
    width = join(width, node.kids[0].last, node.kids[1].first, node.kids[1].flat);
    if (node.kids.size() > 2) {
      width = join(width, node.kids[1].last, node.separators[0], pieces[node.separators[0]].text.size());
      width = join(width, node.separators[0], node.kids[2].first, node.kids[2].flat);
    }
    node.first = keyword;
    node.last = node.kids.back().last;
    node.flat = width;
    return node;
  }

  /// Commas, then operators.
  Node structure(std::vector<Node> parts) {
    auto isComma = [&](const Node &node) { return isToken(node) && pieces[node.first].kind == K::Comma; };
    if (std::none_of(parts.begin(), parts.end(), isComma))
      return operators(std::move(parts));
    Node list;
    list.kind = Node::Kind::List;
    std::vector<Node> item;
    for (Node &node : parts) {
      if (!isComma(node)) {
        item.push_back(std::move(node));
        continue;
      }
      if (!item.empty())
        list.kids.push_back(operators(std::move(item)));
      item.clear();
      list.separators.push_back(node.first);
    }
    if (!item.empty())
      list.kids.push_back(operators(std::move(item)));
    return finish(std::move(list));
  }

  bool isToken(const Node &node) const { return node.kind == Node::Kind::Token; }

  Node operators(std::vector<Node> parts) {
    int loosest = 0;
    for (size_t i = 1; i + 1 < parts.size(); ++i)
      if (int level = isToken(parts[i]) ? precedence(pieces[parts[i].first]) : 0;
          level && (!loosest || level < loosest))
        loosest = level;
    if (!loosest)
      return sequence(std::move(parts));
    Node chain;
    chain.kind = Node::Kind::Chain;
    chain.isAssignment = loosest == 1;
    std::vector<Node> operand;
    for (size_t i = 0; i < parts.size(); ++i) {
      bool splits = i > 0 && i + 1 < parts.size() && isToken(parts[i]) &&
                    precedence(pieces[parts[i].first]) == loosest && !operand.empty();
      if (!splits) {
        operand.push_back(std::move(parts[i]));
        continue;
      }
      chain.separators.push_back(parts[i].first);
      chain.kids.push_back(operators(std::move(operand)));
      operand.clear();
    }
    chain.kids.push_back(operators(std::move(operand)));
    return finish(std::move(chain));
  }

  Node sequence(std::vector<Node> parts) {
    if (parts.size() == 1)
      return std::move(parts[0]);
    Node node;
    node.kind = Node::Kind::Seq;
    node.kids = std::move(parts);
    return finish(std::move(node));
  }

  /// The signature, `where` and its conditions, the body.
  Node header(std::vector<Node> parts) {
    Node node;
    node.kind = Node::Kind::Header;
    auto where = std::find_if(parts.begin(), parts.end(),
                              [&](const Node &part) { return isToken(part) && pieces[part.first].kind == K::KwWhere; });
    bool hasBody = parts.back().kind == Node::Kind::Block;
    auto end = parts.end() - hasBody;
    auto slice = [](auto from, auto to) {
      return std::vector<Node>(std::make_move_iterator(from), std::make_move_iterator(to));
    };
    if (where == parts.begin() || !hasBody || (where != parts.end() && where + 1 >= end))
      return structure(std::move(parts));
    node.kids.push_back(sequence(slice(parts.begin(), std::min(where, end))));
    if (where < end) {
      std::vector<Node> clause{std::move(*where), structure(slice(where + 1, end))};
      node.kids.push_back(sequence(std::move(clause)));
    }
    node.kids.push_back(std::move(parts.back()));
    return finish(std::move(node));
  }

  const std::vector<Piece> &pieces;
  uint32_t position = 0;
};

} // namespace

std::vector<Node> makeTree(const std::vector<Piece> &pieces) {
  return TreeBuilder(pieces).run();
}

} // namespace flex::lang::format
