kernel e(x: f32[N]) -> f32[N] {
  return x * exp
}
