kernel total(x: f32[N]) -> f32 {
  return x.sum()
}
