// A convolution on a matrix unit: rows are split into their indices once, steps of the reduction once a tile, and chunks outside of the image are zero.
// RUN: flex-opt %s --pass-pipeline="builtin.module(flex.kernel(flex-form-groups,tile-choose-schedule{target=sim device=model=simt,vector-bits=128,vector-registers=255,wave-size=32,async-copy=16,matrix-units=mma/f16/f32/16x8x16/32/rrr}),tile-emit-loops{device=model=simt,vector-bits=128,vector-registers=255,wave-size=32,async-copy=16,matrix-units=mma/f16/f32/16x8x16/32/rrr})" | FileCheck %s --check-prefixes=CHECK,ASYNC
// RUN: flex-opt %s --pass-pipeline="builtin.module(flex.kernel(flex-form-groups,tile-choose-schedule{target=sim device=model=simt,vector-bits=128,vector-registers=255,wave-size=32,matrix-units=mma/f16/f32/16x8x16/32/rrr}),tile-emit-loops{device=model=simt,vector-bits=128,vector-registers=255,wave-size=32,matrix-units=mma/f16/f32/16x8x16/32/rrr})" | FileCheck %s --check-prefixes=CHECK,LOADS --implicit-check-not=async

// 2 * 8 * 8 rows in tiles of 32, 64 columns.
// CHECK-LABEL: tile.kernel @same_0(
// CHECK-SAME: group_size = 32 : i64, items = "8"
// Rows are (n, h, v) of 2 x 8 x 8.
// CHECK: arith.divui
// CHECK: arith.divui
// CHECK: scf.for
// Within the loop: the step's p and q, two comparisons a chunk, no other path.
// CHECK: arith.divui
// CHECK: arith.divui
// CHECK: arith.cmpi ult
// CHECK: arith.cmpi ult
// ASYNC: %[[VALID:.*]] = arith.select
// ASYNC: tile.copy {{.*}} lanes 8 valid(%[[VALID]]) async
// LOADS: scf.if
// LOADS: tile.load %{{.*}} {tile.alignment = 16 : i64} : <f16, global> -> vector<8xf16>
// CHECK: tile.contract "mma.m16n8k16.f16"
// CHECK: tile.put
// CHECK: tile.store %{{.*}} {tile.alignment = 16 : i64} : vector<8xf16>, <f16, global>
flex.kernel @same(%x: !flex.tensor<f16[2, 8, 8, 64]>, %w: !flex.tensor<f16[3, 3, 64, 64]>) -> !flex.tensor<f16[2, 8, 8, 64]>
    attributes {schedules = [{target = "sim", strategy = "matrix", lane = "o", unroll = "v", "tile-m" = 32 : i64, "tile-n" = 32 : i64, "waves-m" = 1 : i64, "waves-n" = 1 : i64}]} {
  %y = flex.reduce sum [n < 2, h < 8, v < 8, o < 64] over [p < 3, q < 3, c < 64] (%a = %x[n, h + p - 1, q + v - 1, c] fill(0.000000e+00 : f16) : !flex.tensor<f16[2, 8, 8, 64]>, %b = %w[p, q, c, o] : !flex.tensor<f16[3, 3, 64, 64]>) -> f16 {
    %0 = arith.mulf %a, %b : f16
    flex.yield %0 : f16
  }
  flex.return %y : !flex.tensor<f16[2, 8, 8, 64]>
}
