kernel center(x: f32[M, N]) -> f32[M, N] {
  return x - mean(x, axis = 1)
}
