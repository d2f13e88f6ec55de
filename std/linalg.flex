// Vectors and matrices. Sums are in the type of the arguments: write 'linalg.dot(f32(x), f32(y))' for f16.

// Products

/// Matrix product.
/// ```flex
/// kernel k(a: f32[M, K], b: f32[K, N]) -> f32[M, N] { return linalg.matmul(a, b) }
/// ```
fn matmul(a: number[M, K], b: number[K, N]) -> number[M, N] { a @ b }

/// Products of matrices, one per batch.
/// ```flex
/// kernel k(a: f32[B, M, K], b: f32[B, K, N]) -> f32[B, M, N] { return linalg.batch_matmul(a, b) }
/// ```
fn batch_matmul(a: number[B, M, K], b: number[B, K, N]) -> number[B, M, N] { a @ b }

/// Matrix times vector.
/// ```flex
/// kernel k(a: f32[M, K], x: f32[K]) -> f32[M] { return linalg.matvec(a, x) }
/// ```
fn matvec(a: number[M, K], x: number[K]) -> number[M] { a @ x }

/// Sum of products of two vectors' elements.
/// ```flex
/// kernel k(a: f32[N], b: f32[N]) -> f32 { return linalg.dot(a, b) }
/// ```
fn dot(a: number[N], b: number[N]) -> number { a @ b }

/// All products of two vectors' elements.
/// ```flex
/// kernel k(a: f32[M], b: f32[N]) -> f32[M, N] { return linalg.outer(a, b) }
/// ```
fn outer(a: number[M], b: number[N]) -> number[M, N] { [i, j] a[i] * b[j] }

/// The Kronecker product: each element of a times all of b.
/// ```flex
/// kernel k(a: f32[M, N], b: f32[P, Q]) -> f32[M * P, N * Q] { return linalg.kron(a, b) }
/// ```
fn kron(a: number[M, N], b: number[P, Q]) -> number[M*P, N*Q] {
  let p = clamp(a)
  let q = clamp(b)
  let spread[i in 0..M-1, j in 0..N*Q-1] = p[i, j/Q]
  let repeated[r in 0..P-1, j in 0..N*Q-1] = q[r, j%Q]
  let s = clamp(spread)
  let t = clamp(repeated)
  return [i, j] s[i/P, j] * t[i%P, j]
}

/// Cross products of rows of three.
/// ```flex
/// kernel k(a: f32[N, 3], b: f32[N, 3]) -> f32[N, 3] { return linalg.cross(a, b) }
/// ```
fn cross(a: number[N, 3], b: number[N, 3]) -> number[N, 3] {
  let x[i] = a[i, 1] * b[i, 2] - a[i, 2] * b[i, 1]
  let y[i] = a[i, 2] * b[i, 0] - a[i, 0] * b[i, 2]
  let z[i] = a[i, 0] * b[i, 1] - a[i, 1] * b[i, 0]
  return stack(x, y, z, axis = 1)
}

/// `x^T a y`.
/// ```flex
/// kernel k(x: f32[M], a: f32[M, N], y: f32[N]) -> f32 { return linalg.bilinear(x, a, y) }
/// ```
fn bilinear(x: number[M], a: number[M, N], y: number[N]) -> number { sum(i, j) x[i] * a[i, j] * y[j] }

/// Squared Euclidean distances of all rows of a from all rows of b.
/// ```flex
/// kernel k(a: f32[M, D], b: f32[N, D]) -> f32[M, N] { return linalg.squared_distances(a, b) }
/// ```
fn squared_distances(a: number[M, D], b: number[N, D]) -> number[M, N] {
  [i, j] sum(d) (a[i, d] - b[j, d]) * (a[i, d] - b[j, d])
}

// Parts and forms

/// Rows become columns.
/// ```flex
/// kernel k(a: f32[M, N]) -> f32[N, M] { return linalg.transpose(a) }
/// ```
fn transpose(a: number[M, N]) -> number[N, M] { [j, i] a[i, j] }

/// The diagonal.
/// ```flex
/// kernel k(a: f32[N, N]) -> f32[N] { return linalg.diagonal(a) }
/// ```
fn diagonal(a: number[N, N]) -> number[N] { [i] a[i, i] }

/// The matrix with x on its diagonal.
/// ```flex
/// kernel k(x: f32[N]) -> f32[N, N] { return linalg.diagonal_matrix(x) }
/// ```
fn diagonal_matrix(x: number[N]) -> number[N, N] { [i, j in 0..N-1] if i == j { x[i] } else { 0 } }

