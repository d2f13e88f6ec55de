kernel half(x: f32[N]) -> f32[N] {
  return [i] x[i * 0.5]
}
