kernel twice(float x[N]) -> f32[N] {
  return 2 * x
}
