kernel ramp(x: f32[N]) -> f32 {
  return sum(k) 1.5 ** k
}
