//===- Signature.cpp - What a caller must know of a kernel ----------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From flex.kernel at the tensor stages, from the plan after them.
//
//===----------------------------------------------------------------------===//
#include "Signature.h"
#include "flex/TensorIR/BindDims.h"

using namespace flex;
using mlir::StringAttr;

StatusOr<ImageConstraint> flex::constraintFromText(std::string_view text) {
  auto parsed = ir::DimConstraint::parse(llvm::StringRef(text.data(), text.size()));
  if (!parsed || !parsed->isValid())
    return Status(StatusCode::InvalidArgument,
                  "constraint '" + std::string(text) + "' is no comparison of two expressions");
  DimExpr lhs = parsed->lhs, rhs = parsed->rhs;
  auto make = [&](ImageConstraint::Kind kind, DimExpr a, DimExpr b) {
    return ImageConstraint{kind, std::move(a), std::move(b), std::string(text)};
  };
  using Relation = ir::DimConstraint::Relation;
  switch (parsed->relation) {
  case Relation::LessEqual: return make(ImageConstraint::Kind::LessEqual, lhs, rhs);
  case Relation::GreaterEqual: return make(ImageConstraint::Kind::LessEqual, rhs, lhs);
  case Relation::Less: return make(ImageConstraint::Kind::LessEqual, lhs + 1, rhs);
  case Relation::Greater: return make(ImageConstraint::Kind::LessEqual, rhs + 1, lhs);
  case Relation::Equal: break;
  case Relation::NotEqual:
    return Status(StatusCode::Unimplemented,
                  "constraint '" + std::string(text) + "': '!=' cannot be checked at a call yet");
  }
  const auto &terms = lhs.terms();
  if (rhs == DimExpr(0) && terms.size() == 1 && terms[0].coefficient == 1 && terms[0].atoms.size() == 1) {
    const DimExpr::Atom &atom = *terms[0].atoms[0];
    if (!atom.isName && atom.op == DimExpr::OpKind::Mod)
      return make(ImageConstraint::Kind::Divisible, atom.operands[0], atom.operands[1]);
  }
  return make(ImageConstraint::Kind::Equal, lhs, rhs);
}

namespace {

ImageTensor tensorOf(std::string name, mlir::Type type) {
  auto tensor = mlir::cast<ir::NamedTensorType>(type);
  ImageTensor out{std::move(name), ir::getDTypeName(tensor.getElementType()), {}};
  for (const DimExpr &dim : tensor.getDims())
    out.shape.push_back(dim);
  return out;
}

} // namespace

StatusOr<ImageKernel> flex::signatureOf(ir::KernelOp kernel) {
  ImageKernel out;
  out.name = kernel.getSymName().str();
  out.doc = kernel.getDoc().value_or("").str();
  out.strict = kernel.isStrict();
  for (const std::string &dim : kernel.getDimNames())
    out.dims.push_back(dim);
  for (auto [index, type] : llvm::enumerate(kernel.getArgumentTypes())) {
    out.params.push_back(tensorOf(kernel.getArgName(index), type));
    out.params.back().defaultValue = tile::numberText(kernel.getArgDefault(index), type);
  }
  for (auto [index, type] : llvm::enumerate(kernel.getResultTypes())) {
    out.results.push_back(tensorOf(kernel.getResultName(index), type));
    out.results.back().alias = kernel.getResultAlias(index);
  }
  if (auto constraints = kernel.getConstraints())
    for (StringAttr text : constraints->getAsRange<StringAttr>()) {
      auto constraint = constraintFromText(text.getValue().str());
      if (!constraint)
        return constraint.status();
      out.constraints.push_back(std::move(*constraint));
    }
  return out;
}

StatusOr<ImageKernel> flex::signatureOf(const tile::KernelPlan &plan) {
  ImageKernel out;
  out.name = plan.kernel;
  out.doc = plan.doc;
  out.strict = plan.strict;
  out.dims = plan.dims;
  out.params = plan.params;
  out.results = plan.results;
  for (const std::string &text : plan.constraints) {
    auto constraint = constraintFromText(text);
    if (!constraint)
      return constraint.status();
    out.constraints.push_back(std::move(*constraint));
  }
  return out;
}
