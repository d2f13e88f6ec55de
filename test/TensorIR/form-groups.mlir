// Which statements become one launch: the common kernels.
// RUN: flex-opt %s --pass-pipeline="builtin.module(flex.kernel(flex-inline-maps,flex-form-groups))" | FileCheck %s

// CHECK-LABEL: flex.kernel @softmax(
// CHECK: flex.group "softmax_0" outer ["i"] -> !flex.tensor<f32[M, N]>
// CHECK: flex.reduce max [i < M]
// CHECK: flex.map [i < M, q < N]
// CHECK: flex.reduce sum [i < M]
// CHECK: flex.map [i < M, j < N]
// CHECK-NOT: flex.group
flex.kernel @softmax(%x: !flex.tensor<f32[M, N]>) -> !flex.tensor<f32[M, N]> {
  %m = flex.reduce max [i < M] over [j < N] (%a = %x[i, j] : !flex.tensor<f32[M, N]>) -> f32 { flex.yield %a : f32 }
  %e = flex.map [p < M, q < N] (%a = %x[p, q] : !flex.tensor<f32[M, N]>, %b = %m[p] : !flex.tensor<f32[M]>) -> f32 {
    %0 = arith.subf %a, %b : f32
    %1 = math.exp %0 : f32
    flex.yield %1 : f32
  }
  %s = flex.reduce sum [i < M] over [j < N] (%a = %e[i, j] : !flex.tensor<f32[M, N]>) -> f32 { flex.yield %a : f32 }
  %y = flex.map [i < M, j < N] (%a = %e[i, j] : !flex.tensor<f32[M, N]>, %b = %s[i] : !flex.tensor<f32[M]>) -> f32 {
    %0 = arith.divf %a, %b : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[M, N]>
}

// CHECK-LABEL: flex.kernel @layer_norm(
// CHECK: flex.group "layer_norm_0" outer ["i"]
// CHECK-COUNT-2: flex.reduce sum
// CHECK: flex.map
// CHECK-NOT: flex.group
flex.kernel @layer_norm(%x: !flex.tensor<f32[M, N]>, %g: !flex.tensor<f32[N]>) -> !flex.tensor<f32[M, N]> {
  %s = flex.reduce sum [i < M] over [j < N] (%a = %x[i, j] : !flex.tensor<f32[M, N]>) -> f32 { flex.yield %a : f32 }
  %v = flex.reduce sum [i < M] over [j < N] (%a = %x[i, j] : !flex.tensor<f32[M, N]>, %b = %s[i] : !flex.tensor<f32[M]>) -> f32 {
    %0 = arith.subf %a, %b : f32
    %1 = arith.mulf %0, %0 : f32
    flex.yield %1 : f32
  }
  %y = flex.map [i < M, j < N] (%a = %x[i, j] : !flex.tensor<f32[M, N]>, %b = %s[i] : !flex.tensor<f32[M]>,
      %c = %v[i] : !flex.tensor<f32[M]>, %d = %g[j] : !flex.tensor<f32[N]>) -> f32 {
    %0 = arith.subf %a, %b : f32
    %1 = math.rsqrt %c : f32
    %2 = arith.mulf %0, %1 : f32
    %3 = arith.mulf %2, %d : f32
    flex.yield %3 : f32
  }
  flex.return %y : !flex.tensor<f32[M, N]>
}

// An epilogue joins its contraction.
// CHECK-LABEL: flex.kernel @matmul_bias_gelu(
// CHECK: flex.group "matmul_bias_gelu_0" outer ["i", "j"]
// CHECK: flex.reduce sum
// CHECK: flex.map
// CHECK: math.erf
// CHECK-NOT: flex.group
flex.kernel @matmul_bias_gelu(%x: !flex.tensor<f32[M, K]>, %w: !flex.tensor<f32[K, N]>, %b: !flex.tensor<f32[N]>) -> !flex.tensor<f32[M, N]> {
  %c = flex.reduce sum [i < M, j < N] over [k < K] (%l = %x[i, k] : !flex.tensor<f32[M, K]>, %r = %w[k, j] : !flex.tensor<f32[K, N]>) -> f32 {
    %0 = arith.mulf %l, %r : f32
    flex.yield %0 : f32
  }
  %d = flex.map [i < M, j < N] (%a = %c[i, j] : !flex.tensor<f32[M, N]>, %e = %b[j] : !flex.tensor<f32[N]>) -> f32 {
    %0 = arith.addf %a, %e : f32
    flex.yield %0 : f32
  }
  %y = flex.map [i < M, j < N] (%a = %d[i, j] : !flex.tensor<f32[M, N]>) -> f32 {
    %0 = math.erf %a : f32
    %1 = arith.mulf %0, %a : f32
    flex.yield %1 : f32
  }
  flex.return %y : !flex.tensor<f32[M, N]>
}

// A row reduction would make the product's columns an inner loop: it stays apart.
// CHECK-LABEL: flex.kernel @matmul_then_row_max(
// CHECK: %[[C:.*]] = flex.group "matmul_then_row_max_0" outer ["i", "j"]
// CHECK: flex.group "matmul_then_row_max_1" outer ["i"]
// CHECK: flex.reduce max
// CHECK-SAME: %[[C]][i, j]
// CHECK: flex.map
// CHECK-NOT: flex.group
flex.kernel @matmul_then_row_max(%x: !flex.tensor<f32[M, K]>, %w: !flex.tensor<f32[K, N]>) -> !flex.tensor<f32[M, N]> {
  %c = flex.reduce sum [i < M, j < N] over [k < K] (%l = %x[i, k] : !flex.tensor<f32[M, K]>, %r = %w[k, j] : !flex.tensor<f32[K, N]>) -> f32 {
    %0 = arith.mulf %l, %r : f32
    flex.yield %0 : f32
  }
  %m = flex.reduce max [i < M] over [j < N] (%a = %c[i, j] : !flex.tensor<f32[M, N]>) -> f32 { flex.yield %a : f32 }
  %y = flex.map [i < M, j < N] (%a = %c[i, j] : !flex.tensor<f32[M, N]>, %b = %m[i] : !flex.tensor<f32[M]>) -> f32 {
    %0 = arith.subf %a, %b : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[M, N]>
}

// CHECK-LABEL: flex.kernel @mlp(
// CHECK: %[[H:.*]] = flex.group "mlp_0" outer ["i", "j"]
// CHECK: flex.reduce
// CHECK: flex.map
// CHECK: flex.group "mlp_1" outer ["i", "j"]
// CHECK: flex.reduce
// CHECK-SAME: %[[H]][i, k]
// CHECK-NOT: flex.group
flex.kernel @mlp(%x: !flex.tensor<f32[M, K]>, %w: !flex.tensor<f32[K, H]>, %u: !flex.tensor<f32[H, N]>) -> !flex.tensor<f32[M, N]> {
  %c = flex.reduce sum [i < M, j < H] over [k < K] (%l = %x[i, k] : !flex.tensor<f32[M, K]>, %r = %w[k, j] : !flex.tensor<f32[K, H]>) -> f32 {
    %0 = arith.mulf %l, %r : f32
    flex.yield %0 : f32
  }
  %h = flex.map [i < M, j < H] (%a = %c[i, j] : !flex.tensor<f32[M, H]>) -> f32 {
    %0 = math.tanh %a : f32
    flex.yield %0 : f32
  }
  %y = flex.reduce sum [i < M, j < N] over [k < H] (%l = %h[i, k] : !flex.tensor<f32[M, H]>, %r = %u[k, j] : !flex.tensor<f32[H, N]>) -> f32 {
    %0 = arith.mulf %l, %r : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[M, N]>
}

// Two reductions of one input over one domain share a pass, with nothing read of each other.
// CHECK-LABEL: flex.kernel @siblings(
// CHECK: flex.group "siblings_0" outer ["i"] -> !flex.tensor<f32[M]>, !flex.tensor<f32[M]>
// CHECK: flex.reduce max
// CHECK: flex.reduce min
// CHECK-NOT: flex.group
flex.kernel @siblings(%x: !flex.tensor<f32[M, N]>) -> (!flex.tensor<f32[M]>, !flex.tensor<f32[M]>) {
  %a = flex.reduce max [i < M] over [j < N] (%v = %x[i, j] : !flex.tensor<f32[M, N]>) -> f32 { flex.yield %v : f32 }
  %b = flex.reduce min [p < M] over [q < N] (%v = %x[p, q] : !flex.tensor<f32[M, N]>) -> f32 { flex.yield %v : f32 }
  flex.return %a, %b : !flex.tensor<f32[M]>, !flex.tensor<f32[M]>
}

// Column statistics are one group over columns; the rows that use them are another.
// CHECK-LABEL: flex.kernel @columns(
// CHECK: %[[S:.*]]:2 = flex.group "columns_0" outer ["j"]
// CHECK: flex.reduce sum [j < N] over [i < M]
// CHECK: flex.reduce sum [j < N] over [i < M]
// CHECK: flex.group "columns_1" outer ["i", "j"]
// CHECK: flex.map [i < M, j < N]
// CHECK-SAME: %[[S]]#0[j]
// CHECK-SAME: %[[S]]#1[j]
flex.kernel @columns(%x: !flex.tensor<f32[M, N]>) -> !flex.tensor<f32[M, N]> {
  %s = flex.reduce sum [j < N] over [i < M] (%a = %x[i, j] : !flex.tensor<f32[M, N]>) -> f32 { flex.yield %a : f32 }
  %q = flex.reduce sum [j < N] over [i < M] (%a = %x[i, j] : !flex.tensor<f32[M, N]>) -> f32 {
    %0 = arith.mulf %a, %a : f32
    flex.yield %0 : f32
  }
  %y = flex.map [i < M, j < N] (%a = %x[i, j] : !flex.tensor<f32[M, N]>, %b = %s[j] : !flex.tensor<f32[N]>, %c = %q[j] : !flex.tensor<f32[N]>) -> f32 {
    %0 = arith.subf %a, %b : f32
    %1 = arith.divf %0, %c : f32
    flex.yield %1 : f32
  }
  flex.return %y : !flex.tensor<f32[M, N]>
}
