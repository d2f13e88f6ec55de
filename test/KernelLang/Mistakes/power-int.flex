kernel k(x: i32[N]) -> i32[N] {
  return x ** -1
}
