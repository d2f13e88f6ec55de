//===- EmitSimtContractTurn.cpp - Operands turned in registers ------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Works on words of 32 bits: each line below is one permutation of bytes of two
// registers where a chip has such an instruction, and code generators find it.
//
//===----------------------------------------------------------------------===//
#include "EmitSimtContractTurn.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace flex;

namespace {

class Turner {
public:
  Turner(OpBuilder &builder, Location loc, ArrayRef<Value> chunks)
      : b(builder), loc(loc), chunks(chunks), type(cast<VectorType>(chunks.front().getType())),
        bits(type.getElementTypeBitWidth()) {}

  SmallVector<Value> run() {
    if (chunks.size() == 1)
      return elements();
    if (chunks.size() == 2 && bits == 8)
      return pairsOfBytes();
    if (chunks.size() * bits % 32 != 0)
      return byElements();
    runs.resize(type.getNumElements());
    SmallVector<SmallVector<Value>> words;
    for (Value chunk : chunks)
      words.push_back(wordsOf(chunk));
    for (size_t word = 0; word < words.front().size(); ++word)
      for (size_t first = 0; first < chunks.size(); first += 32 / bits)
        if (bits == 16)
          turnHalves(2 * word, words[first][word], words[first + 1][word]);
        else
          turnBytes(4 * word, words[first][word], words[first + 1][word], words[first + 2][word],
                    words[first + 3][word]);
    auto inWords = VectorType::get(chunks.size() * bits / 32, b.getI32Type());
    auto inElements = VectorType::get(chunks.size(), type.getElementType());
    SmallVector<Value> result;
    for (ArrayRef<Value> run : runs) {
      Value vector = arith::ConstantOp::create(b, loc, b.getZeroAttr(inWords));
      for (auto [i, word] : llvm::enumerate(run))
        vector = vector::InsertOp::create(b, loc, word, vector, static_cast<int64_t>(i));
      result.push_back(vector::BitCastOp::create(b, loc, inElements, vector));
    }
    return result;
  }

private:
  /// Runs of one, which are no vectors: not every target has those of one element.
  SmallVector<Value> elements() {
    SmallVector<Value> result;
    for (int64_t j = 0; j < type.getNumElements(); ++j)
      result.push_back(vector::ExtractOp::create(b, loc, chunks.front(), j));
    return result;
  }

  SmallVector<Value> byElements() {
    auto run = VectorType::get(chunks.size(), type.getElementType());
    SmallVector<Value> result;
    for (int64_t j = 0; j < type.getNumElements(); ++j) {
      Value vector = arith::ConstantOp::create(b, loc, b.getZeroAttr(run));
      for (auto [i, chunk] : llvm::enumerate(chunks))
        vector = vector::InsertOp::create(b, loc, vector::ExtractOp::create(b, loc, chunk, j), vector,
                                          static_cast<int64_t>(i));
      result.push_back(vector);
    }
    return result;
  }

  SmallVector<Value> pairsOfBytes() {
    auto half = VectorType::get(1, b.getI16Type()), pair = VectorType::get(2, type.getElementType());
    SmallVector<Value> low = wordsOf(chunks[0]), high = wordsOf(chunks[1]), result(type.getNumElements());
    auto put = [&](size_t to, Value word) {
      Value narrow = arith::TruncIOp::create(b, loc, b.getI16Type(), word);
      Value vector = vector::BroadcastOp::create(b, loc, half, narrow);
      result[to] = vector::BitCastOp::create(b, loc, pair, vector);
    };
    for (size_t word = 0; word < low.size(); ++word) {
      Value even = evenBytes(low[word], high[word]), odd = oddBytes(low[word], high[word]);
      put(4 * word, even);
      put(4 * word + 1, odd);
      put(4 * word + 2, down(even, 16));
      put(4 * word + 3, down(odd, 16));
    }
    return result;
  }

  SmallVector<Value> wordsOf(Value chunk) {
    int64_t count = type.getNumElements() * bits / 32;
    Value vector = vector::BitCastOp::create(b, loc, VectorType::get(count, b.getI32Type()), chunk);
    SmallVector<Value> words;
    for (int64_t i = 0; i < count; ++i)
      words.push_back(vector::ExtractOp::create(b, loc, vector, i));
    return words;
  }

  Value constant(uint32_t value) {
    return arith::ConstantOp::create(b, loc, b.getI32IntegerAttr(static_cast<int32_t>(value)));
  }
  Value masked(Value x, uint32_t mask) { return arith::AndIOp::create(b, loc, x, constant(mask)); }
  Value up(Value x, uint32_t by) { return arith::ShLIOp::create(b, loc, x, constant(by)); }
  Value down(Value x, uint32_t by) { return arith::ShRUIOp::create(b, loc, x, constant(by)); }
  Value either(Value x, Value y) { return arith::OrIOp::create(b, loc, x, y); }

  Value lowHalves(Value x, Value y) { return either(masked(x, 0xffff), up(y, 16)); }
  Value highHalves(Value x, Value y) { return either(down(x, 16), masked(y, 0xffff0000)); }

  static constexpr uint32_t kEven = 0x00ff00ff;
  Value evenBytes(Value x, Value y) { return either(masked(x, kEven), up(masked(y, kEven), 8)); }
  Value oddBytes(Value x, Value y) { return either(masked(down(x, 8), kEven), masked(y, ~kEven)); }

  void turnHalves(size_t to, Value x, Value y) {
    runs[to].push_back(lowHalves(x, y));
    runs[to + 1].push_back(highHalves(x, y));
  }

  /// Pairs of bytes first, then pairs of pairs.
  void turnBytes(size_t to, Value w, Value x, Value y, Value z) {
    Value evenLow = evenBytes(w, x), evenHigh = evenBytes(y, z), oddLow = oddBytes(w, x), oddHigh = oddBytes(y, z);
    runs[to].push_back(lowHalves(evenLow, evenHigh));
    runs[to + 1].push_back(lowHalves(oddLow, oddHigh));
    runs[to + 2].push_back(highHalves(evenLow, evenHigh));
    runs[to + 3].push_back(highHalves(oddLow, oddHigh));
  }

  OpBuilder &b;
  Location loc;
  ArrayRef<Value> chunks;
  VectorType type;
  unsigned bits;
  SmallVector<SmallVector<Value>> runs; ///< in words
};

} // namespace

SmallVector<Value> tile::turnChunks(OpBuilder &builder, Location loc, ArrayRef<Value> chunks) {
  return Turner(builder, loc, chunks).run();
}
