//===- GridTest.cpp - Launches, their order, and what stops them ----------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Kernels are C++ functions that do what retargeted code does: call the function
// table before accesses and for instructions.
//
//===----------------------------------------------------------------------===//
#include "flex/Emulator/Grid.h"

#include <gtest/gtest.h>

#include <cstring>
#include <map>

using namespace flex;
using namespace flex::emulator;

namespace {

const HostTable *table = nullptr;

/// Numbers of the calls in the program that makeProgram describes.
enum CallNumber : uint32_t { Barrier, OtherBarrier, Thread, GroupNumber, Shuffle, OtherShuffle, WaveSync };
constexpr uint32_t kSite = 1;

template <typename Result, typename... Arguments> Result instruction(uint32_t call, Arguments... arguments) {
  const void *addresses[] = {&arguments..., nullptr};
  Result result{};
  table->call(call, addresses, &result);
  return result;
}
void barrier(uint32_t call = Barrier) {
  uint32_t id = 0;
  const void *addresses[] = {&id};
  table->call(call, addresses, nullptr);
}
uint32_t thread() {
  return instruction<uint32_t>(Thread);
}
uint32_t shuffle(uint32_t value, uint32_t lane, uint32_t members = ~0u, uint32_t call = Shuffle) {
  return instruction<uint32_t>(call, members, value, lane, 31u);
}
template <typename T> T load(const T *address) {
  table->access(address, sizeof(T), 0 | 2 << 8, kSite);
  return *address;
}
template <typename T> void store(T *address, T value) {
  table->access(address, sizeof(T), 1 | 2 << 8, kSite);
  *address = value;
}
uint32_t *shared() {
  return reinterpret_cast<uint32_t *>(table->shared());
}
uint32_t *output(const void *const *arguments) {
  return *static_cast<uint32_t *const *>(arguments[0]);
}

using Kernel = void (*)(const void *const *);

/// Loads a program whose only kernel is `kernel`, and runs it over an output of `words` words.
struct Program {
  Program(Kernel kernel, unsigned groupSize, uint32_t groups, uint32_t words, uint32_t sharedBytes = 0)
      : out(words), groupSize(groupSize), groups(groups) {
    ProgramInfo info;
    info.chip = "sm_80";
    info.sharedBytes = sharedBytes;
    info.sites = {"", "k.flex:3:9", "k.flex:5:1"};
    info.symbols = {{"llvm.nvvm.barrier.cta.sync.aligned.all", "", {4}, 0},
                    {"llvm.nvvm.read.ptx.sreg.tid.x", "", {}, 4},
                    {"llvm.nvvm.read.ptx.sreg.ctaid.x", "", {}, 4},
                    {"llvm.nvvm.shfl.sync.idx.i32", "", {4, 4, 4, 4}, 4},
                    {"llvm.nvvm.bar.warp.sync", "", {4}, 0}};
    info.calls = {{0, 1}, {0, 2}, {1, 1}, {2, 1}, {3, 1}, {3, 2}, {4, 1}};
    info.kernels = {{"k", {8}}};
    std::string bytes = writeProgram(info);
    uint64_t size = bytes.size();
    tables.assign(reinterpret_cast<const char *>(&size), sizeof size);
    tables += bytes;
    auto made = LoadedProgram::load([&](const char *name) -> void * {
      if (!std::strcmp(name, kProgramSymbol))
        return tables.data();
      if (!std::strcmp(name, kHostTableSymbol))
        return &table;
      return !std::strcmp(name, "k") ? reinterpret_cast<void *>(kernel) : nullptr;
    });
    EXPECT_TRUE(made.isOk()) << made.status().str();
    loaded = std::move(*made);
  }

  Status run(uint64_t seed = 1, unsigned hostThreads = 2) {
    uint32_t *pointer = out.data();
    const void *arguments[] = {&pointer};
    LaunchRequest request;
    request.groupSize = groupSize;
    request.groups = {groups, 1, 1};
    request.arguments = arguments;
    auto begin = reinterpret_cast<uintptr_t>(out.data());
    request.memory = {{begin, begin + out.size() * 4, true}};
    return loaded->launch(request, {hostThreads, seed, 20});
  }

