// Vectors and matrices.

/// Matrix product.
fn matmul(a: number[M, K], b: number[K, N]) -> number[M, N] { a @ b }

/// Products of matrices, one per batch.
fn batch_matmul(a: number[B, M, K], b: number[B, K, N]) -> number[B, M, N] { a @ b }

/// Matrix times vector.
fn matvec(a: number[M, K], x: number[K]) -> number[M] { a @ x }

/// Sum of products.
fn dot(a: number[N], b: number[N]) -> number { a @ b }

/// All products of two vectors' elements.
fn outer(a: number[M], b: number[N]) -> number[M, N] { [i, j] a[i] * b[j] }

/// Rows become columns.
fn transpose(a: number[M, N]) -> number[N, M] { [j, i] a[i, j] }

/// Sum of the diagonal.
fn trace(a: number[N, N]) -> number { sum(i) a[i, i] }

/// Euclidean length.
fn norm(x: float[N]) -> float { sqrt(sum(i) x[i] ** 2) }

/// Root of the sum of all squares.
fn frobenius(a: float[M, N]) -> float { sqrt(sum(i, j) a[i, j] ** 2) }
