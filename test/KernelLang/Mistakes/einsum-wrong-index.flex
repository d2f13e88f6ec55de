kernel matmul(a: f32[M, K], b: f32[K, N]) -> f32[M, N] {
  return [i, j] sum(k) a[i, k] * b[j, k]
}
