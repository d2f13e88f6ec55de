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

#include <deque>

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
  Compiler(StatementInterface statement, const CompileContext &context)
      : statement(statement), context(context), dims(context.dims), names(statement.getIndexNames()) {}

  StatusOr<Program> run() {
    FLEX_RETURN_IF_ERROR(compileDomain());
    for (unsigned operand = 0; operand < statement->getNumOperands(); ++operand)
      FLEX_RETURN_IF_ERROR(compileRead(operand, context.buffers(statement->getOperand(operand))));
    Block *body = statement.getStatementBody();
    for (BlockArgument argument : body->getArguments())
      FLEX_RETURN_IF_ERROR(newRegister(argument));
    FLEX_RETURN_IF_ERROR(compileBlock(*body));
    for (Value value : body->getTerminator()->getOperands())
      FLEX_RETURN_IF_ERROR(registerOf(value, program.results.emplace_back()));
    {
      ValueNames scope(*this, program.results.size() - 1);
      for (const DimExpr &expr : statement.getResultExprs())
        FLEX_RETURN_IF_ERROR(compileExpr(expr, program.places));
    }
    program.work = workOf(0, program.code.size()) + program.reads.size();
    return std::move(program);
  }

private:
  /// Puts $0 … into the scope, behind the indices.
  struct ValueNames {
    ValueNames(Compiler &compiler, size_t count) : compiler(compiler), before(compiler.names.size()) {
      while (compiler.valueNames.size() < count)
        compiler.valueNames.push_back("$" + std::to_string(compiler.valueNames.size()));
      for (size_t i = 0; i < count; ++i)
        compiler.names.push_back(compiler.valueNames[i]);
      compiler.notePointSize();
    }
    ~ValueNames() { compiler.names.truncate(before); }
    Compiler &compiler;
    size_t before;
  };

  void notePointSize() { program.pointSize = std::max<unsigned>(program.pointSize, names.size() + 1); }

  Status compileDomain() {
    program.numParallel = statement.getNumParallelIndices();
    notePointSize();
    return compileExtents(statement.getIndexExtents(), program.extents);
  }

  Status compileExtents(ArrayRef<DimExpr> exprs, SmallVectorImpl<int64_t> &extents) {
    for (const DimExpr &extent : exprs) {
      auto value = extent.evaluate(dims);
      if (!value || *value < 0)
        return Status(StatusCode::InvalidArgument,
                      "extent '" + extent.str() + "' " + (value ? "is " + std::to_string(*value) : "has no value"));
      extents.push_back(*value);
    }
    return Status::ok();
  }

  Status compileRead(unsigned operand, const Buffer *buffer) {
    Read read;
    if (!statement.isWholeAccess(operand)) {
      BoundaryAttr boundary = statement.getAccessBoundary(operand);
      FLEX_RETURN_IF_ERROR(compileAccess(read, buffer, boundary, statement.getAccessExprs(operand)));
      flatten(read);
    }
    program.reads.push_back(std::move(read));
    return Status::ok();
  }

  Status compileAccess(Read &read, const Buffer *buffer, BoundaryAttr boundary, ArrayRef<DimExpr> exprs) {
    read.buffer = buffer;
    read.boundary = boundary.getKind();
    if (TypedAttr fill = boundary.getValue())
      read.fill = constantReg(fill);
    read.strides = buffer->getStrides();
    for (const DimExpr &expr : exprs)
      FLEX_RETURN_IF_ERROR(compileExpr(expr, read.exprs));
    return Status::ok();
  }

  Status compileExpr(const DimExpr &expr, std::vector<IndexExpr> &compiled) {
    DimExpr bound = expr.substitute(toReplacements(dims, names));
    std::set<std::string> symbols;
    bound.collectSymbols(symbols);
    bool known = llvm::all_of(symbols, [&](const std::string &s) { return llvm::is_contained(names, s); });
    if (!bound.isValid() || !known)
      return Status(StatusCode::InvalidArgument, "index expression '" + expr.str() + "' has no value");
    compiled.emplace_back(bound, names);
    return Status::ok();
  }

  Status compileBlock(Block &block) {
    for (Operation &op : block.without_terminator())
      FLEX_RETURN_IF_ERROR(compileOp(&op));
    return Status::ok();
  }

  Status compileLoad(LoadOp op) {
    LoadStep step;
    for (Value value : op.getIndexValues())
      FLEX_RETURN_IF_ERROR(registerOf(value, step.values.emplace_back()));
    unsigned argument = cast<BlockArgument>(op.getTensor()).getArgNumber();
    bool isSelf = argument >= statement->getNumOperands();
    const Buffer *buffer = isSelf ? context.self : context.buffers(statement->getOperand(argument));
    step.slot = names.size();
    ValueNames scope(*this, step.values.size());
    FLEX_RETURN_IF_ERROR(compileAccess(step.read, buffer, op.getBoundary(), op.getAccessExprs()));
    step.read.wraps = !step.values.empty();
    FLEX_RETURN_IF_ERROR(newRegister(op.getResult()));
    step.dst = registers[op.getResult()];
    pushStep(program.loads.size(), 0);
    program.loads.push_back(std::move(step));
    return Status::ok();
  }

  Status compileFold(FoldOp op) {
    Value value = op.getBody().front().getTerminator()->getOperand(0);
    if (!isSupported(value.getType()))
      return unimplemented("a fold of values that are no scalars of a tensor's type");
    FoldStep step{{}, 0, {}, 0, 0, 0, Accumulator(op.getCombiner(), value.getType(), context.strict)};
    FLEX_RETURN_IF_ERROR(compileExtents(op.getIndexExtents(), step.extents));
    FLEX_RETURN_IF_ERROR(newRegister(op.getResult()));
    step.dst = registers[op.getResult()];
    step.slot = names.size();
    for (StringRef name : op.getIndexNames())
      names.push_back(name);
    notePointSize();
    unsigned number = program.folds.size();
    pushStep(number, 1);
    program.folds.push_back(std::move(step));
    FLEX_RETURN_IF_ERROR(compileBlock(op.getBody().front()));
    FLEX_RETURN_IF_ERROR(registerOf(value, program.folds[number].value));
    program.folds[number].end = program.code.size();
    // What was set for the point of the statement is set anew for each point of the fold.
    for (auto entry : program.indexRegisters)
      if (entry.second >= program.folds[number].slot)
        program.folds[number].indexRegisters.push_back(entry);
    llvm::erase_if(program.indexRegisters, [&](auto entry) { return entry.second >= program.folds[number].slot; });
    names.truncate(program.folds[number].slot);
    return Status::ok();
  }

  void pushStep(unsigned number, unsigned kind) {
    Instr instr;
    instr.a = number;
    instr.b = kind;
    program.code.push_back(instr);
  }

  /// How many steps the code takes, folds multiplied out.
  uint64_t workOf(size_t begin, size_t end) const {
    uint64_t work = 1;
    for (size_t at = begin; at < end; ++at) {
      ++work;
      if (program.code[at].run || program.code[at].b == 0)
        continue;
      const FoldStep &fold = program.folds[program.code[at].a];
      uint64_t inside = saturatingProduct(fold.extents, workOf(at + 1, fold.end));
      work = inside > UINT64_MAX - work ? UINT64_MAX / 2 : work + inside;
      at = fold.end - 1;
    }
    return work;
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
    if (!isSupported(value.getType()) && !isa<NamedTensorType>(value.getType()))
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
    if (auto load = dyn_cast<LoadOp>(op))
      return compileLoad(load);
    if (auto fold = dyn_cast<FoldOp>(op))
      return compileFold(fold);
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
    instr.mayContract = isa<arith::MulFOp>(op) && !context.strict;
    instr.strict = context.strict;
    instr.errors = &context.errors;
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
  const CompileContext &context;
  const Dims &dims;
  SmallVector<StringRef> names; ///< what the point's numbers are: indices, those of folds, index values
  std::deque<std::string> valueNames;
  Program program;
  llvm::DenseMap<Value, unsigned> registers;
  unsigned outerOps = 0;
};

} // namespace

StatusOr<Program> interp::compileStatement(StatementInterface statement, const CompileContext &context) {
  return Compiler(statement, context).run();
}
