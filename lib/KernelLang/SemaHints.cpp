//===- SemaHints.cpp - Semantic analysis: saying what was meant ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What follows from an error said before is not said again, and hints that need to know the
// names and shapes at the place. Decides nothing: only errors that are reported anyway come here.
//
//===----------------------------------------------------------------------===//
#include "Hints.h"
#include "SemaImpl.h"

#include <algorithm>

namespace flex::lang {

using namespace ast;

std::string shortText(SourceRange range) {
  std::string text(range.text());
  bool simple = !text.empty() && text.size() <= 24 && text.find('\n') == std::string::npos;
  return simple ? text : "…";
}

std::string axisHint(size_t rank) {
  if (rank == 0)
    return "";
  std::string last = std::to_string(rank - 1);
  return rank == 1 ? "its one axis is 0, or -1"
                   : "axes are counted from 0 to " + last + ", or from -1 back to -" + std::to_string(rank);
}

/// True for what follows from an error said before: in a body with a syntax error, about a
/// name that stands in what could not be read, or about a name that is known to be unknown.
bool Sema::isFollowUp(Diag kind, std::initializer_list<std::string> arguments) {
  for (const auto &called : frames)
    if (called->function->bodyBroken)
      return true;
  bool named = kind == Diag::UnknownName || kind == Diag::UnknownFunction || kind == Diag::UnknownType ||
               kind == Diag::DimensionNotDerivable;
  if (!named || arguments.size() == 0 || trial)
    return false;
  const std::string &name = *arguments.begin();
  return frame().module->ast.lost.count(name) || !saidUnknown.insert(name).second;
}

//===----------------------------------------------------------------------===//
// Names
//===----------------------------------------------------------------------===//

/// Where a later line of the function's body defines `name`.
static const Name *definedLater(const Function &function, const std::string &name) {
  for (const Stmt &stmt : function.body.statements)
    for (const Name &defined : stmt.names)
      if (stmt.kind == StmtKind::Let && defined.text == name)
        return &defined;
  return nullptr;
}

void Sema::reportUnknownName(const NameExpr &expr) {
  const std::string name = expr.name.str();
  if (expr.name.module) {
    bool ours = findBinding(expr.name.module->text) != nullptr;
    std::string hint = memberHint(expr.name.module->text, expr.name.name.text);
    report(Diag::UnknownName, expr.range, {name}).hint(ours || !hint.empty() ? hint : "");
    return;
  }
  bool wasIndex = std::any_of(symbols.begin(), symbols.end(), [&](const auto &entry) {
    return entry.second->name == name && entry.second->range.isValid();
  });
  DiagnosticBuilder builder = report(Diag::UnknownName, expr.range, {name});
  if (const Name *later = definedLater(*frame().function, name))
    builder.label(later->range, "defined here, after its use").hint("a name is known from its 'let' on: move it up");
  else if (std::string foreign = valueHint(name); !foreign.empty())
    builder.hint(foreign);
  else if (std::string hint = didYouMean(name, visibleNames()); !hint.empty())
    builder.hint(hint);
  else if (wasIndex)
    builder.hint("an index is known in its own statement or reduction only");
  else
    builder.hint(statementHint(name));
}

/// An index in brackets that nobody listed; true if that was it.
bool Sema::reportUnlistedIndex(const Expr *expr) {
  auto *name = dyn<NameExpr>(expr);
  if (!name || name->name.module)
    return false;
  const std::string &text = name->name.name.text;
  bool known = findBinding(text) || frame().dims.count(text) || frame().types.count(text) || text == "inf" ||
               text == "nan" || text == "pi" || frame().module->functions.count(text) || isBuiltinFunction(text) ||
               dtypeFromName(text) || !dtypeCategory(text).empty();
  if (known || definedLater(*frame().function, text) || !valueHint(text).empty())
    return false;
  std::string near = text.size() > 1 ? didYouMean(text, visibleNames()) : "";
  report(Diag::UnknownName, expr->range, {text})
      .hint(near.empty() ? "sum it away with 'sum(" + text + ") …', or list it before the value: '[…, " + text + "]'"
                         : near);
  return true;
}

std::string Sema::unknownModuleHint(const QualifiedName &name, const std::vector<std::string> &known) {
  const std::string &module = name.module->text;
  if (findBinding(module))
    return memberHint(module, name.name.text);
  if (std::string near = didYouMean(module, known); !near.empty())
    return near;
  std::string foreign = functionHint(name.name.text);
  if (!foreign.empty())
    return foreign;
  if (isBuiltinFunction(name.name.text))
    return memberHint("np", name.name.text);
  if (std::string standard = standardModuleOf(name.name.text); !standard.empty() && standard != module)
    return "it is in the standard library: 'import " + standard + "', then '" + standard + "." + name.name.text + "'";
  return "import it: 'import " + module + "'";
}

std::string Sema::unknownFunctionHint(const std::string &name, const std::vector<std::string> &known) {
  if (findBinding(name))
    return "'" + name + "' is a value; an element is read with brackets: '" + name + "[i]'";
  if (std::string hint = functionHint(name); !hint.empty())
    return hint;
  if (std::string module = standardModuleOf(name); !module.empty())
    return "it is in the standard library: 'import " + module + "'";
  return didYouMean(name, known);
}

//===----------------------------------------------------------------------===//
// Shapes
//===----------------------------------------------------------------------===//

/// A whole tensor used where its element is meant.
const NameExpr *Sema::bareTensor(const Expr *expr) {
  if (auto *name = dyn<NameExpr>(expr)) {
    Binding *binding = findBinding(name->name.str());
    return binding && binding->value.isTensor() ? name : nullptr;
  }
  if (auto *unary = dyn<UnaryExpr>(expr))
    return bareTensor(unary->operand.get());
  if (auto *binary = dyn<BinaryExpr>(expr)) {
    const NameExpr *left = bareTensor(binary->lhs.get());
    return left ? left : bareTensor(binary->rhs.get());
  }
  return nullptr;
}

/// `[i, j] x[i, j] + y`: y is not indexed.
void Sema::reportNeedsIndex(const Expr *expr, const Value &value, const std::string &otherHint) {
  const NameExpr *bare = bareTensor(expr);
  Binding *binding = bare ? findBinding(bare->name.str()) : nullptr;
  std::string name = binding ? "'" + bare->name.str() + "'" : value.name.empty() ? "this" : "'" + value.name + "'";
  size_t axes = binding ? binding->value.axes.size() : value.axes.size();
  std::string example = bare ? bare->name.str() + "[" : "(…)[";
  static const char *const letters[] = {"i", "j", "k", "l", "m", "n", "p", "q"};
  for (size_t i = 0; i < axes && i < std::size(letters); ++i)
    example += (i ? ", " : "") + std::string(letters[i]);
  report(Diag::NeedsIndex, bare ? bare->range : expr->range, {name, axesText(axes)})
      .hint(otherHint.empty() ? "index it, e.g. '" + example + "]'" : otherHint);
}

/// For an index that is none.
std::string indexTypeHint(DType type, const std::string &text) {
  if (type == DType::Bool)
    return "how many are chosen would depend on the data: choose values instead, 'if … { … } else { 0 }'";
  if (isInteger(type))
    return "a range is made of dimensions and literals: take the whole axis and choose, e.g. 'if i < " + text +
           " { … } else { 0 }'";
  return "round it as you mean it, e.g. 'i32(floor(…))', or divide integers: 'i / 2'";
}

std::string Sema::broadcastHint(const Value &a, const Value &b, const DimExpr &left, const DimExpr &right) {
  const Value &small = a.axes.size() < b.axes.size() ? a : b, &large = &small == &a ? b : a;
  bool leading = small.axes.size() < large.axes.size();
  for (size_t i = 0; leading && i < small.axes.size(); ++i)
    leading = prover.equal(*small.axes[i]->extent, *large.axes[i]->extent);
  std::string text(small.range.text());
  bool reduces = leading && text.find("axis") != std::string::npos && text.back() == ')';
  if (reduces)
    return "keep the axis that was reduced: 'keepdims = true'";
  if (leading)
    return "axes are aligned at the last one; for the first one write the indices, e.g. '[i, j] … + " +
           shortText(small.range) + "[i]'";
  if (a.axes.size() == 2 && b.axes.size() == 2 && prover.equal(*a.axes[1]->extent, *b.axes[0]->extent))
    return "the matrix product is written '@'";
  if (!left.asSymbol() || !right.asSymbol())
    return "axes are aligned at the last one, and only an axis of 1 stretches";
  return "use one name for dimensions that are equal, or add 'where " + left.str() + " == " + right.str() + "'";
}

/// The axis that two tensors could be joined along.
std::string Sema::joinHint(const Value &a, const Value &b) {
  std::vector<size_t> differ;
  for (size_t i = 0; i < a.axes.size() && i < b.axes.size(); ++i)
    if (!prover.equal(*a.axes[i]->extent, *b.axes[i]->extent))
      differ.push_back(i);
  bool one = a.axes.size() == b.axes.size() && differ.size() == 1;
  return one ? "'concat' with 'axis = " + std::to_string(differ[0]) + "' joins them" : "";
}

/// `x @ w` where w is stored the other way round.
std::string Sema::contractionHint(const Value &a, const Value &b) {
  bool swapped = b.axes.size() == 2 && prover.equal(*a.axes.back()->extent, *b.axes[1]->extent);
  if (swapped && a.axes.size() == 2)
    return "the right one is stored the other way round: write '[i, j] sum(k) " + shortText(a.range) + "[i, k] * " +
           shortText(b.range) + "[j, k]'";
  if (a.axes.size() == 2 && b.axes.size() == 2 && prover.equal(*b.axes[1]->extent, *a.axes[0]->extent))
    return "are the operands swapped? '" + shortText(b.range) + " @ " + shortText(a.range) + "' fits";
  return "'@' sums over the last axis of the left and the last but one of the right";
}

/// What an index that leaves its axis most likely should be.
std::string Sema::outOfRangeHint(const PendingAccess &access, const DimExpr &last) {
  std::string end = (access.extent - 1).str();
  end.erase(std::remove(end.begin(), end.end(), ' '), end.end());
  std::string rule = "wrap the tensor in a boundary rule, e.g. 'let p = clamp(" + access.tensor + ")'";
  if (auto place = access.index.constant(); place && *place >= 0 && !access.extent.isConstant())
    return "if there are that many, say so: 'where " + access.extent.str() + " >= " + std::to_string(*place + 1) + "'";
  std::set<std::string> names;
  access.index.collectSymbols(names);
  for (const std::string &name : names) {
    auto it = symbols.find(name);
    if (it != symbols.end() && it->second->isExplicit && last == access.extent)
      return "a range includes its last value, and the first index is 0: '" + it->second->name + " in 0.." + end + "'";
  }
  return rule + ", or shrink the range of an index";
}

} // namespace flex::lang
