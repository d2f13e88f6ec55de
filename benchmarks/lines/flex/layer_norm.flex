kernel layer_norm(x: f32[M, N], gain: f32[N], bias: f32[N]) -> f32[M, N] {
  let mu[i] = mean(j) x[i, j]
  let variance[i] = mean(j) ((x[i, j] - mu[i]) ** 2)
  return [i, j] (x[i, j] - mu[i]) * rsqrt(variance[i] + 0.00001) * gain[j] + bias[j]
}
