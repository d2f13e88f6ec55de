// Binding, inlining, grouping and simplification with data-dependent places.
// RUN: flex-opt %s -split-input-file -flex-bind-dims="bindings=V=10,K=6" | FileCheck %s --check-prefix=BIND
// RUN: flex-opt %s -split-input-file -pass-pipeline='builtin.module(flex.kernel(canonicalize,flex-inline-maps))' | FileCheck %s --check-prefix=INLINE
// RUN: flex-opt %s -split-input-file -pass-pipeline='builtin.module(flex.kernel(flex-inline-maps,flex-form-groups))' | FileCheck %s --check-prefix=GROUP

// A map into the index of a gather; a gather into the reduction that reads it once.
// INLINE-LABEL: flex.kernel @gather
// INLINE-NEXT: flex.reduce sum [k < V] over [d < D] (
// INLINE-SAME: %[[T:.*]] = %{{.*}} whole : !flex.tensor<f32[V, D]>
// INLINE: flex.load %[[T]]["$0", d] clamp (
// INLINE-NOT: flex.map
// BIND-LABEL: flex.kernel @gather
// BIND: flex.map [t < 10, d < D] (%{{.*}} = %{{.*}} whole : !flex.tensor<f32[10, D]>
// GROUP-LABEL: flex.kernel @gather
// GROUP: flex.group "gather_0" outer ["k"]
flex.kernel @gather(%table: !flex.tensor<f32[V, D]>, %ids: !flex.tensor<i64[V]>) -> !flex.tensor<f32[V]> {
  %n = flex.map [i < V] (%a = %ids[i] : !flex.tensor<i64[V]>) -> i64 {
    %one = arith.constant 1 : i64
    %0 = arith.addi %a, %one : i64
    flex.yield %0 : i64
  }
  %g = flex.map [t < V, d < D] (%t = %table whole : !flex.tensor<f32[V, D]>, %i = %n[t] : !flex.tensor<i64[V]>) -> f32 {
    %v = flex.load %t["$0", d] clamp (%i) : !flex.tensor<f32[V, D]>
    flex.yield %v : f32
  }
  %s = flex.reduce sum [k < V] over [d < D] (%a = %g[k, d] : !flex.tensor<f32[V, D]>) -> f32 { flex.yield %a : f32 }
  flex.return %s : !flex.tensor<f32[V]>
}

// -----

// What is taken whole is computed before, in a group of its own.
// INLINE-LABEL: flex.kernel @whole
// INLINE: flex.map [v < V]
// INLINE: flex.map [t < T]
// GROUP-LABEL: flex.kernel @whole
// GROUP-COUNT-2: flex.group
flex.kernel @whole(%table: !flex.tensor<f32[V]>, %ids: !flex.tensor<i64[T]>) -> !flex.tensor<f32[T]> {
  %n = flex.map [v < V] (%a = %table[v] : !flex.tensor<f32[V]>) -> f32 {
    %0 = arith.negf %a : f32
    flex.yield %0 : f32
  }
  %g = flex.map [t < T] (%t = %n whole : !flex.tensor<f32[V]>, %i = %ids[t] : !flex.tensor<i64[T]>) -> f32 {
    %v = flex.load %t["$0"] wrap (%i) : !flex.tensor<f32[V]>
    flex.yield %v : f32
  }
  flex.return %g : !flex.tensor<f32[T]>
}

// -----

