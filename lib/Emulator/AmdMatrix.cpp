//===- AmdMatrix.cpp - MFMA, WMMA, dot products ---------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Matrix instructions of a wave. All lanes take part, whatever the mask of active
// ones: a wave of which a part is elsewhere has no defined operands.
// The hardware's sums are in f32 with an order of its own; here they are in double and
// rounded once. MFMA's xf32 operands are rounded to 10 bits of mantissa, to nearest even.
//
//===----------------------------------------------------------------------===//
#include "AmdLayout.h"
#include "Numerics.h"
#include "Tables.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

namespace flex::emulator {
namespace {

using namespace amd;

bool isWholeWave(const Call &call, unsigned lanes) {
  bool isWhole = call.lanes.size() == lanes &&
                 std::all_of(call.lanes.begin(), call.lanes.end(), [](const Lane &lane) { return lane.isActive; });
  if (!isWhole)
    call.machine.fail(call.lanes[0].thread, call.site,
                      "a matrix instruction of " + std::to_string(lanes) +
                          " lanes is executed by a part of the wave only, or by a wave of another size");
  return isWhole;
}

/// gfx940's f8 formats have no negative zero; all later chips' are OCP's.
bool hasFnuz(const Machine &machine) {
  return machine.chip().starts_with("gfx94");
}

Element withChip(const Machine &machine, Element element) {
  if (!hasFnuz(machine))
    return element;
  return element == Element::E4m3 ? Element::E4m3Fnuz : element == Element::E5m2 ? Element::E5m2Fnuz : element;
}

/// As AMD writes them; f8: "fp8" is e4m3, "bf8" e5m2.
bool amdElementOf(std::string_view name, Element &element) {
  constexpr std::pair<std::string_view, Element> kNames[] = {
      {"f16", Element::F16},   {"bf16", Element::Bf16}, {"bf16.1k", Element::Bf16}, {"f32", Element::F32},
      {"f64", Element::F64},   {"i8", Element::S8},     {"fp8", Element::E4m3},     {"bf8", Element::E5m2},
      {"xf32", Element::Tf32}, {"i32", Element::S32},   {"iu8", Element::U8},       {"iu4", Element::U4}};
  for (auto [text, value] : kNames)
    if (name == text) {
      element = value;
      return true;
    }
  return false;
}

/// An operand's value; xf32 is rounded by the unit.
double loadOperand(Element element, const void *from, size_t index) {
  if (element != Element::Tf32)
    return load(element, from, index);
  return decode(kTf32, encode(kTf32, load(Element::F32, from, index)));
}

// -- MFMA

struct Mfma {
  unsigned m = 0, k = 0;
  Element a, b, d;

  unsigned perLane() const { return m * k / 64; }
  unsigned elements() const { return m * m / 64; }

  Outcome operator()(const Call &call) const {
    const Lane &first = call.lanes[0];
    if (!isWholeWave(call, 64))
      return Outcome::Done;
    if (first.argument<uint32_t>(3) || first.argument<uint32_t>(4) || first.argument<uint32_t>(5)) {
      call.machine.fail(first.thread, call.site, "the emulator does not execute MFMA with cbsz, abid or blgp");
      return Outcome::Done;
    }
    Matrix left(m, k), right(k, m), sum(m, m);
    const Element typeA = withChip(call.machine, a), typeB = withChip(call.machine, b);
    auto rowOf = [&](unsigned lane, unsigned e) {
      return d == Element::F64 ? mfmaRowF64(lane, e) : mfmaRow(lane, e, m);
    };
    for (unsigned lane = 0; lane < 64; ++lane) {
      const void *const *arguments = call.lanes[lane].arguments;
      for (unsigned e = 0; e < perLane(); ++e) {
        unsigned outer = mfmaOuter(lane, m), inner = mfmaK(lane, e, m, perLane());
        left.at(outer, inner) = loadOperand(typeA, arguments[0], e);
        right.at(inner, outer) = loadOperand(typeB, arguments[1], e);
      }
      for (unsigned e = 0; e < elements(); ++e)
        sum.at(rowOf(lane, e), lane % m) = load(d, arguments[2], e);
    }
    multiply(sum, left, right, d == Element::F64);
    for (unsigned lane = 0; lane < 64; ++lane)
      for (unsigned e = 0; e < elements(); ++e)
        store(d, call.lanes[lane].result, e, sum.at(rowOf(lane, e), lane % m));
    return Outcome::Done;
  }
};

/// "llvm.amdgcn.mfma.f32.16x16x16f16", "….f32.16x16x32.fp8.bf8", "….i32.32x32x16.i8", "….f32.16x16x16bf16.1k"
Execute bindMfma(const Symbol &symbol) {
  Mfma mfma;
  unsigned n;
  int end = 0;
  char result[4];
  std::string_view name = symbol.name;
  name.remove_prefix(std::string_view("llvm.amdgcn.mfma.").size());
  if (std::sscanf(std::string(name).c_str(), "%3[a-z0-9].%ux%ux%u%n", result, &mfma.m, &n, &mfma.k, &end) != 4)
    return {};
  std::string_view types = name.substr(static_cast<size_t>(end));
  if (types.starts_with('.'))
    types.remove_prefix(1);
  size_t point = types.find('.');
  bool isPair = point != std::string_view::npos && types.substr(point + 1) != "1k";
  if (!amdElementOf(result, mfma.d) || !amdElementOf(isPair ? types.substr(0, point) : types, mfma.a) ||
      !amdElementOf(isPair ? types.substr(point + 1) : types, mfma.b) || (mfma.m != 16 && mfma.m != 32) || n != mfma.m)
    return {};
  // Instructions of several blocks have more elements in a lane than one block's share: they do not come out here.
  if (mfma.m * mfma.k % 64 || symbol.argumentBytes.size() != 6 ||
      symbol.argumentBytes[0] != mfma.perLane() * bitsOf(mfma.a) / 8 ||
      symbol.resultBytes != mfma.elements() * bitsOf(mfma.d) / 8 || (mfma.d == Element::F64 && mfma.m != 16))
    return {};
  return mfma;
}

// -- WMMA

struct Wmma {
  unsigned k = 0;
  Element a, b, d;
  unsigned perLane = 0;  ///< elements of A and B in a lane
  unsigned elements = 0; ///< of C and D in a lane, with those that are left alone
  bool isInteger = false;
  bool isDuplicated = false; ///< RDNA3
  bool isHalf = false;       ///< RDNA3 with 16-bit sums: one of each pair, chosen by the last operand

