kernel k(x: f32[N]) -> f32[N] {
  let f = lambda v: v + 1
  return f(x)
}
