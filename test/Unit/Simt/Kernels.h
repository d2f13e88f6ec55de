//===- Kernels.h - Scheduled loops written by hand --------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a group of threads does, independently of the stage that emits it: tails,
// reductions over groups of several sizes, copies into shared rings and waits.
//
//===----------------------------------------------------------------------===//
#pragma once

#include <string>

namespace flex::test {

/// c = a + b over N elements, four per thread, 1024 per group, with a tail.
inline constexpr const char *kVectorAdd = R"mlir(
tile.kernel @vadd(%a: !tile.buffer<f32, global>, %b: !tile.buffer<f32, global>, %c: !tile.buffer<f32, global>,
                  %n: index) attributes {dims = ["N"], items = "ceildiv(N, 1024)", group_size = 256 : i64} {
  %id = tile.id
  %lane = tile.lane
  %c1024 = arith.constant 1024 : index
  %c4 = arith.constant 4 : index
  %start = arith.muli %id, %c1024 : index
  %mine = arith.muli %lane, %c4 : index
  %i = arith.addi %start, %mine : index
  %left = arith.subi %n, %i : index
  %x = tile.load %a[%i] valid(%left) : !tile.buffer<f32, global> -> vector<4xf32>
  %y = tile.load %b[%i] valid(%left) : !tile.buffer<f32, global> -> vector<4xf32>
  %z = arith.addf %x, %y : vector<4xf32>
  tile.store %z, %c[%i] valid(%left) : vector<4xf32>, !tile.buffer<f32, global>
  tile.return
}
)mlir";

/// out[r] = COMBINER over x[r, :] of R rows of N elements; one group of GROUP threads per row. TYPE is the element.
inline std::string rowReduction(const std::string &combiner, const std::string &type, const std::string &neutral,
                                const std::string &combine, int group) {
  std::string text = R"mlir(
tile.kernel @rows(%x: !tile.buffer<TYPE, global>, %out: !tile.buffer<TYPE, global>, %r: index, %n: index)
    attributes {dims = ["R", "N"], items = "R", group_size = GROUP : i64} {
  %row = tile.id
  %lane = tile.lane
  %step = arith.constant GROUP : index
  %start = arith.muli %row, %n : index
  %first = arith.constant NEUTRAL : TYPE
  %mine = scf.for %i = %lane to %n step %step iter_args(%sofar = %first) -> TYPE {
    %at = arith.addi %start, %i : index
    %v = tile.load %x[%at] : !tile.buffer<TYPE, global> -> TYPE
    %next = COMBINE %sofar, %v : TYPE
    scf.yield %next : TYPE
  }
  %all = tile.reduce COMBINER %mine group : TYPE -> TYPE
  %zero = arith.constant 0 : index
  %isFirst = arith.cmpi eq, %lane, %zero : index
  scf.if %isFirst {
    tile.store %all, %out[%row] : TYPE, !tile.buffer<TYPE, global>
  }
  tile.return
}
)mlir";
  auto replace = [&](const std::string &key, const std::string &value) {
    for (size_t at = text.find(key); at != std::string::npos; at = text.find(key, at + value.size()))
      text.replace(at, key.size(), value);
  };
  replace("COMBINER", combiner);
  replace("COMBINE", combine);
  replace("NEUTRAL", neutral);
  replace("TYPE", type);
  replace("GROUP", std::to_string(group));
  return text;
}

/// Mean and variance of rows: two reductions in one kernel and one in a loop, as layer norm has them.
/// out[r, n] = (x - mean) * (x - mean), and out of a last reduction over it in stat[r].
inline constexpr const char *kRowMoments = R"mlir(
tile.kernel @moments(%x: !tile.buffer<f32, global>, %out: !tile.buffer<f32, global>, %stat: !tile.buffer<f32, global>,
                     %r: index, %n: index) attributes {dims = ["R", "N"], items = "R", group_size = 128 : i64} {
  %row = tile.id
  %lane = tile.lane
  %step = arith.constant 128 : index
  %start = arith.muli %row, %n : index
  %zero = arith.constant 0.0 : f32
  %wide = arith.index_cast %n : index to i64
  %count = arith.sitofp %wide : i64 to f32
  %part = scf.for %i = %lane to %n step %step iter_args(%sofar = %zero) -> f32 {
    %at = arith.addi %start, %i : index
    %v = tile.load %x[%at] : !tile.buffer<f32, global> -> f32
    %next = arith.addf %sofar, %v : f32
    scf.yield %next : f32
  }
  %sum = tile.reduce sum %part group : f32 -> f32
  %mean = arith.divf %sum, %count : f32
  %part2 = scf.for %i = %lane to %n step %step iter_args(%sofar = %zero) -> f32 {
    %at = arith.addi %start, %i : index
    %v = tile.load %x[%at] : !tile.buffer<f32, global> -> f32
    %d = arith.subf %v, %mean : f32
    %q = arith.mulf %d, %d : f32
    tile.store %q, %out[%at] : f32, !tile.buffer<f32, global>
    %next = arith.addf %sofar, %q : f32
    scf.yield %next : f32
  }
  %sum2 = tile.reduce sum %part2 group : f32 -> f32
  %var = arith.divf %sum2, %count : f32
  %root = math.sqrt %var : f32
  tile.store %root, %stat[%row] : f32, !tile.buffer<f32, global>
  tile.return
}
)mlir";

