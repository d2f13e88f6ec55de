// A softmax between two contractions becomes one group. docs/decisions/attention.md.
// RUN: flex-opt %s --pass-pipeline="builtin.module(flex.kernel(flex-inline-maps,flex-form-groups,tile-choose-schedule{device=model=simd,vector-bits=512,vector-registers=32,l1=32768,cores=2}))" | FileCheck %s --check-prefixes=CHECK,R32
// RUN: flex-opt %s --pass-pipeline="builtin.module(flex.kernel(flex-inline-maps,flex-form-groups,tile-choose-schedule{device=model=simd,vector-bits=256,vector-registers=16,l1=32768,cores=2}))" | FileCheck %s --check-prefixes=CHECK,R16

// The scale is inlined into the maximum and the weights, the division comes last.
// CHECK-LABEL: flex.kernel @attention(
// CHECK: flex.group "attention_0" outer ["h", "s"] schedule
// R32-SAME: depth = 64 : i64, {{.*}}lane = "s", {{.*}}lanes = 16 : i64, rows = 4 : i64, strategy = "attention", {{.*}}vectors = 4
// R16-SAME: depth = 256 : i64, {{.*}}lane = "s", {{.*}}lanes = 8 : i64, rows = 4 : i64, strategy = "attention", {{.*}}vectors = 2
// CHECK: %[[S:.*]] = flex.reduce sum [h < H, s < S, t < T] over [depth < 64]
// CHECK: %[[SCALED:.*]] = flex.map [h < H, s < S, t < T] ({{.*}} = %[[S]][h, s, t]
// CHECK: arith.mulf
// CHECK: %[[MAX:.*]] = flex.reduce max [h < H, s < S] over [t < T] ({{.*}} = %[[SCALED]][h, s, t]
// CHECK: %[[EXP:.*]] = flex.map [h < H, s < S, t < T] ({{.*}} = %[[SCALED]][h, s, t] {{.*}}, {{.*}} = %[[MAX]][h, s]
// CHECK: %[[SUM:.*]] = flex.reduce sum [h < H, s < S] over [t < T] ({{.*}} = %[[EXP]][h, s, t]
// CHECK: %[[OUT:.*]] = flex.reduce sum [h < H, s < S, x < E] over [t < T] ({{.*}} = %[[EXP]][h, s, t] {{.*}}, {{.*}} = %arg2[h, t, x]
// CHECK: flex.map [h < H, s < S, x < E] ({{.*}} = %[[OUT]][h, s, x] {{.*}}, {{.*}} = %[[SUM]][h, s]
// CHECK: arith.divf
// Over no keys both are 0, and the result is 0.
// CHECK: flex.dim "T"
// CHECK: arith.select
// CHECK-NOT: flex.group
flex.kernel @attention(%q: !flex.tensor<f32[H, S, 64]>, %k: !flex.tensor<f32[H, T, 64]>, %v: !flex.tensor<f32[H, T, E]>) -> !flex.tensor<f32[H, S, E]> {
  %0 = flex.reduce sum [a < H, i < S, j < T] over [d < 64] (%x = %q[a, i, d] : !flex.tensor<f32[H, S, 64]>, %y = %k[a, j, d] : !flex.tensor<f32[H, T, 64]>) -> f32 {
    %p = arith.mulf %x, %y : f32
    flex.yield %p : f32
  }
  %1 = flex.map [a < H, i < S, j < T] (%x = %0[a, i, j] : !flex.tensor<f32[H, S, T]>) -> f32 {
    %c = arith.constant 1.250000e-01 : f32
    %p = arith.mulf %x, %c : f32
    flex.yield %p : f32
  }
  %2 = flex.reduce max [a < H, i < S] over [j < T] (%x = %1[a, i, j] : !flex.tensor<f32[H, S, T]>) -> f32 {
    flex.yield %x : f32
  }
  %3 = flex.map [a < H, i < S, j < T] (%x = %1[a, i, j] : !flex.tensor<f32[H, S, T]>, %m = %2[a, i] : !flex.tensor<f32[H, S]>) -> f32 {
    %p = arith.subf %x, %m : f32
    %e = math.exp %p : f32
    flex.yield %e : f32
  }
  %4 = flex.reduce sum [a < H, i < S] over [u < T] (%x = %3[a, i, u] : !flex.tensor<f32[H, S, T]>) -> f32 {
    flex.yield %x : f32
  }
  %5 = flex.map [a < H, i < S, j < T] (%x = %3[a, i, j] : !flex.tensor<f32[H, S, T]>, %l = %4[a, i] : !flex.tensor<f32[H, S]>) -> f32 {
    %p = arith.divf %x, %l : f32
    flex.yield %p : f32
  }
  %6 = flex.reduce sum [h < H, s < S, x < E] over [t < T] (%p = %5[h, s, t] : !flex.tensor<f32[H, S, T]>, %y = %v[h, t, x] : !flex.tensor<f32[H, T, E]>) -> f32 {
    %z = arith.mulf %p, %y : f32
    flex.yield %z : f32
  }
  flex.return %6 : !flex.tensor<f32[H, S, E]>
}

