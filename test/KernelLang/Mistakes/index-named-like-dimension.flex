kernel twice(x: f32[N]) -> f32[N] {
  return [N] 2 * x[N]
}
