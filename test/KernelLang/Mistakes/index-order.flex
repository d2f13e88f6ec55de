kernel scale(x: f32[M, N], s: f32[N]) -> f32[M, N] {
  return [i, j] x[j, i] * s[j]
}