/// C[M, N] = A[M, K] . B[K, N], 16 x 16 tiles through shared rings, every dimension with an edge.
inline constexpr const char *kMatmul = R"mlir(
tile.kernel @matmul(%a: !tile.buffer<f32, global>, %b: !tile.buffer<f32, global>, %c: !tile.buffer<f32, global>,
                    %m: index, %n: index, %k: index)
    attributes {dims = ["M", "N", "K"], items = "ceildiv(M, 16) * ceildiv(N, 16)", group_size = 256 : i64} {
  %id = tile.id
  %lane = tile.lane
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c15 = arith.constant 15 : index
  %c16 = arith.constant 16 : index
  %zero = arith.constant 0.0 : f32
  %nUp = arith.addi %n, %c15 : index
  %tilesN = arith.divui %nUp, %c16 : index
  %tileM = arith.divui %id, %tilesN : index
  %tileN = arith.remui %id, %tilesN : index
  %ty = arith.divui %lane, %c16 : index
  %tx = arith.remui %lane, %c16 : index
  %rowBase = arith.muli %tileM, %c16 : index
  %colBase = arith.muli %tileN, %c16 : index
  %row = arith.addi %rowBase, %ty : index
  %col = arith.addi %colBase, %tx : index
  %rowsLeft = arith.subi %m, %row : index
  %colsLeft = arith.subi %n, %col : index
  %ringA = tile.ring "256" : !tile.buffer<f32, group>
  %ringB = tile.ring "256" : !tile.buffer<f32, group>
  %rowIn = arith.cmpi sgt, %rowsLeft, %c0 : index
  %acc = scf.for %k0 = %c0 to %k step %c16 iter_args(%sum = %zero) -> f32 {
    %ka = arith.addi %k0, %tx : index
    %kaLeft = arith.subi %k, %ka : index
    %validA = arith.select %rowIn, %kaLeft, %c0 : index
    %aRow = arith.muli %row, %k : index
    %aAt = arith.addi %aRow, %ka : index
    tile.copy %a[%aAt] to %ringA[%lane] lanes 1 valid(%validA)
      : !tile.buffer<f32, global> to !tile.buffer<f32, group>
    %kb = arith.addi %k0, %ty : index
    %kbLeft = arith.subi %k, %kb : index
    %kIn = arith.cmpi sgt, %kbLeft, %c0 : index
    %validB = arith.select %kIn, %colsLeft, %c0 : index
    %bRow = arith.muli %kb, %n : index
    %bAt = arith.addi %bRow, %col : index
    tile.copy %b[%bAt] to %ringB[%lane] lanes 1 valid(%validB)
      : !tile.buffer<f32, global> to !tile.buffer<f32, group>
    tile.wait
    %next = scf.for %kk = %c0 to %c16 step %c1 iter_args(%s = %sum) -> f32 {
      %aBase = arith.muli %ty, %c16 : index
      %aIn = arith.addi %aBase, %kk : index
      %bBase = arith.muli %kk, %c16 : index
      %bIn = arith.addi %bBase, %tx : index
      %av = tile.load %ringA[%aIn] : !tile.buffer<f32, group> -> f32
      %bv = tile.load %ringB[%bIn] : !tile.buffer<f32, group> -> f32
      %fma = math.fma %av, %bv, %s : f32
      scf.yield %fma : f32
    }
    tile.wait
    scf.yield %next : f32
  }
  %cRow = arith.muli %row, %n : index
  %cAt = arith.addi %cRow, %col : index
  %validC = arith.select %rowIn, %colsLeft, %c0 : index
  tile.store %acc, %c[%cAt] valid(%validC) : f32, !tile.buffer<f32, global>
  tile.return
}
)mlir";

} // namespace flex::test
