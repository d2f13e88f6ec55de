//===- ChipTest.cpp - Spellings, features and errors of targets -----------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What users type after --target, and what becomes of kernels that no target
// can hold or the code generator cannot finish.
//
//===----------------------------------------------------------------------===//
#include "CompiledKernel.h"

#include "llvm/ADT/STLExtras.h"

#include <gtest/gtest.h>
#include <thread>

namespace flex::target::test {
namespace {

std::string spellingOf(const std::string &spec) {
  StatusOr<std::unique_ptr<Chip>> chip = createChip(spec);
  return chip ? (*chip)->spelling() : chip.status().str();
}

TEST(Chip, Spellings) {
  EXPECT_EQ(spellingOf("cpu:x86-64-v3"), "cpu:x86-64-v3");
  EXPECT_EQ(spellingOf("cpu:haswell"), "cpu:x86-64-v3");
  EXPECT_EQ(spellingOf("cpu:x86-64-v4"), "cpu:x86-64-v4");
  EXPECT_EQ(spellingOf("cpu:x86-64-v4+avx512bf16"), "cpu:x86-64-v4+avx512bf16");
  EXPECT_EQ(spellingOf("cpu:x86-64-v4+avx512bf16-avx512bf16"), "cpu:x86-64-v4");
  EXPECT_EQ(spellingOf("cpu:x86-64-v4-avx512vl"), "cpu:x86-64-v3"); // AVX-512 counts as a whole
  EXPECT_EQ(spellingOf("cpu"), spellingOf("cpu:native"));
  for (const char *spec : {"cpu:znver4", "cpu:sapphirerapids", "cpu:icelake-server", "cpu:native"})
    EXPECT_EQ(spellingOf(spellingOf(spec)), spellingOf(spec)) << "a spelling is read back";
  EXPECT_NE(spellingOf("cpu:znver4").find("+avx512bf16"), std::string::npos);
  EXPECT_NE(spellingOf("cpu:sapphirerapids").find("+amx-tile+amx-bf16+amx-int8"), std::string::npos);
  EXPECT_EQ(spellingOf("cpu:x86-64-v4+amx-int8-amx-tile"), "cpu:x86-64-v4") << "a sign within a name is part of it";
  EXPECT_EQ(spellingOf("cpu:x86-64-v4-avx512f+amx-bf16"), "cpu:x86-64-v3") << "code for it needs AVX-512, too";
}

TEST(Chip, Errors) {
  EXPECT_NE(spellingOf("vax").find("invalid argument: unknown target 'vax', expected one of: "), std::string::npos);
  EXPECT_NE(spellingOf("vax").find("cpu"), std::string::npos);
  EXPECT_NE(spellingOf("cpu:pentium9").find("unknown chip 'pentium9', expected one of: native, x86-64-v3"),
            std::string::npos);
  EXPECT_NE(spellingOf("cpu:x86-64-v3+sse9").find("unknown feature 'sse9'"), std::string::npos);
  EXPECT_NE(spellingOf("cpu:nehalem").find("lacks avx, avx2"), std::string::npos);
}

TEST(Chip, FactsFollowFeatures) {
  std::unique_ptr<Chip> v3 = std::move(*createChip("cpu:x86-64-v3")), v4 = std::move(*createChip("cpu:x86-64-v4"));
  EXPECT_EQ(v3->device().vectorBits, 256);
  EXPECT_EQ(v3->device().vectorRegisters, 16);
  EXPECT_EQ(v4->device().vectorBits, 512);
  EXPECT_EQ(v4->device().vectorRegisters, 32);
  EXPECT_EQ(v4->format(), "elf-x86_64");
  EXPECT_TRUE(llvm::is_contained(v4->requiredFeatures(), "avx512vl"));
  EXPECT_FALSE(llvm::is_contained(v3->requiredFeatures(), "avx512f"));
  EXPECT_GE(std::move(*createChip("cpu"))->device().cores, 1);
}

// frem has no instruction: LLVM calls fmod, which a payload cannot reach.
TEST(Chip, CallsOutOfThePayloadAreErrors) {
  StatusOr<Payload> payload = compile(R"(
    tile.kernel @k(%a: !tile.buffer<f64, global>) attributes {dims = [], items = "1", group_size = 1 : i64} {
      %zero = arith.constant 0 : index
      %x = tile.load %a[%zero] : !tile.buffer<f64, global> -> f64
      %r = arith.remf %x, %x : f64
      tile.store %r, %a[%zero] : f64, !tile.buffer<f64, global>
      tile.return
    })",
                                      "cpu:x86-64-v3");
  ASSERT_FALSE(payload.isOk());
  EXPECT_EQ(payload.status().code(), StatusCode::Internal);
  EXPECT_NE(payload.status().message().find("undefined symbol: fmod"), std::string::npos) << payload.status().str();
}

const char *kCopy = R"(
  tile.kernel @k(%a: !tile.buffer<f32, global>, %b: !tile.buffer<f32, global>)
      attributes {dims = [], items = "1", group_size = 1 : i64} {
    %zero = arith.constant 0 : index
    %x = tile.load %a[%zero] : !tile.buffer<f32, global> -> vector<16xf32>
    tile.store %x, %b[%zero] : vector<16xf32>, !tile.buffer<f32, global>
    tile.return
  })";

