kernel differences(x: f32[N]) -> f32[N] {
  return [i] x[i + 1] - x[i]
}
