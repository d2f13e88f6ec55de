//===- LayoutTest.cpp - Layouts of rings for matrix units -----------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The functions that place operands and results in group memory, evaluated on
// integers: no two elements share a place, and threads that go to memory together
// meet different banks (32 of 4 bytes; a wave's access of 16 bytes takes place 8
// threads at a time, of 8 bytes 16 at a time).
//
//===----------------------------------------------------------------------===//
#include "../../../lib/ScheduledLoops/Simt/EmitSimtAttention.h"
#include "../../../lib/ScheduledLoops/Simt/EmitSimtContract.h"

#include "gtest/gtest.h"

#include <set>

using namespace flex::tile;

namespace {

/// How many rounds the slowest bank takes for addresses in bytes, each of `size` bytes.
int64_t conflictsOf(const std::vector<int64_t> &addresses, int64_t size) {
  size_t together = 128 / size;
  int64_t worst = 1;
  for (size_t first = 0; first < addresses.size(); first += together) {
    std::map<int64_t, std::set<int64_t>> banks;
    for (size_t i = first; i < std::min(addresses.size(), first + together); ++i)
      for (int64_t byte = 0; byte < size; byte += 4)
        banks[(addresses[i] + byte) / 4 % 32].insert((addresses[i] + byte) / 128);
    for (const auto &[bank, lines] : banks)
      worst = std::max<int64_t>(worst, lines.size());
  }
  return worst;
}

struct LayoutTest : ::testing::Test {
  LayoutTest() { context.loadDialect<TileDialect>(); }
  mlir::MLIRContext context;
};

TEST_F(LayoutTest, EveryElementHasAPlaceOfItsOwn) {
  for (int64_t bytes : {1, 2, 4})
    for (int64_t columns : {32 / bytes, 64 / bytes, 128 / bytes, 256 / bytes}) {
      LayoutAttr layout = operandLayout(&context, columns, bytes);
      std::set<int64_t> places;
      for (int64_t row = 0; row < 16; ++row)
        for (int64_t column = 0; column < columns; ++column)
          places.insert(layout.offset(row, column));
      EXPECT_EQ(static_cast<int64_t>(places.size()), 16 * columns);
      EXPECT_EQ(*places.rbegin(), 16 * columns - 1);
    }
}

TEST_F(LayoutTest, RowsOfOneChunkLieInDifferentBanks) {
  // What ldmatrix reads: one chunk of eight rows.
  for (int64_t bytes : {1, 2, 4})
    for (int64_t columns : {64 / bytes, 128 / bytes, 256 / bytes}) {
      LayoutAttr layout = operandLayout(&context, columns, bytes);
      for (int64_t column = 0; column < columns; column += 16 / bytes) {
        std::vector<int64_t> addresses;
        for (int64_t row = 0; row < 8; ++row)
          addresses.push_back(layout.offset(row, column) * bytes);
        EXPECT_EQ(conflictsOf(addresses, 16), 1) << columns << " columns of " << bytes << " bytes, column " << column;
      }
    }
}

TEST_F(LayoutTest, CopiesOfAWaveLieInDifferentBanks) {
  for (int64_t columns : {32, 64, 128}) {
    LayoutAttr layout = operandLayout(&context, columns, 2);
    std::vector<int64_t> addresses;
    for (int64_t thread = 0; thread < 32; ++thread)
      addresses.push_back(layout.offset(thread / (columns / 8), thread % (columns / 8) * 8) * 2);
    EXPECT_EQ(conflictsOf(addresses, 16), 1) << columns;
  }
}

TEST_F(LayoutTest, TurnedChunksLieInDifferentBanks) {
  // Through registers: threads hold `run` steps of a chunk of 8 columns each and write a row at a time, 8 chunks beside
  // each other, then the next steps. Rows of 128 bytes would do with fewer rounds; of 64 bytes, half of the banks take
  // part.
  for (int64_t columns : {32, 64})
    for (int64_t run : {2, 4}) {
      LayoutAttr layout = operandLayout(&context, columns, 2, /*turned=*/true);
      LayoutAttr plain = operandLayout(&context, columns, 2);
      for (int64_t row = 0; row < 8; ++row) {
        std::vector<int64_t> addresses, plainAddresses;
        for (int64_t thread = 0; thread < 32; ++thread) {
          int64_t to = thread % 8 * 8 + row, step = thread / 8 * run;
          addresses.push_back(layout.offset(to, step) * 2);
          plainAddresses.push_back(plain.offset(to, step) * 2);
        }
        EXPECT_LE(conflictsOf(addresses, run * 2), 2) << columns << " columns, " << run << " steps, row " << row;
        EXPECT_GE(conflictsOf(plainAddresses, run * 2), 4);
      }
      for (int64_t column = 0; column < columns; column += 8) { // fragments: a chunk of neighbouring rows
        std::vector<int64_t> addresses;
        for (int64_t row = 0; row < 32; ++row)
          addresses.push_back(layout.offset(row, column) * 2);
        EXPECT_EQ(conflictsOf(addresses, 16), 1) << columns << " columns, column " << column;
      }
    }
}

TEST_F(LayoutTest, ResultsOfMmaArePutWithoutConflicts) {
  for (int64_t columns : {32, 64, 128}) {
    LayoutAttr layout = resultLayout(&context, columns);
    for (int64_t row : {0, 8})
      for (int64_t column = 0; column < columns; column += 8) {
        std::vector<int64_t> addresses; // thread l holds row l / 4, columns 2 (l % 4) and the next
        for (int64_t lane = 0; lane < 32; ++lane)
          addresses.push_back(layout.offset(row + lane / 4, column + lane % 4 * 2) * 4);
        EXPECT_EQ(conflictsOf(addresses, 8), 1) << columns << " columns at " << row << ", " << column;
      }
  }
}

TEST_F(LayoutTest, RowsOfResultsArePutWithoutConflicts) {
  // From memory of the unit's own: thread l holds row l, and writes four columns at a time.
  for (int64_t columns : {32, 64, 128}) {
    LayoutAttr layout = resultLayout(&context, columns);
    for (int64_t column = 0; column < columns; column += 4) {
      std::vector<int64_t> addresses;
      for (int64_t lane = 0; lane < 32; ++lane)
        addresses.push_back(layout.offset(lane, column) * 4);
      EXPECT_EQ(conflictsOf(addresses, 16), 1) << columns << " columns at " << column;
    }
  }
}

TEST_F(LayoutTest, RunsOfResultsAreReadWithoutConflicts) {
  // The share-out of storeStrip in EmitSimtContractStore.cpp.
  for (int64_t columns : {32, 64, 128})
    for (int64_t half : {0, 1}) {
      LayoutAttr layout = resultLayout(&context, columns);
      for (int64_t block = 0; block < columns / 32; ++block) {
        std::vector<int64_t> addresses;
        for (int64_t run = 0; run < 32; ++run) {
          int64_t row = run / 4 % 2 * 4 + run / 8 % 4, column = (block * 4 + run % 4) * 8;
          addresses.push_back(layout.offset(row, column + 4 * half) * 4);
        }
        EXPECT_EQ(conflictsOf(addresses, 16), 1) << columns << " columns, block " << block;
      }
    }
}

/// Where an element of a thread is, by the bits of both numbers.
std::pair<int64_t, int64_t> placeOf(const AccumulatorLayout &layout, int64_t lane, int64_t element) {
  int64_t row = 0, column = 0;
  auto add = [&](llvm::ArrayRef<AccumulatorLayout::Bit> bits, int64_t number) {
    for (auto [i, bit] : llvm::enumerate(bits))
      if (number >> i & 1)
        (bit.isRow ? row : column) += bit.by;
  };
  add(layout.lane, lane);
  add(layout.element, element);
  return {row, column};
}

TEST_F(LayoutTest, AccumulatorsHoldEachResultOnce) {
  struct Row {
    const char *unit;
    int64_t m, n, k, threads, run, rows, sharing, apart;
  };
  for (const Row &row : {Row{"mma", 16, 8, 16, 32, 2, 2, 4, 1}, Row{"mfma", 16, 16, 16, 64, 4, 1, 4, 16},
                         Row{"mfma", 32, 32, 8, 64, 4, 1, 2, 32}, Row{"wmma", 16, 16, 16, 32, 8, 1, 2, 16}}) {
    MatrixUnit unit;
    unit.unit = row.unit;
    unit.m = row.m;
    unit.n = row.n;
    unit.k = row.k;
    unit.threads = row.threads;
    auto layout = accumulatorLayout(unit);
    ASSERT_TRUE(layout) << unit.name();
    EXPECT_EQ(layout->run(), row.run) << unit.name();
    EXPECT_EQ(int64_t(layout->rows().size()), row.rows) << unit.name();
    EXPECT_EQ(layout->sharing(), row.sharing) << unit.name();
    EXPECT_EQ(layout->apart(), row.apart) << unit.name();
    std::set<std::pair<int64_t, int64_t>> places;
    for (int64_t lane = 0; lane < unit.threads; ++lane) {
      auto [firstRow, firstColumn] = placeOf(*layout, lane, 0);
      for (int64_t below : layout->rows())
        for (int64_t beside : layout->runs())
          for (int64_t i = 0; i < layout->run(); ++i) {
            auto place = placeOf(*layout, lane, layout->elementOf(below, beside) + i);
            EXPECT_EQ(place, std::pair(firstRow + below, firstColumn + beside + i)) << unit.name();
            EXPECT_TRUE(place.first < unit.m && place.second < unit.n) << unit.name();
            places.insert(place);
          }
      // The threads of a row differ in these bits alone.
      for (int64_t other = 1; other < layout->sharing(); ++other)
        EXPECT_EQ(placeOf(*layout, lane ^ (other * layout->apart()), 0).first, firstRow) << unit.name();
    }
    EXPECT_EQ(int64_t(places.size()), unit.m * unit.n) << unit.name();
  }
  MatrixUnit other;
  other.unit = "dpas";
  other.m = 8;
  other.n = 16;
  EXPECT_FALSE(accumulatorLayout(other));
}

TEST_F(LayoutTest, WeightsAreOperandsAsTheyAre) {
  // Where unit.k steps of an operand lie: a lane of group g has as many neighbouring ones, by groups; of MFMA, of two
  // instructions that share a chunk of 16 bytes, 8 in all (AMD's ISA guides, and LowerFrag in lib/Target/AMDGPU).
  struct Row {
    const char *unit;
    int64_t m, k, threads, swapped;
  };
  for (const Row &row : {Row{"mfma", 32, 8, 64, 4}, Row{"mfma", 32, 16, 64, 4}, Row{"wmma", 16, 16, 32, 0}}) {
    MatrixUnit unit;
    unit.unit = row.unit;
    unit.m = unit.n = row.m;
    unit.k = row.k;
    unit.threads = row.threads;
    AccumulatorLayout plain = *accumulatorLayout(unit), layout = plain;
    layout.makeOperand(unit);
    ASSERT_TRUE(layout.isOperand) << unit.name();
    EXPECT_EQ(layout.swapped, row.swapped) << unit.name();
    int64_t elements = unit.m * unit.n / unit.threads;
    for (int64_t lane = 0; lane < unit.threads; ++lane)
      for (int64_t element = 0; element < elements; ++element) {
        int64_t key = placeOf(layout, lane, element).second, group = lane / unit.m;
        EXPECT_EQ(key, element / 8 * 16 + group * 8 + element % 8) << unit.name();
        // The unit itself gives it where the key's row was put.
        int64_t low = key & row.swapped ? 1 : 0, high = key & 2 * row.swapped ? 1 : 0;
        EXPECT_EQ(placeOf(plain, lane, element).second, key + (low - high) * row.swapped) << unit.name();
      }
  }
  MatrixUnit twice;
  twice.unit = "wmma";
  twice.m = twice.n = twice.k = 16;
  twice.threads = 32;
  twice.copies = 2;
  AccumulatorLayout layout = *accumulatorLayout(twice);
  layout.makeOperand(twice);
  EXPECT_FALSE(layout.isOperand);
}

} // namespace
