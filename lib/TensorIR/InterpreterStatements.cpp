//===- InterpreterStatements.cpp - Runs a compiled statement --------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One function per kind of statement, each the definition of what that kind means. Every domain
// is walked in row-major order; what may run in any order has bounds that say so.
//
//===----------------------------------------------------------------------===//
#include "InterpreterProgram.h"

using namespace mlir;
using namespace flex;
using namespace flex::ir;
using namespace flex::ir::interp;

bool interp::advance(int64_t *point, ArrayRef<int64_t> extents, unsigned begin, unsigned end) {
  for (unsigned axis = end; axis-- > begin;) {
    if (++point[axis] < extents[axis])
      return true;
    point[axis] = 0;
  }
  return false;
}

uint64_t interp::saturatingProduct(ArrayRef<int64_t> factors, uint64_t product) {
  if (llvm::is_contained(factors, 0))
    return 0;
  for (int64_t factor : factors)
    if (__builtin_mul_overflow(product, static_cast<uint64_t>(factor), &product))
      return UINT64_MAX;
  return product;
}

//===----------------------------------------------------------------------===//
// Bodies
//===----------------------------------------------------------------------===//

static Status emptyPosition() {
  return Status(StatusCode::InvalidArgument, "there is no position in an empty range");
}

static Status runCode(const Program &program, size_t begin, size_t end, int64_t *point, Reg *registers);

static Status runLoad(const LoadStep &step, int64_t *point, Reg *registers) {
  bool decided = true;
  for (auto [number, value] : llvm::enumerate(step.values)) {
    point[step.slot + number] = registers[value].i;
    decided &= registers[value].error == 0;
  }
  FLEX_RETURN_IF_ERROR(loadChecked(step.read, point, registers[step.dst]));
  if (!decided)
    registers[step.dst].error = kInf;
  return Status::ok();
}

static Status runFold(const Program &program, const FoldStep &fold, size_t begin, int64_t *point, Reg *registers) {
  Accumulator accumulator = fold.accumulator;
  bool empty = llvm::is_contained(fold.extents, 0);
  if (empty && accumulator.findsPosition())
    return emptyPosition();
  int64_t *inner = point + fold.slot;
  std::fill(inner, inner + fold.extents.size(), 0);
  if (!empty)
    do {
      for (auto [reg, index] : fold.indexRegisters)
        registers[reg].i = point[index];
      FLEX_RETURN_IF_ERROR(runCode(program, begin, fold.end, point, registers));
      accumulator.add(registers[fold.value]);
    } while (advance(inner, fold.extents, 0, fold.extents.size()));
  registers[fold.dst] = accumulator.finish();
  return Status::ok();
}

static Status runCode(const Program &program, size_t begin, size_t end, int64_t *point, Reg *registers) {
  for (size_t at = begin; at < end; ++at) {
    const Instr &instr = program.code[at];
    if (instr.run) {
      instr.run(instr, registers);
    } else if (instr.b == 0) {
      FLEX_RETURN_IF_ERROR(runLoad(program.loads[instr.a], point, registers));
    } else {
      const FoldStep &fold = program.folds[instr.a];
      FLEX_RETURN_IF_ERROR(runFold(program, fold, at + 1, point, registers));
      at = fold.end - 1;
    }
  }
  return Status::ok();
}

Status interp::runPoint(const Program &program, int64_t *point, Reg *registers) {
  for (unsigned i = 0; i < program.reads.size(); ++i) {
    if (program.reads[i].inRange)
      loadInRange(program.reads[i], point, registers[i]);
    else if (!program.reads[i].buffer)
      continue; // taken whole
    else if (Status status = loadChecked(program.reads[i], point, registers[i]); !status)
      return status.withContext("operand " + std::to_string(i));
  }
  for (auto [reg, index] : program.indexRegisters)
    registers[reg].i = point[index];
  return runCode(program, 0, program.code.size(), point, registers);
}

//===----------------------------------------------------------------------===//
// Statements
//===----------------------------------------------------------------------===//

namespace {

/// One statement's run over its domain.
class Runner {
public:
  Runner(const Program &program, StatementInterface statement, bool strict, Buffer &result)
      : program(program), statement(statement), strict(strict), result(result), strides(result.getStrides()),
        point(program.pointSize + 1, 0), registers(program.registers), parallel(program.numParallel),
        all(program.extents.size()) {}

  Status map() {
    int64_t index = 0;
    do {
      FLEX_RETURN_IF_ERROR(runHere());
      result.store(index++, registers[program.results[0]]);
    } while (advance(point.data(), program.extents, 0, parallel));
    return Status::ok();
  }

  Status reduce(CombinerKind combiner) {
    Accumulator accumulator(combiner, keyType(), strict);
    bool empty = llvm::is_contained(ArrayRef(program.extents).drop_front(parallel), 0);
    if (empty && accumulator.findsPosition())
      return emptyPosition();
    int64_t index = 0;
    do {
      accumulator.reset();
      if (!empty)
        do {
          FLEX_RETURN_IF_ERROR(runHere());
          accumulator.add(registers[program.results[0]]);
        } while (advance(point.data(), program.extents, parallel, all));
      Reg total = accumulator.finish();
      if (accumulator.findsPosition() && total.error != 0)
        result.positions[index] = accumulator.acceptable();
      result.store(index++, total);
    } while (advance(point.data(), program.extents, 0, parallel));
    return Status::ok();
  }

