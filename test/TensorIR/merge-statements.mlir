// RUN: flex-opt %s -flex-merge-statements -split-input-file | FileCheck %s

// Names of indices and values do not matter, in folds and loads neither.
// CHECK-LABEL: flex.kernel @same
flex.kernel @same(%x: !flex.tensor<f32[M, N]>, %t: !flex.tensor<f32[V]>) -> (!flex.tensor<f32[M]>, !flex.tensor<f32[M]>) {
  // CHECK: %[[A:.*]] = flex.map [i < M]
  // CHECK-NOT: flex.map
  %a = flex.map [i < M] (%u = %x whole : !flex.tensor<f32[M, N]>) -> f32 {
    %m = flex.fold max [k < N] -> f32 {
      %p = flex.load %u[i, k + 1] fill(0.0 : f32) : !flex.tensor<f32[M, N]>
      flex.yield %p : f32
    }
    flex.yield %m : f32
  }
  %b = flex.map [row < M] (%w = %x whole : !flex.tensor<f32[M, N]>) -> f32 {
    %s = flex.fold max [c < N] -> f32 {
      %q = flex.load %w[row, c + 1] fill(0.0 : f32) : !flex.tensor<f32[M, N]>
      flex.yield %q : f32
    }
    flex.yield %s : f32
  }
  // CHECK: flex.return %[[A]], %[[A]]
  flex.return %a, %b : !flex.tensor<f32[M]>, !flex.tensor<f32[M]>
}

// -----

// What reads merged statements is merged, too.
// CHECK-LABEL: flex.kernel @chain
flex.kernel @chain(%x: !flex.tensor<f32[M, N]>) -> (!flex.tensor<f32[M, N]>, !flex.tensor<f32[M, N]>) {
  // CHECK: flex.reduce sum
  // CHECK: %[[Y:.*]] = flex.map
  // CHECK-NOT: flex.reduce
  // CHECK: flex.return %[[Y]], %[[Y]]
  %s = flex.reduce sum [i < M] over [j < N] (%a = %x[i, j] : !flex.tensor<f32[M, N]>) -> f32 {
    flex.yield %a : f32
  }
  %y = flex.map [i < M, j < N] (%a = %x[i, j] : !flex.tensor<f32[M, N]>, %b = %s[i] : !flex.tensor<f32[M]>) -> f32 {
    %0 = arith.divf %a, %b : f32
    flex.yield %0 : f32
  }
  %t = flex.reduce sum [p < M] over [q < N] (%a = %x[p, q] : !flex.tensor<f32[M, N]>) -> f32 {
    flex.yield %a : f32
  }
  %z = flex.map [p < M, q < N] (%a = %x[p, q] : !flex.tensor<f32[M, N]>, %b = %t[p] : !flex.tensor<f32[M]>) -> f32 {
    %0 = arith.divf %a, %b : f32
    flex.yield %0 : f32
  }
  flex.return %y, %z : !flex.tensor<f32[M, N]>, !flex.tensor<f32[M, N]>
}

// -----

// Other accesses, rules, combiners, operand orders or index values are other statements.
// CHECK-LABEL: flex.kernel @different
// CHECK-COUNT-5: flex.map
flex.kernel @different(%x: !flex.tensor<i64[N]>) -> !flex.tensor<i64[N]> {
  %a = flex.map [i < N] (%v = %x[i - 1] clamp : !flex.tensor<i64[N]>) -> i64 {
    flex.yield %v : i64
  }
  %b = flex.map [i < N] (%v = %x[i - 1] wrap : !flex.tensor<i64[N]>) -> i64 {
    flex.yield %v : i64
  }
  %c = flex.map [i < N] (%v = %a[i] : !flex.tensor<i64[N]>, %w = %b[i] : !flex.tensor<i64[N]>) -> i64 {
    %0 = arith.subi %v, %w : i64
    flex.yield %0 : i64
  }
  %d = flex.map [i < N] (%v = %a[i] : !flex.tensor<i64[N]>, %w = %b[i] : !flex.tensor<i64[N]>) -> i64 {
    %0 = arith.subi %w, %v : i64
    flex.yield %0 : i64
  }
  %e = flex.map [i < N] (%v = %c[i] : !flex.tensor<i64[N]>, %w = %d[i] : !flex.tensor<i64[N]>) -> i64 {
    %0 = arith.muli %w, %v : i64
    flex.yield %0 : i64
  }
  flex.return %e : !flex.tensor<i64[N]>
}
