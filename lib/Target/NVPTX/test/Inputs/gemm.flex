kernel half(x: f16[M, K], w: f16[K, N], b: f16[N]) -> f16[M, N] {
  let y[i, j] = sum(k) x[i, k] * w[k, j]
  return [i, j] max(y[i, j] + b[j], 0)
}
