kernel differences(x: f32[N]) -> f32[N] {
  return x[1:] - x
}
