flex.kernel @cheap_two_users(%x: !flex.tensor<f32[N]>) -> (!flex.tensor<f32[N]>, !flex.tensor<f32[N]>) {
  %d = flex.map [i < N] (%a = %x[i] : !flex.tensor<f32[N]>) -> f32 {
    %0 = arith.addf %a, %a : f32
    flex.yield %0 : f32
  }
  %y = flex.map [i < N] (%a = %d[i] : !flex.tensor<f32[N]>) -> f32 {
    %0 = math.exp %a : f32
    flex.yield %0 : f32
  }
  %z = flex.map [i < N] (%a = %d[i] : !flex.tensor<f32[N]>) -> f32 {
    %0 = math.tanh %a : f32
    flex.yield %0 : f32
  }
  flex.return %y, %z : !flex.tensor<f32[N]>, !flex.tensor<f32[N]>
}

flex.kernel @expensive_one_user(%x: !flex.tensor<f32[N]>, %b: !flex.tensor<f32[N]>) -> !flex.tensor<f32[N]> {
  %e = flex.map [i < N] (%a = %x[i] : !flex.tensor<f32[N]>) -> f32 {
    %0 = math.exp %a : f32
    flex.yield %0 : f32
  }
  %y = flex.map [i < N] (%a = %e[i] : !flex.tensor<f32[N]>, %c = %b[i] : !flex.tensor<f32[N]>) -> f32 {
    %0 = arith.addf %a, %c : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[N]>
}

flex.kernel @expensive_two_users(%x: !flex.tensor<f32[N]>) -> (!flex.tensor<f32[N]>, !flex.tensor<f32[N]>) {
  %e = flex.map [i < N] (%a = %x[i] : !flex.tensor<f32[N]>) -> f32 {
    %0 = math.exp %a : f32
    flex.yield %0 : f32
  }
  %y = flex.map [i < N] (%a = %e[i] : !flex.tensor<f32[N]>) -> f32 {
    %0 = arith.addf %a, %a : f32
    flex.yield %0 : f32
  }
  %z = flex.map [i < N] (%a = %e[i] : !flex.tensor<f32[N]>) -> f32 {
    %0 = arith.negf %a : f32
    flex.yield %0 : f32
  }
  flex.return %y, %z : !flex.tensor<f32[N]>, !flex.tensor<f32[N]>
}

flex.kernel @cast_into_matmul(%x: !flex.tensor<f16[M, K]>, %w: !flex.tensor<f32[K, N]>) -> !flex.tensor<f32[M, N]> {
  %c = flex.map [i < M, k < K] (%a = %x[i, k] : !flex.tensor<f16[M, K]>) -> f32 {
    %0 = arith.extf %a : f16 to f32
    flex.yield %0 : f32
  }
  %y = flex.reduce sum [i < M, j < N] over [k < K] (%a = %c[i, k] : !flex.tensor<f32[M, K]>,
      %b = %w[k, j] : !flex.tensor<f32[K, N]>) -> f32 {
    %0 = arith.mulf %a, %b : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[M, N]>
}

flex.kernel @exp_before_matmul(%x: !flex.tensor<f32[M, K]>, %w: !flex.tensor<f32[K, N]>) -> !flex.tensor<f32[M, N]> {
  %e = flex.map [i < M, k < K] (%a = %x[i, k] : !flex.tensor<f32[M, K]>) -> f32 {
    %0 = math.exp %a : f32
    flex.yield %0 : f32
  }
  %y = flex.reduce sum [i < M, j < N] over [k < K] (%a = %e[i, k] : !flex.tensor<f32[M, K]>,
      %b = %w[k, j] : !flex.tensor<f32[K, N]>) -> f32 {
    %0 = arith.mulf %a, %b : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[M, N]>
}

flex.kernel @exp_into_row_sum(%x: !flex.tensor<f32[M, K]>) -> !flex.tensor<f32[M]> {
  %e = flex.map [i < M, k < K] (%a = %x[i, k] : !flex.tensor<f32[M, K]>) -> f32 {
    %0 = math.exp %a : f32
    flex.yield %0 : f32
  }
  %y = flex.reduce sum [i < M] over [k < K] (%a = %e[i, k] : !flex.tensor<f32[M, K]>) -> f32 { flex.yield %a : f32 }
  flex.return %y : !flex.tensor<f32[M]>
}

flex.kernel @boundary(%x: !flex.tensor<f32[N]>) -> !flex.tensor<f32[N]> {
  %d = flex.map [i < N] (%a = %x[i] : !flex.tensor<f32[N]>) -> f32 {
    %0 = arith.negf %a : f32
    flex.yield %0 : f32
  }
  %y = flex.map [i < N] (%a = %d[i - 1] clamp : !flex.tensor<f32[N]>) -> f32 {
    %0 = arith.negf %a : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[N]>
}

flex.kernel @own_boundary(%x: !flex.tensor<f32[M + 1]>) -> !flex.tensor<f32[M]> {
  %d = flex.map [i < M + 1] (%a = %x[i - 2] mirror : !flex.tensor<f32[M + 1]>) -> f32 {
    %0 = arith.negf %a : f32
    flex.yield %0 : f32
  }
  %y = flex.map [i < M] (%a = %d[i + 1] : !flex.tensor<f32[M + 1]>) -> f32 {
    %0 = arith.negf %a : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[M]>
}

flex.kernel @index_values(%x: !flex.tensor<f32[N]>, %q: !flex.tensor<f32[M]>) -> !flex.tensor<i64[M]> {
  %d = flex.map [i < N] () -> i64 {
    %0 = flex.index "i" : i64
    flex.yield %0 : i64
  }
  %y = flex.map [p < M] (%a = %d[N - 1 - mod(p, N)] : !flex.tensor<i64[N]>) -> i64 {
    %0 = arith.addi %a, %a : i64
    flex.yield %0 : i64
  }
  flex.return %y : !flex.tensor<i64[M]>
}

flex.kernel @chain(%x: !flex.tensor<f32[M, N]>) -> !flex.tensor<f32[N, M]> {
  %a0 = flex.map [i < M, j < N] (%a = %x[i, j] : !flex.tensor<f32[M, N]>) -> f32 {
    %0 = arith.negf %a : f32
    flex.yield %0 : f32
  }
  %a1 = flex.map [p < N, q < M] (%a = %a0[q, p] : !flex.tensor<f32[M, N]>) -> f32 {
    %0 = math.exp %a : f32
    flex.yield %0 : f32
  }
  %a2 = flex.map [i < N, j < M] (%a = %a1[i, j] : !flex.tensor<f32[N, M]>) -> f32 {
    %0 = arith.addf %a, %a : f32
    flex.yield %0 : f32
  }
  flex.return %a2 : !flex.tensor<f32[N, M]>
}

flex.kernel @returned(%x: !flex.tensor<f32[N]>) -> (!flex.tensor<f32[N]>, !flex.tensor<f32[N]>) {
  %d = flex.map [i < N] (%a = %x[i] : !flex.tensor<f32[N]>) -> f32 {
    %0 = arith.negf %a : f32
    flex.yield %0 : f32
  }
  %y = flex.map [i < N] (%a = %d[i] : !flex.tensor<f32[N]>) -> f32 {
    %0 = arith.addf %a, %a : f32
    flex.yield %0 : f32
  }
  flex.return %d, %y : !flex.tensor<f32[N]>, !flex.tensor<f32[N]>
}
