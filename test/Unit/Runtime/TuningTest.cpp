//===- TuningTest.cpp - Records of schedules that were measured -----------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Keys and classes, which record is taken, and the file: merging, damage, other
// versions, and processes that write at once or are killed while they do.
//
//===----------------------------------------------------------------------===//
#include "Support.h"

#include "flex/Runtime/Tuning.h"

#include <csignal>
#include <fstream>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace flex::rt {
namespace {

TuningRecord record(const std::string &shape, const std::string &schedule = "k_0 {rows 4}", int64_t made = 1) {
  TuningRecord out;
  out.key = {"kernel", shape, "machine"};
  out.shapeClass = shapeClassOf(shape);
  out.name = "k";
  out.compiler = "1";
  out.schedule = schedule;
  out.modelSeconds = 2e-3;
  out.bestSeconds = 1e-3;
  out.made = made;
  return out;
}

class TuningTest : public testing::Test {
protected:
  test::TemporaryFolder folder;
  std::string path = folder / "deep/er/tuning.sqlite";
  TuningFile file{path};

  static std::string bytesOf(const std::string &path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  static void write(const std::string &path, const std::string &bytes) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
  }
};

TEST(TuningKeyTest, ShapesAreNamesInOrder) {
  EXPECT_EQ(shapeOf({{"N", 512}, {"K", 3}}, {{"T", "f32"}}), "K=3 N=512 T=f32");
  EXPECT_EQ(shapeOf({}, {}), "");
}

TEST(TuningKeyTest, ClassesAreByThePowerOfTwoAndTheAlignment) {
  EXPECT_EQ(shapeClassOf("K=16 M=500 N=512 T=f32"), "K=16 M~512 N~512/16 T=f32");
  EXPECT_EQ(shapeClassOf("N=0"), "N=0");
  EXPECT_EQ(shapeClassOf("N=17"), "N~16");
  EXPECT_EQ(shapeClassOf("N=720"), shapeClassOf("N=368"));
  EXPECT_NE(shapeClassOf("N=736"), shapeClassOf("N=368"));
  EXPECT_EQ(shapeClassOf(""), "");
}

TEST(TuningKeyTest, TheSameShapeGoesBeforeTheNearestOfTheClass) {
  std::vector<TuningRecord> records = {record("N=400"), record("N=512"), record("N=640"), record("M=512")};
  TuningKey key{"kernel", "N=512", "machine"};
  EXPECT_EQ(findRecord(records, key), &records[1]);
  key.shape = "N=624";
  EXPECT_EQ(findRecord(records, key), &records[2]);
  key.shape = "N=625"; // 16 does not divide it
  EXPECT_EQ(findRecord(records, key), nullptr);
  key = {"kernel", "N=512", "another"};
  EXPECT_EQ(findRecord(records, key), nullptr);
  key = {"another", "N=512", "machine"};
  EXPECT_EQ(findRecord(records, key), nullptr);
}

TEST_F(TuningTest, KeepsWhatWasMerged) {
  ASSERT_TRUE(file.read().isOk());
  EXPECT_TRUE(file.read()->empty());
  EXPECT_NE(::access(path.c_str(), F_OK), 0) << "reading makes no file";
  TuningRecord full = record("N=1 T=f32", "a {rows 1}; b {pack true}", 1790000000);
  full.file = "k'\"\n.flex";
  full.device = "a machine";
  auto change = file.merge({full, record("N=2")});
  ASSERT_TRUE(change.isOk()) << change.status().message();
  EXPECT_EQ(change->count, 2);
  auto read = file.read();
  ASSERT_TRUE(read.isOk()) << read.status().message();
  ASSERT_EQ(read->size(), 2u);
  const TuningRecord &back = read->front();
  EXPECT_EQ(back.key, full.key);
  EXPECT_EQ(back.shapeClass, full.shapeClass);
  EXPECT_EQ(back.file, full.file);
  EXPECT_EQ(back.device, full.device);
  EXPECT_EQ(back.compiler, full.compiler);
  EXPECT_EQ(back.schedule, full.schedule);
  EXPECT_EQ(back.modelSeconds, full.modelSeconds);
  EXPECT_EQ(back.bestSeconds, full.bestSeconds);
  EXPECT_EQ(back.made, full.made);
  EXPECT_EQ(back.id(), full.id());
  EXPECT_TRUE(file.read("another machine")->empty());
  EXPECT_EQ(file.read("machine")->size(), 2u);
}

TEST_F(TuningTest, OfTwoTheLaterStays) {
  ASSERT_TRUE(file.merge({record("N=1", "old", 10)}).isOk());
  EXPECT_EQ(file.merge({record("N=1", "older", 9)})->count, 0);
  EXPECT_EQ(file.read()->front().schedule, "old");
  EXPECT_EQ(file.merge({record("N=1", "new", 11)})->count, 1);
  EXPECT_EQ(file.read()->front().schedule, "new");
}

TEST_F(TuningTest, RemovesWhatIsUnwanted) {
  EXPECT_EQ(file.remove([](const TuningRecord &) { return true; })->count, 0);
  ASSERT_TRUE(file.merge({record("N=1"), record("N=2"), record("N=3")}).isOk());
  EXPECT_EQ(file.remove([](const TuningRecord &one) { return one.key.shape != "N=2"; })->count, 2);
  ASSERT_EQ(file.read()->size(), 1u);
  EXPECT_EQ(file.read()->front().key.shape, "N=2");
}

TEST_F(TuningTest, ADamagedFileIsReadAsAFailureAndSetAsideByAWriter) {
  ASSERT_TRUE(file.merge({record("N=1")}).isOk());
  std::string good = bytesOf(path);
  for (const std::string &bad : {std::string("no database"), std::string(4096, 'x'), good.substr(0, 100),
                                 good.substr(0, 4096), std::string(good).replace(4096, 64, std::string(64, '\xff'))}) {
    write(path, bad);
    auto read = file.read();
    ASSERT_FALSE(read.isOk());
    EXPECT_EQ(read.status().code(), StatusCode::DataLoss) << read.status().message();
    EXPECT_NE(read.status().message().find(path), std::string::npos);
    EXPECT_EQ(bytesOf(path), bad) << "readers change nothing";
    auto change = file.merge({record("N=2")});
    ASSERT_TRUE(change.isOk()) << change.status().message();
    EXPECT_EQ(bytesOf(change->setAside), bad);
    ASSERT_TRUE(file.read().isOk());
    EXPECT_EQ(file.read()->front().key.shape, "N=2");
  }
}

TEST_F(TuningTest, AnEmptyFileIsOneWithoutRecords) {
  ASSERT_TRUE(file.merge({record("N=1")}).isOk());
  write(path, "");
  ASSERT_TRUE(file.read().isOk());
  EXPECT_TRUE(file.read()->empty());
  EXPECT_EQ(file.merge({record("N=2")})->count, 1);
}

TEST_F(TuningTest, RecordsOfALaterVersionAreLeftAlone) {
  ASSERT_TRUE(file.merge({record("N=1")}).isOk());
  std::string bytes = bytesOf(path);
  bytes[63] = 9; // user_version, a big-endian number at 60
  write(path, bytes);
  EXPECT_EQ(file.read().status().code(), StatusCode::Unimplemented) << file.read().status().message();
  EXPECT_EQ(file.merge({record("N=2")}).status().code(), StatusCode::Unimplemented);
  EXPECT_EQ(bytesOf(path), bytes);
}

TEST_F(TuningTest, SaysWhereItCannotWrite) {
  write(folder / "file", "");
  TuningFile below(folder / "file/tuning.sqlite");
  auto change = below.merge({record("N=1")});
  ASSERT_FALSE(change.isOk());
  EXPECT_NE(change.status().message().find(folder / "file/tuning.sqlite"), std::string::npos);
  EXPECT_EQ(TuningFile("").merge({record("N=1")}).status().code(), StatusCode::Unavailable);
  EXPECT_TRUE(TuningFile("").read()->empty());
  ASSERT_EQ(::mkdir((folder / "folder").c_str(), 0700), 0);
  EXPECT_FALSE(TuningFile(folder / "folder").merge({record("N=1")}).isOk());
  EXPECT_FALSE(TuningFile(folder / "folder").read().isOk());
}

TEST_F(TuningTest, AFullDiskKeepsWhatThereWas) {
  std::string disk = folder / "disk";
  ASSERT_EQ(::mkdir(disk.c_str(), 0700), 0);
  if (::mount("flex-test", disk.c_str(), "tmpfs", 0, "size=64k,mode=0700") != 0)
    GTEST_SKIP() << "mounting a tmpfs is not permitted here";
  TuningFile small(disk + "/tuning.sqlite");
  EXPECT_TRUE(small.merge({record("N=1")}).isOk());
  auto change = small.merge({record("N=2", std::string(200'000, 'x'))});
  EXPECT_EQ(change.status().code(), StatusCode::ResourceExhausted) << change.status().message();
  EXPECT_EQ(small.read()->size(), 1u);
  ::umount(disk.c_str());
}

TEST_F(TuningTest, ProcessesWriteAtOnce) {
  constexpr int kProcesses = 4, kRecords = 10;
  std::vector<pid_t> children;
  for (int process = 0; process < kProcesses; ++process) {
    pid_t child = ::fork();
    if (child == 0) {
      bool good = true;
      for (int i = 0; i < kRecords; ++i)
        good &= file.merge({record("P=" + std::to_string(process) + " N=" + std::to_string(i))}).isOk();
      ::_exit(good ? 0 : 1);
    }
    children.push_back(child);
  }
  for (pid_t child : children) {
    int status = -1;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  ASSERT_TRUE(file.read().isOk());
  EXPECT_EQ(file.read()->size(), size_t(kProcesses * kRecords));
}

TEST_F(TuningTest, AKilledWriterLeavesAllOrNothing) {
  ASSERT_TRUE(file.merge({record("N=0")}).isOk());
  for (int round = 0; round < 15; ++round) {
    pid_t child = ::fork();
    if (child == 0)
      for (int64_t made = 2;; ++made)
        (void)file.merge({record("N=1", std::to_string(made), made), record("N=2", std::to_string(made), made)});
    ::usleep(static_cast<useconds_t>(2000 + 1700 * round));
    ::kill(child, SIGKILL);
    int status;
    ::waitpid(child, &status, 0);
    // The next writer rolls back what was begun.
    ASSERT_TRUE(file.merge({record("N=0", "", round + 2)}).isOk());
    auto read = file.read();
    ASSERT_TRUE(read.isOk()) << read.status().message();
    if (read->size() == 1)
      continue;
    ASSERT_EQ(read->size(), 3u);
    EXPECT_EQ((*read)[1].schedule, (*read)[2].schedule);
  }
}

} // namespace
} // namespace flex::rt
