kernel twice(x: float[N]) -> double[N] {
  return 2 * x
}
