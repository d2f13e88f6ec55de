// Statistics over the rows of a table, or over a vector. Two passes where the textbook formula needs the mean first: the
// one-pass formula `mean(x^2) - mean(x)^2` loses all digits where the mean is large.

/// The mean of each row; NaN of nothing.
/// ```flex
/// kernel k(x: f32[M, N]) -> f32[M] { return stats.mean_rows(x) }
/// ```
fn mean_rows(x: float[M, N]) -> float[M] { [i] mean(j) x[i, j] }

/// The variance of each row, `sum((x - mean)^2) / (N - ddof)`: ddof 0 of a population, 1 of a sample.
/// ```flex
/// kernel k(x: f32[M, N]) -> f32[M] { return stats.variance(x, ddof = 1) }
/// ```
fn variance(x: float[M, N], ddof: float = 0) -> float[M] {
  let mu[i] = mean(j) x[i, j]
  return [i] (sum(j) (x[i, j] - mu[i]) ** 2) / (N - ddof)
}

/// The root of the variance of each row.
/// ```flex
/// kernel k(x: f32[M, N]) -> f32[M] { return stats.std(x) }
/// ```
fn std(x: float[M, N], ddof: float = 0) -> float[M] { sqrt(variance(x, ddof)) }

/// Mean and variance of each row together.
/// ```flex
/// kernel k(x: f32[M, N]) -> (f32[M], f32[M]) { return stats.mean_variance(x) }
/// ```
fn mean_variance(x: float[M, N], ddof: float = 0) -> (float[M], float[M]) {
  let mu[i] = mean(j) x[i, j]
  let v[i] = (sum(j) (x[i, j] - mu[i]) ** 2) / (N - ddof)
  return mu, v
}

/// Each row shifted and scaled to mean 0 and variance 1.
/// ```flex
/// kernel k(x: f32[M, N]) -> f32[M, N] { return stats.standardize(x) }
/// ```
fn standardize(x: float[M, N]) -> float[M, N] {
  let mu[i] = mean(j) x[i, j]
  let s[i] = sqrt(mean(j) ((x[i, j] - mu[i]) ** 2))
  return [i, j] (x[i, j] - mu[i]) / s[i]
}

/// Smallest and largest of each row.
/// ```flex
/// kernel k(x: f32[M, N]) -> (f32[M], f32[M]) { return stats.min_max(x) }
/// ```
fn min_max(x: number[M, N]) -> (number[M], number[M]) { return [i] min(j) x[i, j], [i] max(j) x[i, j] }

/// The covariance of columns over N observations, one a row: `(x - mean)^T (x - mean) / (N - ddof)`, as numpy.cov(x.T).
/// ```flex
/// kernel k(x: f32[N, D]) -> f32[D, D] { return stats.covariance(x) }
/// ```
fn covariance(x: float[N, D], ddof: float = 1) -> float[D, D] {
  let mu[d] = mean(n) x[n, d]
  let c[n, d] = x[n, d] - mu[d]
  return [d, e] (sum(n) c[n, d] * c[n, e]) / (N - ddof)
}

/// Pearson's correlation of columns over observations, one a row, as numpy.corrcoef(x.T).
/// ```flex
/// kernel k(x: f32[N, D]) -> f32[D, D] { return stats.correlation(x) }
/// ```
fn correlation(x: float[N, D]) -> float[D, D] {
  let mu[d] = mean(n) x[n, d]
  let c[n, d] = x[n, d] - mu[d]
  let s[d, e] = sum(n) c[n, d] * c[n, e]
  return [d, e] s[d, e] / (sqrt(s[d, d]) * sqrt(s[e, e]))
}

/// The sum of weights times values over the sum of weights, for each row.
/// ```flex
/// kernel k(x: f32[M, N], w: f32[N]) -> f32[M] { return stats.weighted_mean(x, w) }
/// ```
fn weighted_mean(x: float[M, N], w: float[N]) -> float[M] {
  let total = sum(w)
  return [i] (sum(j) w[j] * x[i, j]) / total
}

// By sorting and counting

/// The q-quantile of each row, linear between the two nearest values, as numpy.quantile. NaN counts as the largest value.
/// ```flex
/// kernel k(x: f32[M, N], q: f32) -> f32[M] where N >= 1 { return stats.quantile(x, q) }
/// ```
fn quantile(x: float[M, N], q: float) -> float[M] where N >= 1 {
  let s = sort(x, axis = 1)
  let place = q * (N - 1)
  let below = floor(place)
  let c = clamp(s)
  let lower[i] = c[i, i64(below)]
  let upper[i] = c[i, i64(below)+1]
  return lower + (upper - lower) * (place - below)
}

/// The middle value of each row, or the mean of the two middle ones. NaN counts as the largest value.
/// ```flex
/// kernel k(x: f32[M, N]) -> f32[M] where N >= 1 { return stats.median(x) }
/// ```
fn median(x: float[M, N]) -> float[M] where N >= 1 {
  let s = sort(x, axis = 1)
  return [i] (s[i, (N-1)/2] + s[i, N/2]) / 2
}

/// How many values fall into each of `bins` equal parts of [low, high); the value `high` counts to the last, as in numpy.histogram,
/// and what lies outside nowhere.
/// ```flex
/// kernel k(x: f32[N]) -> i32[20] { return stats.histogram_of(x, 20, -3, 3) }
/// ```
fn histogram_of(x: float[N], bins: dim, low: float, high: float) -> i32[bins] {
  let none[b in 0..bins-1] = i32(0)
  let one[i in 0..N-1] = i32(1)
  let bin[i] = if x[i] == high { bins - 1 } else { i64(floor((x[i] - low) / (high - low) * bins)) }
  return scatter_add(none, bin, one)
}
