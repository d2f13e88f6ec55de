//===- GemmTest.cpp - A register tile over a packed panel -----------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The structure that the emitter produces for contractions, by hand: one column
// panel per work item, B packed into a ring, 4 x 16 accumulators.
//
//===----------------------------------------------------------------------===//
#include "CompiledKernel.h"

#include <gtest/gtest.h>

namespace flex::target::test {
namespace {

const char *kGemm = R"mlir(
  tile.kernel @k(%a: !tile.buffer<f32, global>, %b: !tile.buffer<f32, global>, %c: !tile.buffer<f32, global>,
                 %m: index, %n: index, %k: index)
      attributes {dims = ["M", "N", "K"], items = "ceildiv(N, 16)",
           group_size = 1 : i64
}
{
    %panel = tile.id
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %c2 = arith.constant 2 : index
    %c3 = arith.constant 3 : index
    %c4 = arith.constant 4 : index
    %c16 = arith.constant 16 : index
    %zero = arith.constant dense<0.0> : vector<16xf32>
    %j = arith.muli %panel, %c16 : index
    %cols = arith.subi %n, %j : index
    %ring = tile.ring "16*K" : !tile.buffer<f32, private>
    scf.for %p = %c0 to %k step %c1 {
      %row = arith.muli %p, %n : index
      %from = arith.addi %row, %j : index
      %to = arith.muli %p, %c16 : index
      tile.copy %b[%from] to %ring[%to] lanes 16 valid(%cols) : !tile.buffer<f32, global> to !tile.buffer<f32, private>
    }
    tile.wait
    scf.for %i = %c0 to %m step %c4 {
      %m1 = arith.subi %m, %c1 : index
      %i1 = arith.addi %i, %c1 : index
      %i2 = arith.addi %i, %c2 : index
      %i3 = arith.addi %i, %c3 : index
      %r1 = arith.minsi %i1, %m1 : index
      %r2 = arith.minsi %i2, %m1 : index
      %r3 = arith.minsi %i3, %m1 : index
      %a0 = arith.muli %i, %k : index
      %a1 = arith.muli %r1, %k : index
      %a2 = arith.muli %r2, %k : index
      %a3 = arith.muli %r3, %k : index
      %acc:4 = scf.for %p = %c0 to %k step %c1
          iter_args(%s0 = %zero, %s1 = %zero, %s2 = %zero, %s3 = %zero)
          -> (vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>) {
        %at = arith.muli %p, %c16 : index
        %bv = tile.load %ring[%at] : !tile.buffer<f32, private> -> vector<16xf32>
        %p0 = arith.addi %a0, %p : index
        %p1 = arith.addi %a1, %p : index
        %p2 = arith.addi %a2, %p : index
        %p3 = arith.addi %a3, %p : index
        %x0 = tile.load %a[%p0] : !tile.buffer<f32, global> -> f32
        %x1 = tile.load %a[%p1] : !tile.buffer<f32, global> -> f32
        %x2 = tile.load %a[%p2] : !tile.buffer<f32, global> -> f32
        %x3 = tile.load %a[%p3] : !tile.buffer<f32, global> -> f32
        %v0 = vector.broadcast %x0 : f32 to vector<16xf32>
        %v1 = vector.broadcast %x1 : f32 to vector<16xf32>
        %v2 = vector.broadcast %x2 : f32 to vector<16xf32>
        %v3 = vector.broadcast %x3 : f32 to vector<16xf32>
        %f0 = math.fma %v0, %bv, %s0 : vector<16xf32>
        %f1 = math.fma %v1, %bv, %s1 : vector<16xf32>
        %f2 = math.fma %v2, %bv, %s2 : vector<16xf32>
        %f3 = math.fma %v3, %bv, %s3 : vector<16xf32>
        scf.yield %f0, %f1, %f2, %f3 : vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>
      }
      %o0 = arith.muli %i, %n : index
      %o1 = arith.muli %r1, %n : index
      %o2 = arith.muli %r2, %n : index
      %o3 = arith.muli %r3, %n : index
      %q0 = arith.addi %o0, %j : index
      %q1 = arith.addi %o1, %j : index
      %q2 = arith.addi %o2, %j : index
      %q3 = arith.addi %o3, %j : index
      tile.store %acc#0, %c[%q0] valid(%cols) : vector<16xf32>, !tile.buffer<f32, global>
      tile.store %acc#1, %c[%q1] valid(%cols) : vector<16xf32>, !tile.buffer<f32, global>
      tile.store %acc#2, %c[%q2] valid(%cols) : vector<16xf32>, !tile.buffer<f32, global>
      tile.store %acc#3, %c[%q3] valid(%cols) : vector<16xf32>, !tile.buffer<f32, global>
    }
    tile.return
})mlir";

TEST(Gemm, PackedPanels) {
  for (const std::string &chip : runnableChips()) {
    CompiledKernel kernel(kGemm, chip);
    ASSERT_TRUE(kernel.isValid());
    EXPECT_EQ(kernel.payload.vectorSpills, 0);
    for (auto [m, n, k] : {std::tuple{1, 1, 1}, {4, 16, 8}, {7, 35, 20}, {12, 64, 33}, {5, 17, 0}, {0, 5, 5}}) {
      GuardedArray<float> a(m * k), b(k * n), c(m * n);
      for (int i = 0; i < m * k; ++i)
        a[i] = i % 13 - 6;
      for (int i = 0; i < k * n; ++i)
        b[i] = i % 11 - 5;
      kernel.run({a.data(), b.data(), c.data()}, {m, n, k});
      for (int i = 0; i < m; ++i)
        for (int j = 0; j < n; ++j) {
          float sum = 0;
          for (int p = 0; p < k; ++p)
            sum += a[i * k + p] * b[p * n + j];
          EXPECT_EQ(c[i * n + j], sum) << chip << " " << m << "x" << n << "x" << k << " at " << i << "," << j;
        }
    }
  }
}

TEST(Gemm, InnerLoopIsFusedMultiplyAdds) {
  StatusOr<Payload> payload = compile(kGemm, "cpu:x86-64-v4", /*wantAssembly=*/true);
  ASSERT_TRUE(payload.isOk()) << payload.status().str();
  EXPECT_NE(payload->assembly.find("vfmadd231ps"), std::string::npos);
  EXPECT_NE(payload->assembly.find("{1to16}"), std::string::npos) << "the broadcast is part of the multiply-add";
}

} // namespace
} // namespace flex::target::test
