kernel head(x: f32[N], n: i64) -> f32[N] {
  return x[:n]
}