/// What is on and below the diagonal; 0 elsewhere.
/// ```flex
/// kernel k(a: f32[M, N]) -> f32[M, N] { return linalg.lower(a) }
/// ```
fn lower(a: number[M, N]) -> number[M, N] { [i, j] if j <= i { a[i, j] } else { 0 } }

/// What is on and above the diagonal; 0 elsewhere.
/// ```flex
/// kernel k(a: f32[M, N]) -> f32[M, N] { return linalg.upper(a) }
/// ```
fn upper(a: number[M, N]) -> number[M, N] { [i, j] if j >= i { a[i, j] } else { 0 } }

// Sizes

/// Sum of the diagonal.
/// ```flex
/// kernel k(a: f32[N, N]) -> f32 { return linalg.trace(a) }
/// ```
fn trace(a: number[N, N]) -> number { sum(i) a[i, i] }

/// Euclidean length.
/// ```flex
/// kernel k(x: f32[N]) -> f32 { return linalg.norm(x) }
/// ```
fn norm(x: float[N]) -> float { sqrt(sum(i) x[i] ** 2) }

/// Sum of magnitudes.
/// ```flex
/// kernel k(x: f32[N]) -> f32 { return linalg.norm1(x) }
/// ```
fn norm1(x: float[N]) -> float { sum(i) abs(x[i]) }

/// Largest magnitude; 0 of nothing.
/// ```flex
/// kernel k(x: f32[N]) -> f32 { return linalg.norm_inf(x) }
/// ```
fn norm_inf(x: float[N]) -> float { max(max(i) abs(x[i]), 0) }

/// Root of the sum of all squares.
/// ```flex
/// kernel k(a: f32[M, N]) -> f32 { return linalg.frobenius(a) }
/// ```
fn frobenius(a: float[M, N]) -> float { sqrt(sum(i, j) a[i, j] ** 2) }

/// Each row divided by its Euclidean length, or by `eps` if that is larger.
/// ```flex
/// kernel k(x: f32[M, N]) -> f32[M, N] { return linalg.normalize_rows(x) }
/// ```
fn normalize_rows(x: float[M, N], eps: float = 1e-12) -> float[M, N] {
  let length[i] = sqrt(sum(j) x[i, j] ** 2)
  return [i, j] x[i, j] / max(length[i], eps)
}

// Systems of equations, for small N: each step waits for the one before

/// The solution x of `l x = b` for a lower triangular l, by forward substitution; what is above the diagonal is not read.
/// ```flex
/// kernel k(l: f32[N, N], b: f32[N, M]) -> f32[N, M] { return linalg.solve_lower(l, b) }
/// ```
fn solve_lower(l: float[N, N], b: float[N, M]) -> float[N, M] {
  let x[i, m]: float[N, M] = scan(i) (b[i, m] - sum(k in 0..i-1) l[i, k] * x[k, m]) / l[i, i]
  return x
}

/// The solution x of `u x = b` for an upper triangular u, by back substitution; what is below the diagonal is not read.
/// ```flex
/// kernel k(u: f32[N, N], b: f32[N, M]) -> f32[N, M] { return linalg.solve_upper(u, b) }
/// ```
fn solve_upper(u: float[N, N], b: float[N, M]) -> float[N, M] {
  let x[i in 0..N-1, m]: float[N, M] = scan(i) (b[N-1-i, m] - sum(k in 0..i-1) u[N-1-i, N-1-k] * x[k, m]) /
      u[N-1-i, N-1-i]
  return flip(x, axis = 0)
}

/// The lower triangular l with `l l^T = a` of a symmetric positive definite a, column by column; NaN where a is not. Of a only
/// the lower part is read.
/// ```flex
/// kernel k(a: f32[N, N]) -> f32[N, N] { return linalg.cholesky(a) }
/// ```
fn cholesky(a: float[N, N]) -> float[N, N] {
  let t[j, i]: float[N, N] = scan(j) a[i, j] - sum(k in 0..j-1) t[k, i] * t[k, j] / t[k, k]
  return [i, j] if j <= i { t[j, i] / sqrt(t[j, j]) } else { 0 }
}

/// The solution x of `a x = b` for a symmetric positive definite a, by Cholesky's decomposition.
/// ```flex
/// kernel k(a: f32[N, N], b: f32[N, M]) -> f32[N, M] { return linalg.solve_spd(a, b) }
/// ```
fn solve_spd(a: float[N, N], b: float[N, M]) -> float[N, M] {
  let l = cholesky(a)
  return solve_upper(transpose(l), solve_lower(l, b))
}
