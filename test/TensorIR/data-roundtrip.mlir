// Whole operands, loads, folds, scans, scatters, sorts and narrow types, in every form of the IR.
// RUN: flex-opt %s | flex-opt | FileCheck %s
// RUN: flex-opt %s -mlir-print-op-generic | flex-opt | FileCheck %s
// RUN: flex-opt %s -emit-bytecode | flex-opt | FileCheck %s

// CHECK-LABEL: flex.kernel @gather
flex.kernel @gather(%table: !flex.tensor<f16[V, D]>, %ids: !flex.tensor<i32[T]>) -> !flex.tensor<f16[T, D]> {
  // CHECK: flex.map [t < T, d < D] (%[[T:.*]] = %{{.*}} whole : !flex.tensor<f16[V, D]>, %[[I:.*]] = %{{.*}}[t] : !flex.tensor<i32[T]>) -> f16
  %y = flex.map [t < T, d < D] (%t = %table whole : !flex.tensor<f16[V, D]>, %i = %ids[t] : !flex.tensor<i32[T]>) -> f16 {
    // CHECK: %[[R:.*]] = arith.extsi
    %r = arith.extsi %i : i32 to i64
    // CHECK: %[[A:.*]] = flex.load %[[T]]["$0", d] clamp (%[[R]]) : !flex.tensor<f16[V, D]>
    %a = flex.load %t["$0", d] clamp (%r) : !flex.tensor<f16[V, D]>
    // CHECK: flex.load %[[T]]["2*$0 + $1 - 1", d + 1] fill(1.000000e+00 : f16) (%[[R]], %[[R]]) :
    %b = flex.load %t["$0 + $0 - 1 + $1", d + 1] fill(1.0 : f16) (%r, %r) : !flex.tensor<f16[V, D]>
    // CHECK: flex.load %[[T]][t, d] wrap : !flex.tensor<f16[V, D]>
    %c = flex.load %t[t, d] wrap : !flex.tensor<f16[V, D]>
    %0 = arith.addf %a, %b : f16
    %1 = arith.addf %0, %c : f16
    flex.yield %1 : f16
  }
  flex.return %y : !flex.tensor<f16[T, D]>
}

