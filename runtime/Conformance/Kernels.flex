// What the conformance suite launches: integers, so that every device gives the same bits.

/// One launch.
kernel add_one(x: i32[N]) -> i32[N] { return [i] x[i] + 1 }

/// Several launches with a temporary between them: every row needs all of `c`.
kernel twice(x: i32[M, N]) -> i32[M, N] {
  let c[j] = sum(i) x[i, j]
  let r[i] = sum(j) c[j] * x[i, j]
  return [i, j] x[i, j] + r[i] + c[j]
}

/// A dimension as a value: it must arrive in full width.
kernel extreme(x: i64[N], z: i64[Z, K]) -> i64[N] { return [i] K - x[i] }