  Status scan() {
    do {
      FLEX_RETURN_IF_ERROR(runHere());
      result.store(*placeHere(), registers[program.results[0]]);
    } while (advance(point.data(), program.extents, 0, all));
    return Status::ok();
  }

  /// `result` is a copy of the base.
  Status scatter(CombinerKind combiner) {
    Instr combine = makeCombine(combiner, keyType(), strict);
    bool lost = false;
    do {
      FLEX_RETURN_IF_ERROR(runHere());
      for (auto [number, value] : llvm::enumerate(ArrayRef(program.results).drop_front())) {
        point[all + number] = registers[value].i;
        lost |= registers[value].error != 0;
      }
      auto place = placeHere();
      if (!place)
        continue;
      Reg pair[3];
      result.load(*place, pair[0]);
      pair[1] = registers[program.results[0]];
      if (combiner != CombinerKind::Set)
        combine.run(combine, pair);
      result.store(*place, pair[combiner == CombinerKind::Set]);
    } while (advance(point.data(), program.extents, 0, all));
    // A value whose place is not decided may have gone anywhere.
    for (int64_t index = 0; lost && index < result.size(); ++index) {
      Reg reg;
      result.load(index, reg);
      reg.error = kInf;
      result.store(index, reg);
    }
    return Status::ok();
  }

  Status argSort(ArgSortOp op, int64_t count) {
    const FloatFormat *format = getFloatFormat(keyType());
    unsigned width = format ? 64 : keyType().getIntOrFloatBitWidth();
    std::vector<SortKey> keys;
    do {
      keys.clear();
      do {
        FLEX_RETURN_IF_ERROR(runHere());
        const Reg &key = registers[program.results[0]];
        keys.push_back(makeSortKey(key, format, width, op.getUnsignedKeys(), op.getDescending()));
      } while (advance(point.data(), program.extents, parallel, all));
      SortedKeys sorted = sortKeys(keys, count);
      for (int64_t rank = 0; rank < count; ++rank) {
        point[parallel] = rank;
        int64_t place = *placeHere();
        Reg position;
        position.i = sorted.order[rank];
        position.error = sorted.decided[rank] ? 0 : kInf;
        result.store(place, position);
        if (auto found = sorted.acceptable.find(rank); found != sorted.acceptable.end())
          result.positions[place] = std::move(found->second);
      }
      point[parallel] = 0;
    } while (advance(point.data(), program.extents, 0, parallel));
    return Status::ok();
  }

private:
  Type keyType() { return statement.getStatementBody()->getTerminator()->getOperand(0).getType(); }

  Status runHere() { return runPoint(program, point.data(), registers.data()); }

  /// Where the value of this point lies; nothing if that is outside.
  std::optional<int64_t> placeHere() const {
    int64_t offset = 0;
    for (auto [axis, expr] : llvm::enumerate(program.places)) {
      int64_t index;
      if (!expr.evaluate(point.data(), index, /*wraps=*/true) || index < 0 || index >= result.getShape()[axis])
        return std::nullopt;
      offset += index * strides[axis];
    }
    return offset;
  }

  const Program &program;
  StatementInterface statement;
  bool strict;
  Buffer &result;
  SmallVector<int64_t> strides;
  std::vector<int64_t> point;
  std::vector<Reg> registers;
  unsigned parallel, all;
};

} // namespace

Status interp::runStatement(const Program &program, StatementInterface statement, bool strict, Buffer &result,
                            function_ref<const Buffer *(Value)> buffers) {
  Runner runner(program, statement, strict, result);
  StatementKind kind = statement.getStatementKind();
  if (kind == StatementKind::Scatter) {
    const Buffer *base = buffers(statement->getOperand(0));
    Reg reg;
    for (int64_t index = 0; index < result.size(); ++index) {
      base->load(index, reg);
      result.store(index, reg);
    }
  }
  // Without a result, or a point, there is nothing to do; a reduction over nothing still has a result.
  bool reduces = kind == StatementKind::Reduce;
  auto walked = reduces ? ArrayRef(program.extents).take_front(program.numParallel) : ArrayRef(program.extents);
  if (result.size() == 0 || llvm::is_contained(walked, 0))
    return Status::ok();
  switch (kind) {
  case StatementKind::Map: return runner.map();
  case StatementKind::Reduce: return runner.reduce(*statement.getCombinerKind());
  case StatementKind::Scan: return runner.scan();
  case StatementKind::Scatter: return runner.scatter(*statement.getCombinerKind());
  case StatementKind::ArgSort: {
    auto sort = cast<ArgSortOp>(statement.getOperation());
    StringRef axis = statement.getIndexNames().back();
    size_t number =
        llvm::find(sort.getAt().getAsRange<StringAttr>(), axis) - sort.getAt().getAsRange<StringAttr>().begin();
    if (result.getShape()[number] > program.extents.back())
      return Status(StatusCode::InvalidArgument, "cannot give " + std::to_string(result.getShape()[number]) + " of " +
                                                     std::to_string(program.extents.back()) + " positions");
    return runner.argSort(sort, result.getShape()[number]);
  }
  }
  return Status::ok();
}
