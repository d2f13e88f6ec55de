//===- TensorTest.cpp - DLPack tensors and strided copies ----------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Packing and unpacking against element-wise copies over random views.
//
//===----------------------------------------------------------------------===//
#include "Support.h"

#include "Launch/Tensor.h"

#include <numeric>
#include <random>

namespace flex::rt {
namespace {

constexpr DLDataType kU8{kDLUInt, 8, 1};

TEST(Tensor, TypesGoBothWays) {
  for (const char *name : {"bool", "i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "bf16", "f16", "f32", "f64"}) {
    auto type = dlpackType(name);
    ASSERT_TRUE(type) << name;
    EXPECT_STREQ(dtypeName(*type), name);
    EXPECT_EQ(type->bits / 8, dtypeBytes(name));
  }
  EXPECT_FALSE(dlpackType("float"));
  EXPECT_EQ(dtypeName({kDLComplex, 64, 1}), nullptr);
}

TEST(Tensor, Density) {
  std::vector<float> data(64);
  EXPECT_TRUE(isDense(*test::Tensor(data, {4, 5}).get()));
  EXPECT_TRUE(isDense(*test::Tensor(data, {4, 5}, {5, 1}).get()));
  EXPECT_FALSE(isDense(*test::Tensor(data, {4, 5}, {1, 4}).get()));
  EXPECT_FALSE(isDense(*test::Tensor(data, {4, 5}, {6, 1}).get()));
  EXPECT_TRUE(isDense(*test::Tensor(data, {1, 5}, {99, 1}).get())); // the stride of one row means nothing
  EXPECT_TRUE(isDense(*test::Tensor(data, {0, 5}, {7, 7}).get()));
  EXPECT_FALSE(isDense(*test::Tensor(data, {3}, {0}).get())); // broadcast
  EXPECT_TRUE(isDense(*test::Tensor(data, {}).get()));
}

TEST(Tensor, RandomViewsPackAndUnpack) {
  std::mt19937 random(3);
  for (int round = 0; round < 300; ++round) {
    int64_t bytes = int64_t(1) << (random() % 4);
    size_t rank = 1 + random() % 4;
    // A view of a dense block: a permutation of its axes, some reversed or skipping.
    std::vector<int64_t> dims(rank), steps(rank), full(rank);
    std::vector<size_t> order(rank);
    std::iota(order.begin(), order.end(), 0);
    std::shuffle(order.begin(), order.end(), random);
    int64_t total = 1, offset = 0;
    for (size_t axis : order) {
      dims[axis] = random() % 5;
      int64_t skip = 1 + random() % 2;
      bool reversed = random() % 2;
      steps[axis] = total * skip * (reversed ? -1 : 1);
      if (reversed && dims[axis] > 0)
        offset += total * skip * (dims[axis] - 1);
      total *= std::max<int64_t>(dims[axis], 1) * skip;
    }
    std::vector<uint8_t> block(static_cast<size_t>(total * bytes)), copy(block.size(), 0);
    for (uint8_t &byte : block)
      byte = static_cast<uint8_t>(random());
    DLDataType type{kDLUInt, static_cast<uint8_t>(8 * bytes), 1};
    test::Tensor from(block.data(), type, dims, steps), to(copy.data(), type, dims, steps);
    from.tensor.byte_offset = to.tensor.byte_offset = static_cast<uint64_t>(offset * bytes);

    int64_t count = std::accumulate(dims.begin(), dims.end(), int64_t(1), std::multiplies<>());
    std::vector<char> dense(static_cast<size_t>(count * bytes) + 1, 0x55);
    packTensor(*from.get(), bytes, dense.data());
    EXPECT_EQ(dense.back(), 0x55);
    unpackTensor(dense.data(), bytes, *to.get());
    for (int64_t linear = 0; linear < count; ++linear) {
      int64_t rest = linear, at = offset;
      for (size_t axis = rank; axis-- > 0; rest /= dims[axis])
        at += rest % dims[axis] * steps[axis];
      auto where = static_cast<size_t>(at * bytes), n = static_cast<size_t>(bytes);
      ASSERT_EQ(std::memcmp(&block[where], &dense[static_cast<size_t>(linear * bytes)], n), 0) << round;
      ASSERT_EQ(std::memcmp(&copy[where], &block[where], n), 0) << round;
    }
  }
}

TEST(Tensor, Descriptions) {
  std::vector<float> data(6);
  EXPECT_EQ(describeTensor(*test::Tensor(data, {2, 3}).get()), "f32[2, 3]");
  EXPECT_EQ(describeTensor(*test::Tensor(data.data(), kU8, {}).get()), "u8[]");
}

} // namespace
} // namespace flex::rt
