kernel mix(x: f16[N], y: f32[N]) -> f16[N] {
  return f32(x) * y
}
