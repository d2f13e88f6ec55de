// The kernels that benchmarks/run.py times: as a user would write them, with no schedule.

kernel gemm(a: f32[M, K], b: f32[K, N]) -> f32[M, N] { return a @ b }

/// Softmax over the last axis, safe for large inputs.
kernel softmax(x: f32[M, N]) -> f32[M, N] {
  let m[i] = max(j) x[i, j]
  let e[i, j] = exp(x[i, j] - m[i])
  return [i, j] e[i, j] / sum(k) e[i, k]
}

kernel layernorm(x: f32[M, N], scale: f32[N], shift: f32[N]) -> f32[M, N] {
  let mean[i] = (sum(j) x[i, j]) / N
  let var[i] = (sum(j) (x[i, j] - mean[i]) ** 2) / N
  return [i, j] (x[i, j] - mean[i]) * rsqrt(var[i] + 0.00001) * scale[j] + shift[j]
}

kernel gelu(x: f32[N]) -> f32[N] { return 0.5 * x * (1 + erf(x * 0.7071067811865476)) }

kernel add(a: f32[N], b: f32[N]) -> f32[N] { return a + b }
