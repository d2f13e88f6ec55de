kernel twice(x: f32[N]) -> f32[N] {
  let y = 2 * x;
  return y;
}