// CHECK-LABEL: flex.kernel @cumsum
flex.kernel @cumsum(%x: !flex.tensor<f32[M, N]>) -> !flex.tensor<f32[M, N]> {
  // CHECK: flex.scan [j < N] over [i < M] at [i, j] (%[[A:.*]] = %{{.*}}[i, j] : !flex.tensor<f32[M, N]>) self %[[S:.*]] -> f32 {
  %y = flex.scan [j < N] over [i < M] at [i, j] (%a = %x[i, j] : !flex.tensor<f32[M, N]>) self %s -> f32 {
    // CHECK: flex.load %[[S]][i - 1, j] fill(0.000000e+00 : f32) : !flex.tensor<f32[M, N]>
    %p = flex.load %s[i - 1, j] fill(0.0 : f32) : !flex.tensor<f32[M, N]>
    %0 = arith.addf %p, %a : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[M, N]>
}

// CHECK-LABEL: flex.kernel @viterbi
flex.kernel @viterbi(%w: !flex.tensor<f32[S, S]>, %e: !flex.tensor<f32[T, S]>) -> !flex.tensor<f32[T, S]> {
  // CHECK: flex.scan [] over [t < T] each [s < S] at [t, s] (
  %y = flex.scan [] over [t < T] each [s < S] at [t, s] (%b = %w whole : !flex.tensor<f32[S, S]>,
      %a = %e[t, s] : !flex.tensor<f32[T, S]>) self %v -> f32 {
    // CHECK: flex.fold max [r < S] -> f32 {
    %m = flex.fold max [r < S] -> f32 {
      // CHECK: flex.load %{{.*}}[t - 1, r] fill(
      %p = flex.load %v[t - 1, r] fill(0.0 : f32) : !flex.tensor<f32[T, S]>
      %q = flex.load %b[r, s] clamp : !flex.tensor<f32[S, S]>
      %0 = arith.addf %p, %q : f32
      flex.yield %0 : f32
    }
    // CHECK: flex.fold uargmax [r < S, q < 3] -> i64 {
    %n = flex.fold uargmax [r < S, q < 3] -> i64 {
      %q = flex.index "q" : i64
      flex.yield %q : i64
    }
    %c = arith.sitofp %n : i64 to f32
    %1 = arith.addf %m, %a : f32
    %2 = arith.addf %1, %c : f32
    flex.yield %2 : f32
  }
  flex.return %y : !flex.tensor<f32[T, S]>
}

// CHECK-LABEL: flex.kernel @scatter
flex.kernel @scatter(%base: !flex.tensor<f32[N, D]>, %values: !flex.tensor<f32[K, D]>, %ids: !flex.tensor<i64[K]>) -> !flex.tensor<f32[N, D]> {
  // CHECK: flex.scatter sum [d < D] over [k < K] at ["$0", d] (%{{.*}} = %{{.*}} whole : !flex.tensor<f32[N, D]>, %[[V:.*]] = %{{.*}}[k, d] : {{.*}}, %[[I:.*]] = %{{.*}}[k] : !flex.tensor<i64[K]>) {
  %r = flex.scatter sum [d < D] over [k < K] at ["$0", d] (%b = %base whole : !flex.tensor<f32[N, D]>,
      %v = %values[k, d] : !flex.tensor<f32[K, D]>, %i = %ids[k] : !flex.tensor<i64[K]>) {
    // CHECK-NEXT: flex.yield %[[V]], %[[I]] : f32, i64
    flex.yield %v, %i : f32, i64
  }
  flex.return %r : !flex.tensor<f32[N, D]>
}

// CHECK-LABEL: flex.kernel @sort
flex.kernel @sort(%x: !flex.tensor<ui8[M, N]>) -> (!flex.tensor<i64[M, 3]>, !flex.tensor<i64[N]>, !flex.tensor<i64[]>) attributes {constraints = ["3 <= N"]} {
  // CHECK: flex.argsort unsigned descending [i < M] over [j < N] at [i, j] count 3 (%{{.*}} = %{{.*}}[i, j] : !flex.tensor<ui8[M, N]>) -> i64 {
  %p = flex.argsort unsigned descending [i < M] over [j < N] at [i, j] count 3 (%a = %x[i, j] : !flex.tensor<ui8[M, N]>) -> i64 {
    flex.yield %a : i8
  }
  // CHECK: flex.argsort ascending [] over [j < N] at [j] count N () -> i64 {
  %q = flex.argsort ascending [] over [j < N] at [j] count N () -> i64 {
    %j = flex.index "j" : i64
    flex.yield %j : i64
  }
  // CHECK: flex.reduce argmin [] over [i < M, j < N] (
  %m = flex.reduce argmin [] over [i < M, j < N] (%a = %x[i, j] : !flex.tensor<ui8[M, N]>) -> i64 {
    flex.yield %a : i8
  }
  flex.return %p, %q, %m : !flex.tensor<i64[M, 3]>, !flex.tensor<i64[N]>, !flex.tensor<i64[]>
}

// CHECK-LABEL: flex.kernel @narrow
// CHECK-SAME: arg_defaults = [unit, unit, 9.99999974E-6 : f32]
// CHECK-SAME: numerics = "strict"
// CHECK-SAME: result_aliases = array<i64: 0>
// CHECK-SAME: schedules = [{lanes = 8 : i64, target = "cpu"}]
flex.kernel @narrow(%x: !flex.tensor<f8E4M3FN[N]>, %y: !flex.tensor<ui4[N]>, %e: !flex.tensor<f32[]>) -> !flex.tensor<f8E4M3FN[N]>
    attributes {arg_defaults = [unit, unit, 0.00001 : f32], numerics = "strict", result_aliases = array<i64: 0>,
                schedules = [{target = "cpu", lanes = 8}]} {
  // CHECK: flex.constant dense<[1, -8]> : tensor<2xi4> : !flex.tensor<i4[2]>
  %c = flex.constant dense<[1, -8]> : tensor<2xi4> : !flex.tensor<i4[2]>
  // CHECK: !flex.tensor<ui4[N]>, {{.*}}) -> f8E4M3FN {
  %r = flex.map [i < N] (%a = %x[i] : !flex.tensor<f8E4M3FN[N]>, %b = %y[i] : !flex.tensor<ui4[N]>,
      %k = %c[i] clamp : !flex.tensor<i4[2]>) -> f8E4M3FN {
    %0 = arith.extf %a : f8E4M3FN to f32
    %1 = arith.uitofp %b : i4 to f32
    %2 = arith.sitofp %k : i4 to f32
    %3 = arith.mulf %0, %1 : f32
    %4 = arith.mulf %3, %2 : f32
    %5 = arith.truncf %4 : f32 to f8E4M3FN
    flex.yield %5 : f8E4M3FN
  }
  flex.return %r : !flex.tensor<f8E4M3FN[N]>
}
