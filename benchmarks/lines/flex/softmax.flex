kernel softmax(x: f32[M, N]) -> f32[M, N] {
  let m[i] = max(j) x[i, j]
  let e[i, j] = exp(x[i, j] - m[i])
  return [i, j] e[i, j] / sum(k) e[i, k]
}
