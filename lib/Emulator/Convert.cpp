//===- Convert.cpp - Conversions between float formats --------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// NVIDIA's cvt to formats that LLVM's fptrunc does not name (PTX ISA 9.7.9.21) and
// AMD's packed conversions (CDNA3 ISA §12, v_cvt_pk_fp8_f32 …). Not executed: stochastic
// rounding, the block-scaled formats.
//
//===----------------------------------------------------------------------===//
#include "Numerics.h"
#include "Tables.h"

#include <cmath>

namespace flex::emulator {
namespace {

bool has(const std::string &name, std::string_view text) {
  return name.find(text) != std::string::npos;
}

// -- NVIDIA

/// What follows the formats in a name: ".rn.relu.satfinite".
struct Mode {
  FloatFormat format;
  Rounding rounding = Rounding::NearestEven;
  bool isRelu = false, saturates = false;

  explicit Mode(const FloatFormat &format, const std::string &name) : format(format) {
    if (has(name, ".rna"))
      rounding = Rounding::NearestAway;
    else if (has(name, ".rz"))
      rounding = Rounding::TowardZero;
    isRelu = has(name, ".relu");
    saturates = has(name, ".satfinite") || format.bits() == 8; // f8 is always finite
  }

  uint32_t operator()(double value) const {
    if (std::isnan(value)) // the canonical NaN: all ones behind the sign
      return (1u << (format.bits() - 1)) - 1;
    return encode(format, isRelu && value < 0 ? 0.0 : value, rounding, saturates);
  }
};

const FloatFormat *nvidiaFormat(std::string_view name) {
  if (name.starts_with("bf16"))
    return &kBf16;
  if (name.starts_with("f16"))
    return &kF16;
  if (name.starts_with("tf32"))
    return &kTf32;
  if (name.starts_with("e4m3x2"))
    return &kE4m3;
  return name.starts_with("e5m2x2") ? &kE5m2 : nullptr;
}

bool isExecuted(const std::string &name) {
  return !has(name, ".rs") && !has(name, ".scale"); // stochastic: takes random bits
}

/// llvm.nvvm.f2tf32.rna, f2bf16.rn …: one f32.
Execute bindOne(const Symbol &symbol) {
  const FloatFormat *format =
      nvidiaFormat(std::string_view(symbol.name).substr(std::string_view("llvm.nvvm.f2").size()));
  if (!format || symbol.argumentBytes.size() != 1 || !isExecuted(symbol.name))
    return {};
  return [mode = Mode(*format, symbol.name)](const Call &call) {
    const Lane &lane = call.lane();
    uint32_t bits = mode(lane.argument<float>(0));
    if (mode.format.bits() == 16)
      lane.setResult(static_cast<uint16_t>(bits));
    else
      lane.setResult(bits << (32 - mode.format.bits()));
    return Outcome::Done;
  };
}

/// llvm.nvvm.ff2bf16x2.rn, ff.to.e4m3x2.rn …: two f32, the first into the upper half.
Execute bindPair(const Symbol &symbol) {
  std::string_view rest = std::string_view(symbol.name).substr(std::string_view("llvm.nvvm.ff").size());
  rest.remove_prefix(rest.starts_with(".to.") ? 4 : 1);
  const FloatFormat *format = nvidiaFormat(rest);
  if (!format || format->bits() > 16 || symbol.argumentBytes.size() != 2 || !isExecuted(symbol.name))
    return {};
  return [mode = Mode(*format, symbol.name)](const Call &call) {
    const Lane &lane = call.lane();
    uint32_t upper = mode(lane.argument<float>(0)), lower = mode(lane.argument<float>(1));
    if (mode.format.bits() == 16)
      lane.setResult(upper << 16 | lower);
    else
      lane.setResult(static_cast<uint16_t>(upper << 8 | lower));
    return Outcome::Done;
  };
}

/// llvm.nvvm.f16x2.to.e4m3x2.rn
Execute bindNarrow(const Symbol &symbol) {
  const FloatFormat *format =
      nvidiaFormat(std::string_view(symbol.name).substr(std::string_view("llvm.nvvm.f16x2.to.").size()));
  if (!format || format->bits() != 8 || !isExecuted(symbol.name))
    return {};
  return [mode = Mode(*format, symbol.name)](const Call &call) {
    const void *pair = call.lane().arguments[0];
    call.lane().setResult(
        static_cast<uint16_t>(mode(load(Element::F16, pair, 1)) << 8 | mode(load(Element::F16, pair, 0))));
    return Outcome::Done;
  };
}

/// llvm.nvvm.e4m3x2.to.f16x2.rn: exact.
Execute bindWiden(const Symbol &symbol) {
  const FloatFormat *format = nvidiaFormat(std::string_view(symbol.name).substr(std::string_view("llvm.nvvm.").size()));
  if (!format || format->bits() != 8)
    return {};
  return [from = *format, mode = Mode(kF16, symbol.name)](const Call &call) {
    uint16_t pair = call.lane().argument<uint16_t>(0);
    call.lane().setResult(mode(decode(from, pair >> 8)) << 16 | mode(decode(from, pair & 0xff)));
    return Outcome::Done;
  };
}

// -- AMD

/// "fp8" or "bf8" of a name on the chip: see AmdMatrix.cpp.
const FloatFormat &amdFormat(const Machine &machine, bool isBf8) {
  bool isFnuz = machine.chip().starts_with("gfx94");
  return isBf8 ? (isFnuz ? kE5m2Fnuz : kE5m2) : (isFnuz ? kE4m3Fnuz : kE4m3);
}

/// cvt.pk.{fp8,bf8}.f32: f32, f32, old, which half of old is replaced. Out of range is NaN or infinity, not the
/// largest.
Execute bindPackF8(const Symbol &symbol) {
  if (symbol.argumentBytes.size() != 4 || symbol.resultBytes != 4)
    return {};
  return [isBf8 = has(symbol.name, ".bf8")](const Call &call) {
    const Lane &lane = call.lane();
    const FloatFormat &format = amdFormat(call.machine, isBf8);
    uint32_t pair = encode(format, lane.argument<float>(0)) | encode(format, lane.argument<float>(1)) << 8;
    unsigned shift = lane.argument<uint8_t>(3) ? 16 : 0;
    lane.setResult((lane.argument<uint32_t>(2) & ~(0xffffu << shift)) | pair << shift);
    return Outcome::Done;
  };
}

/// cvt.f32.{fp8,bf8}: word, byte; cvt.pk.f32.{fp8,bf8}: word, half.
Execute bindUnpackF8(const Symbol &symbol) {
  if (symbol.argumentBytes.size() != 2)
    return {};
  bool isPair = symbol.resultBytes == 8;
  return [isPair, isBf8 = has(symbol.name, ".bf8"), wide = symbol.argumentBytes[1] == 4](const Call &call) {
    const Lane &lane = call.lane();
    const FloatFormat &format = amdFormat(call.machine, isBf8);
    unsigned which = wide ? lane.argument<uint32_t>(1) : lane.argument<uint8_t>(1);
    uint32_t word = lane.argument<uint32_t>(0) >> (isPair ? which % 2 * 16 : which % 4 * 8);
    lane.setResult(static_cast<float>(decode(format, word & 0xff)));
    if (isPair)
      lane.setResult(static_cast<float>(decode(format, word >> 8 & 0xff)), 1);
    return Outcome::Done;
  };
}

/// cvt.pkrtz: two f32 to f16 toward zero, the first into the lower half.
Execute bindPackHalf(const Symbol &) {
  return [](const Call &call) {
    const Lane &lane = call.lane();
    lane.setResult(encode(kF16, lane.argument<float>(0), Rounding::TowardZero) |
                   encode(kF16, lane.argument<float>(1), Rounding::TowardZero) << 16);
    return Outcome::Done;
  };
}

constexpr Entry kEntries[] = {
    {"llvm.nvvm.f2tf32.*", Scope::Thread, bindOne},
    {"llvm.nvvm.f2bf16.*", Scope::Thread, bindOne},
    {"llvm.nvvm.f2f16.*", Scope::Thread, bindOne},
    {"llvm.nvvm.ff2bf16x2.*", Scope::Thread, bindPair},
    {"llvm.nvvm.ff2f16x2.*", Scope::Thread, bindPair},
    {"llvm.nvvm.ff.to.e4m3x2.*", Scope::Thread, bindPair},
    {"llvm.nvvm.ff.to.e5m2x2.*", Scope::Thread, bindPair},
    {"llvm.nvvm.f16x2.to.e*", Scope::Thread, bindNarrow},
    {"llvm.nvvm.e4m3x2.to.f16x2.*", Scope::Thread, bindWiden},
    {"llvm.nvvm.e5m2x2.to.f16x2.*", Scope::Thread, bindWiden},
    {"llvm.amdgcn.cvt.pk.fp8.f32", Scope::Thread, bindPackF8},
    {"llvm.amdgcn.cvt.pk.bf8.f32", Scope::Thread, bindPackF8},
    {"llvm.amdgcn.cvt.f32.fp8", Scope::Thread, bindUnpackF8},
    {"llvm.amdgcn.cvt.f32.bf8", Scope::Thread, bindUnpackF8},
    {"llvm.amdgcn.cvt.pk.f32.fp8", Scope::Thread, bindUnpackF8},
    {"llvm.amdgcn.cvt.pk.f32.bf8", Scope::Thread, bindUnpackF8},
    {"llvm.amdgcn.cvt.pkrtz", Scope::Thread, bindPackHalf},
};

} // namespace

Table convertTable() {
  return kEntries;
}

} // namespace flex::emulator
