kernel twice(x: f32[N]) -> f32[N] {
  let y = exp(x * (x + 1)
  return 2 * y
}
