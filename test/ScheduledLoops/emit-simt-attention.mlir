// Strategy attention on matrix units: blocks of keys and values, scores and weights in registers, or weights through the queries' part of the ring.
// RUN: flex-opt %s --pass-pipeline="builtin.module(flex.kernel(flex-inline-maps,flex-form-groups,tile-choose-schedule{target=sim device=model=simt,vector-bits=128,vector-registers=255,wave-size=32,async-copy=16,matrix-units=mma/f16/f32/16x8x16/32/rrr}),tile-emit-loops{device=model=simt,vector-bits=128,vector-registers=255,wave-size=32,async-copy=16,matrix-units=mma/f16/f32/16x8x16/32/rrr})" | FileCheck %s --check-prefixes=CHECK,ASYNC
// RUN: flex-opt %s --pass-pipeline="builtin.module(flex.kernel(flex-inline-maps,flex-form-groups,tile-choose-schedule{target=sim device=model=simt,vector-bits=128,vector-registers=512,wave-size=64,group-memory=65536,matrix-units=mfma/f16/f32/16x16x16/64/rrr}),tile-emit-loops{device=model=simt,vector-bits=128,vector-registers=512,wave-size=64,group-memory=65536,matrix-units=mfma/f16/f32/16x16x16/64/rrr})" | FileCheck %s --check-prefixes=CHECK,LOADS --implicit-check-not=tile.commit
// RUN: flex-opt %s --pass-pipeline="builtin.module(flex.kernel(flex-inline-maps,flex-form-groups,tile-choose-schedule{target=sim device=model=simt,vector-bits=128,vector-registers=255,wave-size=32,async-copy=16}))" | FileCheck %s --check-prefix=APART
// RUN: flex-opt %s --pass-pipeline="builtin.module(flex.kernel(flex-inline-maps,flex-form-groups,tile-choose-schedule{target=sim device=model=simt,vector-bits=128,vector-registers=255,wave-size=32,async-copy=16,group-memory-limit=232448,matrix-units=wgmma/f16/f32/64x128x16/128/ggr+wgmma/f16/f32/64x64x16/128/ggr+mma/f16/f32/16x8x16/32/rrr}),tile-emit-loops{device=model=simt,vector-bits=128,vector-registers=255,wave-size=32,async-copy=16,group-memory-limit=232448,matrix-units=wgmma/f16/f32/64x128x16/128/ggr+wgmma/f16/f32/64x64x16/128/ggr+mma/f16/f32/16x8x16/32/rrr})" | FileCheck %s --check-prefix=GROUP --implicit-check-not=tile.frag

// Without a unit it stays apart.
// APART-COUNT-3: flex.group
// APART-NOT: strategy = "attention"

// A unit that reads group memory: the queries stay there, weights do not. It is waited for behind the start of the copies; values are on their way into the next step.
// GROUP: tile.kernel @attention_0({{.*}}group_size = 256 : i64, items = "H*ceildiv(S, 128)"
// GROUP: tile.ring "114688" {tile.alignment = 1024 : i64}
// GROUP: scf.for
// GROUP: tile.wait pending 0 units
// GROUP: tile.multiply "wgmma.m64n128k16.f16" {{.*}} layout <64, chunk 8, xor[1, 2, 4]> fixed, {{.*}} layout <64, chunk 8, xor[1, 2, 4]>, from {{.*}} steps 64 : <f16, group>, <f16, group> -> vector<64xf32>
// GROUP-COUNT-8: tile.copy {{.*}} lanes 8 async
// GROUP: tile.commit
// GROUP: tile.settle 0
// GROUP: tile.reduce max {{.*}} group of 4 : f32 -> f32
// GROUP: arith.truncf
// GROUP: tile.multiply_held "wgmma.m64n64k16.f16"({{.*}} layout <64, chunk 8, xor[1, 2, 4]> across, {{.*}} -> vector<32xf32>
// GROUP-NEXT: {{arith|scf.yield}}
// GROUP: tile.settle 0
// GROUP: tile.put {{.*}} of "wgmma.m64n64k16.f16"

