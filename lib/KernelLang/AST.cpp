//===- AST.cpp - AST nodes and their dump ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Constructors keep `height`; the dump is what `flexc --emit=ast` prints and
// tests match: an s-expression per statement.
//
//===----------------------------------------------------------------------===//
#include "flex/KernelLang/AST.h"

#include <algorithm>
#include <sstream>

namespace flex::lang::ast {

const char *spelling(UnaryOp op) {
  static const char *const texts[] = {"-", "!", "~"};
  return texts[static_cast<int>(op)];
}

const char *spelling(BinaryOp op) {
  static const char *const texts[] = {"+",  "-",  "*",  "/",  "%", "@",  "**", "&",  "|",  "^",
                                      "<<", ">>", "==", "!=", "<", "<=", ">",  ">=", "&&", "||"};
  return texts[static_cast<int>(op)];
}

static uint32_t heightOf(const ExprPtr &expr) {
  return expr ? expr->height : 0;
}

static uint32_t heightOf(const std::vector<IndexDecl> &indices) {
  uint32_t height = 0;
  for (const IndexDecl &index : indices)
    height = std::max({height, heightOf(index.first), heightOf(index.last)});
  return height;
}

UnaryExpr::UnaryExpr(SourceRange range, UnaryOp op, ExprPtr operand)
    : Expr(Kind, range), op(op), operand(std::move(operand)) {
  height = heightOf(this->operand) + 1;
}

BinaryExpr::BinaryExpr(BinaryOp op, SourceRange opRange, ExprPtr lhs, ExprPtr rhs)
    : Expr(Kind, lhs->range.to(rhs->range)), op(op), opRange(opRange), lhs(std::move(lhs)), rhs(std::move(rhs)) {
  height = std::max(heightOf(this->lhs), heightOf(this->rhs)) + 1;
}

CallExpr::CallExpr(SourceRange range, QualifiedName callee, std::vector<Argument> args)
    : Expr(Kind, range), callee(std::move(callee)), arguments(std::move(args)) {
  for (const Argument &argument : arguments)
    height = std::max(height, heightOf(argument.value) + 1);
}

IndexExpr::IndexExpr(SourceRange range, ExprPtr base, std::vector<ExprPtr> indices)
    : Expr(Kind, range), base(std::move(base)), indices(std::move(indices)) {
  height = heightOf(this->base) + 1;
  for (const ExprPtr &index : this->indices)
    height = std::max(height, heightOf(index) + 1);
}

SliceExpr::SliceExpr(SourceRange range, ExprPtr first, ExprPtr last, ExprPtr step)
    : Expr(Kind, range), first(std::move(first)), last(std::move(last)), step(std::move(step)) {
  height = std::max({heightOf(this->first), heightOf(this->last), heightOf(this->step)}) + 1;
}

ReduceExpr::ReduceExpr(SourceRange range, Name reducer, std::vector<IndexDecl> indices, ExprPtr body)
    : Expr(Kind, range), reducer(std::move(reducer)), indices(std::move(indices)), body(std::move(body)) {
  height = std::max(heightOf(this->body), heightOf(this->indices)) + 1;
}

ScanExpr::ScanExpr(SourceRange range, Name keyword, std::vector<IndexDecl> indices, ExprPtr body)
    : Expr(Kind, range), keyword(std::move(keyword)), indices(std::move(indices)), body(std::move(body)) {
  height = std::max(heightOf(this->body), heightOf(this->indices)) + 1;
}

IfExpr::IfExpr(SourceRange range, ExprPtr condition, Block thenBlock, Block elseBlock, uint32_t blockHeight)
    : Expr(Kind, range), condition(std::move(condition)), thenBlock(std::move(thenBlock)),
      elseBlock(std::move(elseBlock)) {
  height = std::max(heightOf(this->condition), blockHeight) + 1;
}

TupleExpr::TupleExpr(SourceRange range, std::vector<ExprPtr> elements)
    : Expr(Kind, range), elements(std::move(elements)) {
  for (const ExprPtr &element : this->elements)
    height = std::max(height, heightOf(element) + 1);
}

std::string Import::str() const {
  std::string out;
  for (const Name &part : path)
    out += (out.empty() ? "" : ".") + part.text;
  return out;
}

namespace {

class Dumper {
public:
  std::string run(const Module &module) {
    for (const Import &import : module.imports)
      out << "import " << import.str() << (import.alias ? " as " + import.alias->text : "") << "\n";
    for (const Function &function : module.functions)
      dump(function);
    for (const Schedule &schedule : module.schedules) {
      out << "schedule " << schedule.kernel.text << " for " << schedule.target.text << "\n";
      for (const ScheduleEntry &entry : schedule.entries)
        out << "  " << entry.key.text << " " << entry.value.text << "\n";
    }
    return out.str();
  }

private:
  void dump(const Function &function) {
    if (function.numerics)
      out << "@numerics(" << function.numerics->text << ") ";
    out << (function.isKernel ? "kernel " : "fn ") << function.name.text << "\n";
    for (const GenericParam &generic : function.generics) {
      out << "  generic " << generic.name.text << ":";
      for (const Name &name : generic.allowed)
        out << " " << name.text;
      out << "\n";
    }
    for (const Param &param : function.params) {
      out << "  param " << param.name.text << ": " << (param.isInout ? "inout " : "");
      dump(param.type);
      if (param.defaultValue) {
        out << " = ";
        dump(param.defaultValue.get());
      }
      out << "\n";
    }
    for (const TypeExpr &type : function.results) {
      out << "  result ";
      dump(type);
      out << "\n";
    }
    for (const ExprPtr &constraint : function.constraints) {
      out << "  where ";
      dump(constraint.get());
      out << "\n";
    }
    dump(function.body, 2);
  }

