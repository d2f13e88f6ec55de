kernel scale(x: f32[N], α: f32) -> f32[N] {
  return α * x
}