// A fold's index steps aside when its map moves under an index of the same name.
// INLINE-LABEL: flex.kernel @capture
// INLINE: flex.map [r < V]
// INLINE: flex.fold sum [r_fold < K] -> f32 {
// INLINE-NEXT: flex.load %{{.*}}[r, r_fold] clamp
// BIND-LABEL: flex.kernel @capture
// BIND: flex.fold sum [r < 6] -> f32 {
// BIND: flex.load %{{.*}}[i, r] clamp : !flex.tensor<f32[10, 6]>
flex.kernel @capture(%x: !flex.tensor<f32[V, K]>) -> !flex.tensor<f32[V]> {
  %m = flex.map [i < V] (%t = %x whole : !flex.tensor<f32[V, K]>) -> f32 {
    %f = flex.fold sum [r < K] -> f32 {
      %a = flex.load %t[i, r] clamp : !flex.tensor<f32[V, K]>
      flex.yield %a : f32
    }
    flex.yield %f : f32
  }
  %y = flex.map [r < V] (%a = %m[r] : !flex.tensor<f32[V]>) -> f32 {
    %0 = math.exp %a : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[V]>
}

// -----

// Scans, scatters and sorts take maps in but stand alone; their outer indices are the parallel ones.
// INLINE-LABEL: flex.kernel @alone
// INLINE-NEXT: flex.scan
// INLINE-NEXT: arith.negf
// INLINE-NEXT: flex.load
// BIND-LABEL: flex.kernel @alone
// BIND: flex.scan [j < 6] over [i < 10] at [i, j]
// BIND: flex.scatter sum [j < 6] over [i < 10] at ["$0", j]
// BIND: flex.argsort ascending [j < 6] over [i < 10] at [j, i] count 10
// GROUP-LABEL: flex.kernel @alone
// GROUP: flex.group "alone_0" outer ["j"]
// GROUP: flex.scan
// GROUP: flex.group "alone_1" outer ["j"]
// GROUP: flex.scatter
// GROUP: flex.group "alone_2" outer ["j"]
// GROUP: flex.argsort
flex.kernel @alone(%x: !flex.tensor<f32[V, K]>, %i: !flex.tensor<i64[V]>) -> (!flex.tensor<f32[V, K]>, !flex.tensor<i64[K, V]>) {
  %n = flex.map [a < V, b < K] (%a = %x[a, b] : !flex.tensor<f32[V, K]>) -> f32 {
    %0 = arith.negf %a : f32
    flex.yield %0 : f32
  }
  %c = flex.scan [j < K] over [i < V] at [i, j] (%a = %n[i, j] : !flex.tensor<f32[V, K]>) self %s -> f32 {
    %p = flex.load %s[i - 1, j] fill(0.0 : f32) : !flex.tensor<f32[V, K]>
    %0 = arith.addf %p, %a : f32
    flex.yield %0 : f32
  }
  %r = flex.scatter sum [j < K] over [i < V] at ["$0", j] (%b = %c whole : !flex.tensor<f32[V, K]>,
      %a = %c[i, j] : !flex.tensor<f32[V, K]>, %k = %i[i] : !flex.tensor<i64[V]>) {
    flex.yield %a, %k : f32, i64
  }
  %p = flex.argsort ascending [j < K] over [i < V] at [j, i] count V (%a = %r[i, j] : !flex.tensor<f32[V, K]>) -> i64 {
    flex.yield %a : f32
  }
  flex.return %r, %p : !flex.tensor<f32[V, K]>, !flex.tensor<i64[K, V]>
}

// -----

// Positions share a launch as other reductions do, and what is read at them.
// GROUP-LABEL: flex.kernel @best
// GROUP: flex.group "best_0" outer ["i"] -> !flex.tensor<i64[M]>, !flex.tensor<f32[M]> {
// GROUP: flex.reduce argmax [i < M] over [j < N]
// GROUP: flex.reduce max [i < M] over [j < N]
// GROUP: flex.load
// GROUP-NOT: flex.group
flex.kernel @best(%x: !flex.tensor<f32[M, N]>) -> (!flex.tensor<f32[M]>, !flex.tensor<i64[M]>) {
  %p = flex.reduce argmax [i < M] over [j < N] (%a = %x[i, j] : !flex.tensor<f32[M, N]>) -> i64 { flex.yield %a : f32 }
  %m = flex.reduce max [i < M] over [j < N] (%a = %x[i, j] : !flex.tensor<f32[M, N]>) -> f32 { flex.yield %a : f32 }
  %v = flex.map [r < M] (%t = %x whole : !flex.tensor<f32[M, N]>, %q = %p[r] : !flex.tensor<i64[M]>, %b = %m[r] : !flex.tensor<f32[M]>) -> f32 {
    %a = flex.load %t[r, "$0"] clamp (%q) : !flex.tensor<f32[M, N]>
    %0 = arith.subf %a, %b : f32
    flex.yield %0 : f32
  }
  flex.return %v, %p : !flex.tensor<f32[M]>, !flex.tensor<i64[M]>
}
