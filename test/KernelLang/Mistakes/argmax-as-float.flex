kernel k(x: f32[N]) -> f32 where N >= 1 {
  return argmax(x) * 0.5
}
