kernel twice(x: f32[M, N]) -> f32[M, N] {
  return [i, j] 2 * x[i][j]
}