// CHECK-LABEL: tile.kernel @attention_0(
// ASYNC-SAME: group_size = 128 : i64, items = "H*ceildiv(S, 128)"
// LOADS-SAME: group_size = 256 : i64, items = "H*ceildiv(S, 128)"
// ASYNC: tile.ring "49152"
// LOADS: tile.ring "32768"
// ASYNC: tile.commit
// ASYNC: tile.commit
// ASYNC: tile.wait pending 1
// LOADS: tile.wait pending 0
// CHECK: tile.frag a of "[[UNIT:.*]]" {{.*}}, 0 layout <64, chunk 8, xor[1, 2, 4]> : <f16, group>
// CHECK: scf.for
// ASYNC: tile.wait pending 0
// ASYNC-COUNT-8: tile.copy {{.*}} lanes 8 async
// ASYNC: tile.commit
// LOADS: tile.store {{.*}} {tile.alignment = 4 : i64} : vector<2xf16>, <f16, group>
// LOADS: tile.wait pending 0
// Scores: columns are keys.
// CHECK: tile.frag b of "[[UNIT]]" {{.*}}, 0 layout <64, chunk 8, xor[1, 2, 4]> : <f16, group>
// CHECK: tile.contract "[[UNIT]]"
// A thread's own part of the maximum takes no NaN for larger: three of them are one instruction of some chips.
// CHECK: arith.maxnumf {{.*}} {tile.either_nan} : f32
// ASYNC: tile.reduce max {{.*}} group of 4 : f32 -> f32
// LOADS: tile.reduce max {{.*}} group of 4 apart 16 : f32 -> f32
// CHECK: math.exp2 {{.*}} fastmath<afn>
// LOADS: tile.store {{.*}} {tile.alignment = 8 : i64} : vector<4xf16>, <f16, group>
// LOADS: tile.wait wave
// LOADS: tile.frag a of "[[UNIT]]"
// The values' rows are steps of the sum, but where they were turned on their way.
// ASYNC: tile.frag b of "[[UNIT]]" {{.*}} across : <f16, group>
// LOADS: tile.frag b of "[[UNIT]]" {{.*}}, 0 layout <64, chunk 8, xor[1, 2, 4, 1, 2, 4]> : <f16, group>
// ASYNC-NOT: tile.frag a
// CHECK: tile.contract "[[UNIT]]"
// CHECK: scf.yield
// ASYNC: tile.reduce sum {{.*}} group of 4 : vector<2xf32> -> f32
// LOADS: tile.reduce sum {{.*}} group of 4 apart 16 : vector<4xf32> -> f32
// CHECK: tile.put
// CHECK: tile.store {{.*}}, <f16, global>
// CHECK: tile.return
// CHECK-NOT: tile.kernel
flex.kernel @attention(%q: !flex.tensor<f16[H, S, 64]>, %k: !flex.tensor<f16[H, 256, 64]>, %v: !flex.tensor<f16[H, 256, 64]>) -> !flex.tensor<f16[H, S, 64]> {
  %0 = flex.reduce sum [h < H, s < S, t < 256] over [d < 64] (%x = %q[h, s, d] : !flex.tensor<f16[H, S, 64]>, %y = %k[h, t, d] : !flex.tensor<f16[H, 256, 64]>) -> f16 {
    %p = arith.mulf %x, %y : f16
    flex.yield %p : f16
  }
  %1 = flex.reduce max [h < H, s < S] over [t < 256] (%x = %0[h, s, t] : !flex.tensor<f16[H, S, 256]>) -> f16 {
    flex.yield %x : f16
  }
  %2 = flex.map [h < H, s < S, t < 256] (%x = %0[h, s, t] : !flex.tensor<f16[H, S, 256]>, %m = %1[h, s] : !flex.tensor<f16[H, S]>) -> f16 {
    %p = arith.subf %x, %m : f16
    %e = math.exp %p : f16
    flex.yield %e : f16
  }
  %3 = flex.reduce sum [h < H, s < S] over [t < 256] (%x = %2[h, s, t] : !flex.tensor<f16[H, S, 256]>) -> f16 {
    flex.yield %x : f16
  }
  %4 = flex.map [h < H, s < S, t < 256] (%x = %2[h, s, t] : !flex.tensor<f16[H, S, 256]>, %l = %3[h, s] : !flex.tensor<f16[H, S]>) -> f16 {
    %p = arith.divf %x, %l : f16
    flex.yield %p : f16
  }
  %5 = flex.reduce sum [h < H, s < S, x < 64] over [t < 256] (%p = %4[h, s, t] : !flex.tensor<f16[H, S, 256]>, %y = %v[h, t, x] : !flex.tensor<f16[H, 256, 64]>) -> f16 {
    %z = arith.mulf %p, %y : f16
    flex.yield %z : f16
  }
  flex.return %5 : !flex.tensor<f16[H, S, 64]>
}
