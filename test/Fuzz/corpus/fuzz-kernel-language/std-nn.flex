// Neural-network functions, written in the language. Functions of scalars apply
// to tensors element by element; the others work on the last axis of a matrix.

/// max(x, 0)
fn relu(x: float) -> float { max(x, 0) }

/// x where positive, slope * x elsewhere.
fn leaky_relu(x: float, slope: float = 0.01) -> float { if x > 0 { x } else { slope * x } }

/// 1 / (1 + exp(-x))
fn sigmoid(x: float) -> float { 1 / (1 + exp(-x)) }

/// x * sigmoid(x), also called swish.
fn silu(x: float) -> float { x / (1 + exp(-x)) }

/// Gaussian error linear unit, by erf.
fn gelu(x: float) -> float { 0.5 * x * (1 + erf(x * 0.7071067811865476)) }

/// The tanh approximation of gelu.
fn gelu_tanh(x: float) -> float { 0.5 * x * (1 + tanh(0.7978845608028654 * (x + 0.044715 * x ** 3))) }

/// log(1 + exp(x)), without overflow.
fn softplus(x: float) -> float { max(x, 0) + log1p(exp(-abs(x))) }

/// Exponential linear unit.
fn elu(x: float, alpha: float = 1) -> float { if x > 0 { x } else { alpha * expm1(min(x, 0)) } }

/// Softmax over the last axis, safe for large inputs.
fn softmax(x: float[M, N]) -> float[M, N] {
  let m[i] = max(j) x[i, j]
  let e[i, j] = exp(x[i, j] - m[i])
  return [i, j] e[i, j] / sum(k) e[i, k]
}

/// The logarithm of softmax over the last axis.
fn log_softmax(x: float[M, N]) -> float[M, N] {
  let m[i] = max(j) x[i, j]
  let s[i] = sum(j) exp(x[i, j] - m[i])
  return [i, j] x[i, j] - m[i] - log(s[i])
}

/// Rows with mean 0 and variance 1, then scaled and shifted.
fn layer_norm(x: float[M, N], gain: float[N], bias: float[N], eps: float = 1e-5) -> float[M, N] {
  let mu[i] = mean(j) x[i, j]
  let variance[i] = mean(j) ((x[i, j] - mu[i]) ** 2)
  let scale[i] = rsqrt(variance[i] + eps)
  return [i, j] (x[i, j] - mu[i]) * scale[i] * gain[j] + bias[j]
}

/// Rows divided by their root mean square, then scaled.
fn rms_norm(x: float[M, N], gain: float[N], eps: float = 1e-6) -> float[M, N] {
  let square[i] = mean(j) (x[i, j] ** 2)
  return [i, j] x[i, j] * rsqrt(square[i] + eps) * gain[j]
}

/// x @ w + bias
fn dense(x: float[B, K], w: float[K, N], bias: float[N]) -> float[B, N] { x @ w + bias }

/// Mean negative log likelihood of one-hot or soft targets.
fn cross_entropy(x: float[M, N], target: float[M, N]) -> float {
  let l = log_softmax(x)
  return -sum(l * target) / M
}

/// Scaled dot-product attention of one head.
fn attention(q: float[S, D], k: float[T, D], v: float[T, E]) -> float[S, E] {
  let scores[s, t] = (sum(d) q[s, d] * k[t, d]) / sqrt(D)
  return softmax(scores) @ v
}
