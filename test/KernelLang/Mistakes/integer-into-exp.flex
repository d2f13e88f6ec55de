kernel e(x: i32[N]) -> f32[N] {
  return exp(x)
}
