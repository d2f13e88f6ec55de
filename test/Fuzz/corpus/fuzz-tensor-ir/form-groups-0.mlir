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

flex.kernel @siblings(%x: !flex.tensor<f32[M, N]>) -> (!flex.tensor<f32[M]>, !flex.tensor<f32[M]>) {
  %a = flex.reduce max [i < M] over [j < N] (%v = %x[i, j] : !flex.tensor<f32[M, N]>) -> f32 { flex.yield %v : f32 }
  %b = flex.reduce min [p < M] over [q < N] (%v = %x[p, q] : !flex.tensor<f32[M, N]>) -> f32 { flex.yield %v : f32 }
  flex.return %a, %b : !flex.tensor<f32[M]>, !flex.tensor<f32[M]>
}

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
