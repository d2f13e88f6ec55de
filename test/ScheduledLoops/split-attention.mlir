// A few queries against many keys: output, maximum and sum of parts, then what brings them together. docs/decisions/attention.md.
// RUN: flex-opt %s --pass-pipeline="builtin.module(flex.kernel(flex-inline-maps,flex-form-groups,tile-choose-schedule{device=model=simt,vector-bits=128,vector-registers=255,cores=16,wave-size=32,async-copy=16,matrix-units=mma/f16/f32/16x8x16/32/rrr}))" -o %t
// RUN: FileCheck %s --input-file=%t
// RUN: flex-opt %t --tile-emit-loops="device=model=simt,vector-bits=128,vector-registers=255,cores=16,wave-size=32,async-copy=16,matrix-units=mma/f16/f32/16x8x16/32/rrr" | FileCheck %s --check-prefix=LOOPS
// RUN: sed 's/"group-size" = [0-9]*/"group-size" = 1/' %t > %t.simd
// RUN: not flex-opt %t.simd --tile-emit-loops="device=model=simd,vector-bits=512,vector-registers=32" 2>&1 | FileCheck %s --check-prefix=SIMD
// RUN: sed 's/64\*ceildiv(T, 256)/32*ceildiv(T, 128)/' %t > %t.small
// RUN: not flex-opt %t.small --tile-emit-loops="device=model=simt,vector-bits=128,vector-registers=255,cores=16,wave-size=32,async-copy=16,matrix-units=mma/f16/f32/16x8x16/32/rrr" 2>&1 | FileCheck %s --check-prefix=SMALL

// 16 compute units and 4 heads: 4 parts, each of whole tiles of keys.
// CHECK: %[[PARTS:.*]]:3 = flex.group "k_0_parts" outer ["part", "h", "s"] schedule {{.*}}parts = 4 : i64, {{.*}}strategy = "attention"
// CHECK: %[[S:.*]] = flex.reduce sum [part < 4, h < 4, s < 2, t < T] over [depth < 64]
// CHECK: flex.map [part < 4, h < 4, s < 2, t < T]
// CHECK: flex.dim "64*ceildiv(T, 256)"
// CHECK: arith.divsi
// CHECK: arith.cmpi eq
// CHECK: arith.select
// CHECK: flex.reduce max [part < 4, h < 4, s < 2] over [t < T] {{.*}} -> f32
// CHECK: flex.reduce sum [part < 4, h < 4, s < 2] over [t < T] {{.*}} -> f32
// CHECK: flex.reduce sum [part < 4, h < 4, s < 2, x < 64] over [t < T] {{.*}} -> f32
// CHECK: flex.group "k_0" outer ["h", "s", "x"] schedule {{.*}}strategy = "tile"
// CHECK: %[[MAX:.*]] = flex.reduce max [h < 4, s < 2, x < 64] over [part < 4] (%{{.*}} = %[[PARTS]]#1[part, h, s]
// CHECK: flex.reduce sum [h < 4, s < 2, x < 64] over [part < 4] (%{{.*}} = %[[PARTS]]#2[part, h, s]
// CHECK: flex.reduce sum [h < 4, s < 2, x < 64] over [part < 4] (%{{.*}} = %[[PARTS]]#0[part, h, s, x]
// CHECK: arith.divf
// CHECK: flex.dim "T"

// Each key once; blocks of the part only; what the rows' first threads write of them is f32.
// LOOPS: tile.kernel @k_0_parts(
// LOOPS-NOT: arith.cmpi eq, {{.*}} : i64
// LOOPS: tile.store {{.*}} : f32, <f32, global>
// LOOPS: tile.store {{.*}} : f32, <f32, global>
// LOOPS: tile.store {{.*}} : vector<8xf32>, <f32, global>
// LOOPS: tile.kernel @k_0(

// SIMD: error: schedule does not fit its group: attention in parts needs a device with groups of threads
// SMALL: error: schedule does not fit its group: the keys of a part must be a multiple of 'tile-n'
flex.kernel @k(%q: !flex.tensor<f16[4, 2, 64]>, %k: !flex.tensor<f16[4, T, 64]>, %v: !flex.tensor<f16[4, T, 64]>) -> !flex.tensor<f16[4, 2, 64]> {
  %0 = flex.reduce sum [h < 4, s < 2, t < T] over [d < 64] (%x = %q[h, s, d] : !flex.tensor<f16[4, 2, 64]>, %y = %k[h, t, d] : !flex.tensor<f16[4, T, 64]>) -> f16 {
    %p = arith.mulf %x, %y : f16
    flex.yield %p : f16
  }
  %1 = flex.reduce max [h < 4, s < 2] over [t < T] (%x = %0[h, s, t] : !flex.tensor<f16[4, 2, T]>) -> f16 {
    flex.yield %x : f16
  }
  %2 = flex.map [h < 4, s < 2, t < T] (%x = %0[h, s, t] : !flex.tensor<f16[4, 2, T]>, %m = %1[h, s] : !flex.tensor<f16[4, 2]>) -> f16 {
    %p = arith.subf %x, %m : f16
    %e = math.exp %p : f16
    flex.yield %e : f16
  }
  %3 = flex.reduce sum [h < 4, s < 2] over [t < T] (%x = %2[h, s, t] : !flex.tensor<f16[4, 2, T]>) -> f16 {
    flex.yield %x : f16
  }
  %4 = flex.reduce sum [h < 4, s < 2, x < 64] over [t < T] (%w = %2[h, s, t] : !flex.tensor<f16[4, 2, T]>, %y = %v[h, t, x] : !flex.tensor<f16[4, T, 64]>) -> f16 {
    %z = arith.mulf %w, %y : f16
    flex.yield %z : f16
  }
  %5 = flex.map [h < 4, s < 2, x < 64] (%o = %4[h, s, x] : !flex.tensor<f16[4, 2, 64]>, %l = %3[h, s] : !flex.tensor<f16[4, 2]>) -> f16 {
    %z = arith.divf %o, %l : f16
    flex.yield %z : f16
  }
  flex.return %5 : !flex.tensor<f16[4, 2, 64]>
}
