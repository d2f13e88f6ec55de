kernel mix(x: f16[N], y: f32[N]) -> f32[N] {
  return x + y
}
