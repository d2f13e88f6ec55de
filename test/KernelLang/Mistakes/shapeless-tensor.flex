kernel twice(x: f32) -> f32[N] {
  return [i] 2 * x
}
