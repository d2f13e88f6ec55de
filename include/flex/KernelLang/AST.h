//===- AST.h - What the parser read ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Second artefact of the chain (`flexc --emit=ast`): the text's structure, no
// meaning yet. Ranges cover every node, names keep their own. Invariant: the height
// of any expression is at most kMaxHeight, so recursion over a tree is safe.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/KernelLang/Source.h"

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace flex::lang::ast {

constexpr unsigned kMaxNesting = 256; ///< brackets, blocks and prefix operators inside one another
constexpr unsigned kMaxHeight = 512;  ///< of an expression tree, e.g. the terms of one sum

struct Name {
  std::string text;
  SourceRange range;
};

/// `clamp` in `nn.clamp`, with the module if one is written.
struct QualifiedName {
  std::optional<Name> module;
  Name name;
  SourceRange range() const { return module ? module->range.to(name.range) : name.range; }
  std::string str() const { return module ? module->text + "." + name.text : name.text; }
};

enum class ExprKind : uint8_t {
  Error,
  Integer,
  Float,
  Bool,
  Name,
  Unary,
  Binary,
  Call,
  Index,
  Reduce,
  If,
  Tuple,
  Slice,
  Ellipsis,
  Scan
};

struct Expr {
  Expr(ExprKind kind, SourceRange range) : kind(kind), range(range) {}
  virtual ~Expr() = default;
  const ExprKind kind;
  SourceRange range;
  uint32_t height = 1;
};
using ExprPtr = std::unique_ptr<Expr>;

/// What was not an expression; an error has been reported.
struct ErrorExpr : Expr {
  static constexpr ExprKind Kind = ExprKind::Error;
  explicit ErrorExpr(SourceRange range) : Expr(Kind, range) {}
};

struct IntegerExpr : Expr {
  static constexpr ExprKind Kind = ExprKind::Integer;
  IntegerExpr(SourceRange range, uint64_t value) : Expr(Kind, range), value(value) {}
  uint64_t value;
};

struct FloatExpr : Expr {
  static constexpr ExprKind Kind = ExprKind::Float;
  FloatExpr(SourceRange range, double value) : Expr(Kind, range), value(value) {}
  double value;
};

struct BoolExpr : Expr {
  static constexpr ExprKind Kind = ExprKind::Bool;
  BoolExpr(SourceRange range, bool value) : Expr(Kind, range), value(value) {}
  bool value;
};

struct NameExpr : Expr {
  static constexpr ExprKind Kind = ExprKind::Name;
  explicit NameExpr(QualifiedName name) : Expr(Kind, name.range()), name(std::move(name)) {}
  QualifiedName name;
};

enum class UnaryOp : uint8_t { Negate, Not, BitNot };
enum class BinaryOp : uint8_t {
  Add,
  Subtract,
  Multiply,
  Divide,
  Modulo,
  MatMul,
  Power,
  BitAnd,
  BitOr,
  BitXor,
  ShiftLeft,
  ShiftRight,
  Equal,
  NotEqual,
  Less,
  LessEqual,
  Greater,
  GreaterEqual,
  And,
  Or
};
const char *spelling(UnaryOp op);
const char *spelling(BinaryOp op);

struct UnaryExpr : Expr {
  static constexpr ExprKind Kind = ExprKind::Unary;
  UnaryExpr(SourceRange range, UnaryOp op, ExprPtr operand);
  UnaryOp op;
  ExprPtr operand;
};

struct BinaryExpr : Expr {
  static constexpr ExprKind Kind = ExprKind::Binary;
  BinaryExpr(BinaryOp op, SourceRange opRange, ExprPtr lhs, ExprPtr rhs);
  BinaryOp op;
  SourceRange opRange;
  ExprPtr lhs, rhs;
};

struct Argument {
  std::optional<Name> name; ///< `axis` in `axis = 1`
  ExprPtr value;
};

/// A function, kernel, cast or whole-tensor reduction: Sema decides.
struct CallExpr : Expr {
  static constexpr ExprKind Kind = ExprKind::Call;
  CallExpr(SourceRange range, QualifiedName callee, std::vector<Argument> arguments);
  QualifiedName callee;
  std::vector<Argument> arguments;
};

/// `first:last:step` in an index list; each part may be missing.
struct SliceExpr : Expr {
  static constexpr ExprKind Kind = ExprKind::Slice;
  SliceExpr(SourceRange range, ExprPtr first, ExprPtr last, ExprPtr step);
  ExprPtr first, last, step;
};

/// `...` in an index list or in a shape.
struct EllipsisExpr : Expr {
  static constexpr ExprKind Kind = ExprKind::Ellipsis;
  explicit EllipsisExpr(SourceRange range) : Expr(Kind, range) {}
};

/// `base[i, 2*j, 1:, ...]`; SliceExpr and EllipsisExpr stand only here.
struct IndexExpr : Expr {
  static constexpr ExprKind Kind = ExprKind::Index;
  IndexExpr(SourceRange range, ExprPtr base, std::vector<ExprPtr> indices);
  ExprPtr base;
  std::vector<ExprPtr> indices;
};

/// `i`, `i in 0..N-1`, or `...`: one index for each axis that `...` of the signature stands for.
struct IndexDecl {
  Name name;           ///< "..." for an ellipsis
  ExprPtr first, last; ///< both or neither
  bool isEllipsis = false;
};

/// `sum(k) body`.
struct ReduceExpr : Expr {
  static constexpr ExprKind Kind = ExprKind::Reduce;
  ReduceExpr(SourceRange range, Name reducer, std::vector<IndexDecl> indices, ExprPtr body);
  Name reducer;
  std::vector<IndexDecl> indices;
  ExprPtr body;
};

/// `scan(t) body`: a carried loop over indices of the `let` around it.
struct ScanExpr : Expr {
  static constexpr ExprKind Kind = ExprKind::Scan;
  ScanExpr(SourceRange range, Name keyword, std::vector<IndexDecl> indices, ExprPtr body);
  Name keyword;
  std::vector<IndexDecl> indices;
  ExprPtr body;
};

struct TypeExpr {
  Name element;
  bool hasShape = false;      ///< brackets are written
  std::vector<ExprPtr> shape; ///< at most one is an EllipsisExpr
  SourceRange range;
};

enum class StmtKind : uint8_t { Let, Result, Assign, For };

/// One item of `return`: `[i, j] value`.
struct ResultItem {
  bool hasIndices = false;
  std::vector<IndexDecl> indices;
  ExprPtr value;
  SourceRange range;
};

struct Block;

struct Stmt {
  StmtKind kind = StmtKind::Let;
  SourceRange range;
  // Let: `let a[i] = …`, `let a, b = …`, `var a = …`; Assign: `a[i] = …`, `a, b = …`
  bool isVar = false;
  std::vector<Name> names;
  bool hasIndices = false;
  std::vector<IndexDecl> indices;
  std::optional<TypeExpr> type;
  ExprPtr value;
  // Result: `return …`, or a bare expression at the end of a block
  std::vector<ResultItem> results;
  // For: `for index in first..last { … }`; the index is indices[0]
  std::shared_ptr<Block> body;
};

struct Block {
  std::vector<Stmt> statements;
  SourceRange range;
};

struct IfExpr : Expr {
  static constexpr ExprKind Kind = ExprKind::If;
  IfExpr(SourceRange range, ExprPtr condition, Block thenBlock, Block elseBlock, uint32_t blockHeight);
  ExprPtr condition;
  Block thenBlock, elseBlock;
};

struct TupleExpr : Expr {
  static constexpr ExprKind Kind = ExprKind::Tuple;
  TupleExpr(SourceRange range, std::vector<ExprPtr> elements);
  std::vector<ExprPtr> elements;
};

struct Param {
  Name name;
  bool isInout = false;
  TypeExpr type;
  ExprPtr defaultValue;
};

/// `T: f16 | f32`.
struct GenericParam {
  Name name;
  std::vector<Name> allowed;
};

struct Function {
  bool isKernel = false;
  Name name;
  std::string doc;
  std::optional<Name> numerics; ///< the policy of `@numerics(policy)`
  std::vector<GenericParam> generics;
  std::vector<Param> params;
  std::vector<TypeExpr> results;
  std::vector<ExprPtr> constraints;
  Block body;
  SourceRange range;
  bool headerBroken = false; ///< a syntax error stands before the body
  bool bodyBroken = false;   ///< a syntax error stands in the body: statements may be missing
};

struct Import {
  std::vector<Name> path;    ///< `image.filters` is {image, filters}
  std::optional<Name> alias; ///< `f` in `import image.filters as f`
  SourceRange range;
  std::string str() const;
  /// What the file calls the module.
  const std::string &localName() const { return alias ? alias->text : path.back().text; }
};

/// `key value` of a schedule; the value is a name or an integer.
struct ScheduleEntry {
  Name key; ///< with '_' between words
  Name value;
  std::optional<int64_t> number; ///< if the value is an integer
};

/// `schedule kernel for target { … }`.
struct Schedule {
  Name kernel, target;
  std::vector<ScheduleEntry> entries;
  SourceRange range;
};

/// A file. Items keep their order by kind.
struct Module {
  const SourceFile *file = nullptr;
  std::string doc;
  std::vector<Import> imports;
  std::vector<Function> functions;
  std::vector<Schedule> schedules;
  std::vector<SourceRange> comments;
  std::set<std::string> lost; ///< the names in what could not be read: that they are unknown is no news
};

/// `dyn<CallExpr>(expr)`: the node if it is one, else null.
template <typename T> const T *dyn(const Expr *expr) {
  return expr && expr->kind == T::Kind ? static_cast<const T *>(expr) : nullptr;
}
template <typename T> const T *dyn(const ExprPtr &expr) {
  return dyn<T>(expr.get());
}

/// The tree as indented text, one node a line.
std::string dump(const Module &module);

} // namespace flex::lang::ast
