kernel twice(x: f32[N]) -> f32[N] {
  y = 2 * x
  return y
}
