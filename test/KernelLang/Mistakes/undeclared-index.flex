kernel matmul(a: f32[M, K], b: f32[K, N]) -> f32[M, N] {
  return [i, j] a[i, k] * b[k, j]
}
