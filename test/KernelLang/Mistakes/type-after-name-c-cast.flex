kernel k(x: f16[N]) -> f32[N] {
  return (f32)x
}
