kernel halve(x: f32[N]) -> f32[N] {
  return 0.5f * x
}
