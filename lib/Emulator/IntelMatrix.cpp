//===- IntelMatrix.cpp - DPAS and 2D blocks -------------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The builtin functions of cl_intel_subgroup_matrix_multiply_accumulate (and _tf32), cl_intel_subgroups
// (block reads) and cl_intel_subgroup_2d_block_io, found by their mangled names. Sums are rounded once,
// the hardware's order of 8 steps of k is not modelled. Not executed: transposing loads.
//
//===----------------------------------------------------------------------===//
#include "Numerics.h"
#include "Tables.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <string_view>

namespace flex::emulator {
namespace {

bool isWholeSubgroup(const Call &call) {
  bool isWhole = std::all_of(call.lanes.begin(), call.lanes.end(), [](const Lane &lane) { return lane.isActive; });
  if (!isWhole)
    call.machine.fail(call.lanes[0].thread, call.site, "a function of the sub-group is executed by a part of it only");
  return isWhole;
}

// -- Matrix multiply-accumulate

/// intel_sub_group_TA_TB_matrix_mad_kK(a, b, c): lane l has column l of B, C and D. A's row r is register r of all
/// lanes, each with the next elements of k (tf32 in 16 lanes: a register has two rows); B's register j has the k's of
/// 32 bits.
struct Dpas {
  Element a, b, d;
  unsigned k = 0, rows = 0;
  unsigned bytesA = 0, bytesB = 0; ///< of a lane

  Outcome operator()(const Call &call) const {
    const auto lanes = static_cast<unsigned>(call.lanes.size());
    const unsigned perLane = bytesA * 8 / bitsOf(a); // of A, all rows
    const unsigned perRegister = 32 / bitsOf(b);
    if (!isWholeSubgroup(call))
      return Outcome::Done;
    if (perLane * lanes != rows * k || bytesB != k * bitsOf(b) / 8) {
      call.machine.fail(call.lanes[0].thread, call.site,
                        "a matrix function whose operands are not those of a sub-group of " + std::to_string(lanes));
      return Outcome::Done;
    }
    Matrix left(rows, k), right(k, lanes), sum(rows, lanes);
    const unsigned perRow = std::max(1u, k / lanes); // elements of a row of A in a lane
    for (unsigned lane = 0; lane < lanes; ++lane) {
      const void *const *arguments = call.lanes[lane].arguments;
      for (unsigned e = 0; e < perLane; ++e) {
        // A number of elements in the order of rows: lane by lane, then the next register.
        unsigned position = (e / perRow * lanes + lane) * perRow + e % perRow;
        left.at(position / k, position % k) = load(a, arguments[0], e);
      }
      for (unsigned e = 0; e < k; ++e)
        right.at(e / perRegister * perRegister + e % perRegister, lane) = load(b, arguments[1], e);
      for (unsigned r = 0; r < rows; ++r)
        sum.at(r, lane) = load(d, arguments[2], r);
    }
    multiply(sum, left, right);
    for (unsigned lane = 0; lane < lanes; ++lane)
      for (unsigned r = 0; r < rows; ++r)
        store(d, call.lanes[lane].result, r, sum.at(r, lane));
    return Outcome::Done;
  }
};

bool intelElementOf(std::string_view name, Element &element) {
  if (name == "i8" || name == "i4") {
    element = name == "i8" ? Element::S8 : Element::S4;
    return true;
  }
  return elementOf(name, element);
}

/// The letter of the last parameter's elements, which is the sums' type, in a list of scalars and vectors as the
/// Itanium C++ ABI (5.1.8) mangles it: `Dv8_s` is a vector, `S_` the first vector of the list once more, `S0_` the
/// second one.
char lastParameter(std::string_view list) {
  std::string vectors;
  char last = 0;
  while (!list.empty()) {
    if (list.front() == 'S') {
      size_t end = list.find('_');
      if (end > 2) // or nowhere
        return 0;
      size_t number = end == 1 ? 0 : static_cast<size_t>(list[1] - '0') + 1;
      if (number >= vectors.size())
        return 0;
      last = vectors[number];
      list.remove_prefix(end + 1);
      continue;
    }
    bool isVector = list.starts_with("Dv");
    size_t letter = isVector ? list.find('_') + 1 : 0;
    if (letter >= list.size() || (isVector && letter == 0))
      return 0;
    last = list[letter];
    if (isVector)
      vectors += last;
    list.remove_prefix(letter + 1);
  }
  return last;
}

Execute bindDpas(const Symbol &symbol) {
  size_t at = symbol.name.find("intel_sub_group_");
  char typeA[8], typeB[8];
  Dpas dpas;
  int end = 0;
  if (at == std::string::npos ||
      std::sscanf(symbol.name.c_str() + at, "intel_sub_group_%7[a-z0-9]_%7[a-z0-9]_matrix_mad_k%u%n", typeA, typeB,
                  &dpas.k, &end) != 3 ||
      !intelElementOf(typeA, dpas.a) || !intelElementOf(typeB, dpas.b) || symbol.argumentBytes.size() != 3)
    return {};
  switch (lastParameter(std::string_view(symbol.name).substr(at + static_cast<size_t>(end)))) {
  case 'f': dpas.d = Element::F32; break;
  case 'i': dpas.d = Element::S32; break;
  case 'h': dpas.d = Element::F16; break;
  case 's': dpas.d = Element::Bf16; break; // its bits in a short
  default: return {};
  }
  dpas.rows = symbol.resultBytes * 8 / bitsOf(dpas.d);
  dpas.bytesA = symbol.argumentBytes[0];
  dpas.bytesB = symbol.argumentBytes[1];
  if (dpas.rows != 1 && dpas.rows != 2 && dpas.rows != 4 && dpas.rows != 8)
    return {};
  return dpas;
}

// -- 2D blocks

/// (base, width in bytes, height, pitch in bytes, (x in elements, y in rows), private memory).
struct Block {
  unsigned bits = 0, rows = 0, columns = 0, count = 0;
  bool isTransformed = false; ///< groups of rows that fill 32 bits stand together (what B of DPAS wants)

