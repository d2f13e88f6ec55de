kernel twice(x: f32[N]) -> f32[N] {
  return [i] 2 * x[i
}
