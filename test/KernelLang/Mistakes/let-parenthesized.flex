kernel k(x: f32[N]) -> f32[N] {
  let (a, b) = top_k(x, 1)
  return x
}
