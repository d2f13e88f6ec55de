kernel k(x: f32[N], y: f32[M]) -> f32[N, M] {
  return x[:, None] - y[None, :]
}