  std::vector<uint32_t> out;
  unsigned groupSize;
  uint32_t groups;
  std::string tables;
  std::unique_ptr<LoadedProgram> loaded;
};

void expectFailure(const Status &status, std::initializer_list<const char *> parts) {
  ASSERT_EQ(status.code(), StatusCode::DeviceError);
  for (const char *part : parts)
    EXPECT_NE(status.message().find(part), std::string::npos) << "no '" << part << "' in: " << status.message();
}

TEST(Grid, RunsEveryThreadOnce) {
  Program program(
      [](const void *const *arguments) {
        uint32_t at = instruction<uint32_t>(GroupNumber) * 96 + thread();
        store(output(arguments) + at, load(output(arguments) + at) + at);
      },
      96, 50, 4800);
  ASSERT_TRUE(program.run().isOk());
  for (uint32_t i = 0; i < 4800; ++i)
    ASSERT_EQ(program.out[i], i);
}

TEST(Grid, BarriersSeparateWritesFromReads) {
  Kernel kernel = [](const void *const *arguments) {
    uint32_t me = thread();
    store(shared() + me, me + 1);
    barrier();
    uint32_t other = load(shared() + (me * 37 + 5) % 128);
    barrier();
    store(shared() + me, other);
    barrier();
    store(output(arguments) + me, load(shared() + (127 - me)));
  };
  for (uint64_t seed : {0, 1, 2, 99}) {
    Program program(kernel, 128, 1, 128, 512);
    Status status = program.run(seed);
    ASSERT_TRUE(status.isOk()) << status.str();
    for (uint32_t i = 0; i < 128; ++i)
      EXPECT_EQ(program.out[i], ((127 - i) * 37 + 5) % 128 + 1);
  }
}

TEST(Grid, ARemovedBarrierShows) {
  Kernel kernel = [](const void *const *arguments) {
    uint32_t me = thread();
    store(shared() + me, me);
    store(output(arguments) + me, load(shared() + (me + 1) % 64));
  };
  Program program(kernel, 64, 1, 64, 256);
  expectFailure(program.run(), {"uninitialised group memory", "k.flex:3:9", "of group (0, 0, 0)"});
}

TEST(Grid, GroupMemoryIsPoisonedBetweenGroups) {
  Kernel kernel = [](const void *const *arguments) {
    uint32_t group = instruction<uint32_t>(GroupNumber);
    if (group == 0)
      store(shared(), 7u);
    else
      store(output(arguments), load(shared()));
  };
  Program program(kernel, 1, 2, 1, 4);
  expectFailure(program.run(0, 1), {"uninitialised group memory", "group (1, 0, 0)"});
}

TEST(Grid, OutOfBoundsNamesTheBuffer) {
  Program program([](const void *const *arguments) { store(output(arguments) + thread(), 1u); }, 33, 1, 32);
  expectFailure(program.run(), {"kernel 'k'", "out-of-bounds write of 4 bytes",
                                "0 bytes after the end of a buffer of 128 bytes", "k.flex:3:9", "thread 32"});
  Program inGroup([](const void *const *) { store(shared() + 2 * thread(), 1u); }, 32, 1, 1, 128);
  expectFailure(inGroup.run(0),
                {"out-of-bounds write of 4 bytes at offset 128 of 128 bytes of group memory", "thread 16"});
}

TEST(Grid, Misaligned) {
  Program program(
      [](const void *const *arguments) {
        table->access(reinterpret_cast<char *>(output(arguments)) + 4 * thread(), 8, 0 | 3 << 8, kSite);
      },
      2, 1, 32);
  Status status = program.run();
  // The vector's memory is aligned to 16 bytes: the second thread's access is not to 8.
  expectFailure(status, {"misaligned read of 8 bytes", "must be a multiple of 8", "thread 1"});
}

TEST(Grid, DivergentBarriers) {
  Program missed(
      [](const void *const *) {
        if (thread() < 16)
          barrier();
      },
      64, 1, 1);
  expectFailure(missed.run(), {"deadlock: 16 threads wait at k.flex:3:9", "48 of 64 threads have ended"});
  Program different([](const void *const *) { barrier(thread() % 2 ? Barrier : OtherBarrier); }, 32, 1, 1);
  expectFailure(different.run(), {"divergent barrier"});
  // Waves may be at different places: code that gives them different work does that.
  Program byWave([](const void *const *) { barrier(thread() < 32 ? Barrier : OtherBarrier); }, 64, 1, 1);
  EXPECT_TRUE(byWave.run().isOk());
}

TEST(Grid, ShufflesAmongThoseThatAreThere) {
  Program program(
      [](const void *const *arguments) {
        uint32_t me = thread(), got = 0;
        if (me % 32 < 8) // 8 of each wave, at their own call
          got = shuffle(me * 10, (me + 1) % 8, 0xff);
        else
          got = shuffle(me * 10, 31, ~0xffu, OtherShuffle);
        store(output(arguments) + me, got);
      },
      64, 1, 64);
  Status status = program.run(3);
  ASSERT_TRUE(status.isOk()) << status.str();
  for (uint32_t i = 0; i < 64; ++i)
    EXPECT_EQ(program.out[i], i % 32 < 8 ? (i / 32 * 32 + (i + 1) % 8) * 10 : (i / 32 * 32 + 31) * 10);
}

TEST(Grid, AShuffleThatLacksAMemberIsADeadlock) {
  Program program(
      [](const void *const *) {
        if (thread() != 5)
          shuffle(1, 0);
      },
      32, 1, 1);
  expectFailure(program.run(), {"deadlock: 31 threads wait", "shfl.sync.idx", "1 of 32 threads have ended"});
}

TEST(Grid, TheSeedChangesTheOrder) {
  Kernel kernel = [](const void *const *arguments) { // the order of arrival, by a counter
    uint32_t turn = load(output(arguments));
    store(output(arguments), turn + 1);
    store(output(arguments) + 1 + thread(), turn);
  };
  auto order = [&](uint64_t seed) {
    Program program(kernel, 32, 1, 33);
    EXPECT_TRUE(program.run(seed).isOk());
    return program.out;
  };
  EXPECT_EQ(order(5), order(5));
  EXPECT_NE(order(5), order(6));
  std::vector<uint32_t> plain = order(0);
  for (uint32_t i = 0; i < 32; ++i)
    EXPECT_EQ(plain[1 + i], i);
}

TEST(Grid, ALaunchThatTakesTooLongIsStopped) {
  Program program(
      [](const void *const *arguments) {
        while (load(output(arguments)) == 0) {
        }
      },
      1, 1, 1);
  uint32_t *pointer = program.out.data();
  const void *arguments[] = {&pointer};
  LaunchRequest request;
  request.arguments = arguments;
  auto begin = reinterpret_cast<uintptr_t>(pointer);
  request.memory = {{begin, begin + 4, false}};
  expectFailure(program.loaded->launch(request, {1, 1, 0.05}), {"longer than FLEX_EMULATOR_TIMEOUT"});
}

TEST(Grid, DamagedTablesAreRefused) {
  ProgramInfo info;
  info.sites = {"", "a"};
  info.symbols = {{"llvm.sideeffect", "", {}, 0}};
  info.calls = {{0, 1}};
  std::string bytes = writeProgram(info);
  ASSERT_TRUE(readProgram(bytes.data(), bytes.size()).isOk());
  for (size_t size = 0; size < bytes.size(); ++size)
    EXPECT_EQ(readProgram(bytes.data(), size).status().code(), StatusCode::DataLoss);
}

} // namespace
