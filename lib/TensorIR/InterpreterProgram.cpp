//===- InterpreterProgram.cpp - From a statement to a register program ----===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Done once per statement and run: every name becomes a number, every operation a
// function pointer, and a read that stays inside its tensor one dot product.
//
//===----------------------------------------------------------------------===//
#include "InterpreterProgram.h"

using namespace mlir;
using namespace flex;
using namespace flex::ir;
using namespace flex::ir::interp;

namespace {

unsigned integerWidth(Type type) {
  return isa<IntegerType>(type) ? type.getIntOrFloatBitWidth() : 64;
}

/// A scalar that registers can hold.
bool isSupported(Type type) {
  if (isa<IndexType>(type))
    return true;
  return type.isSignlessInteger() ? !getDTypeName(type).empty() : getFloatFormat(type) != nullptr;
}

Reg constantReg(TypedAttr value) {
  Reg reg;
  if (auto floating = dyn_cast<FloatAttr>(value)) {
    uint64_t bits = floating.getValue().bitcastToAPInt().getZExtValue();
    reg.f = valueOfBits(bits, getDTypeName(floating.getType()));
    reg.nonNegative = reg.f >= 0;
  } else {
    auto integer = cast<IntegerAttr>(value);
    reg.i = wrap(integer.getValue().getZExtValue(), integerWidth(integer.getType()));
  }
  return reg;
}

std::map<std::string, DimExpr> toReplacements(const Dims &dims, ArrayRef<StringRef> hidden = {}) {
  std::map<std::string, DimExpr> replacements;
  for (const auto &[name, value] : dims)
    if (!llvm::is_contained(hidden, name))
      replacements.emplace(name, DimExpr(value));
  return replacements;
}

class Compiler {
public:
  Compiler(StatementInterface statement, const Dims &dims, const ErrorModel &errors)
      : statement(statement), dims(dims), errors(errors), names(statement.getIndexNames()) {}

  StatusOr<Program> run(function_ref<const Buffer *(Value)> buffers) {
    FLEX_RETURN_IF_ERROR(compileDomain());
    for (unsigned operand = 0; operand < statement->getNumOperands(); ++operand)
      FLEX_RETURN_IF_ERROR(compileRead(operand, *buffers(statement->getOperand(operand))));
    Block *body = statement.getStatementBody();
    for (BlockArgument argument : body->getArguments())
      FLEX_RETURN_IF_ERROR(newRegister(argument));
    for (Operation &op : body->without_terminator())
      FLEX_RETURN_IF_ERROR(compileOp(&op));
    FLEX_RETURN_IF_ERROR(registerOf(body->getTerminator()->getOperand(0), program.result));
    return std::move(program);
  }

private:
  Status compileDomain() {
    program.numParallel = statement.getNumParallelIndices();
    for (const DimExpr &extent : statement.getIndexExtents()) {
      auto value = extent.evaluate(dims);
      if (!value || *value < 0)
        return Status(StatusCode::InvalidArgument,
                      "extent '" + extent.str() + "' " + (value ? "is " + std::to_string(*value) : "has no value"));
      program.extents.push_back(*value);
    }
    return Status::ok();
  }

  Status compileRead(unsigned operand, const Buffer &buffer) {
    Read read;
    read.buffer = &buffer;
    read.boundary = statement.getAccessBoundary(operand).getKind();
    if (TypedAttr fill = statement.getAccessBoundary(operand).getValue())
      read.fill = constantReg(fill);
    read.strides.assign(buffer.getShape().size(), 1);
    for (int axis = static_cast<int>(buffer.getShape().size()) - 2; axis >= 0; --axis)
      read.strides[axis] = read.strides[axis + 1] * buffer.getShape()[axis + 1];
    auto replacements = toReplacements(dims, names);
    for (const DimExpr &expr : statement.getAccessExprs(operand)) {
      DimExpr bound = expr.substitute(replacements);
      std::set<std::string> symbols;
      bound.collectSymbols(symbols);
      bool known = llvm::all_of(symbols, [&](const std::string &s) { return llvm::is_contained(names, s); });
      if (!bound.isValid() || !known)
        return Status(StatusCode::InvalidArgument, "index expression '" + expr.str() + "' has no value");
      read.exprs.emplace_back(bound, names);
    }
    flatten(read);
    program.reads.push_back(std::move(read));
    return Status::ok();
  }

  /// Proves an affine read in range over the whole domain and folds the strides in.
  void flatten(Read &read) {
    SmallVector<int64_t> slopes(names.size(), 0);
    int64_t offset = 0;
    for (unsigned axis = 0; axis < read.exprs.size(); ++axis) {
      auto axisSlopes = read.exprs[axis].getSlopes(names.size());
      if (!axisSlopes)
        return;
      __int128 low = read.exprs[axis].getConstant(), high = low;
      for (auto [index, slope] : llvm::enumerate(*axisSlopes)) {
        __int128 reach = __int128(slope) * std::max<int64_t>(program.extents[index] - 1, 0);
        (reach < 0 ? low : high) += reach;
      }
      if (low < 0 || high >= read.buffer->getShape()[axis])
        return;
      for (auto [index, slope] : llvm::enumerate(*axisSlopes))
        slopes[index] += program.extents[index] > 1 ? slope * read.strides[axis] : 0;
      offset += read.exprs[axis].getConstant() * read.strides[axis];
    }
    read.inRange = true;
    read.offset = offset;
    read.slopes = slopes;
  }

