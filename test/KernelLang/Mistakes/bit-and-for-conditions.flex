kernel inside(x: f32[N]) -> bool[N] {
  return x > 0 & x < 1
}
