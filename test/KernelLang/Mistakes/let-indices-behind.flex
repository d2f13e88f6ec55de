kernel k(x: f32[M, N]) -> f32[M, N] {
  let e = [i, j] exp(x[i, j])
  return [i, j] e[i, j] + 1
}