  unsigned elementBytes() const { return bits / 8; }
  /// Calls `element(address or null, lane, index)` for each element; index: of the lane's elements in its private
  /// memory.
  template <typename Visit> void forElements(const Call &call, Visit visit) const {
    const auto lanes = static_cast<unsigned>(call.lanes.size());
    const Lane &first = call.lanes[0];
    auto base = first.argument<uintptr_t>(0);
    int64_t width = first.argument<int32_t>(1) / int(elementBytes()), height = first.argument<int32_t>(2);
    int64_t pitch = first.argument<int32_t>(3);
    auto [x, y] = first.argument<std::array<int32_t, 2>>(4);
    const unsigned perRow = std::max(1u, columns / lanes); // elements of a row in a lane
    const unsigned group = isTransformed ? 32 / bits : 1;
    const unsigned perBlock = std::max(1u, rows * columns / lanes);
    for (unsigned block = 0; block < count; ++block)
      for (unsigned row = 0; row < rows; ++row)
        for (unsigned column = 0; column < columns; ++column) {
          int64_t atX = int64_t{x} + block * columns + column, atY = int64_t{y} + row;
          bool isInside = atX >= 0 && atX < width && atY >= 0 && atY < height;
          uintptr_t address = base + static_cast<uintptr_t>(atY * pitch + atX * elementBytes());
          unsigned position = row * columns + column;
          unsigned lane = position / perRow % lanes, index = position / perRow / lanes * perRow + position % perRow;
          if (isTransformed) { // one column a lane
            lane = column % lanes;
            index = (column / lanes * rows + row / group * group) + row % group;
          }
          if (!visit(isInside ? memoryAt(address) : nullptr, lane, block * perBlock + index))
            return;
        }
  }
};

bool blockOf(const Symbol &symbol, const char *verb, Block &block) {
  size_t at = symbol.name.find("intel_sub_group_2d_block_");
  if (at == std::string::npos || symbol.argumentBytes.size() != 6 || symbol.argumentBytes[4] != 8)
    return false;
  std::string rest = symbol.name.substr(at + std::strlen("intel_sub_group_2d_block_"));
  return std::sscanf(rest.c_str(), (std::string(verb) + "_%ub_%ur%ux%uc").c_str(), &block.bits, &block.rows,
                     &block.columns, &block.count) == 4 &&
         (block.bits == 8 || block.bits == 16 || block.bits == 32);
}

/// Outside of the matrix zeros are read.
Execute bindBlockRead(const Symbol &symbol) {
  Block block;
  block.isTransformed = symbol.name.find("_transform_") != std::string::npos;
  if (!blockOf(symbol, block.isTransformed ? "read_transform" : "read", block))
    return {};
  return [block](const Call &call) {
    if (!isWholeSubgroup(call))
      return Outcome::Done;
    const unsigned bytes = block.elementBytes();
    block.forElements(call, [&](const char *from, unsigned lane, unsigned index) {
      uint32_t value = 0;
      if (from && !call.machine.read(call.lanes[lane].thread, call.site, &value, from, bytes, 1))
        return false;
      std::memcpy(call.lanes[lane].argument<char *>(5) + index * bytes, &value, bytes);
      return true;
    });
    return Outcome::Done;
  };
}

Execute bindBlockWrite(const Symbol &symbol) {
  Block block;
  if (!blockOf(symbol, "write", block))
    return {};
  return [block](const Call &call) {
    if (!isWholeSubgroup(call))
      return Outcome::Done;
    const unsigned bytes = block.elementBytes();
    block.forElements(call, [&](char *to, unsigned lane, unsigned index) {
      const char *from = call.lanes[lane].argument<const char *>(5) + index * bytes;
      return !to || call.machine.write(call.lanes[lane].thread, call.site, to, from, bytes, 1);
    });
    return Outcome::Done;
  };
}

// -- Blocks of a run of memory

/// intel_sub_group_block_read{,2,4,8}(const uint *), and _uc, _us, _ul for other elements (cl_intel_subgroups and its
/// _char, _short, _long): value i of a lane is p[get_sub_group_local_id() + i * get_max_sub_group_size()]. The pointer
/// is the same in all lanes, at a multiple of 4 bytes, of 16 in local memory (cl_intel_subgroup_local_block_io).
Execute bindRunRead(const Symbol &symbol) {
  size_t at = symbol.name.find("block_read");
  std::string_view rest = std::string_view(symbol.name).substr(at + std::strlen("block_read"));
  unsigned bytes = rest.starts_with("_uc") ? 1 : rest.starts_with("_us") ? 2 : rest.starts_with("_ul") ? 8 : 4;
  if (symbol.argumentBytes.size() != 1 || symbol.resultBytes % bytes != 0)
    return {};
  unsigned count = static_cast<unsigned>(symbol.resultBytes) / bytes;
  bool isLocal = symbol.name.find("PU3AS3K") != std::string::npos;
  return [=](const Call &call) {
    if (!isWholeSubgroup(call))
      return Outcome::Done;
    auto from = call.lanes[0].argument<uintptr_t>(0);
    for (const Lane &lane : call.lanes)
      if (lane.argument<uintptr_t>(0) != from || from % (isLocal ? 16 : 4) != 0) {
        call.machine.fail(lane.thread, call.site,
                          "a block is read from a pointer that is not the same in all lanes, or no multiple of " +
                              std::to_string(isLocal ? 16 : 4) + " bytes");
        return Outcome::Done;
      }
    for (unsigned i = 0; i < count; ++i)
      for (size_t lane = 0; lane < call.lanes.size(); ++lane) {
        const char *place = memoryAt(from + (i * call.lanes.size() + lane) * bytes);
        char value[8];
        if (!call.machine.read(call.lanes[lane].thread, call.site, value, place, bytes, bytes))
          return Outcome::Done;
        std::memcpy(static_cast<char *>(call.lanes[lane].result) + i * bytes, value, bytes);
      }
    return Outcome::Done;
  };
}

Execute bindNothing(const Symbol &) {
  return [](const Call &) { return Outcome::Done; };
}

constexpr Entry kEntries[] = {
    {"_Z*intel_sub_group_*_matrix_mad_k*", Scope::Wave, bindDpas},
    {"_Z*intel_sub_group_block_read*", Scope::Wave, bindRunRead},
    {"_Z*intel_sub_group_2d_block_read_*", Scope::Wave, bindBlockRead},
    {"_Z*intel_sub_group_2d_block_write_*", Scope::Wave, bindBlockWrite},
    {"_Z*intel_sub_group_2d_block_prefetch_*", Scope::Thread, bindNothing},
};

} // namespace

Table intelMatrixTable() {
  return kEntries;
}

} // namespace flex::emulator
