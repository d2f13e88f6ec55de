kernel gram(x: f32[M, N]) -> f32[M, M] {
  return x @ x.T
}
