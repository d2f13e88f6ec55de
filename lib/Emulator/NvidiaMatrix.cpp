//===- NvidiaMatrix.cpp - mma.sync, ldmatrix, stmatrix --------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// PTX ISA 9.7.14.5: matrix instructions of a warp. All its lanes take part.
//
//===----------------------------------------------------------------------===//
#include "NvidiaLayout.h"
#include "Tables.h"

#include <array>
#include <cstdio>

namespace flex::emulator {
namespace {

using namespace nvidia;

/// Whether all 32 lanes are there; says so if not.
bool isWholeWarp(const Call &call) {
  for (const Lane &lane : call.lanes)
    if (!lane.isActive) {
      call.machine.fail(call.lanes[0].thread, call.site,
                        "a matrix instruction of the warp is executed by a part of it only");
      return false;
    }
  return true;
}

struct Mma {
  unsigned m, n, k;
  Element a, b, c, d;
  bool saturates = false;

  unsigned registerBits() const { return a == Element::F64 ? 64 : 32; }
  unsigned perRegister() const { return registerBits() / bitsOf(a); }
  size_t registersA() const { return m * k / 32 / perRegister(); }
  size_t registersB() const { return k * n / 32 / perRegister(); }
  unsigned perRegisterC() const { return c == Element::F16 ? 2 : 1; }
  unsigned elementsC() const { return m * n / 32; }

  Outcome operator()(const Call &call) const {
    if (!isWholeWarp(call))
      return Outcome::Done;
    Matrix left(m, k), right(k, n), sum(m, n);
    const unsigned per = perRegister(), perC = perRegisterC();
    for (unsigned lane = 0; lane < 32; ++lane) {
      const void *const *arguments = call.lanes[lane].arguments;
      for (unsigned e = 0; e < registersA() * per; ++e) {
        Cell cell = fragmentA(lane, e, per);
        left.at(cell.row, cell.column) = load(a, arguments[e / per], e % per);
      }
      arguments += registersA();
      for (unsigned e = 0; e < registersB() * per; ++e) {
        Cell cell = fragmentB(lane, e, per);
        right.at(cell.row, cell.column) = load(b, arguments[e / per], e % per);
      }
      arguments += registersB();
      for (unsigned e = 0; e < elementsC(); ++e) {
        Cell cell = fragmentC(lane, e);
        sum.at(cell.row, cell.column) = load(c, arguments[e / perC], e % perC);
      }
    }
    multiply(sum, left, right, a == Element::F64);
    for (unsigned lane = 0; lane < 32; ++lane)
      for (unsigned e = 0; e < elementsC(); ++e) {
        Cell cell = fragmentC(lane, e);
        store(d, call.lanes[lane].result, e, sum.at(cell.row, cell.column), saturates);
      }
    return Outcome::Done;
  }
};

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos)
      return parts;
    text.remove_prefix(at + 1);
  }
}

/// What follows ".row.col.": the types, as many as the instruction set needs to tell its members apart.
bool parseTypes(std::vector<std::string_view> words, Mma &mma) {
  if (!words.empty() && words.front() == "satfinite") {
    mma.saturates = true;
    words.erase(words.begin());
  }
  if (!words.empty() && words.front() == "kind::f8f6f4")
    return false;
  std::vector<Element> types;
  for (std::string_view word : words)
    if (Element type; elementOf(word, type))
      types.push_back(type);
    else
      return false;
  switch (types.size()) {
  case 4: // f8: D, A, B, C
    mma.d = types[0], mma.a = types[1], mma.b = types[2], mma.c = types[3];
    return mma.d == mma.c && bitsOf(mma.a) == 8;
  case 2:
    if (bitsOf(types[0]) >= 16) { // f16 operands: D, C
      mma.d = types[0], mma.c = types[1], mma.a = mma.b = Element::F16;
      return true;
    }
    mma.a = types[0], mma.b = types[1], mma.c = mma.d = Element::S32;
    return true;
  case 1: // both operands
    mma.a = mma.b = types[0];
    mma.c = mma.d = types[0] == Element::F64 ? Element::F64 : bitsOf(types[0]) <= 8 ? Element::S32 : Element::F32;
    return true;
  default: return false;
  }
}

