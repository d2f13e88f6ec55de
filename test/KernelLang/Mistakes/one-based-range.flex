kernel total(x: f32[N]) -> f32 {
  return sum(i in 1..N) x[i]
}
