kernel pick(x: f32[M, N], rows: i32[T], cols: i32[T]) -> f32[T] {
  return x[rows, cols]
}
