//===- BindDims.cpp - Named dimensions become numbers ---------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From here on shapes are static wherever every name was bound. All expressions of
// a kernel are substituted at once, so its verifier holds before and after.
//
//===----------------------------------------------------------------------===//
#include "flex/TensorIR/BindDims.h"
#include "flex/TensorIR/TensorPasses.h"

#include "mlir/IR/AttrTypeSubElements.h"

using namespace mlir;
using namespace flex;
using namespace flex::ir;

namespace flex::ir {
#define GEN_PASS_DEF_FLEXBINDDIMS
#include "flex/TensorIR/TensorPasses.h.inc"
} // namespace flex::ir

//===----------------------------------------------------------------------===//
// Constraints
//===----------------------------------------------------------------------===//

using Relation = DimConstraint::Relation;

/// Two-character operators first, so that `<=` is not read as `<`.
static constexpr std::pair<const char *, Relation> kRelations[] = {
    {"<=", Relation::LessEqual}, {">=", Relation::GreaterEqual}, {"==", Relation::Equal},
    {"!=", Relation::NotEqual},  {"<", Relation::Less},          {">", Relation::Greater}};

std::optional<DimConstraint> DimConstraint::parse(StringRef text) {
  for (auto [spelling, relation] : kRelations) {
    size_t at = text.find(spelling);
    if (at == StringRef::npos)
      continue;
    StringRef left = text.take_front(at), right = text.drop_front(at + StringRef(spelling).size());
    auto lhs = DimExpr::parse(std::string_view(left.data(), left.size()));
    auto rhs = DimExpr::parse(std::string_view(right.data(), right.size()));
    if (!lhs || !rhs)
      return std::nullopt;
    return DimConstraint{*lhs, *rhs, relation};
  }
  return std::nullopt;
}

std::string DimConstraint::str() const {
  for (auto [spelling, kind] : kRelations)
    if (kind == relation)
      return lhs.str() + " " + spelling + " " + rhs.str();
  return "";
}

DimConstraint DimConstraint::substitute(const std::map<std::string, DimExpr> &dims) const {
  return {lhs.substitute(dims), rhs.substitute(dims), relation};
}