TEST(Chip, AssemblyIsForPeople) {
  StatusOr<Payload> payload = compile(kCopy, "cpu:x86-64-v4", /*wantAssembly=*/true);
  ASSERT_TRUE(payload.isOk()) << payload.status().str();
  EXPECT_NE(payload->assembly.find("# vector spills in loops: 0"), std::string::npos);
  EXPECT_NE(payload->assembly.find("k.body"), std::string::npos);
  EXPECT_NE(payload->assembly.find("%zmm"), std::string::npos) << "512 bits are used";
  StatusOr<Payload> again = compile(kCopy, "cpu:x86-64-v4");
  ASSERT_TRUE(again.isOk());
  EXPECT_EQ(payload->bytes, again->bytes) << "the payload is the same bytes each time";
}

TEST(Chip, ManyThreadsCompile) {
  std::vector<std::thread> threads;
  std::vector<StatusOr<Payload>> results(4, Status(StatusCode::Internal, "not run"));
  for (size_t i = 0; i < results.size(); ++i)
    threads.emplace_back([&, i] { results[i] = compile(kCopy, i % 2 ? "cpu:x86-64-v3" : "cpu:x86-64-v4"); });
  for (std::thread &thread : threads)
    thread.join();
  for (StatusOr<Payload> &result : results)
    EXPECT_TRUE(result.isOk()) << result.status().str();
  EXPECT_EQ(results[0]->bytes, results[2]->bytes);
}

/// A loop that carries `accumulators` vectors.
std::string accumulatorLoop(int accumulators) {
  std::string inits, yields, stores, types, body;
  for (int i = 0; i < accumulators; ++i) {
    std::string n = std::to_string(i), comma = i ? ", " : "";
    inits += comma + "%a" + n + " = %init" + n;
    types += comma + "vector<8xf32>";
    yields += comma + "%s" + n;
    body += "%s" + n + " = arith.addf %a" + n + ", %x : vector<8xf32>\n";
    stores += "%o" + n + " = arith.constant " + std::to_string(8 * i) + " : index\n tile.store %r#" + n + ", %out[%o" +
              n + "] : vector<8xf32>, !tile.buffer<f32, global>\n";
  }
  std::string loads;
  for (int i = 0; i < accumulators; ++i)
    loads += "%p" + std::to_string(i) + " = arith.constant " + std::to_string(8 * i) + " : index\n %init" +
             std::to_string(i) + " = tile.load %out[%p" + std::to_string(i) +
             "] : !tile.buffer<f32, global> -> vector<8xf32>\n";
  return R"(tile.kernel @k(%in: !tile.buffer<f32, global>, %out: !tile.buffer<f32, global>, %n: index)
      attributes {dims = ["N"], items = "1", group_size = 1 : i64} {
    %zero = arith.constant 0 : index
    %one = arith.constant 1 : index
)" + loads +
         "%r:" + std::to_string(accumulators) + " = scf.for %i = %zero to %n step %one iter_args(" + inits + ") -> (" +
         types + ") {\n%x = tile.load %in[%i] : !tile.buffer<f32, global> -> vector<8xf32>\n" + body + "scf.yield " +
         yields + " : " + types + "\n}\n" + stores + "tile.return\n}";
}

TEST(Chip, SpillsInLoopsAreCounted) {
  StatusOr<Payload> fits = compile(accumulatorLoop(12), "cpu:x86-64-v3");
  StatusOr<Payload> spills = compile(accumulatorLoop(24), "cpu:x86-64-v3");
  StatusOr<Payload> wider = compile(accumulatorLoop(24), "cpu:x86-64-v4");
  ASSERT_TRUE(fits.isOk() && spills.isOk() && wider.isOk()) << fits.status().str() << spills.status().str();
  EXPECT_EQ(fits->vectorSpills, 0);
  EXPECT_GE(spills->vectorSpills, 8);
  EXPECT_EQ(wider->vectorSpills, 0);
}

} // namespace
} // namespace flex::target::test
