// Attention on a CPU: what is in memory, and which keys are looked at.
// RUN: flex-opt %s --tile-emit-loops="device=model=simd,vector-bits=128" | FileCheck %s

// Query s sees the keys up to s. 4 queries a work item, 2 keys at a time, and nothing as large as the scores.
// CHECK-LABEL: tile.kernel @causal(
// CHECK-SAME: %[[Q:[a-z0-9]*]]: !tile.buffer<f32, global>, %[[K:[a-z0-9]*]]: !tile.buffer<f32, global>, %[[V:[a-z0-9]*]]: !tile.buffer<f32, global>, %[[OUT:[a-z0-9]*]]: !tile.buffer<f32, global>)
// CHECK-SAME: items = "16"
// CHECK: %[[TURNED:.*]] = tile.ring "32" : <f32, private>
// CHECK: %[[WEIGHTS:.*]] = tile.ring "10" : <f32, private>
// Four queries are turned, eight steps of the depth.
// CHECK-COUNT-4: tile.load %[[Q]]
// CHECK-COUNT-4: tile.store {{.*}} %[[TURNED]]
// Keys from 0 to the last one that any of the four queries sees; before the first one that not all see, nothing is compared.
// CHECK: scf.for
// CHECK: scf.for
// CHECK: tile.load %[[TURNED]]
// CHECK: tile.load %[[K]]
// CHECK: math.fma
// CHECK-NOT: arith.cmpi sle
// CHECK: tile.store {{.*}} %[[WEIGHTS]]
// CHECK: math.fma
// CHECK: arith.cmpi sle
// CHECK: arith.select
// CHECK: tile.store {{.*}} %[[WEIGHTS]]
// CHECK: math.exp
// CHECK: math.exp
// CHECK: tile.load %[[V]]
// CHECK: math.fma
// Of keys that are left out, NaN and infinity in the values: 0 times them is added.
// CHECK: tile.load %[[V]]
// CHECK: math.fma {{.*}}, %cst
// CHECK: arith.divf
// CHECK: tile.store {{.*}} %[[OUT]]
// CHECK-NOT: tile.kernel
flex.kernel @one(%q: !flex.tensor<f32[64, 8]>, %k: !flex.tensor<f32[64, 8]>, %v: !flex.tensor<f32[64, 4]>) -> !flex.tensor<f32[64, 4]> {
  %r = flex.group "causal" outer ["s"] schedule {strategy = "attention", lane = "s", lanes = 4, rows = 2, depth = 2} -> !flex.tensor<f32[64, 4]> {
    %0 = flex.reduce sum [s < 64, t < 64] over [d < 8] (%x = %q[s, d] : !flex.tensor<f32[64, 8]>, %y = %k[t, d] : !flex.tensor<f32[64, 8]>) -> f32 {
      %p = arith.mulf %x, %y : f32
      flex.yield %p : f32
    }
    %m = flex.map [s < 64, t < 64] (%x = %0[s, t] : !flex.tensor<f32[64, 64]>) -> f32 {
      %i = flex.index "t" : i64
      %j = flex.index "s" : i64
      %c = arith.cmpi sle, %i, %j : i64
      %n = arith.constant 0xFF800000 : f32
      %z = arith.select %c, %x, %n : f32
      flex.yield %z : f32
    }
    %1 = flex.reduce max [s < 64] over [t < 64] (%x = %m[s, t] : !flex.tensor<f32[64, 64]>) -> f32 {
      flex.yield %x : f32
    }
    %2 = flex.map [s < 64, t < 64] (%x = %m[s, t] : !flex.tensor<f32[64, 64]>, %l = %1[s] : !flex.tensor<f32[64]>) -> f32 {
      %p = arith.subf %x, %l : f32
      %e = math.exp %p : f32
      flex.yield %e : f32
    }
    %3 = flex.reduce sum [s < 64] over [t < 64] (%x = %2[s, t] : !flex.tensor<f32[64, 64]>) -> f32 {
      flex.yield %x : f32
    }
    %4 = flex.reduce sum [s < 64, x < 4] over [t < 64] (%w = %2[s, t] : !flex.tensor<f32[64, 64]>, %y = %v[t, x] : !flex.tensor<f32[64, 4]>) -> f32 {
      %z = arith.mulf %w, %y : f32
      flex.yield %z : f32
    }
    %5 = flex.map [s < 64, x < 4] (%o = %4[s, x] : !flex.tensor<f32[64, 4]>, %l = %3[s] : !flex.tensor<f32[64]>) -> f32 {
      %z = arith.divf %o, %l : f32
      flex.yield %z : f32
    }
    flex.yield %5 : !flex.tensor<f32[64, 4]>
  }
  flex.return %r : !flex.tensor<f32[64, 4]>
}