Execute bindMma(const Symbol &symbol) {
  // "llvm.nvvm.mma.m16n8k16.row.col.f32.f32"
  std::vector<std::string_view> words = split(symbol.name, '.');
  Mma mma{};
  if (words.size() < 7 || words[4] != "row" || words[5] != "col" ||
      std::sscanf(std::string(words[3]).c_str(), "m%un%uk%u", &mma.m, &mma.n, &mma.k) != 3 || mma.n != 8 ||
      (mma.m != 16 && mma.m != 8) || !parseTypes({words.begin() + 6, words.end()}, mma))
    return {};
  // m8n8k4 of f16 is Volta's, with a layout of its own. What is left must come out with the signature.
  if (mma.m == 8 && mma.a == Element::F16)
    return {};
  size_t registersC = mma.elementsC() / mma.perRegisterC();
  size_t accumulatorBytes = mma.c == Element::F64 ? 8 : 4;
  size_t resultBytes = mma.d == Element::F16 ? mma.elementsC() * 2 : mma.elementsC() * accumulatorBytes;
  if (symbol.argumentBytes.size() != mma.registersA() + mma.registersB() + registersC ||
      symbol.resultBytes != resultBytes)
    return {};
  return mma;
}

/// The number of 8 x 8 matrices: of ".x4.".
unsigned matricesOf(std::string_view name) {
  for (unsigned count : {1, 2, 4})
    if (name.find(".x" + std::to_string(count) + ".") != std::string_view::npos)
      return count;
  return 0;
}

/// 9.7.14.5.15 ldmatrix: lanes 8m to 8m + 7 give the rows of matrix m; lane l gets elements 2 (l % 4) and the next of
/// row l / 4, with .trans of column l / 4.
Execute bindLoad(const Symbol &symbol) {
  unsigned count = matricesOf(symbol.name);
  if (count == 0 || symbol.resultBytes != 4 * count)
    return {};
  bool isTransposed = symbol.name.find(".trans.") != std::string::npos;
  return [=](const Call &call) {
    if (!isWholeWarp(call))
      return Outcome::Done;
    for (unsigned m = 0; m < count; ++m) {
      std::array<std::array<uint16_t, 8>, 8> rows;
      for (unsigned r = 0; r < 8; ++r) {
        const Lane &lane = call.lanes[m * 8 + r];
        if (!call.machine.read(lane.thread, call.site, rows[r].data(), lane.argument<const void *>(0), 16, 16))
          return Outcome::Done;
      }
      for (unsigned l = 0; l < 32; ++l) {
        unsigned row = l / 4, column = l % 4 * 2;
        std::array<uint16_t, 2> pair = {isTransposed ? rows[column][row] : rows[row][column],
                                        isTransposed ? rows[column + 1][row] : rows[row][column + 1]};
        call.lanes[l].setResult(pair, m);
      }
    }
    return Outcome::Done;
  };
}

/// 9.7.14.5.16 stmatrix: the same backwards.
Execute bindStore(const Symbol &symbol) {
  unsigned count = matricesOf(symbol.name);
  if (count == 0 || symbol.argumentBytes.size() != 1 + count)
    return {};
  bool isTransposed = symbol.name.find(".trans.") != std::string::npos;
  return [=](const Call &call) {
    if (!isWholeWarp(call))
      return Outcome::Done;
    for (unsigned m = 0; m < count; ++m)
      for (unsigned r = 0; r < 8; ++r) {
        std::array<uint16_t, 8> row;
        for (unsigned c = 0; c < 8; ++c) {
          unsigned owner = isTransposed ? c * 4 + r / 2 : r * 4 + c / 2;
          auto pair = call.lanes[owner].argument<std::array<uint16_t, 2>>(1 + m);
          row[c] = pair[isTransposed ? r % 2 : c % 2];
        }
        const Lane &lane = call.lanes[m * 8 + r];
        if (!call.machine.write(lane.thread, call.site, lane.argument<void *>(0), row.data(), 16, 16))
          return Outcome::Done;
      }
    return Outcome::Done;
  };
}

constexpr Entry kEntries[] = {
    {"llvm.nvvm.mma.m*", Scope::Wave, bindMma},
    {"llvm.nvvm.ldmatrix.sync.aligned.m8n8.*b16*", Scope::Wave, bindLoad},
    {"llvm.nvvm.stmatrix.sync.aligned.m8n8.*b16*", Scope::Wave, bindStore},
};

} // namespace

Table nvidiaMatrixTable() {
  return kEntries;
}

} // namespace flex::emulator
