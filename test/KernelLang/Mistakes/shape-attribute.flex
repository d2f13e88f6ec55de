kernel average(x: f32[N]) -> f32 {
  return sum(x) / x.shape[0]
}