  Status newRegister(Value value, Reg initial = {}) {
    if (!isSupported(value.getType()))
      return unimplemented("a value that is no scalar of a tensor's type");
    if (program.registers.size() >= UINT16_MAX)
      return Status(StatusCode::ResourceExhausted, "a statement's body has more than 65535 values");
    registers[value] = program.registers.size();
    program.registers.push_back(initial);
    return Status::ok();
  }

  static Status unimplemented(const std::string &what) {
    return Status(StatusCode::Unimplemented, "the reference interpreter does not know " + what);
  }

  /// A scalar from outside of the body is computed inside as well: it is pure.
  template <typename T> Status registerOf(Value value, T &number) {
    auto found = registers.find(value);
    if (found == registers.end()) {
      Operation *op = value.getDefiningOp();
      if (!op || op->getNumRegions() != 0 || op->getBlock() == statement.getStatementBody())
        return unimplemented("a scalar that comes from outside of a statement's body");
      if (++outerOps > kMaxOuterOps)
        return Status(StatusCode::ResourceExhausted, "a statement uses too many scalars from outside of its body");
      FLEX_RETURN_IF_ERROR(compileOp(op));
      found = registers.find(value);
    }
    number = found->second;
    return Status::ok();
  }

  Status compileOp(Operation *op) {
    if (op->getNumResults() != 1)
      return unimplemented("'" + op->getName().getStringRef().str() + "'");
    Value result = op->getResult(0);
    if (auto constant = dyn_cast<arith::ConstantOp>(op)) {
      if (!isSupported(constant.getType()))
        return unimplemented("a constant that is no scalar of a tensor's type");
      return newRegister(result, constantReg(constant.getValue()));
    }
    if (auto dim = dyn_cast<DimOp>(op)) {
      Reg reg;
      auto value = toDimExpr(dim.getExprAttr()).evaluate(dims);
      if (!value)
        return Status(StatusCode::InvalidArgument, "expression '" + dim.getExpr().str() + "' has no value");
      reg.i = *value;
      return newRegister(result, reg);
    }
    if (auto index = dyn_cast<IndexOp>(op)) {
      if (op->getParentOp() != statement.getOperation())
        return unimplemented("flex.index outside of its statement");
      unsigned number = llvm::find(names, index.getIndexName()) - names.begin();
      program.indexRegisters.emplace_back(program.registers.size(), number);
      return newRegister(result);
    }
    return compileInstr(op);
  }

  Status compileInstr(Operation *op) {
    std::string name = op->getName().getStringRef().str();
    Type type = op->getResult(0).getType();
    if (isa<arith::SelectOp>(op))
      name += getFloatFormat(type) ? ".f" : ".i";
    Instr instr;
    instr.run = lookUpInstr(name);
    if (!instr.run || op->getNumOperands() == 0 || op->getNumOperands() > 3)
      return unimplemented("'" + name + "' in a statement's body");
    uint16_t *slots[] = {&instr.a, &instr.b, &instr.c};
    for (auto [slot, operand] : llvm::zip(slots, op->getOperands()))
      FLEX_RETURN_IF_ERROR(registerOf(operand, *slot));
    Type source = op->getOperand(op->getNumOperands() - 1).getType();
    instr.width = integerWidth(type);
    instr.sourceWidth = integerWidth(source);
    instr.format = getFloatFormat(type);
    instr.sourceFormat = getFloatFormat(source);
    instr.mayContract = isa<arith::MulFOp>(op);
    instr.errors = &errors;
    if (auto compare = dyn_cast<arith::CmpFOp>(op))
      instr.predicate = static_cast<int64_t>(compare.getPredicate());
    if (auto compare = dyn_cast<arith::CmpIOp>(op))
      instr.predicate = static_cast<int64_t>(compare.getPredicate());
    FLEX_RETURN_IF_ERROR(newRegister(op->getResult(0)));
    instr.dst = registers[op->getResult(0)];
    program.code.push_back(instr);
    return Status::ok();
  }

  static constexpr unsigned kMaxOuterOps = 256;
  StatementInterface statement;
  const Dims &dims;
  const ErrorModel &errors;
  SmallVector<StringRef> names;
  Program program;
  llvm::DenseMap<Value, unsigned> registers;
  unsigned outerOps = 0;
};

} // namespace

StatusOr<Program> interp::compileStatement(StatementInterface statement, const Dims &dims, const ErrorModel &errors,
                                           function_ref<const Buffer *(Value)> buffers) {
  return Compiler(statement, dims, errors).run(buffers);
}
