//===- InterpreterData.cpp - Buffers and reads of the interpreter ---------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How an element of any dtype becomes a register and back, and what the boundary
// rules of an access mean.
//
//===----------------------------------------------------------------------===//
#include "InterpreterProgram.h"

#include "llvm/ADT/StringSwitch.h"

#include <cstring>

using namespace flex;
using namespace flex::ir;
using namespace flex::ir::interp;

//===----------------------------------------------------------------------===//
// Buffer
//===----------------------------------------------------------------------===//

Buffer::Buffer(llvm::StringRef dtype, llvm::ArrayRef<int64_t> shape)
    : dtype(dtype), shape(shape), format(getFloatFormat(dtype)) {
  for (int64_t size : shape)
    count *= size;
}

Buffer Buffer::ofBytes(llvm::StringRef dtype, llvm::ArrayRef<int64_t> shape, const void *data) {
  Buffer buffer(dtype, shape);
  buffer.bytes = data;
  buffer.kind = llvm::StringSwitch<Kind>(dtype)
                    .Case("bool", Kind::Bool)
                    .Cases({"i4", "u4"}, Kind::I4)
                    .Cases({"f8e4m3fn", "f8e5m2"}, Kind::F8)
                    .Cases({"i8", "u8"}, Kind::I8)
                    .Cases({"i16", "u16"}, Kind::I16)
                    .Cases({"i32", "u32"}, Kind::I32)
                    .Cases({"i64", "u64"}, Kind::I64)
                    .Case("f16", Kind::F16)
                    .Case("bf16", Kind::BF16)
                    .Case("f32", Kind::F32)
                    .Default(Kind::F64);
  return buffer;
}

Buffer Buffer::ofElements(llvm::StringRef dtype, llvm::ArrayRef<int64_t> shape) {
  Buffer buffer(dtype, shape);
  if (!buffer.format) {
    buffer.integers.resize(buffer.count);
  } else if (dtype == "f64") {
    buffer.kind = Kind::Widest;
    buffer.widest.resize(buffer.count);
  } else {
    buffer.kind = Kind::Wide;
    buffer.wide.resize(buffer.count);
  }
  return buffer;
}

llvm::SmallVector<int64_t> Buffer::getStrides() const {
  llvm::SmallVector<int64_t> strides(shape.size(), 1);
  for (int axis = static_cast<int>(shape.size()) - 2; axis >= 0; --axis)
    strides[axis] = strides[axis + 1] * shape[axis + 1];
  return strides;
}

template <typename T> static T element(const void *bytes, int64_t index) {
  T value;
  std::memcpy(&value, static_cast<const char *>(bytes) + index * sizeof(T), sizeof(T));
  return value;
}

void Buffer::load(int64_t index, Reg &reg) const {
  reg.error = errors.empty() ? 0 : errors[index];
  reg.nonNegative = false;
  switch (kind) {
  case Kind::Bool: reg.i = element<uint8_t>(bytes, index) != 0; return;
  case Kind::I4: reg.i = wrap(element<uint8_t>(bytes, index / 2) >> (index % 2 * 4), 4); return;
  case Kind::F8: reg.f = valueOfBits(element<uint8_t>(bytes, index), dtype); return;
  case Kind::I8: reg.i = element<int8_t>(bytes, index); return; // NOLINT(bugprone-signed-char-misuse): i8 is signed
  case Kind::I16: reg.i = element<int16_t>(bytes, index); return;
  case Kind::I32: reg.i = element<int32_t>(bytes, index); return;
  case Kind::I64: reg.i = element<int64_t>(bytes, index); return;
  case Kind::F16: reg.f = valueOfBits(element<uint16_t>(bytes, index), "f16"); return;
  case Kind::BF16: reg.f = llvm::bit_cast<float>(uint32_t(element<uint16_t>(bytes, index)) << 16); return;
  case Kind::F32: reg.f = element<float>(bytes, index); return;
  case Kind::F64: reg.f = element<double>(bytes, index); return;
  case Kind::Wide: reg.f = wide[index]; return;
  case Kind::Widest: reg.f = widest[index]; return;
  case Kind::Integers: reg.i = integers[index]; return;
  }
}

void Buffer::store(int64_t index, const Reg &reg) {
  double error = reg.error;
  if (kind == Kind::Widest) {
    widest[index] = reg.f;
  } else if (kind == Kind::Wide) {
    wide[index] = static_cast<double>(reg.f);
    if (error != 0 && std::isfinite(reg.f))
      error += 0x1p-53 * std::fabs(wide[index]);
  } else {
    integers[index] = reg.i;
  }
  if (error == 0 && errors.empty())
    return;
  if (errors.empty())
    errors.resize(count);
  errors[index] = error;
}

//===----------------------------------------------------------------------===//
// IndexExpr
//===----------------------------------------------------------------------===//

