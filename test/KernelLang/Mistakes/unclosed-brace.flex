kernel twice(x: f32[N]) -> f32[N] {
  return 2 * x

kernel thrice(x: f32[N]) -> f32[N] {
  return 3 * x
}
