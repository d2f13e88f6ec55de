kernel scale(weights: f32[N]) -> f32[N] {
  return 2 * weigths
}
