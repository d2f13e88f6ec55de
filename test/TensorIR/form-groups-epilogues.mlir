// Maps around scans, scatters and sorts: what is computed where an element is made, or copied.
// RUN: flex-opt %s --pass-pipeline="builtin.module(flex.kernel(flex-form-groups))" | FileCheck %s

// The sum itself stays in a register: nobody else reads it. The map's indices get the scan's names, in its own order.
// CHECK-LABEL: flex.kernel @running_mean(
// CHECK: flex.group "running_mean_0" outer ["j"] -> !flex.tensor<f32[M, N]> {
// CHECK: %[[C:.*]] = flex.scan [j < N] over [i < M] at [i, j]
// CHECK: %[[Y:.*]] = flex.map [i < M, j < N] (%{{.*}} = %[[C]][i, j]
// CHECK-SAME: %{{.*}}[j]
// CHECK: flex.yield %[[Y]]
// CHECK-NOT: flex.group
flex.kernel @running_mean(%x: !flex.tensor<f32[M, N]>, %g: !flex.tensor<f32[N]>) -> !flex.tensor<f32[M, N]> {
  %c = flex.scan [j < N] over [i < M] at [i, j] (%a = %x[i, j] : !flex.tensor<f32[M, N]>) self %s -> f32 {
    %p = flex.load %s[i - 1, j] fill(0.0 : f32) : !flex.tensor<f32[M, N]>
    %0 = arith.addf %p, %a : f32
    flex.yield %0 : f32
  }
  %y = flex.map [p < M, q < N] (%a = %c[p, q] : !flex.tensor<f32[M, N]>, %b = %g[q] : !flex.tensor<f32[N]>) -> f32 {
    %0 = arith.mulf %a, %b : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[M, N]>
}

// What a scan reads two steps back is in memory: it leaves the group although only the map reads it.
// CHECK-LABEL: flex.kernel @fibonacci(
// CHECK: flex.group "fibonacci_0" outer [] -> !flex.tensor<f32[N]>, !flex.tensor<f32[N]> {
// CHECK: %[[C:.*]] = flex.scan
// CHECK: %[[Y:.*]] = flex.map
// CHECK: flex.yield %[[C]], %[[Y]]
flex.kernel @fibonacci(%x: !flex.tensor<f32[N]>) -> !flex.tensor<f32[N]> {
  %c = flex.scan [] over [i < N] at [i] (%a = %x[i] : !flex.tensor<f32[N]>) self %s -> f32 {
    %p = flex.load %s[i - 1] fill(0.0 : f32) : !flex.tensor<f32[N]>
    %q = flex.load %s[i - 2] fill(0.0 : f32) : !flex.tensor<f32[N]>
    %0 = arith.addf %p, %q : f32
    %1 = arith.addf %0, %a : f32
    flex.yield %1 : f32
  }
  %y = flex.map [i < N] (%a = %c[i] : !flex.tensor<f32[N]>) -> f32 {
    %0 = arith.addf %a, %a : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[N]>
}

// A sort's values are gathered as their order is known; the turned copy, too.
// CHECK-LABEL: flex.kernel @sorted(
// CHECK: flex.group "sorted_0" outer ["i"] -> !flex.tensor<f32[M, N]>, !flex.tensor<i64[N, M]> {
// CHECK: %[[P:.*]] = flex.argsort ascending [i < M] over [j < N]
// CHECK: flex.map [i < M, j < N]
// CHECK: flex.map [j < N, i < M] (%{{.*}} = %[[P]][i, j]
// CHECK-NOT: flex.group
flex.kernel @sorted(%x: !flex.tensor<f32[M, N]>) -> (!flex.tensor<f32[M, N]>, !flex.tensor<i64[N, M]>) {
  %p = flex.argsort ascending [i < M] over [j < N] at [i, j] count "N" (%a = %x[i, j] : !flex.tensor<f32[M, N]>) -> i64 { flex.yield %a : f32 }
  %y = flex.map [a < M, b < N] (%t = %x whole : !flex.tensor<f32[M, N]>, %i = %p[a, b] : !flex.tensor<i64[M, N]>) -> f32 {
    %v = flex.load %t[a, "$0"] clamp (%i) : !flex.tensor<f32[M, N]>
    flex.yield %v : f32
  }
  %z = flex.map [i < N, j < M] (%i = %p[j, i] : !flex.tensor<i64[M, N]>) -> i64 { flex.yield %i : i64 }
  flex.return %y, %z : !flex.tensor<f32[M, N]>, !flex.tensor<i64[N, M]>
}

// Neither what is expensive, nor what reads other elements, nor a part of them.
// CHECK-LABEL: flex.kernel @apart(
// CHECK: flex.group "apart_0" outer [] -> !flex.tensor<f32[N]> {
// CHECK: flex.group "apart_1" outer ["i"]
// CHECK: math.exp
// CHECK: [i - 1] clamp
// CHECK: flex.group "apart_2" outer ["i"]
// CHECK: flex.map [i < 2]
flex.kernel @apart(%x: !flex.tensor<f32[N]>) -> (!flex.tensor<f32[N]>, !flex.tensor<f32[N]>, !flex.tensor<f32[2]>) attributes {constraints = ["N >= 2"]} {
  %c = flex.scan [] over [i < N] at [i] (%a = %x[i] : !flex.tensor<f32[N]>) self %s -> f32 {
    %p = flex.load %s[i - 1] fill(0.0 : f32) : !flex.tensor<f32[N]>
    %0 = arith.addf %p, %a : f32
    flex.yield %0 : f32
  }
  %u = flex.map [i < N] (%a = %c[i] : !flex.tensor<f32[N]>) -> f32 {
    %0 = math.exp %a : f32
    flex.yield %0 : f32
  }
  %v = flex.map [i < N] (%a = %c[i - 1] clamp : !flex.tensor<f32[N]>, %b = %x[N - 1 - i] : !flex.tensor<f32[N]>) -> f32 {
    %0 = arith.addf %a, %b : f32
    flex.yield %0 : f32
  }
  %w = flex.map [i < 2] (%a = %c[i] : !flex.tensor<f32[N]>) -> f32 { flex.yield %a : f32 }
  flex.return %u, %v, %w : !flex.tensor<f32[N]>, !flex.tensor<f32[N]>, !flex.tensor<f32[2]>
}

// The zeros that a scatter starts from are no tensor in memory. Its own index d keeps its name.
// CHECK-LABEL: flex.kernel @histogram(
// CHECK: flex.group "histogram_0" outer ["d"] -> !flex.tensor<f32[S, D]> {
// CHECK: %[[Z:.*]] = flex.map [k_base < S, d < D] (%{{.*}} = %{{.*}}[d]
// CHECK: flex.scatter sum [d < D] over [k < K] at ["$0", d] (%{{.*}} = %[[Z]] whole
// CHECK-NOT: flex.group
flex.kernel @histogram(%v: !flex.tensor<f32[K, D]>, %ids: !flex.tensor<i64[K]>, %b: !flex.tensor<f32[D]>, %t: !flex.tensor<f32[S]>) -> !flex.tensor<f32[S, D]> {
  %z = flex.map [k < S, q < D] (%a = %b[q] : !flex.tensor<f32[D]>) -> f32 {
    %0 = arith.addf %a, %a : f32
    flex.yield %0 : f32
  }
  %r = flex.scatter sum [d < D] over [k < K] at ["$0", d] (%base = %z whole : !flex.tensor<f32[S, D]>,
      %a = %v[k, d] : !flex.tensor<f32[K, D]>, %i = %ids[k] : !flex.tensor<i64[K]>) {
    flex.yield %a, %i : f32, i64
  }
  flex.return %r : !flex.tensor<f32[S, D]>
}

// A scatter that reads its base, and a base that others read: both need it in memory.
// CHECK-LABEL: flex.kernel @base_in_memory(
// CHECK: flex.group "base_in_memory_0" outer ["s"]
// CHECK: flex.group "base_in_memory_1" outer []
// CHECK: flex.scatter
// CHECK: flex.group "base_in_memory_2" outer []
// CHECK: flex.scatter
flex.kernel @base_in_memory(%v: !flex.tensor<f32[K]>, %ids: !flex.tensor<i64[K]>, %t: !flex.tensor<f32[S]>) -> (!flex.tensor<f32[S]>, !flex.tensor<f32[S]>) {
  %z = flex.map [s < S] (%a = %t[s] : !flex.tensor<f32[S]>) -> f32 {
    %0 = arith.addf %a, %a : f32
    flex.yield %0 : f32
  }
  %p = flex.scatter sum [] over [k < K] at ["$0"] (%base = %z whole : !flex.tensor<f32[S]>, %a = %v[k] : !flex.tensor<f32[K]>, %i = %ids[k] : !flex.tensor<i64[K]>) {
    flex.yield %a, %i : f32, i64
  }
  %q = flex.scatter max [] over [k < K] at ["$0"] (%base = %z whole : !flex.tensor<f32[S]>, %a = %v[k] : !flex.tensor<f32[K]>, %i = %ids[k] : !flex.tensor<i64[K]>) {
    flex.yield %a, %i : f32, i64
  }
  flex.return %p, %q : !flex.tensor<f32[S]>, !flex.tensor<f32[S]>
}
