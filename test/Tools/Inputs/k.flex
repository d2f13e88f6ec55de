/// Softmax over the last axis.
kernel softmax(x: f32[M, N]) -> f32[M, N] {
  let m[i] = max(j) x[i, j]
  let e[i, j] = exp(x[i, j] - m[i])
  return [i, j] e[i, j] / sum(k) e[i, k]
}

kernel add(x: f32[N], y: f32[N]) -> f32[N] { return x + y }

kernel scale<T: f16 | bf16 | f32>(x: T[N], n: T) -> T[N] { return x * n }

kernel count(x: i32[N]) -> (i32[N], i32) { return [i] x[i] + 1, sum(i) x[i] }
