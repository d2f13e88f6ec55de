kernel k(x: f32[M, N], o: i64[M, N]) -> f32[M, N] {
  return cumsum([i, j] x[i, o[i, j]])
}
