kernel rows(x: f32[M, N]) -> f32[M] {
  return sum(x, axis = 2)
}
