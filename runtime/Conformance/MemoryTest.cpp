//===- MemoryTest.cpp - Descriptions, memory and copies -------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The part of flex/Runtime/Driver.h that needs no program.
//
//===----------------------------------------------------------------------===//
#include "Subject.h"

#include <algorithm>
#include <set>

using namespace flex;
using namespace flex::rt;
using namespace flex::rt::conformance;

namespace {

TEST(Suite, ExclusionsNameCasesAndGiveReasons) {
  std::set<std::string> cases;
  const testing::UnitTest &all = *testing::UnitTest::GetInstance();
  for (int i = 0; i < all.total_test_suite_count(); ++i)
    for (int j = 0; j < all.GetTestSuite(i)->total_test_count(); ++j)
      cases.insert(all.GetTestSuite(i)->GetTestInfo(j)->name());
  for (const auto &[name, reason] : Subject::get().exclusions) {
    EXPECT_TRUE(cases.count(name)) << "'" << name << "' is no case of the suite";
    EXPECT_GE(reason.size(), 20u) << "'" << name << "' is excluded without a reason";
  }
}

TEST(Suite, SkippedDevicesSayWhy) {
  for (const SkippedDevice &skipped : Subject::get().found.skipped) {
    EXPECT_FALSE(skipped.id.empty());
    EXPECT_FALSE(skipped.reason.empty()) << skipped.id;
  }
}

TEST_F(Conformance, DescribesItself) {
  Driver &driver = *Subject::get().driver;
  std::vector<std::string> accepted = driver.accepts();
  std::set<std::string> ids;
  EXPECT_GE(driver.openSeconds(), 0);
  for (auto &device : devices()) {
    const DeviceDescription &info = device->info();
    EXPECT_EQ(info.id.rfind(driver.name(), 0), 0u) << info.id << " does not start with " << driver.name();
    EXPECT_TRUE(ids.insert(info.id).second) << info.id << " twice";
    EXPECT_FALSE(info.name.empty());
    EXPECT_FALSE(info.kind.empty());
    EXPECT_FALSE(info.target.empty());
    EXPECT_FALSE(info.fingerprint.empty());
    EXPECT_GE(info.computeUnits, 1);
    EXPECT_FALSE(info.formats.empty());
    for (const std::string &format : info.formats)
      EXPECT_NE(std::find(accepted.begin(), accepted.end(), format), accepted.end()) << format;
  }
}

TEST_F(Conformance, AllocatesAndReleases) {
  for (auto &device : devices()) {
    std::vector<DeviceBuffer> held;
    std::set<void *> handles;
    for (int64_t bytes : {0, 1, 3, 64, 65, 4096, 1 << 20}) {
      auto buffer = device->allocate(bytes);
      ASSERT_TRUE(buffer.isOk()) << bytes << " bytes: " << buffer.status().str();
      EXPECT_EQ(buffer->bytes, bytes);
      EXPECT_EQ(buffer->offset, 0);
      EXPECT_TRUE(handles.insert(buffer->handle).second) << "memory given twice";
      if (device->info().sharesHostMemory) {
        EXPECT_EQ(reinterpret_cast<uintptr_t>(buffer->handle) % 64, 0u);
      }
      held.push_back(*buffer);
    }
    std::swap(held[0], held[5]);
    for (const DeviceBuffer &buffer : held)
      device->release(buffer);
  }
}

TEST_F(Conformance, ReleasedMemoryIsUsedAgain) {
  for (auto &device : devices())
    for (int i = 0; i < 400; ++i) // 25 GiB in all
      Buffer(*device, int64_t(64) << 20);
}

TEST_F(Conformance, TooLargeAllocationIsAStatus) {
  for (auto &device : devices()) {
    for (int64_t bytes : {INT64_MAX, INT64_MAX - 63, INT64_MAX / 2, int64_t(1) << 50, int64_t(-1), INT64_MIN}) {
      auto buffer = device->allocate(bytes);
      ASSERT_FALSE(buffer.isOk()) << bytes << " bytes";
      EXPECT_EQ(buffer.status().code(), StatusCode::ResourceExhausted) << buffer.status().str();
      EXPECT_FALSE(buffer.status().message().empty());
    }
    Buffer afterwards(*device, 1024);
    EXPECT_NE(afterwards.all().handle, nullptr);
  }
}

TEST_F(Conformance, CopiesInAndOut) {
  for (auto &device : devices()) {
    auto queue = makeQueue(*device);
    ASSERT_TRUE(queue);
    for (size_t count : {1, 7, 1000, 1 << 20}) {
      auto values = counted<uint8_t>(count, static_cast<uint8_t>(count));
      Buffer memory(*device, static_cast<int64_t>(count));
      EXPECT_OK(writeVector(*queue, memory.all(), values));
      EXPECT_EQ(readVector<uint8_t>(*queue, memory.all(), count), values);
    }
  }
}

TEST_F(Conformance, CopiesPartsAtOffsets) {
  for (auto &device : devices()) {
    auto queue = makeQueue(*device);
    ASSERT_TRUE(queue);
    Buffer memory(*device, 256);
    std::vector<uint8_t> expected(256, 9), part(13, 200);
    EXPECT_OK(writeVector(*queue, memory.all(), expected));
    for (int64_t offset : {0, 1, 77, 243}) {
      EXPECT_OK(writeVector(*queue, memory.at(offset, 13), part));
      std::copy(part.begin(), part.end(), expected.begin() + offset);
    }
    EXPECT_EQ(readVector<uint8_t>(*queue, memory.all(), 256), expected);
    EXPECT_EQ(readVector<uint8_t>(*queue, memory.at(70, 30), 30),
              std::vector<uint8_t>(expected.begin() + 70, expected.begin() + 100));
  }
}

TEST_F(Conformance, CopiesNothing) {
  for (auto &device : devices()) {
    auto queue = makeQueue(*device);
    ASSERT_TRUE(queue);
    Buffer memory(*device, 16), empty(*device, 0);
    std::vector<uint8_t> values(16, 3);
    uint8_t untouched = 5;
    EXPECT_OK(writeVector(*queue, memory.all(), values));
    EXPECT_OK(queue->write(memory.at(16, 0), nullptr, 0));
    EXPECT_OK(queue->write(empty.all(), nullptr, 0));
    EXPECT_OK(queue->read(&untouched, empty.all(), 0));
    EXPECT_OK(queue->read(nullptr, memory.at(4, 0), 0));
    EXPECT_EQ(readVector<uint8_t>(*queue, memory.all(), 16), values);
    EXPECT_EQ(untouched, 5);
  }
}

TEST_F(Conformance, CopiesAreInOrder) {
  for (auto &device : devices()) {
    auto queue = makeQueue(*device);
    ASSERT_TRUE(queue);
    Buffer memory(*device, 1 << 16);
    std::vector<uint8_t> first(1 << 16, 1), second(1 << 16, 2), between(1 << 16);
    EXPECT_OK(writeVector(*queue, memory.all(), first));
    EXPECT_OK(queue->read(between.data(), memory.all(), 1 << 16));
    EXPECT_OK(writeVector(*queue, memory.all(), second));
    EXPECT_EQ(readVector<uint8_t>(*queue, memory.all(), 1 << 16), second);
    EXPECT_EQ(between, first);
  }
}

TEST_F(Conformance, EmptyQueues) {
  for (auto &device : devices()) {
    std::vector<std::unique_ptr<Queue>> queues;
    for (int i = 0; i < 8; ++i)
      queues.push_back(makeQueue(*device));
    for (auto &queue : queues) {
      ASSERT_TRUE(queue);
      EXPECT_OK(queue->finish());
      EXPECT_OK(queue->finish());
    }
    std::swap(queues[0], queues[7]);
  }
}

} // namespace
