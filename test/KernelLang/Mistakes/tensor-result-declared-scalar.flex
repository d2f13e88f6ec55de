kernel total(x: f32[M, N]) -> f32 {
  return sum(x, axis = 1)
}
