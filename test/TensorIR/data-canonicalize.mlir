// Canonical forms of loads, scans and scatters.
// RUN: flex-opt %s -canonicalize -split-input-file | FileCheck %s

// A load whose place is known is an ordinary read; the operand is no longer taken whole.
// CHECK-LABEL: flex.kernel @load
// CHECK-NEXT: flex.map [i < N] (%[[A:.*]] = %{{.*}}[i - 1, N - 1] clamp : !flex.tensor<f32[N, N]>) -> f32 {
// CHECK-NEXT: flex.yield %[[A]]
flex.kernel @load(%x: !flex.tensor<f32[N, N]>) -> !flex.tensor<f32[N]> {
  %y = flex.map [i < N] (%t = %x whole : !flex.tensor<f32[N, N]>) -> f32 {
    %i = flex.index "i" : i64
    %one = arith.constant 1 : i64
    %n = flex.dim "N" : i64
    %j = arith.subi %i, %one : i64
    %v = flex.load %t["$0", "$1 - 1"] clamp (%j, %n) : !flex.tensor<f32[N, N]>
    flex.yield %v : f32
  }
  flex.return %y : !flex.tensor<f32[N]>
}

// -----

// Of equal index values one is left, and what is data stays a load.
// CHECK-LABEL: flex.kernel @equal
// CHECK: flex.load %{{.*}}["2*$0", i] wrap (%[[I:.*]]) :
flex.kernel @equal(%x: !flex.tensor<f32[N, N]>, %p: !flex.tensor<i64[N]>) -> !flex.tensor<f32[N]> {
  %y = flex.map [i < N] (%t = %x whole : !flex.tensor<f32[N, N]>, %a = %p[i] : !flex.tensor<i64[N]>) -> f32 {
    %i = flex.index "i" : i64
    %v = flex.load %t["$0 + $2", "$1"] wrap (%a, %i, %a) : !flex.tensor<f32[N, N]>
    flex.yield %v : f32
  }
  flex.return %y : !flex.tensor<f32[N]>
}

// -----

// A place whose offset 64 bits do not hold stays data (found by scripts/fuzz-kernels).
// CHECK-LABEL: flex.kernel @far
// CHECK: flex.load %{{.*}}["$0", "$1"] clamp (
flex.kernel @far(%x: !flex.tensor<f32[4, 15]>) -> !flex.tensor<f32[3]> {
  %y = flex.map [i < 3] (%t = %x whole : !flex.tensor<f32[4, 15]>) -> f32 {
    %far = arith.constant 9223372036854775807 : i64
    %one = arith.constant 1 : i64
    %v = flex.load %t["$0", "$1"] clamp (%far, %one) : !flex.tensor<f32[4, 15]>
    flex.yield %v : f32
  }
  flex.return %y : !flex.tensor<f32[3]>
}

// -----

// A dimension that an index hides stays a value.
// CHECK-LABEL: flex.kernel @hidden
// CHECK: flex.load %{{.*}}["$0", N] wrap (
flex.kernel @hidden(%x: !flex.tensor<f32[N, M]>) -> !flex.tensor<f32[M]> {
  %y = flex.map [N < M] (%t = %x whole : !flex.tensor<f32[N, M]>) -> f32 {
    %n = flex.dim "N" : i64
    %v = flex.load %t["$0", N] wrap (%n) : !flex.tensor<f32[N, M]>
    flex.yield %v : f32
  }
  flex.return %y : !flex.tensor<f32[M]>
}

// -----

// What a fold reads at its own index stays a load.
// CHECK-LABEL: flex.kernel @fold
// CHECK: flex.load %{{.*}}[i, r] clamp :
flex.kernel @fold(%x: !flex.tensor<f32[N, N]>) -> !flex.tensor<f32[N]> {
  %y = flex.map [i < N] (%t = %x whole : !flex.tensor<f32[N, N]>) -> f32 {
    %f = flex.fold max [r < N] -> f32 {
      %r = flex.index "r" : i64
      %v = flex.load %t[i, "$0"] clamp (%r) : !flex.tensor<f32[N, N]>
      flex.yield %v : f32
    }
    flex.yield %f : f32
  }
  flex.return %y : !flex.tensor<f32[N]>
}

// -----

// An index that nothing couples is parallel; one that is read elsewhere stays.
// CHECK-LABEL: flex.kernel @promote
// CHECK: flex.scan [b < B] over [t < T] each [s < S] at [t, b, s] (
flex.kernel @promote(%x: !flex.tensor<f32[T, B, S]>) -> !flex.tensor<f32[T, B, S]> {
  %y = flex.scan [] over [t < T] each [s < S, b < B] at [t, b, s] (%a = %x[t, b, s] : !flex.tensor<f32[T, B, S]>) self %v -> f32 {
    %p = flex.load %v[t - 1, b, s + 1] fill(0.0 : f32) : !flex.tensor<f32[T, B, S]>
    %0 = arith.addf %p, %a : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[T, B, S]>
}

// -----

// The base of a scatter is used even if nothing reads it.
// CHECK-LABEL: flex.kernel @base
// CHECK: flex.scatter set [] over [k < K] at [k + 1] (%{{.*}} = %{{.*}} whole : !flex.tensor<f32[N]>, %{{.*}} = %{{.*}}[k] : !flex.tensor<f32[K]>) {
flex.kernel @base(%x: !flex.tensor<f32[N]>, %v: !flex.tensor<f32[K]>) -> !flex.tensor<f32[N]> {
  %y = flex.scatter set [] over [k < K] at [k + 1] (%b = %x whole : !flex.tensor<f32[N]>, %a = %v[k] : !flex.tensor<f32[K]>,
      %u = %v[k] : !flex.tensor<f32[K]>) {
    flex.yield %a : f32
  }
  flex.return %y : !flex.tensor<f32[N]>
}
