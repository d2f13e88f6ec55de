kernel halve(x: i32[N]) -> i32[N] {
  return x * 0.5
}
