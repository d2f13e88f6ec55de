// Strategy matrix: stages, fragments, products, results; and the same without asynchronous copies.
// RUN: flex-opt %s --pass-pipeline="builtin.module(flex.kernel(flex-form-groups,tile-choose-schedule{target=sim device=model=simt,vector-bits=128,vector-registers=255,wave-size=32,async-copy=16,matrix-units=mma/f16/f32/16x8x16/32/rrr}),tile-emit-loops{device=model=simt,vector-bits=128,vector-registers=255,wave-size=32,async-copy=16,matrix-units=mma/f16/f32/16x8x16/32/rrr})" | FileCheck %s --check-prefixes=CHECK,ASYNC
// RUN: flex-opt %s --pass-pipeline="builtin.module(flex.kernel(flex-form-groups,tile-choose-schedule{target=sim device=model=simt,vector-bits=128,vector-registers=255,wave-size=32,matrix-units=mma/f16/f32/16x8x16/32/rrr}),tile-emit-loops{device=model=simt,vector-bits=128,vector-registers=255,wave-size=32,matrix-units=mma/f16/f32/16x8x16/32/rrr})" | FileCheck %s --check-prefixes=CHECK,LOADS --implicit-check-not=async

// CHECK-LABEL: tile.kernel @product_0(
// CHECK-SAME: group_size = 32 : i64, items = "16"
// CHECK: tile.ring "{{12288|4096}}" : <i8, group>
// Two stages ahead, four chunks of each operand a thread; the third in the loop.
// ASYNC-COUNT-8: tile.copy {{.*}} lanes 8 async
// ASYNC: tile.commit
// ASYNC-COUNT-8: tile.copy {{.*}} lanes 8 async
// ASYNC: tile.commit
// Through registers, chunks of the operand whose memory runs along j are turned: eight rows of four steps.
// LOADS-COUNT-4: tile.store %{{.*}} {tile.alignment = 16 : i64} : vector<8xf16>, <f16, group>
// LOADS-COUNT-8: tile.store %{{.*}} {tile.alignment = 8 : i64} : vector<4xf16>, <f16, group>
// CHECK: scf.for
// ASYNC: tile.wait pending 1
// ASYNC: scf.if
// ASYNC-COUNT-8: tile.copy {{.*}} lanes 8 async
// ASYNC: tile.commit
// LOADS: tile.wait pending 0
// LOADS-NOT: scf.if
// LOADS-COUNT-8: tile.load_near %arg{{[01]}}[{{.*}}] {tile.alignment = 16 : i64} : <f16, global> -> vector<8xf16>
// CHECK: tile.frag a of "mma.m16n8k16.f16" {{.*}}, 0 layout <32, chunk 8, xor[0, 1, 2]> : <f16, group> -> vector<8xf16>, vector<8xf16>
// ASYNC: tile.frag b of "mma.m16n8k16.f16" {{.*}}, 0 layout <32, chunk 8, xor[0, 1, 2]> across : <f16, group> -> vector<4xf16>, vector<4xf16>, vector<4xf16>, vector<4xf16>
// LOADS: tile.frag b of "mma.m16n8k16.f16" {{.*}}, 0 layout <32, chunk 8, xor[0, 1, 2, 1, 2]> : <f16, group> -> vector<4xf16>, vector<4xf16>, vector<4xf16>, vector<4xf16>
// CHECK-COUNT-8: tile.contract "mma.m16n8k16.f16"
// CHECK: tile.frag a of "mma.m16n8k16.f16" {{.*}}, 16 layout
// CHECK-COUNT-8: tile.contract "mma.m16n8k16.f16"
// LOADS: tile.wait pending 0
// LOADS-COUNT-4: tile.store %{{.*}} {tile.alignment = 16 : i64} : vector<8xf16>, <f16, group>
// LOADS-COUNT-8: tile.store %{{.*}} {tile.alignment = 8 : i64} : vector<4xf16>, <f16, group>
// The last stage is multiplied behind the loop, which has no branch.
// LOADS: scf.yield
// LOADS: tile.wait pending 0
// LOADS-COUNT-16: tile.contract "mma.m16n8k16.f16"
// LOADS: tile.wait pending 0
// Results go through the ring and leave it in runs of eight columns.
// ASYNC: tile.wait pending 0
// CHECK-COUNT-8: tile.put
// CHECK: tile.wait wave
// CHECK: tile.store %{{.*}} {tile.alignment = 16 : i64} : vector<8xf16>, <f16, global>
flex.kernel @product(%x: !flex.tensor<f16[128, 64]>, %w: !flex.tensor<f16[64, 128]>) -> !flex.tensor<f16[128, 128]>
    attributes {schedules = [{target = "sim", strategy = "matrix", lane = "j", unroll = "i", "tile-m" = 32 : i64, "tile-n" = 32 : i64, "waves-m" = 1 : i64, "waves-n" = 1 : i64}]} {
  %y = flex.reduce sum [i < 128, j < 128] over [k < 128] (%a = %x[i, k] : !flex.tensor<f16[128, 64]>, %b = %w[k, j] : !flex.tensor<f16[64, 128]>) -> f16 {
    %0 = arith.mulf %a, %b : f16
    flex.yield %0 : f16
  }
  flex.return %y : !flex.tensor<f16[128, 128]>
}
