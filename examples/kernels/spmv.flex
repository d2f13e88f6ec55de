// A sparse matrix times a vector. The matrix is in CSR form: its values row by row, the column of each, and where each row starts
// (one more start than there are rows: the last is the number of values).

/// y = A x. The row of each value is the number of rows that have started: a prefix sum of marks.
kernel spmv(value: f32[E], column: i32[E], start: i32[P], x: f32[N]) -> f32[P-1] where P >= 2, N >= 1 {
  let none[e in 0..E-1] = i32(0)
  let one[r in 0..P-3] = i32(1)
  let row = cumsum(scatter_add(none, start[1:-1], one))
  let product[e] = value[e] * x[column[e]]
  let y[r in 0..P-2] = f32(0)
  return scatter_add(y, row, product)
}
