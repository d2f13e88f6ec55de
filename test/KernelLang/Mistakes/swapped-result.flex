kernel transpose(x: f32[M, N]) -> f32[N, M] {
  return [i, j] x[i, j]
}
