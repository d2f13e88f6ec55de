kernel twice(x: f32[N]) -> f32[N] {
  return [x] 2 * x[x]
}