// What leaves the kernel on the way, here the weights, must be in memory.
// CHECK-LABEL: flex.kernel @weights_too(
// CHECK-COUNT-3: flex.group
// CHECK-NOT: "attention"
flex.kernel @weights_too(%q: !flex.tensor<f32[S, D]>, %k: !flex.tensor<f32[T, D]>, %v: !flex.tensor<f32[T, E]>) -> (!flex.tensor<f32[S, E]>, !flex.tensor<f32[S, T]>) {
  %0 = flex.reduce sum [i < S, j < T] over [d < D] (%x = %q[i, d] : !flex.tensor<f32[S, D]>, %y = %k[j, d] : !flex.tensor<f32[T, D]>) -> f32 {
    %p = arith.mulf %x, %y : f32
    flex.yield %p : f32
  }
  %2 = flex.reduce max [i < S] over [j < T] (%x = %0[i, j] : !flex.tensor<f32[S, T]>) -> f32 {
    flex.yield %x : f32
  }
  %3 = flex.map [i < S, j < T] (%x = %0[i, j] : !flex.tensor<f32[S, T]>, %m = %2[i] : !flex.tensor<f32[S]>) -> f32 {
    %p = arith.subf %x, %m : f32
    %e = math.exp %p : f32
    flex.yield %e : f32
  }
  %4 = flex.reduce sum [i < S] over [u < T] (%x = %3[i, u] : !flex.tensor<f32[S, T]>) -> f32 {
    flex.yield %x : f32
  }
  %5 = flex.map [i < S, j < T] (%x = %3[i, j] : !flex.tensor<f32[S, T]>, %l = %4[i] : !flex.tensor<f32[S]>) -> f32 {
    %p = arith.divf %x, %l : f32
    flex.yield %p : f32
  }
  %6 = flex.reduce sum [s < S, x < E] over [t < T] (%p = %5[s, t] : !flex.tensor<f32[S, T]>, %y = %v[t, x] : !flex.tensor<f32[T, E]>) -> f32 {
    %z = arith.mulf %p, %y : f32
    flex.yield %z : f32
  }
  flex.return %6, %5 : !flex.tensor<f32[S, E]>, !flex.tensor<f32[S, T]>
}

// Strict numerics promise the order of the sums, and the division before them.
// CHECK-LABEL: flex.kernel @strict(
// CHECK-NOT: "attention"
flex.kernel @strict(%q: !flex.tensor<f32[S, D]>, %k: !flex.tensor<f32[T, D]>, %v: !flex.tensor<f32[T, E]>) -> !flex.tensor<f32[S, E]> attributes {numerics = "strict"} {
  %0 = flex.reduce sum [i < S, j < T] over [d < D] (%x = %q[i, d] : !flex.tensor<f32[S, D]>, %y = %k[j, d] : !flex.tensor<f32[T, D]>) -> f32 {
    %p = arith.mulf %x, %y : f32
    flex.yield %p : f32
  }
  %2 = flex.reduce max [i < S] over [j < T] (%x = %0[i, j] : !flex.tensor<f32[S, T]>) -> f32 {
    flex.yield %x : f32
  }
  %3 = flex.map [i < S, j < T] (%x = %0[i, j] : !flex.tensor<f32[S, T]>, %m = %2[i] : !flex.tensor<f32[S]>) -> f32 {
    %p = arith.subf %x, %m : f32
    %e = math.exp %p : f32
    flex.yield %e : f32
  }
  %4 = flex.reduce sum [i < S] over [u < T] (%x = %3[i, u] : !flex.tensor<f32[S, T]>) -> f32 {
    flex.yield %x : f32
  }
  %6 = flex.reduce sum [s < S, x < E] over [t < T] (%e = %3[s, t] : !flex.tensor<f32[S, T]>, %l = %4[s] : !flex.tensor<f32[S]>, %y = %v[t, x] : !flex.tensor<f32[T, E]>) -> f32 {
    %p = arith.divf %e, %l : f32
    %z = arith.mulf %p, %y : f32
    flex.yield %z : f32
  }
  flex.return %6 : !flex.tensor<f32[S, E]>
}
