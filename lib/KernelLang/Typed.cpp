//===- Typed.cpp - Walks, names and text of the typed form ----------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The dump is what tests match; it prints indices by the names the user wrote.
//
//===----------------------------------------------------------------------===//
#include "flex/KernelLang/Typed.h"

#include <cctype>
#include <set>
#include <sstream>

namespace flex::lang {

const char *boundaryName(BoundaryRule rule) {
  static const char *const names[] = {"none", "clamp", "wrap", "mirror", "zero", "fill"};
  return names[static_cast<int>(rule)];
}

const char *reduceName(ReduceKind kind) {
  static const char *const names[] = {"sum", "prod", "max", "min", "any", "all", "mean", "argmax", "argmin"};
  return names[static_cast<int>(kind)];
}

const char *scatterName(ScatterKind kind) {
  static const char *const names[] = {"add", "mul", "max", "min", "set"};
  return names[static_cast<int>(kind)];
}

const char *scalarOpName(ScalarOp op) {
  static const char *const names[] = {
      "+",        "-",    "*",     "/",       "%",     "**",    "atan2", "copysign", "min",   "max",   "&",
      "|",        "^",    "<<",    ">>",      "==",    "!=",    "<",     "<=",       ">",     ">=",    "neg",
      "not",      "abs",  "sign",  "exp",     "exp2",  "expm1", "log",   "log2",     "log10", "log1p", "sin",
      "cos",      "tan",  "asin",  "acos",    "atan",  "sinh",  "cosh",  "tanh",     "asinh", "acosh", "atanh",
      "erf",      "sqrt", "rsqrt", "cbrt",    "floor", "ceil",  "round", "trunc",    "isnan", "isinf", "isfinite",
      "popcount", "clz",  "ctz",   "bitcast", "fma",   "select"};
  return names[static_cast<int>(op)];
}

std::string Constraint::str() const {
  if (kind == Kind::Divisible)
    return (lhs.asSymbol() || lhs.constant() ? lhs.str() : "(" + lhs.str() + ")") + " % " +
           (rhs.asSymbol() || rhs.constant() ? rhs.str() : "(" + rhs.str() + ")") + " == 0";
  return lhs.str() + (kind == Kind::Equal ? " == " : " <= ") + rhs.str();
}

std::string shapeText(const std::vector<DimExpr> &shape) {
  std::string out = "[";
  for (size_t i = 0; i < shape.size(); ++i)
    out += (i ? ", " : "") + shape[i].str();
  return out + "]";
}

namespace {

class Dumper {
public:
  explicit Dumper(const TypedKernel &kernel) : kernel(kernel) {}

  std::string run() {
    out << "kernel " << kernel.name << "(";
    for (size_t i = 0; i < kernel.paramCount; ++i)
      out << (i ? ", " : "") << kernel.tensors[i].name << ": " << typeOf(kernel.tensors[i]);
    out << ")\n";
    for (const Constraint &constraint : kernel.constraints)
      out << "  where " << constraint.str() << "\n";
    for (const TStatement &statement : kernel.statements) {
      const TTensor &tensor = kernel.tensors[statement.tensor];
      out << "  " << tensor.name << ": " << typeOf(tensor) << " " << loops(statement.axes) << " = ";
      prefix(statement);
      expr(*statement.value);
      out << "\n";
    }
    out << "  return";
    for (size_t i = 0; i < kernel.results.size(); ++i)
      out << (i ? ", " : " ") << kernel.tensors[kernel.results[i]].name;
    out << "\n";
    return out.str();
  }

private:
  void prefix(const TStatement &statement) {
    using K = TStatement::Kind;
    if (statement.kind == K::Scan)
      out << "scan" << loops(statement.ordered) << " ";
    if (statement.kind == K::ArgSort)
      out << (statement.descending ? "descending" : "ascending") << loops(statement.ordered) << " count "
          << statement.count.str() << " ";
    if (statement.kind != K::Scatter)
      return;
    out << kernel.tensors[statement.base].name << " scatter " << scatterName(statement.scatter)
        << loops(statement.ordered) << " at " << places(statement.place);
    list(statement.data);
    out << " ";
  }

  std::string places(const std::vector<DimExpr> &indices) {
    std::string text = "[";
    for (const DimExpr &index : indices)
      text += (text.size() > 1 ? ", " : "") + pretty(index);
    return text + "]";
  }

  std::string typeOf(const TTensor &tensor) { return dtypeName(tensor.type) + shapeText(tensor.shape); }

  std::string loops(const std::vector<IndexVarRef> &vars) {
    std::string text = "[";
    for (const IndexVarRef &var : vars) {
      text += (text.size() > 1 ? ", " : "") + pretty(DimExpr::symbol(var->symbol)) + " < ";
      text += var->extent ? var->extent->str() : "?";
    }
    return text + "]";
  }

  /// `i$3` reads as `i`; `$0` stays.
  std::string pretty(const DimExpr &dim) {
    std::string text;
    bool skipping = false;
    for (char c : dim.str()) {
      bool inName = !text.empty() && (isalnum(static_cast<unsigned char>(text.back())) || text.back() == '_');
      skipping = (c == '$' && inName) || (skipping && c >= '0' && c <= '9');
      if (!skipping)
        text += c;
    }
    return text;
  }

  void list(const std::vector<TExprRef> &operands) {
    out << "(";
    for (size_t i = 0; i < operands.size(); ++i) {
      out << (i ? ", " : "");
      expr(*operands[i]);
    }
    out << ")";
  }

  void constant(const TExpr &e) {
    if (isFloat(e.type))
      out << e.floatValue;
    else if (isSigned(e.type))
      out << static_cast<int64_t>(e.intValue);
    else
      out << e.intValue;
    if (!isLiteral(e.type))
      out << ":" << dtypeName(e.type);
  }

  void access(const TExpr &e) {
    out << kernel.tensors[e.tensor].name << places(e.indices);
    if (e.rule != BoundaryRule::None)
      out << " " << boundaryName(e.rule);
    bool hasFill = e.rule == BoundaryRule::Zero || e.rule == BoundaryRule::Fill;
    if (e.operands.size() > hasFill)
      list({e.operands.begin() + hasFill, e.operands.end()});
  }

  void expr(const TExpr &e) {
    switch (e.kind) {
    case TKind::Const: return constant(e);
    case TKind::Index: out << "(" << pretty(*e.dim) << ")"; return;
    case TKind::Access:
    case TKind::Load: return access(e);
    case TKind::Apply: out << scalarOpName(e.op); return list(e.operands);
    case TKind::Cast: out << dtypeName(e.type); return list(e.operands);
    case TKind::Reduce: out << reduceName(e.reduce) << loops(e.loops); return list(e.operands);
    }
  }

  const TypedKernel &kernel;
  std::ostringstream out;
};

} // namespace

std::string dump(const TypedKernel &kernel) {
  return Dumper(kernel).run();
}

const TExpr *findNode(const TExpr &root, const std::function<bool(const TExpr &)> &holds) {
  std::set<const TExpr *> visited;
  std::vector<const TExpr *> work{&root};
  while (!work.empty()) {
    const TExpr *node = work.back();
    work.pop_back();
    if (!visited.insert(node).second)
      continue;
    if (holds(*node))
      return node;
    for (const TExprRef &operand : node->operands)
      work.push_back(operand.get());
  }
  return nullptr;
}

void visitNodes(const TExpr &root, const std::function<void(const TExpr &)> &visit) {
  findNode(root, [&](const TExpr &node) {
    visit(node);
    return false;
  });
}

} // namespace flex::lang
