// RUN: flex-opt %s -flex-require-dims -split-input-file | FileCheck %s

// An image of no rows may be clamped: there is nothing to read. The index that runs below H says so itself.
// CHECK-LABEL: flex.kernel @blur
// CHECK-NOT: constraints
flex.kernel @blur(%x: !flex.tensor<f32[H, W]>) -> !flex.tensor<f32[H, W]> {
  %y = flex.map [i < H, j < W] (%a = %x[i - 1, j] clamp : !flex.tensor<f32[H, W]>) -> f32 {
    flex.yield %a : f32
  }
  flex.return %y : !flex.tensor<f32[H, W]>
}

// -----

// CHECK-LABEL: flex.kernel @resize
// CHECK-SAME: constraints = ["min(1, M*N) <= H"]
flex.kernel @resize(%x: !flex.tensor<f32[H]>, %s: !flex.tensor<f32[M, N]>) -> !flex.tensor<f32[M, N]> {
  %y = flex.map [i < M, j < N] (%a = %x[i] wrap : !flex.tensor<f32[H]>, %b = %s[i, j] : !flex.tensor<f32[M, N]>) -> f32 {
    %0 = arith.addf %a, %b : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[M, N]>
}

// -----

// What a fill reads does not exist; what the kernel requires already is not said twice.
// CHECK-LABEL: flex.kernel @known
// CHECK-SAME: constraints = ["1 <= H", "M <= 9"]
flex.kernel @known(%x: !flex.tensor<f32[H]>, %s: !flex.tensor<f32[M]>) -> !flex.tensor<f32[4]>
    attributes {constraints = ["1 <= H", "M <= 9"]} {
  %y = flex.map [i < 4] (%a = %x[i] mirror : !flex.tensor<f32[H]>,
                         %b = %s[i] fill(0.0 : f32) : !flex.tensor<f32[M]>) -> f32 {
    %0 = arith.addf %a, %b : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[4]>
}

// -----

// Divisors: of an index, only where there is a point; of an extent or a number, always.
// CHECK-LABEL: flex.kernel @divisors
// CHECK-SAME: constraints = ["1 <= M", "1 <= K", "min(1, K) <= N - K + 1", "min(1, K) <= floordiv(N, M)"]
flex.kernel @divisors(%x: !flex.tensor<i64[K, M, N]>) -> !flex.tensor<i64[floordiv(N, M)]> {
  %y = flex.map [i < floordiv(N, M)] () -> i64 {
    %0 = flex.index "i" : i64
    flex.yield %0 : i64
  }
  %z = flex.map [k < K] (%a = %y[floordiv(k, N - k)] clamp : !flex.tensor<i64[floordiv(N, M)]>) -> i64 {
    %0 = flex.dim "ceildiv(N, K)" : i64
    %1 = arith.addi %a, %0 : i64
    flex.yield %1 : i64
  }
  flex.return %y : !flex.tensor<i64[floordiv(N, M)]>
}

// -----

// CHECK-LABEL: flex.kernel @no_points
// CHECK-NOT: constraints
flex.kernel @no_points(%x: !flex.tensor<f32[0, N]>) -> !flex.tensor<f32[0, N]> {
  %y = flex.map [i < 0, j < N] (%a = %x[i, j] clamp : !flex.tensor<f32[0, N]>) -> f32 {
    flex.yield %a : f32
  }
  flex.return %y : !flex.tensor<f32[0, N]>
}

// -----

// A gather moves its row into the table's: it must have one.
// CHECK-LABEL: flex.kernel @gather
// CHECK-SAME: constraints = ["min(1, D*T) <= V"]
flex.kernel @gather(%table: !flex.tensor<f16[V, D]>, %ids: !flex.tensor<i64[T]>) -> !flex.tensor<f16[T, D]> {
  %y = flex.map [t < T, d < D] (%t = %table whole : !flex.tensor<f16[V, D]>, %i = %ids[t] : !flex.tensor<i64[T]>) -> f16 {
    %v = flex.load %t["$0", d] clamp (%i) : !flex.tensor<f16[V, D]>
    flex.yield %v : f16
  }
  flex.return %y : !flex.tensor<f16[T, D]>
}

// -----

// A position needs a range wherever there is a result; a sort gives no more positions than there are.
// CHECK-LABEL: flex.kernel @positions
// CHECK-SAME: constraints = ["min(1, M) <= N", "3 <= N", "min(1, M) <= K"]
flex.kernel @positions(%x: !flex.tensor<f32[M, N]>, %z: !flex.tensor<f32[K]>) -> (!flex.tensor<i64[M]>, !flex.tensor<i64[M, 3]>, !flex.tensor<i64[M]>) {
  %y = flex.reduce argmax [i < M] over [j < N] (%a = %x[i, j] : !flex.tensor<f32[M, N]>) -> i64 { flex.yield %a : f32 }
  %p = flex.argsort ascending [i < M] over [j < N] at [i, j] count 3 (%a = %x[i, j] : !flex.tensor<f32[M, N]>) -> i64 {
    flex.yield %a : f32
  }
  %f = flex.map [i < M] () -> i64 {
    %0 = flex.fold argmin [k < K] -> i64 {
      %k = flex.index "k" : i64
      flex.yield %k : i64
    }
    flex.yield %0 : i64
  }
  flex.return %y, %p, %f : !flex.tensor<i64[M]>, !flex.tensor<i64[M, 3]>, !flex.tensor<i64[M]>
}
