//===- Typed.cpp - Names and text of the typed form ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The dump is what tests match; it prints indices by the names the user wrote.
//
//===----------------------------------------------------------------------===//
#include "flex/KernelLang/Typed.h"

#include <sstream>

namespace flex::lang {

const char *boundaryName(BoundaryRule rule) {
  static const char *const names[] = {"none", "clamp", "wrap", "mirror", "zero", "fill"};
  return names[static_cast<int>(rule)];
}

const char *reduceName(ReduceKind kind) {
  static const char *const names[] = {"sum", "prod", "max", "min", "any", "all", "mean"};
  return names[static_cast<int>(kind)];
}

const char *scalarOpName(ScalarOp op) {
  static const char *const names[] = {"+",     "-",     "*",     "/",     "%",     "**",    "min",   "max",   "&",
                                      "|",     "^",     "<<",    ">>",    "==",    "!=",    "<",     "<=",    ">",
                                      ">=",    "neg",   "not",   "abs",   "sign",  "exp",   "exp2",  "expm1", "log",
                                      "log2",  "log10", "log1p", "sin",   "cos",   "tan",   "tanh",  "erf",   "sqrt",
                                      "rsqrt", "floor", "ceil",  "round", "trunc", "isnan", "isinf", "select"};
  return names[static_cast<int>(op)];
}

std::string Constraint::str() const {
  if (kind == Kind::Divisible)
    return lhs.str() + " % " + rhs.str() + " == 0";
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
  std::string typeOf(const TTensor &tensor) { return dtypeName(tensor.type) + shapeText(tensor.shape); }

  std::string loops(const std::vector<IndexVarRef> &vars) {
    std::string text = "[";
    for (const IndexVarRef &var : vars) {
      text += (text.size() > 1 ? ", " : "") + pretty(DimExpr::symbol(var->symbol)) + " < ";
      text += var->extent ? var->extent->str() : "?";
    }
    return text + "]";
  }

  /// `i$3` reads as `i`.
  std::string pretty(const DimExpr &dim) {
    std::string text;
    bool skipping = false;
    for (char c : dim.str()) {
      skipping = c == '$' || (skipping && c >= '0' && c <= '9');
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
    out << kernel.tensors[e.tensor].name << "[";
    for (size_t i = 0; i < e.indices.size(); ++i)
      out << (i ? ", " : "") << pretty(e.indices[i]);
    out << "]";
    if (e.rule != BoundaryRule::None)
      out << " " << boundaryName(e.rule);
  }

  void expr(const TExpr &e) {
    switch (e.kind) {
    case TKind::Const: return constant(e);
    case TKind::Index: out << "(" << pretty(*e.dim) << ")"; return;
    case TKind::Access: return access(e);
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

} // namespace flex::lang
