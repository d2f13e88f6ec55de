// Sums and extremes of groups, and other reductions that the language has no word for.

/// The sum of the values of each of `count` segments: row s of the result is the sum of all rows k with `ids[k] == s`; other ids count
/// nowhere. Added in the order of k, so the same on every device.
/// ```flex
/// kernel k(x: f32[K, D], ids: i32[K]) -> f32[10, D] { return reduce.segment_sum(x, ids, 10) }
/// ```
fn segment_sum(x: number[K, D], ids: int[K], count: dim) -> number[count, D] {
  let start[s in 0..count-1, d in 0..D-1] = number(0)
  return scatter_add(start, ids, x)
}

/// How many of the ids are s, for each of `count` segments.
/// ```flex
/// kernel k(ids: i32[K]) -> i32[10] { return reduce.segment_count(ids, 10) }
/// ```
fn segment_count(ids: int[K], count: dim) -> i32[count] {
  let none[s in 0..count-1] = i32(0)
  let one[k in 0..K-1] = i32(1)
  return scatter_add(none, ids, one)
}

/// The mean of each segment; NaN of an empty one.
/// ```flex
/// kernel k(x: f32[K, D], ids: i32[K]) -> f32[10, D] { return reduce.segment_mean(x, ids, 10) }
/// ```
fn segment_mean(x: float[K, D], ids: int[K], count: dim) -> float[count, D] {
  let total = segment_sum(x, ids, count)
  let size = segment_count(ids, count)
  return [s, d] total[s, d] / float(size[s])
}

/// The largest value of each segment; -inf of an empty one.
/// ```flex
/// kernel k(x: f32[K, D], ids: i32[K]) -> f32[10, D] { return reduce.segment_max(x, ids, 10) }
/// ```
fn segment_max(x: float[K, D], ids: int[K], count: dim) -> float[count, D] {
  let start[s in 0..count-1, d in 0..D-1] = float(-inf)
  return scatter_max(start, ids, x)
}

/// The smallest value of each segment; inf of an empty one.
/// ```flex
/// kernel k(x: f32[K, D], ids: i32[K]) -> f32[10, D] { return reduce.segment_min(x, ids, 10) }
/// ```
fn segment_min(x: float[K, D], ids: int[K], count: dim) -> float[count, D] {
  let start[s in 0..count-1, d in 0..D-1] = float(inf)
  return scatter_min(start, ids, x)
}

/// `log(sum(exp(x)))` over the last axis, safe for large inputs.
/// ```flex
/// kernel k(x: f32[M, N]) -> f32[M] { return reduce.logsumexp(x) }
/// ```
fn logsumexp(x: float[M, N]) -> float[M] {
  let m[i] = max(j) x[i, j]
  return [i] m[i] + log(sum(j) exp(x[i, j] - m[i]))
}

/// How many of each row are true.
/// ```flex
/// kernel k(x: f32[M, N]) -> i32[M] { return reduce.count(x > 0) }
/// ```
fn count(x: bool[M, N]) -> i32[M] { [i] sum(j) i32(x[i, j]) }

/// Rows with a 1 at the id and 0 elsewhere.
/// ```flex
/// kernel k(ids: i32[M]) -> f32[M, 10] { return f32(reduce.one_hot(ids, 10)) }
/// ```
fn one_hot(ids: int[M], classes: dim) -> i32[M, classes] { [i, c] if int(c) == ids[i] { 1 } else { 0 } }

/// Each row's exclusive prefix sums: 0, x[0], x[0] + x[1], ….
/// ```flex
/// kernel k(x: f32[M, N]) -> f32[M, N] { return reduce.exclusive_sum(x) }
/// ```
fn exclusive_sum(x: number[M, N]) -> number[M, N] {
  let p = zero(x)
  let s[i in 0..M-1, j in 0..N-1] = scan(j) zero(s)[i, j-1] + p[i, j-1]
  return s
}

/// The first-order recurrence `h[t] = a[t] * h[t - 1] + b[t]` of each column, from h[-1] = 0: the state of a linear state-space model.
/// ```flex
/// kernel k(a: f32[L, D], b: f32[L, D]) -> f32[L, D] { return reduce.recurrence(a, b) }
/// ```
fn recurrence(a: float[L, D], b: float[L, D]) -> float[L, D] {
  let h[t, d] = scan(t) a[t, d] * zero(h)[t-1, d] + b[t, d]
  return h
}

/// The exponential moving average of each column: `y[t] = alpha * x[t] + (1 - alpha) * y[t - 1]`, from y[0] = x[0].
/// ```flex
/// kernel k(x: f32[L, D]) -> f32[L, D] { return reduce.ema(x, 0.1) }
/// ```
fn ema(x: float[L, D], alpha: float) -> float[L, D] {
  let y[t, d] = scan(t) if t == 0 { x[t, d] } else { alpha * x[t, d] + (1 - alpha) * zero(y)[t-1, d] }
  return y
}
