kernel k(x: T[N]) -> T[N] {
  return 2 * x
}
