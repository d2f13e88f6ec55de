kernel k(x: f32[N]) -> f32[N] {
  return clamp(x, 0, None)
}
