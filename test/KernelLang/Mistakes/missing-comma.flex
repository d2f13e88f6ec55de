kernel k(x: f32[N] y: f32[N]) -> f32[N] {
  return x + y
}
