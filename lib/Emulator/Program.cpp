//===- Program.cpp - The tables of a program as bytes ---------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// 32-bit little-endian words; a text is its length and its bytes.
//
//===----------------------------------------------------------------------===//
#include "flex/Emulator/Program.h"

#include <cstring>

namespace flex::emulator {
namespace {

class Writer {
public:
  void word(uint64_t value) {
    for (int i = 0; i < 4; ++i)
      bytes.push_back(static_cast<char>(value >> (8 * i)));
  }
  void text(const std::string &value) {
    word(value.size());
    bytes += value;
  }
  void words(const std::vector<uint32_t> &values) {
    word(values.size());
    for (uint32_t value : values)
      word(value);
  }
  std::string bytes;
};

class Reader {
public:
  Reader(const char *data, size_t size) : at(data), left(size) {}

  uint32_t word() {
    if (left < 4)
      return damage();
    uint32_t value = 0;
    for (int i = 0; i < 4; ++i)
      value |= static_cast<uint32_t>(static_cast<unsigned char>(at[i])) << (8 * i);
    at += 4;
    left -= 4;
    return value;
  }
  /// A number of things of at least `bytes` bytes each.
  uint32_t count(size_t bytes = 4) {
    uint32_t value = word();
    return value > left / bytes ? damage() : value;
  }
  std::string text() {
    uint32_t length = count(1);
    std::string value(at, length);
    at += length;
    left -= length;
    return value;
  }
  std::vector<uint32_t> words() {
    std::vector<uint32_t> values(count());
    for (uint32_t &value : values)
      value = word();
    return values;
  }
  bool isWhole() const { return !damaged && left == 0; }

private:
  uint32_t damage() {
    damaged = true;
    left = 0;
    return 0;
  }
  const char *at;
  size_t left;
  bool damaged = false;
};

} // namespace

std::string writeProgram(const ProgramInfo &program) {
  Writer out;
  out.word(kProgramVersion);
  out.text(program.chip);
  out.word(program.waveSize);
  out.word(program.sharedBytes);
  out.word(program.declaredBytes);
  out.word(program.hasDynamicShared);
  out.word(program.sites.size());
  for (const std::string &site : program.sites)
    out.text(site);
  out.word(program.symbols.size());
  for (const ProgramSymbol &symbol : program.symbols) {
    out.text(symbol.name);
    out.text(symbol.constraints);
    out.words(symbol.argumentBytes);
    out.word(symbol.resultBytes);
  }
  out.word(program.calls.size());
  for (const ProgramInfo::Call &call : program.calls) {
    out.word(call.symbol);
    out.word(call.site);
  }
  out.word(program.constants.size());
  for (const ProgramInfo::Constant &constant : program.constants) {
    out.text(constant.symbol);
    out.word(constant.bytes);
  }
  out.word(program.kernels.size());
  for (const ProgramInfo::Kernel &kernel : program.kernels) {
    out.text(kernel.name);
    out.words(kernel.argumentBytes);
  }
  return std::move(out.bytes);
}

StatusOr<ProgramInfo> readProgram(const char *data, size_t size) {
  Reader in(data, size);
  ProgramInfo program;
  if (uint32_t version = in.word(); version != kProgramVersion)
    return Status(StatusCode::DataLoss, "the emulator reads programs of version " + std::to_string(kProgramVersion) +
                                            ", this is version " + std::to_string(version));
  program.chip = in.text();
  program.waveSize = in.word();
  program.sharedBytes = in.word();
  program.declaredBytes = in.word();
  program.hasDynamicShared = in.word() != 0;
  program.sites.resize(in.count());
  for (std::string &site : program.sites)
    site = in.text();
  program.symbols.resize(in.count());
  for (ProgramSymbol &symbol : program.symbols) {
    symbol.name = in.text();
    symbol.constraints = in.text();
    symbol.argumentBytes = in.words();
    symbol.resultBytes = in.word();
  }
  program.calls.resize(in.count());
  for (ProgramInfo::Call &call : program.calls)
    call = {in.word(), in.word()};
  program.constants.resize(in.count());
  for (ProgramInfo::Constant &constant : program.constants) {
    constant.symbol = in.text();
    constant.bytes = in.word();
  }
  program.kernels.resize(in.count());
  for (ProgramInfo::Kernel &kernel : program.kernels) {
    kernel.name = in.text();
    kernel.argumentBytes = in.words();
  }
  bool isSound = in.isWhole() && program.waveSize >= 1 && program.waveSize <= 128;
  for (const ProgramInfo::Call &call : program.calls)
    isSound &= call.symbol < program.symbols.size();
  if (!isSound)
    return Status(StatusCode::DataLoss, "the program's tables are damaged");
  return program;
}

} // namespace flex::emulator
