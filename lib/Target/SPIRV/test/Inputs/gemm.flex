kernel half(x: f16[M, K], w: f16[K, N], b: f16[N]) -> f16[M, N] {
  let y[i, j] = sum(k) x[i, k] * w[k, j]
  return [i, j] max(y[i, j] + b[j], 0)
}

kernel bytes(x: i8[M, K], w: i8[K, N]) -> i32[M, N] { return [i, j] sum(k) i32(x[i, k]) * i32(w[k, j]) }
