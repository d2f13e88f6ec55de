//===- FaultTest.cpp - Faults put into kernels are reported ---------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One kernel, compiled for a chip of each family with one thing changed at a
// time, and what the emulator says of it: the fault, the line, the thread.
//
//===----------------------------------------------------------------------===//
#include "../../Simt/Compile.h"
#include "Common/SharedObject.h"
#include "flex/Emulator/Grid.h"

#include <gtest/gtest.h>

#include <numeric>

using namespace flex;
using namespace flex::test;

namespace {

constexpr uint32_t kThreads = 64, kGroups = 4, kElements = kThreads * kGroups;

/// Every group reverses its 64 elements through group memory.
constexpr const char *kReverse = R"mlir(
tile.kernel @k(%a: !tile.buffer<f32, global>, %out: !tile.buffer<f32, global>)
    attributes {dims = [], items = "4", group_size = 64 : i64} {
  %id = tile.id
  %lane = tile.lane
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c16 = arith.constant 16 : index
  %c63 = arith.constant 63 : index
  %c64 = arith.constant 64 : index
  %start = arith.muli %id, %c64 : index
  %at = arith.addi %start, %lane : index
  %ring = tile.ring "64" : !tile.buffer<f32, group>
  %x = tile.load %a[%at] : !tile.buffer<f32, global> -> f32
  tile.store %x, %ring[%lane] : f32, !tile.buffer<f32, group>
  tile.wait
  %other = arith.subi %c63, %lane : index
  %y = tile.load %ring[%other] : !tile.buffer<f32, group> -> f32
  tile.store %y, %out[%at] : f32, !tile.buffer<f32, global>
  tile.return
}
)mlir";

std::string with(const std::string &what, const std::string &instead) {
  std::string text = kReverse;
  size_t at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return at == std::string::npos ? text : text.replace(at, what.size(), instead);
}

class Faults : public testing::TestWithParam<const char *> {
protected:
  /// Compiles and runs on `in`; the results are in `out`.
  Status run(const std::string &text, uint64_t seed = 1, size_t misalignedBy = 0) {
    auto payload = compile(std::string("emulated:") + GetParam(), text);
    if (!payload)
      return payload.status();
    auto library = rt::SharedObject::open(payload->bytes, "k");
    if (!library)
      return library.status();
    auto loaded = emulator::LoadedProgram::load([&](const char *name) { return (*library)->find(name); });
    if (!loaded)
      return loaded.status();
    std::iota(in.begin(), in.end(), 1.0f);
    char *from = reinterpret_cast<char *>(in.data()) + misalignedBy, *to = reinterpret_cast<char *>(out.data());
    const void *arguments[] = {&from, &to};
    emulator::LaunchRequest request;
    request.groupSize = kThreads;
    request.groups = {kGroups, 1, 1};
    request.arguments = arguments;
    auto begin = reinterpret_cast<uintptr_t>(from), outBegin = reinterpret_cast<uintptr_t>(to);
    request.memory = {{begin, begin + kElements * 4, false}, {outBegin, outBegin + kElements * 4, true}};
    return (*loaded)->launch(request, {1, seed, 20});
  }

  void expectReport(const Status &status, std::initializer_list<const char *> parts) {
    ASSERT_EQ(status.code(), StatusCode::DeviceError) << status.str();
    for (const char *part : parts)
      EXPECT_NE(status.message().find(part), std::string::npos) << "no '" << part << "' in: " << status.message();
  }

  std::vector<float> in = std::vector<float>(kElements + 4), out = std::vector<float>(kElements);
};

TEST_P(Faults, NoneWithoutOne) {
  for (uint64_t seed : {0, 1, 2}) {
    Status status = run(kReverse, seed);
    ASSERT_TRUE(status.isOk()) << status.str();
    for (uint32_t i = 0; i < kElements; ++i)
      EXPECT_EQ(out[i], static_cast<float>(i / kThreads * kThreads + (kThreads - 1 - i % kThreads) + 1));
  }
}

TEST_P(Faults, RemovedBarrier) {
  expectReport(run(with("  tile.wait\n", "")),
               {"kernel 'k'", "read of uninitialised group memory", ":17:8", ", thread ", "of group ("});
}

TEST_P(Faults, OutOfBounds) {
  expectReport(run(with("%x = tile.load %a[%at]", "%far = arith.addi %at, %c1 : index\n  %x = tile.load %a[%far]")),
               {"out-of-bounds read of 4 bytes", "buffer of 1024 bytes", ":15:8", "thread 63 of group (3, 0, 0)"});
  expectReport(run(with("%ring[%lane]", "%ring[%at]"), 0),
               {"out-of-bounds write of 4 bytes", "bytes of group memory", ":15:3", "of group ("});
}

TEST_P(Faults, WriteOfAnArgument) {
  expectReport(run(with("%out[%at]", "%a[%at]")), {"write of memory that the kernel may only read"});
}

TEST_P(Faults, Misaligned) {
  expectReport(run(kReverse, 1, 2), {"misaligned read of 4 bytes", "must be a multiple of 4"});
}

TEST_P(Faults, DivergentBarrier) {
  expectReport(run(with("  tile.wait\n", "  tile.wait\n  %few = arith.cmpi ult, %lane, %c16 : index\n"
                                         "  scf.if %few {\n    tile.wait\n  }\n")),
               {"deadlock: 16 threads wait", "48 of 64 threads have ended"});
}

TEST_P(Faults, UninitialisedGroupMemory) {
  expectReport(run(with("%ring[%lane]", "%ring[%c0]")),
               {"read of uninitialised group memory: 4 bytes", "nothing has written byte"});
}

INSTANTIATE_TEST_SUITE_P(Chips, Faults, testing::Values("sm_80", "sm_90a", "gfx942", "gfx1100", "opencl"));

} // namespace
