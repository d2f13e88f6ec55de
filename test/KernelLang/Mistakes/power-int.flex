kernel k(x: i32[N]) -> i32[N] {
  return 2 ** x
}
