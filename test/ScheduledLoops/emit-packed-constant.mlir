// A constant lane operand lies in panels already: no tile packs it, each reads it, and the plan holds it once.
// RUN: flex-opt %s --pass-pipeline="builtin.module(tile-emit-loops{device=model=simd,vector-bits=128,vector-registers=32,cores=2},cse)" -split-input-file | FileCheck %s

// Three columns of a panel of four; widened to what the loops compute in. 1, 2, 3 and 0 for the first step, 4, 5, 6, 0 for the next.
// CHECK: constants = array<i8: 0, 0, -128, 63, 0, 0, 0, 64, 0, 0, 64, 64, 0, 0, 0, 0, 0, 0, -128, 64, 0, 0, -96, 64, 0, 0, -64, 64, 0, 0, 0, 0>
// CHECK-LABEL: tile.kernel @open(
// CHECK-SAME: %{{[a-z0-9]*}}: !tile.buffer<bf16, global>, %[[W:[a-z0-9]*]]: !tile.buffer<f32, global>
// CHECK-NOT: tile.ring
// CHECK: scf.for
// CHECK-NOT: scf.if
// CHECK: %[[SUMS:.*]]:2 = scf.for
// CHECK: %[[B:.*]] = tile.load %[[W]][%{{.*}}] : <f32, global> -> vector<4xf32>
// CHECK-NOT: tile.store
// CHECK: math.fma %{{.*}}, %[[B]]
// CHECK: math.fma %{{.*}}, %[[B]]
// CHECK: scf.yield
// CHECK: tile.store
// CHECK: scf.for
// CHECK: tile.load %[[W]]
// The second group reads it alike: the same panels.
// CHECK-LABEL: tile.kernel @again(
flex.kernel @f(%x: !flex.tensor<bf16[M, 2]>) -> (!flex.tensor<f32[M, 3]>, !flex.tensor<f32[M, 3]>) {
  %w = flex.constant dense<[[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]]> : tensor<3x2xbf16> : !flex.tensor<bf16[3, 2]>
  %r = flex.group "open" outer ["i", "j"] schedule {strategy = "tile", lane = "j", unroll = "i", lanes = 4, vectors = 1, rows = 2, pack = true} -> !flex.tensor<f32[M, 3]> {
    %y = flex.reduce sum [i < M, j < 3] over [k < 2] (%a = %x[i, k] : !flex.tensor<bf16[M, 2]>, %b = %w[j, k] : !flex.tensor<bf16[3, 2]>) -> f32 {
      %p = arith.extf %a : bf16 to f32
      %q = arith.extf %b : bf16 to f32
      %0 = arith.mulf %p, %q : f32
      flex.yield %0 : f32
    }
    flex.yield %y : !flex.tensor<f32[M, 3]>
  }
  %s = flex.group "again" outer ["i", "j"] schedule {strategy = "tile", lane = "j", unroll = "i", lanes = 4, vectors = 1, rows = 4, pack = true} -> !flex.tensor<f32[M, 3]> {
    %y = flex.reduce sum [i < M, j < 3] over [k < 2] (%a = %x[i, k] : !flex.tensor<bf16[M, 2]>, %b = %w[j, k] : !flex.tensor<bf16[3, 2]>) -> f32 {
      %p = arith.extf %a : bf16 to f32
      %q = arith.extf %b : bf16 to f32
      %0 = arith.mulf %p, %q : f32
      flex.yield %0 : f32
    }
    flex.yield %y : !flex.tensor<f32[M, 3]>
  }
  flex.return %r, %s : !flex.tensor<f32[M, 3]>, !flex.tensor<f32[M, 3]>
}

// -----

// What moves with a batch index, too, is packed by each launch.
// CHECK-LABEL: tile.kernel @batch(
// CHECK: tile.ring "8"
flex.kernel @g(%x: !flex.tensor<f32[2, M, 2]>) -> !flex.tensor<f32[2, M, 3]> {
  %w = flex.constant dense<1.0> : tensor<2x2x3xf32> : !flex.tensor<f32[2, 2, 3]>
  %r = flex.group "batch" outer ["b", "i", "j"] schedule {strategy = "tile", lane = "j", unroll = "i", lanes = 4, vectors = 1, rows = 2, pack = true} -> !flex.tensor<f32[2, M, 3]> {
    %y = flex.reduce sum [b < 2, i < M, j < 3] over [k < 2] (%a = %x[b, i, k] : !flex.tensor<f32[2, M, 2]>, %c = %w[b, k, j] : !flex.tensor<f32[2, 2, 3]>) -> f32 {
      %0 = arith.mulf %a, %c : f32
      flex.yield %0 : f32
    }
    flex.yield %y : !flex.tensor<f32[2, M, 3]>
  }
  flex.return %r : !flex.tensor<f32[2, M, 3]>
}