IndexExpr::IndexExpr(const DimExpr &expr, llvm::ArrayRef<llvm::StringRef> indices) {
  auto numberOf = [&](llvm::StringRef name) -> unsigned { return llvm::find(indices, name) - indices.begin(); };
  for (const DimExpr::Term &term : expr.terms()) {
    if (term.atoms.empty()) {
      constant = term.coefficient;
      continue;
    }
    if (term.atoms.size() == 1 && term.atoms[0]->isName) {
      linear.emplace_back(numberOf(term.atoms[0]->text), term.coefficient);
      continue;
    }
    Product product{term.coefficient, {}};
    for (const auto &atom : term.atoms) {
      Atom compiled{atom->isName ? static_cast<int>(numberOf(atom->text)) : -1, atom->op, {}};
      for (const DimExpr &operand : atom->operands)
        compiled.operands.emplace_back(operand, indices);
      product.atoms.push_back(std::move(compiled));
    }
    products.push_back(std::move(product));
  }
}

static bool applyIndexOp(DimExpr::OpKind op, int64_t a, int64_t b, int64_t &value) {
  using K = DimExpr::OpKind;
  if (op == K::Min || op == K::Max) {
    value = op == K::Min ? std::min(a, b) : std::max(a, b);
    return true;
  }
  if (b <= 0)
    return false;
  int64_t quotient = a / b, remainder = a % b;
  if (remainder < 0) {
    --quotient;
    remainder += b;
  }
  value = op == K::Mod ? remainder : quotient + (op == K::CeilDiv && remainder != 0);
  return true;
}

/// a * b and a + b; false when that overflows, unless it may wrap.
static bool multiply(int64_t a, int64_t b, bool wraps, int64_t &value) {
  return !__builtin_mul_overflow(a, b, &value) || wraps;
}
static bool add(int64_t a, int64_t b, bool wraps, int64_t &value) {
  return !__builtin_add_overflow(a, b, &value) || wraps;
}

bool IndexExpr::evaluate(const int64_t *point, int64_t &value, bool wraps) const {
  int64_t total = constant, part;
  for (auto [index, coefficient] : linear)
    if (!multiply(point[index], coefficient, wraps, part) || !add(total, part, wraps, total))
      return false;
  for (const Product &product : products) {
    part = product.coefficient;
    for (const Atom &atom : product.atoms) {
      int64_t factor, a, b;
      if (atom.index >= 0)
        factor = point[atom.index];
      else if (!atom.operands[0].evaluate(point, a, wraps) || !atom.operands[1].evaluate(point, b, wraps) ||
               !applyIndexOp(atom.op, a, b, factor))
        return false;
      if (!multiply(part, factor, wraps, part))
        return false;
    }
    if (!add(total, part, wraps, total))
      return false;
  }
  value = total;
  return true;
}

std::optional<llvm::SmallVector<int64_t>> IndexExpr::getSlopes(unsigned numIndices) const {
  if (!products.empty())
    return std::nullopt;
  llvm::SmallVector<int64_t> slopes(numIndices, 0);
  for (auto [index, coefficient] : linear)
    slopes[index] = coefficient;
  return slopes;
}

//===----------------------------------------------------------------------===//
// Reads
//===----------------------------------------------------------------------===//

static int64_t floorMod(int64_t value, int64_t modulus) {
  int64_t remainder = value % modulus;
  return remainder < 0 ? remainder + modulus : remainder;
}

/// The index that a boundary rule reads instead; -1 for the fill value.
static int64_t applyBoundary(BoundaryKind kind, int64_t index, int64_t extent) {
  switch (kind) {
  case BoundaryKind::None:
  case BoundaryKind::Fill: return -1;
  case BoundaryKind::Clamp: return index < 0 ? 0 : extent - 1;
  case BoundaryKind::Wrap: return floorMod(index, extent);
  case BoundaryKind::Mirror: {
    if (extent == 1)
      return 0;
    int64_t inPeriod = floorMod(index, 2 * (extent - 1));
    return inPeriod < extent ? inPeriod : 2 * (extent - 1) - inPeriod;
  }
  }
  return -1;
}

static Status outside(unsigned axis, int64_t index, int64_t extent) {
  return Status(StatusCode::InvalidArgument, "index " + std::to_string(index) + " of axis " + std::to_string(axis) +
                                                 " lies outside its extent " + std::to_string(extent));
}

Status interp::loadChecked(const Read &read, const int64_t *point, Reg &reg) {
  int64_t offset = 0;
  bool fills = false;
  for (unsigned axis = 0; axis < read.exprs.size(); ++axis) {
    int64_t index, extent = read.buffer->getShape()[axis];
    if (!read.exprs[axis].evaluate(point, index, read.wraps))
      return Status(StatusCode::InvalidArgument,
                    "the index of axis " + std::to_string(axis) + " overflows 64 bits or divides by a number below 1");
    if (index < 0 || index >= extent) {
      if (read.boundary == BoundaryKind::None || (extent == 0 && read.boundary != BoundaryKind::Fill))
        return outside(axis, index, extent);
      index = applyBoundary(read.boundary, index, extent);
      fills |= index < 0;
    }
    offset += index * read.strides[axis];
  }
  if (fills)
    reg = read.fill;
  else
    read.buffer->load(offset, reg);
  return Status::ok();
}
