// The order of a temporary's axes: as its readers walk them.
// RUN: flex-opt %s --pass-pipeline="builtin.module(flex.kernel(flex-plan-layouts))" | FileCheck %s
// RUN: flex-opt %s --pass-pipeline="builtin.module(flex.kernel(flex-plan-layouts,flex-form-groups))" | FileCheck %s --check-prefix=GROUPS

// A map that transposes a product becomes its epilogue.
// CHECK-LABEL: flex.kernel @transposed(
// CHECK: %[[T:.*]] = flex.reduce sum [j < N, i < 64] over [k < K] (%{{.*}} = %{{.*}}[i, k] : {{.*}}, %{{.*}} = %{{.*}}[k, j]
// CHECK: flex.map [q < N, p < 64] (%{{.*}} = %[[T]][q, p] : !flex.tensor<f32[N, 64]>)
// GROUPS-LABEL: flex.kernel @transposed(
// GROUPS-COUNT-1: flex.group
// GROUPS-NOT: flex.group
flex.kernel @transposed(%a: !flex.tensor<f32[64, K]>, %b: !flex.tensor<f32[K, N]>) -> !flex.tensor<f32[N, 64]> {
  %t = flex.reduce sum [i < 64, j < N] over [k < K] (%l = %a[i, k] : !flex.tensor<f32[64, K]>, %r = %b[k, j] : !flex.tensor<f32[K, N]>) -> f32 {
    %0 = arith.mulf %l, %r : f32
    flex.yield %0 : f32
  }
  %y = flex.map [q < N, p < 64] (%v = %t[p, q] : !flex.tensor<f32[64, N]>) -> f32 {
    %0 = arith.addf %v, %v : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[N, 64]>
}

// Lanes would walk an axis of four elements, or one of unknown length.
// CHECK-LABEL: flex.kernel @short(
// CHECK: flex.reduce sum [i < 4, j < N] over
// GROUPS-LABEL: flex.kernel @short(
// GROUPS-COUNT-2: flex.group
flex.kernel @short(%a: !flex.tensor<f32[4, K]>, %b: !flex.tensor<f32[K, N]>) -> !flex.tensor<f32[N, 4]> {
  %t = flex.reduce sum [i < 4, j < N] over [k < K] (%l = %a[i, k] : !flex.tensor<f32[4, K]>, %r = %b[k, j] : !flex.tensor<f32[K, N]>) -> f32 {
    %0 = arith.mulf %l, %r : f32
    flex.yield %0 : f32
  }
  %y = flex.map [q < N, p < 4] (%v = %t[p, q] : !flex.tensor<f32[4, N]>) -> f32 {
    %0 = arith.addf %v, %v : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[N, 4]>
}

// Heads: the projection contracts over h and d, which lie side by side then. The last axis stays.
// CHECK-LABEL: flex.kernel @heads(
// CHECK: %[[O:.*]] = flex.reduce sum [s < S, h < H, d < D] over [t < T]
// CHECK: flex.reduce sum [s < S, e < E] over [h < H, d < D] (%{{.*}} = %[[O]][s, h, d] : !flex.tensor<f32[S, H, D]>
flex.kernel @heads(%p: !flex.tensor<f32[H, S, T]>, %v: !flex.tensor<f32[H, T, D]>, %w: !flex.tensor<f32[H, D, E]>) -> !flex.tensor<f32[S, E]> {
  %o = flex.reduce sum [h < H, s < S, d < D] over [t < T] (%l = %p[h, s, t] : !flex.tensor<f32[H, S, T]>, %r = %v[h, t, d] : !flex.tensor<f32[H, T, D]>) -> f32 {
    %0 = arith.mulf %l, %r : f32
    flex.yield %0 : f32
  }
  %y = flex.reduce sum [s < S, e < E] over [h < H, d < D] (%l = %o[h, s, d] : !flex.tensor<f32[H, S, D]>, %r = %w[h, d, e] : !flex.tensor<f32[H, D, E]>) -> f32 {
    %0 = arith.mulf %l, %r : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[S, E]>
}

// Readers that disagree, a diagonal, and a result that is returned leave it as it is.
// CHECK-LABEL: flex.kernel @kept(
// CHECK-COUNT-3: flex.reduce sum [i < 64, j < 64] over
flex.kernel @kept(%a: !flex.tensor<f32[64, K]>, %b: !flex.tensor<f32[K, 64]>) -> (!flex.tensor<f32[64, 64]>, !flex.tensor<f32[64]>, !flex.tensor<f32[64, 64]>, !flex.tensor<f32[64, 64]>) {
  %t = flex.reduce sum [i < 64, j < 64] over [k < K] (%l = %a[i, k] : !flex.tensor<f32[64, K]>, %r = %b[k, j] : !flex.tensor<f32[K, 64]>) -> f32 {
    %0 = arith.mulf %l, %r : f32
    flex.yield %0 : f32
  }
  %y = flex.map [j < 64, i < 64] (%v = %t[i, j] : !flex.tensor<f32[64, 64]>, %u = %t[j, i] : !flex.tensor<f32[64, 64]>) -> f32 {
    %0 = arith.subf %v, %u : f32
    flex.yield %0 : f32
  }
  %s = flex.reduce sum [i < 64, j < 64] over [k < K] (%l = %a[i, k] : !flex.tensor<f32[64, K]>, %r = %b[k, j] : !flex.tensor<f32[K, 64]>) -> f32 {
    %0 = arith.addf %l, %r : f32
    flex.yield %0 : f32
  }
  %z = flex.map [i < 64] (%v = %s[i, i] : !flex.tensor<f32[64, 64]>) -> f32 { flex.yield %v : f32 }
  %r = flex.reduce sum [i < 64, j < 64] over [k < K] (%l = %a[i, k] : !flex.tensor<f32[64, K]>, %r = %b[k, j] : !flex.tensor<f32[K, 64]>) -> f32 {
    %0 = arith.subf %l, %r : f32
    flex.yield %0 : f32
  }
  %x = flex.map [j < 64, i < 64] (%v = %r[i, j] : !flex.tensor<f32[64, 64]>) -> f32 { flex.yield %v : f32 }
  flex.return %y, %z, %r, %x : !flex.tensor<f32[64, 64]>, !flex.tensor<f32[64]>, !flex.tensor<f32[64, 64]>, !flex.tensor<f32[64, 64]>
}

// A reduction of what is made row by row stays in that launch.
// CHECK-LABEL: flex.kernel @rows(
// CHECK: flex.reduce sum [b < B, i < 64] over [j < N]
// GROUPS-LABEL: flex.kernel @rows(
// GROUPS-COUNT-2: flex.group
flex.kernel @rows(%x: !flex.tensor<f32[B, 64, N]>) -> (!flex.tensor<f32[B, 64, N]>, !flex.tensor<f32[64, B]>) {
  %e = flex.map [b < B, i < 64, j < N] (%a = %x[b, i, j] : !flex.tensor<f32[B, 64, N]>) -> f32 {
    %0 = math.exp %a : f32
    flex.yield %0 : f32
  }
  %s = flex.reduce sum [b < B, i < 64] over [j < N] (%a = %e[b, i, j] : !flex.tensor<f32[B, 64, N]>) -> f32 { flex.yield %a : f32 }
  %y = flex.map [i < 64, b < B] (%a = %s[b, i] : !flex.tensor<f32[B, 64]>) -> f32 {
    %0 = math.log %a : f32
    flex.yield %0 : f32
  }
  flex.return %e, %y : !flex.tensor<f32[B, 64, N]>, !flex.tensor<f32[64, B]>
}
