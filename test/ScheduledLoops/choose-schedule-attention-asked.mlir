// Attention that shares heads of keys and values, and what a kernel says itself. docs/decisions/attention.md.
// RUN: flex-opt %s --pass-pipeline="builtin.module(flex.kernel(flex-inline-maps,flex-form-groups,tile-choose-schedule{device=model=simd,vector-bits=512,vector-registers=32,l1=32768,cores=2 target=cpu}))" | FileCheck %s

// The result's order of indices becomes that of all statements, with one name for each. The mask names the new indices.
// A depth that nobody asked for is a multiple of the rows that somebody did.
// CHECK-LABEL: flex.kernel @shared(
// CHECK: flex.group "shared_0" outer ["n", "a"] schedule {{.*}}depth = 66 : i64, {{.*}}lane = "n", {{.*}}rows = 6 : i64, strategy = "attention"
// CHECK: %[[S:.*]] = flex.reduce sum [n < S, a < H, t < T] over [depth < D] ({{.*}}[n, a, depth] {{.*}}[t, floordiv(a, 4), depth] clamp
// CHECK: %[[MASKED:.*]] = flex.map [n < S, a < H, t < T] ({{.*}} = %[[S]][n, a, t]
// CHECK-DAG: flex.index "t"
// CHECK-DAG: flex.index "n"
// CHECK: flex.reduce max [n < S, a < H] over [t < T] ({{.*}} = %[[MASKED]][n, a, t]
// CHECK: %[[SUM:.*]] = flex.reduce sum [n < S, a < H] over [t < T]
// CHECK: %[[OUT:.*]] = flex.reduce sum [n < S, a < H, x < E] over [t < T]
// CHECK: flex.map [n < S, a < H, x < E] ({{.*}} = %[[OUT]][n, a, x] {{.*}}, {{.*}} = %[[SUM]][n, a]
// CHECK-NOT: flex.group
flex.kernel @shared(%q: !flex.tensor<f32[S, H, D]>, %k: !flex.tensor<f32[T, G, D]>, %v: !flex.tensor<f32[T, G, E]>) -> !flex.tensor<f32[S, H, E]>
    attributes {schedules = [{target = "cpu", strategy = "attention", rows = 6 : i64}]} {
  %0 = flex.reduce sum [h < H, s < S, t < T] over [d < D] (%x = %q[s, h, d] : !flex.tensor<f32[S, H, D]>, %y = %k[t, floordiv(h, 4), d] clamp : !flex.tensor<f32[T, G, D]>) -> f32 {
    %p = arith.mulf %x, %y : f32
    flex.yield %p : f32
  }
  %1 = flex.map [h < H, s < S, t < T] (%x = %0[h, s, t] : !flex.tensor<f32[H, S, T]>) -> f32 {
    %i = flex.index "t" : i64
    %j = flex.index "s" : i64
    %c = arith.cmpi sle, %i, %j : i64
    %n = arith.constant 0xFF800000 : f32
    %p = math.tanh %x : f32
    %m = arith.select %c, %p, %n : f32
    flex.yield %m : f32
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
  %5 = flex.reduce sum [n < S, a < H, x < E] over [t < T] (%e = %3[a, n, t] : !flex.tensor<f32[H, S, T]>, %y = %v[t, floordiv(a, 4), x] clamp : !flex.tensor<f32[T, G, E]>) -> f32 {
    %z = arith.mulf %e, %y : f32
    flex.yield %z : f32
  }
  %6 = flex.map [n < S, a < H, x < E] (%o = %5[n, a, x] : !flex.tensor<f32[S, H, E]>, %l = %4[a, n] : !flex.tensor<f32[H, S]>) -> f32 {
    %z = arith.divf %o, %l : f32
    flex.yield %z : f32
  }
  flex.return %6 : !flex.tensor<f32[S, H, E]>
}

// Another strategy is for groups of their own.
// CHECK-LABEL: flex.kernel @apart(
// CHECK-COUNT-3: flex.group
// CHECK-NOT: "attention"
flex.kernel @apart(%q: !flex.tensor<f32[S, H, D]>, %k: !flex.tensor<f32[T, G, D]>, %v: !flex.tensor<f32[T, G, E]>) -> !flex.tensor<f32[S, H, E]>
    attributes {schedules = [{target = "cpu", strategy = "tile"}]} {
  %0 = flex.reduce sum [h < H, s < S, t < T] over [d < D] (%x = %q[s, h, d] : !flex.tensor<f32[S, H, D]>, %y = %k[t, floordiv(h, 4), d] clamp : !flex.tensor<f32[T, G, D]>) -> f32 {
    %p = arith.mulf %x, %y : f32
    flex.yield %p : f32
  }
  %1 = flex.map [h < H, s < S, t < T] (%x = %0[h, s, t] : !flex.tensor<f32[H, S, T]>) -> f32 {
    %i = flex.index "t" : i64
    %j = flex.index "s" : i64
    %c = arith.cmpi sle, %i, %j : i64
    %n = arith.constant 0xFF800000 : f32
    %p = math.tanh %x : f32
    %m = arith.select %c, %p, %n : f32
    flex.yield %m : f32
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
  %5 = flex.reduce sum [n < S, a < H, x < E] over [t < T] (%e = %3[a, n, t] : !flex.tensor<f32[H, S, T]>, %y = %v[t, floordiv(a, 4), x] clamp : !flex.tensor<f32[T, G, E]>) -> f32 {
    %z = arith.mulf %e, %y : f32
    flex.yield %z : f32
  }
  %6 = flex.map [n < S, a < H, x < E] (%o = %5[n, a, x] : !flex.tensor<f32[S, H, E]>, %l = %4[a, n] : !flex.tensor<f32[H, S]>) -> f32 {
    %z = arith.divf %o, %l : f32
    flex.yield %z : f32
  }
  flex.return %6 : !flex.tensor<f32[S, H, E]>
}
