kernel twice(x: float32[N]) -> float32[N] {
  return 2 * x
}
