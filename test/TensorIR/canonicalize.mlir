// RUN: flex-opt %s -canonicalize -split-input-file | FileCheck %s

// A map that copies its operand in place is that operand.
// CHECK-LABEL: flex.kernel @copy(
// CHECK-SAME: %[[X:.*]]: !flex.tensor<f32[N]>)
// CHECK-NEXT: flex.return %[[X]]
flex.kernel @copy(%x: !flex.tensor<f32[N]>) -> !flex.tensor<f32[N]> {
  %y = flex.map [i < N] (%a = %x[i] : !flex.tensor<f32[N]>) -> f32 { flex.yield %a : f32 }
  flex.return %y : !flex.tensor<f32[N]>
}

// -----

// A transposed, shifted or repeated read is no copy.
// CHECK-LABEL: flex.kernel @no_copy
// CHECK-COUNT-3: flex.map
flex.kernel @no_copy(%x: !flex.tensor<f32[N, N]>) -> (!flex.tensor<f32[N, N]>, !flex.tensor<f32[N, N]>, !flex.tensor<f32[N, N]>) {
  %t = flex.map [i < N, j < N] (%a = %x[j, i] : !flex.tensor<f32[N, N]>) -> f32 { flex.yield %a : f32 }
  %s = flex.map [i < N, j < N] (%a = %x[i + 1, j] clamp : !flex.tensor<f32[N, N]>) -> f32 { flex.yield %a : f32 }
  %d = flex.map [i < N, j < N] (%a = %x[i, i] : !flex.tensor<f32[N, N]>) -> f32 { flex.yield %a : f32 }
  flex.return %t, %s, %d : !flex.tensor<f32[N, N]>, !flex.tensor<f32[N, N]>, !flex.tensor<f32[N, N]>
}

// -----

// Reads whose value nobody uses go; the same place is read once.
// CHECK-LABEL: flex.kernel @reads
// CHECK: flex.map [i < N] (%[[A:.*]] = %{{.*}}[i] : !flex.tensor<f32[N]>) -> f32
// CHECK-NEXT: arith.mulf %[[A]], %[[A]]
flex.kernel @reads(%x: !flex.tensor<f32[N]>, %u: !flex.tensor<f32[N]>) -> !flex.tensor<f32[N]> {
  %y = flex.map [i < N] (%a = %x[i] : !flex.tensor<f32[N]>, %n = %u[i] : !flex.tensor<f32[N]>,
      %b = %x[i] : !flex.tensor<f32[N]>) -> f32 {
    %0 = arith.mulf %a, %b : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[N]>
}

// -----

// The same place under another boundary rule is another read.
// CHECK-LABEL: flex.kernel @boundaries
// CHECK: [i - 1] clamp
// CHECK-SAME: [i - 1] wrap
flex.kernel @boundaries(%x: !flex.tensor<f32[N]>) -> !flex.tensor<f32[N]> {
  %y = flex.map [i < N] (%a = %x[i - 1] clamp : !flex.tensor<f32[N]>, %b = %x[i - 1] wrap : !flex.tensor<f32[N]>) -> f32 {
    %0 = arith.mulf %a, %b : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[N]>
}

// -----

// A reduction over no index is a map.
// CHECK-LABEL: flex.kernel @nothing
// CHECK-NOT: flex.reduce
// CHECK: flex.map [i < N]
// CHECK: math.exp
flex.kernel @nothing(%x: !flex.tensor<f32[N]>) -> !flex.tensor<f32[N]> {
  %y = flex.reduce sum [i < N] over [] (%a = %x[i] : !flex.tensor<f32[N]>) -> f32 {
    %0 = math.exp %a : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[N]>
}

// -----

// A known dimension folds, and its constant stays in the body that uses it.
// CHECK-LABEL: flex.kernel @dim
// CHECK-NEXT: flex.map
// CHECK-NEXT: arith.constant 12 : i64
// CHECK-NEXT: flex.dim "N" : i64
flex.kernel @dim(%x: !flex.tensor<i64[N]>) -> !flex.tensor<i64[N]> {
  %y = flex.map [i < N] (%a = %x[i] : !flex.tensor<i64[N]>) -> i64 {
    %c = flex.dim "12" : i64
    %n = flex.dim "N" : i64
    %0 = arith.addi %a, %n : i64
    %1 = arith.muli %0, %c : i64
    flex.yield %1 : i64
  }
  flex.return %y : !flex.tensor<i64[N]>
}

// -----

// An unused statement goes: it has no side effect.
// CHECK-LABEL: flex.kernel @unused
// CHECK-NEXT: flex.return
flex.kernel @unused(%x: !flex.tensor<f32[N]>) -> !flex.tensor<f32[N]> {
  %y = flex.reduce max [] over [i < N] (%a = %x[i] : !flex.tensor<f32[N]>) -> f32 { flex.yield %a : f32 }
  %c = flex.constant dense<1.0> : tensor<4xf32> : !flex.tensor<f32[4]>
  flex.return %x : !flex.tensor<f32[N]>
}
