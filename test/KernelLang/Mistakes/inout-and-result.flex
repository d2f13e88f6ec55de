kernel step(p: f32[N], g: f32[N]) {
  p = p - 0.1 * g
}