  void dump(const TypeExpr &type) {
    out << type.element.text;
    if (type.hasShape)
      list(type.shape, "[", "]");
  }

  void list(const std::vector<ExprPtr> &exprs, const char *open, const char *close) {
    out << open;
    for (size_t i = 0; i < exprs.size(); ++i) {
      out << (i ? ", " : "");
      dump(exprs[i].get());
    }
    out << close;
  }

  void dump(const std::vector<IndexDecl> &indices) {
    out << "[";
    for (size_t i = 0; i < indices.size(); ++i) {
      out << (i ? ", " : "") << indices[i].name.text;
      if (!indices[i].first)
        continue;
      out << " in ";
      dump(indices[i].first.get());
      out << "..";
      dump(indices[i].last.get());
    }
    out << "]";
  }

  void dump(const Block &block, unsigned indent) {
    for (const Stmt &stmt : block.statements) {
      out << std::string(indent, ' ');
      dump(stmt);
      out << "\n";
    }
  }

  void dump(const Stmt &stmt) {
    if (stmt.kind == StmtKind::For) {
      out << "for ";
      dump(stmt.indices);
      return dump(*stmt.body);
    }
    if (stmt.kind == StmtKind::Result) {
      out << "return";
      for (size_t i = 0; i < stmt.results.size(); ++i) {
        out << (i ? ", " : " ");
        if (stmt.results[i].hasIndices) {
          dump(stmt.results[i].indices);
          out << " ";
        }
        dump(stmt.results[i].value.get());
      }
      return;
    }
    out << (stmt.kind == StmtKind::Assign ? "set " : stmt.isVar ? "var " : "let ");
    for (size_t i = 0; i < stmt.names.size(); ++i)
      out << (i ? ", " : "") << stmt.names[i].text;
    if (stmt.hasIndices)
      dump(stmt.indices);
    if (stmt.type) {
      out << ": ";
      dump(*stmt.type);
    }
    out << " = ";
    dump(stmt.value.get());
  }

  void dump(const CallExpr &call) {
    out << "(call " << call.callee.str();
    for (const Argument &argument : call.arguments) {
      out << " ";
      if (argument.name)
        out << argument.name->text << "=";
      dump(argument.value.get());
    }
    out << ")";
  }

  void dump(const IfExpr &expr) {
    out << "(if ";
    dump(expr.condition.get());
    dump(expr.thenBlock);
    dump(expr.elseBlock);
    out << ")";
  }

  void dump(const Block &block) {
    out << " {";
    for (const Stmt &stmt : block.statements) {
      out << " ";
      dump(stmt);
    }
    out << " }";
  }

  void dump(const SliceExpr &slice) {
    dump(slice.first.get());
    out << ":";
    dump(slice.last.get());
    if (!slice.step)
      return;
    out << ":";
    dump(slice.step.get());
  }

  void dump(const Expr *expr) {
    if (!expr)
      return;
    if (auto *e = dyn<IntegerExpr>(expr))
      out << e->value;
    else if (auto *e = dyn<FloatExpr>(expr))
      out << e->value;
    else if (auto *e = dyn<BoolExpr>(expr))
      out << (e->value ? "true" : "false");
    else if (auto *e = dyn<NameExpr>(expr))
      out << e->name.str();
    else if (auto *e = dyn<CallExpr>(expr))
      dump(*e);
    else if (auto *e = dyn<IfExpr>(expr))
      dump(*e);
    else if (auto *e = dyn<SliceExpr>(expr))
      dump(*e);
    else if (expr->kind == ExprKind::Ellipsis)
      out << "...";
    else if (auto *e = dyn<TupleExpr>(expr))
      list(e->elements, "(tuple ", ")");
    else
      dumpOperator(expr);
  }

  void dumpOperator(const Expr *expr) {
    if (auto *e = dyn<UnaryExpr>(expr)) {
      out << "(" << spelling(e->op) << " ";
      dump(e->operand.get());
    } else if (auto *e = dyn<BinaryExpr>(expr)) {
      out << "(" << spelling(e->op) << " ";
      dump(e->lhs.get());
      out << " ";
      dump(e->rhs.get());
    } else if (auto *e = dyn<IndexExpr>(expr)) {
      out << "(at ";
      dump(e->base.get());
      list(e->indices, " [", "]");
    } else if (auto *e = dyn<ReduceExpr>(expr)) {
      out << "(" << e->reducer.text << " ";
      dump(e->indices);
      out << " ";
      dump(e->body.get());
    } else if (auto *e = dyn<ScanExpr>(expr)) {
      out << "(" << e->keyword.text << " ";
      dump(e->indices);
      out << " ";
      dump(e->body.get());
    } else {
      out << "(error";
    }
    out << ")";
  }

  std::ostringstream out;
};

} // namespace

std::string dump(const Module &module) {
  return Dumper().run(module);
}

} // namespace flex::lang::ast
