kernel total(x: f32[T]) -> f32[T] {
  return scan(x)
}
