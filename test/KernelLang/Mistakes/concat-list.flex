kernel k(x: f32[N], y: f32[N]) -> f32[2 * N] {
  return concat([x, y])
}
