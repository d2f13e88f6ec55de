kernel first(x: f32[N]) -> f32 {
  return x[0]
}
