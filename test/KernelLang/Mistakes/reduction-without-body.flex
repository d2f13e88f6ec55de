kernel rows(x: f32[M, N]) -> f32[M] {
  return [i] sum(j)
}
