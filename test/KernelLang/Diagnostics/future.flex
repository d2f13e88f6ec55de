// What would make sense and is not there says so, each by its own name.
kernel dependent(x: f32[M, N], k: i32[N]) -> f32[M] {
  let a[i] = sum(j) sort(x[i, :])[j]                     // expect E0601 'sort' of a value that depends on an index
  let b[i] = sum(j) cumsum(x[i, :])[j]                   // expect E0601 'cumsum' of a value that depends on an index
  let c[i] = sum(j) clamp(x[i, :] * 2)[j + 1]            // expect E0601 a boundary rule of a value that depends on an index
  let d[i] = sum(j) (x[i, :] * 2)[k[j]]                  // expect E0601 an index read from data of a value that depends on an index
  let e[i] = sum(j) scatter_add(x[i, :], k, 1)[j]        // expect E0601 'scatter_add' of a value that depends on an index
  let f[i] = sum(j) concat(x[i, 1:], x[i, :])[j]         // expect E0601 concat of a value that depends on an index
  return sum(x, axis = 1)
}