  size_t at(size_t operand) const { return isInteger ? operand < 2 ? 2 * operand + 1 : 4 : operand; }

  Outcome operator()(const Call &call) const;
  bool checkDuplicates(const Call &call) const;
};

bool Wmma::checkDuplicates(const Call &call) const {
  for (unsigned lane = 16; isDuplicated && lane < call.lanes.size(); ++lane)
    for (size_t operand : {0, 1})
      if (std::memcmp(call.lanes[lane].arguments[at(operand)], call.lanes[lane % 16].arguments[at(operand)],
                      perLane * bitsOf(a) / 8) != 0) {
        call.machine.fail(call.lanes[lane].thread, call.site,
                          "operand " + std::string(operand ? "B" : "A") + " of WMMA in lane " + std::to_string(lane) +
                              " does not repeat that of lane " + std::to_string(lane % 16));
        return false;
      }
  return true;
}

Outcome Wmma::operator()(const Call &call) const {
  const unsigned wave = call.machine.waveSize();
  if (!isWholeWave(call, isDuplicated ? wave : 32) || !checkDuplicates(call))
    return Outcome::Done;
  const Lane &first = call.lanes[0];
  Element typeA = a, typeB = b;
  bool saturates = false;
  unsigned half = 0;
  if (isInteger) {
    auto withSign = [](Element element) { return element == Element::U8 ? Element::S8 : Element::S4; };
    typeA = first.argument<uint8_t>(0) ? withSign(a) : a;
    typeB = first.argument<uint8_t>(2) ? withSign(b) : b;
    saturates = first.argument<uint8_t>(5);
  }
  if (isHalf)
    half = first.argument<uint8_t>(3);
  auto rowOf = [&](unsigned lane, unsigned e) { return isDuplicated ? wmma3Row(lane, e, wave) : wmma4Row(lane, e); };
  auto indexOf = [&](unsigned e) { return isHalf ? 2 * e + half : e; };
  const unsigned sums = isHalf ? elements / 2 : elements;
  Matrix left(16, k), right(k, 16), sum(16, 16);
  for (unsigned lane = 0; lane < call.lanes.size(); ++lane) {
    const void *const *arguments = call.lanes[lane].arguments;
    for (unsigned e = 0; e < perLane; ++e) {
      unsigned inner = isDuplicated ? e : wmma4K(lane, e, perLane);
      left.at(lane % 16, inner) = load(typeA, arguments[at(0)], e);
      right.at(inner, lane % 16) = load(typeB, arguments[at(1)], e);
    }
    for (unsigned e = 0; e < sums; ++e)
      sum.at(rowOf(lane, e), lane % 16) = load(d, arguments[at(2)], indexOf(e));
  }
  multiply(sum, left, right);
  for (unsigned lane = 0; lane < call.lanes.size(); ++lane) {
    std::memcpy(call.lanes[lane].result, call.lanes[lane].arguments[at(2)], elements * bitsOf(d) / 8);
    for (unsigned e = 0; e < sums; ++e)
      store(d, call.lanes[lane].result, indexOf(e), sum.at(rowOf(lane, e), lane % 16), saturates);
  }
  return Outcome::Done;
}

/// "llvm.amdgcn.wmma.f32.16x16x16.f16.v8f32.v16f16": result, shape, operand types, then what overloading adds.
Execute bindWmma(const Symbol &symbol) {
  std::string_view name = symbol.name;
  name.remove_prefix(std::string_view("llvm.amdgcn.wmma.").size());
  Wmma wmma;
  char result[5], types[2][5] = {};
  int count = std::sscanf(std::string(name).c_str(), "%4[a-z0-9].16x16x%u.%4[a-z0-9].%4[a-z0-9]", result, &wmma.k,
                          types[0], types[1]);
  if (count < 3 || !amdElementOf(result, wmma.d) || !amdElementOf(types[0], wmma.a))
    return {};
  if (count < 4 || !amdElementOf(types[1], wmma.b) || bitsOf(wmma.a) != 8 || wmma.a == Element::U8)
    wmma.b = wmma.a;
  wmma.isInteger = wmma.d == Element::S32;
  if (symbol.argumentBytes.size() < (wmma.isInteger ? 6 : 3))
    return {};
  wmma.perLane = symbol.argumentBytes[wmma.at(0)] * 8 / bitsOf(wmma.a);
  wmma.elements = symbol.resultBytes * 8 / bitsOf(wmma.d);
  wmma.isDuplicated = wmma.perLane == wmma.k;
  wmma.isHalf = wmma.isDuplicated && bitsOf(wmma.d) == 16;
  bool isKnownShape = wmma.k == 16 || (wmma.k == 32 && bitsOf(wmma.a) == 4 && !wmma.isDuplicated);
  // RDNA4 in waves of 64, and gfx1250's shapes, are not executed.
  if (!isKnownShape || (!wmma.isDuplicated && (wmma.perLane * 2 != wmma.k || wmma.elements != 8)) ||
      (wmma.isHalf && symbol.argumentBytes.size() < 4))
    return {};
  return wmma;
}

// -- Dot products of one lane (v_dot4_i32_i8 …): exact sums, clamped if the last operand says so

Execute bindDot(const Symbol &symbol) {
  const std::string &name = symbol.name;
  bool isFloat = name.find(".fdot2") != std::string::npos, isMixed = name.find(".sudot4") != std::string::npos;
  bool isSigned = name.find(".sdot4") != std::string::npos;
  if (symbol.argumentBytes.size() != (isMixed ? 6 : 4) || symbol.resultBytes != 4)
    return {};
  return [=](const Call &call) {
    const Lane &lane = call.lane();
    size_t a = isMixed ? 1 : 0, b = isMixed ? 3 : 1, c = isMixed ? 4 : 2;
    auto signedIf = [](bool is) { return is ? Element::S8 : Element::U8; };
    Element typeA = isFloat ? Element::F16 : signedIf(isMixed ? lane.argument<uint8_t>(0) : isSigned);
    Element typeB = isFloat ? Element::F16 : signedIf(isMixed ? lane.argument<uint8_t>(2) : isSigned);
    double sum = isFloat               ? load(Element::F32, lane.arguments[c], 0)
                 : isSigned || isMixed ? lane.argument<int32_t>(c)
                                       : lane.argument<uint32_t>(c);
    for (unsigned i = 0; i < (isFloat ? 2 : 4); ++i)
      sum += load(typeA, lane.arguments[a], i) * load(typeB, lane.arguments[b], i);
    bool clamps = lane.argument<uint8_t>(c + 1);
    if (isFloat)
      lane.setResult(static_cast<float>(clamps ? std::clamp(sum, 0.0, 1.0) : sum));
    else if (isSigned || isMixed)
      store(Element::S32, lane.result, 0, sum, clamps);
    else
      lane.setResult(static_cast<uint32_t>(static_cast<uint64_t>(clamps ? std::min(sum, 4294967295.0) : sum)));
    return Outcome::Done;
  };
}

constexpr Entry kEntries[] = {
    {"llvm.amdgcn.mfma.*", Scope::Wave, bindMfma},  {"llvm.amdgcn.wmma.*", Scope::Wave, bindWmma},
    {"llvm.amdgcn.sdot4", Scope::Thread, bindDot},  {"llvm.amdgcn.udot4", Scope::Thread, bindDot},
    {"llvm.amdgcn.sudot4", Scope::Thread, bindDot}, {"llvm.amdgcn.fdot2", Scope::Thread, bindDot},
};

} // namespace

Table amdMatrixTable() {
  return kEntries;
}

} // namespace flex::emulator