std::optional<bool> DimConstraint::holds() const {
  auto a = lhs.constant(), b = rhs.constant();
  if (!a || !b)
    return std::nullopt;
  switch (relation) {
  case Relation::LessEqual: return *a <= *b;
  case Relation::GreaterEqual: return *a >= *b;
  case Relation::Equal: return *a == *b;
  case Relation::NotEqual: return *a != *b;
  case Relation::Less: return *a < *b;
  case Relation::Greater: return *a > *b;
  }
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// Substitution
//===----------------------------------------------------------------------===//

namespace {

using Replacements = std::map<std::string, DimExpr>;

/// Binds the dimensions of one kernel. After `run` returned success nothing of
/// it uses a bound name; after failure the kernel may be half bound.
class Binder {
public:
  Binder(KernelOp kernel, const Replacements &dims) : kernel(kernel), dims(dims) {}

  LogicalResult run() {
    if (failed(bindConstraints()))
      return failure();
    AttrTypeReplacer replacer;
    replacer.addReplacement([&](NamedTensorType type) { return bindType(type); });
    WalkResult walked = kernel->walk<WalkOrder::PreOrder>([&](Operation *op) -> WalkResult {
      location = op->getLoc();
      if (failed(bindExpressions(op)))
        return failure();
      replacer.replaceElementsIn(op, /*replaceAttrs=*/true, /*replaceLocs=*/false, /*replaceTypes=*/true);
      return failure(failedType);
    });
    return failure(walked.wasInterrupted());
  }

private:
  Type bindType(NamedTensorType type) {
    SmallVector<StringAttr> shape;
    for (const DimExpr &dim : type.getDims()) {
      DimExpr bound = dim.substitute(dims);
      if (!bound.isValid()) {
        if (!failedType)
          emitError(location) << "dimension '" << dim.str() << kOverflow;
        failedType = true;
        return type;
      }
      shape.push_back(toAttr(type.getContext(), bound));
    }
    if (failedType)
      return type;
    auto bound = NamedTensorType::getChecked([&] { return emitError(location); }, type.getContext(),
                                             type.getElementType(), ArrayRef<StringAttr>(shape));
    failedType |= !bound;
    return bound ? bound : type;
  }

  FailureOr<Attribute> bindExpr(Operation *op, StringAttr attr, const Replacements &replacements) {
    DimExpr expr = toDimExpr(attr), bound = expr.substitute(replacements);
    if (expr.isValid() && !bound.isValid())
      return op->emitError() << "'" << attr.getValue() << kOverflow;
    return Attribute(toAttr(op->getContext(), bound));
  }

  FailureOr<ArrayAttr> bindExprs(Operation *op, ArrayAttr attrs, const Replacements &replacements) {
    SmallVector<Attribute> bound;
    for (Attribute attr : attrs) {
      FailureOr<Attribute> expr = bindExpr(op, cast<StringAttr>(attr), replacements);
      if (failed(expr))
        return failure();
      bound.push_back(*expr);
    }
    return ArrayAttr::get(op->getContext(), bound);
  }

  LogicalResult bindExpressions(Operation *op) {
    if (auto dim = dyn_cast<DimOp>(op)) {
      FailureOr<Attribute> expr = bindExpr(op, dim.getExprAttr(), dims);
      if (succeeded(expr))
        dim.setExprAttr(cast<StringAttr>(*expr));
      return expr;
    }
    if (isa<LoadOp>(op))
      return bindAttr(op, "access", visibleAt(getVisibleIndices(op)));
    if (isa<FoldOp>(op))
      return bindAttr(op, "extents", dims);
    auto statement = dyn_cast<StatementInterface>(op);
    if (!statement)
      return success();
    Replacements visible = visibleAt(statement.getIndexNames());
    SmallVector<Attribute> accesses;
    for (Attribute access : op->getAttrOfType<ArrayAttr>("accesses")) {
      if (isa<UnitAttr>(access)) {
        accesses.push_back(access);
        continue;
      }
      FailureOr<ArrayAttr> bound = bindExprs(op, cast<ArrayAttr>(access), visible);
      if (failed(bound))
        return failure();
      accesses.push_back(*bound);
    }
    op->setAttr("accesses", ArrayAttr::get(op->getContext(), accesses));
    if (auto sort = dyn_cast<ArgSortOp>(op)) {
      FailureOr<Attribute> count = bindExpr(op, sort.getCountAttr(), dims);
      if (failed(count))
        return failure();
      sort.setCountAttr(cast<StringAttr>(*count));
      DimExpr extent = sort.getIndexExtents().back().substitute(dims);
      if (auto spare = (extent - toDimExpr(sort.getCountAttr())).constant(); spare && *spare < 0)
        return sort.emitError() << "cannot give " << sort.getCount() << " of " << extent.str() << " positions";
    }
    if (op->hasAttr("at") && failed(bindAttr(op, "at", visible)))
      return failure();
    return bindAttr(op, "extents", dims);
  }

  LogicalResult bindAttr(Operation *op, StringRef name, const Replacements &replacements) {
    FailureOr<ArrayAttr> bound = bindExprs(op, op->getAttrOfType<ArrayAttr>(name), replacements);
    if (succeeded(bound))
      op->setAttr(name, *bound);
    return bound;
  }

  /// An index hides a dimension of the same name.
  Replacements visibleAt(ArrayRef<StringRef> indices) const {
    Replacements visible = dims;
    for (StringRef index : indices)
      visible.erase(index.str());
    return visible;
  }

  LogicalResult bindConstraints() {
    auto constraints = kernel.getConstraints();
    if (!constraints)
      return success();
    SmallVector<Attribute> left;
    for (StringAttr text : constraints->getAsRange<StringAttr>()) {
      auto constraint = DimConstraint::parse(text.getValue());
      if (!constraint)
        return kernel.emitOpError() << "constraint '" << text.getValue() << "' is not a comparison of two expressions";
      DimConstraint bound = constraint->substitute(dims);
      if (!bound.isValid())
        return kernel.emitOpError() << "constraint '" << text.getValue() << "' overflows 64 bits with these dimensions";
      auto holds = bound.holds();
      if (holds && !*holds)
        return kernel.emitOpError() << "constraint '" << text.getValue() << "' does not hold: " << bound.str();
      if (!holds)
        left.push_back(StringAttr::get(kernel.getContext(), bound.str()));
    }
    if (left.empty())
      kernel.removeConstraintsAttr();
    else
      kernel.setConstraintsAttr(ArrayAttr::get(kernel.getContext(), left));
    return success();
  }

  static constexpr const char *kOverflow =
      "' overflows 64 bits or divides by a number below 1 once its names are bound";
  KernelOp kernel;
  const Replacements &dims;
  Location location = kernel.getLoc();
  bool failedType = false;
};

/// `N=1024`.
std::optional<std::pair<std::string, int64_t>> parseBinding(StringRef text) {
  auto [name, value] = text.split('=');
  int64_t number;
  if (name.trim().empty() || value.trim().getAsInteger(10, number))
    return std::nullopt;
  return std::make_pair(name.trim().str(), number);
}

struct BindDimsPass : flex::ir::impl::FlexBindDimsBase<BindDimsPass> {
  using FlexBindDimsBase::FlexBindDimsBase;

  void runOnOperation() override {
    std::map<std::string, int64_t> dims;
    for (const std::string &text : bindings) {
      auto binding = parseBinding(text);
      if (!binding) {
        getOperation().emitError() << "flex-bind-dims: expected NAME=NUMBER, found '" << text << "'";
        return signalPassFailure();
      }
      dims.insert(*binding);
    }
    if (failed(bindDims(getOperation(), dims)))
      signalPassFailure();
  }
};

} // namespace

LogicalResult ir::bindDims(ModuleOp module, const std::map<std::string, int64_t> &dims) {
  Replacements replacements;
  for (const auto &[name, value] : dims) {
    if (value < 0)
      return module.emitError() << "dimension " << name << " is bound to the negative number " << value;
    replacements.emplace(name, DimExpr(value));
  }
  WalkResult walked = module.walk([&](KernelOp kernel) -> WalkResult { return Binder(kernel, replacements).run(); });
  return failure(walked.wasInterrupted());
}
