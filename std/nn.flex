// Neural-network functions, written in the language. Functions of scalars apply to tensors element by element and
// fuse into what surrounds them. Images are channels last: x[N, H, W, C]. Everything is computed in the type of the
// arguments: for sums of f16 or bf16 in f32 write 'nn.softmax(f32(x))'.

import random

// Activations

/// `max(x, 0)`.
/// ```flex
/// kernel k(x: f32[N]) -> f32[N] { return nn.relu(x) }
/// ```
fn relu(x: float) -> float { max(x, 0) }

/// `min(max(x, 0), 6)`, of MobileNet.
/// ```flex
/// kernel k(x: f32[N]) -> f32[N] { return nn.relu6(x) }
/// ```
fn relu6(x: float) -> float { min(max(x, 0), 6) }

/// x where positive, `slope * x` elsewhere.
/// ```flex
/// kernel k(x: f32[N]) -> f32[N] { return nn.leaky_relu(x, slope = 0.1) }
/// ```
fn leaky_relu(x: float, slope: float = 0.01) -> float { if x > 0 { x } else { slope * x } }

/// Exponential linear unit: x where positive, `alpha * (exp(x) - 1)` elsewhere (Clevert et al. 2015).
/// ```flex
/// kernel k(x: f32[N]) -> f32[N] { return nn.elu(x) }
/// ```
fn elu(x: float, alpha: float = 1) -> float { if x > 0 { x } else { alpha * expm1(min(x, 0)) } }

/// The logistic function `1 / (1 + exp(-x))`.
/// ```flex
/// kernel k(x: f32[N]) -> f32[N] { return nn.sigmoid(x) }
/// ```
fn sigmoid(x: float) -> float { 1 / (1 + exp(-x)) }

/// `x * sigmoid(x)`, also called swish.
/// ```flex
/// kernel k(x: f32[N]) -> f32[N] { return nn.silu(x) }
/// ```
fn silu(x: float) -> float { x / (1 + exp(-x)) }

/// `silu(gate) * up`, the gate of Llama's feed-forward block (Shazeer 2020).
/// ```flex
/// kernel k(x: f32[B, D], a: f32[D, F], b: f32[D, F]) -> f32[B, F] { return nn.swiglu(x @ a, x @ b) }
/// ```
fn swiglu(gate: float, up: float) -> float { silu(gate) * up }

/// Gaussian error linear unit `x * Phi(x)`, exactly, by erf (Hendrycks and Gimpel 2016).
/// ```flex
/// kernel k(x: f32[N]) -> f32[N] { return nn.gelu(x) }
/// ```
fn gelu(x: float) -> float { 0.5 * x * (1 + erf(x * 0.7071067811865476)) }

/// The approximation of gelu by tanh, as in GPT-2.
/// ```flex
/// kernel k(x: f32[N]) -> f32[N] { return nn.gelu_tanh(x) }
/// ```
fn gelu_tanh(x: float) -> float { 0.5 * x * (1 + tanh(0.7978845608028654 * (x + 0.044715 * x ** 3))) }

/// `log(1 + exp(x))`, without overflow.
/// ```flex
/// kernel k(x: f32[N]) -> f32[N] { return nn.softplus(x) }
/// ```
fn softplus(x: float) -> float { max(x, 0) + log1p(exp(-abs(x))) }

/// `x * tanh(softplus(x))` (Misra 2019).
/// ```flex
/// kernel k(x: f32[N]) -> f32[N] { return nn.mish(x) }
/// ```
fn mish(x: float) -> float { x * tanh(softplus(x)) }

// Rows: over the last axis

/// `exp(x) / sum(exp(x))` over the last axis, safe for large inputs.
/// ```flex
/// kernel k(x: f32[M, N]) -> f32[M, N] { return nn.softmax(x) }
/// ```
fn softmax(x: float[..., N]) -> float[..., N] {
  let m[...] = max(j) x[..., j]
  let e[..., j] = exp(x[..., j] - m[...])
  return [..., j] e[..., j] / sum(k) e[..., k]
}

/// The logarithm of softmax over the last axis: `x - max(x) - log(sum(exp(x - max(x))))`.
/// ```flex
/// kernel k(x: f32[M, N]) -> f32[M, N] { return nn.log_softmax(x) }
/// ```
fn log_softmax(x: float[..., N]) -> float[..., N] {
  let m[...] = max(j) x[..., j]
  let s[...] = sum(j) exp(x[..., j] - m[...])
  return [..., j] x[..., j] - m[...] - log(s[...])
}

/// Rows with mean 0 and variance 1, then scaled and shifted (Ba et al. 2016).
/// ```flex
/// kernel k(x: f32[M, N], gain: f32[N], bias: f32[N]) -> f32[M, N] { return nn.layer_norm(x, gain, bias) }
/// ```
fn layer_norm(x: float[..., N], gain: float[N], bias: float[N], eps: float = 1e-5) -> float[..., N] {
  let mu[...] = mean(j) x[..., j]
  let variance[...] = mean(j) ((x[..., j] - mu[...]) ** 2)
  let scale[...] = rsqrt(variance[...] + eps)
  return [..., j] (x[..., j] - mu[...]) * scale[...] * gain[j] + bias[j]
}

/// Rows divided by their root mean square, then scaled (Zhang and Sennrich 2019).
/// ```flex
/// kernel k(x: f32[M, N], gain: f32[N]) -> f32[M, N] { return nn.rms_norm(x, gain) }
/// ```
fn rms_norm(x: float[..., N], gain: float[N], eps: float = 1e-6) -> float[..., N] {
  let scale[...] = rsqrt(mean(j) (x[..., j] ** 2) + eps)
  return [..., j] x[..., j] * scale[...] * gain[j]
}

// Images: the statistics of channels

/// Batch normalisation with given statistics, for inference: `(x - mean) / sqrt(variance + eps) * gain + bias` per channel.
/// ```flex
/// kernel k(x: f32[N, H, W, C], mu: f32[C], v: f32[C], g: f32[C], b: f32[C]) -> f32[N, H, W, C] { return nn.batch_norm(x, mu, v, g, b) }
/// ```
fn batch_norm(
  x: float[..., C], mu: float[C], variance: float[C], gain: float[C], bias: float[C], eps: float = 1e-5
) -> float[..., C] {
  let scale[c] = gain[c] * rsqrt(variance[c] + eps)
  return [..., c] (x[..., c] - mu[c]) * scale[c] + bias[c]
}

/// Batch normalisation by the batch's own statistics, for training: the normalised batch, the mean and the (biased) variance of
/// each channel (Ioffe and Szegedy 2015).
/// ```flex
/// kernel k(x: f32[N, H, W, C], g: f32[C], b: f32[C]) -> (f32[N, H, W, C], f32[C], f32[C]) { return nn.batch_norm_train(x, g, b) }
/// ```
fn batch_norm_train(
  x: float[N, H, W, C], gain: float[C], bias: float[C], eps: float = 1e-5
) -> (float[N, H, W, C], float[C], float[C]) {
  let mu[c] = mean(n, h, w) x[n, h, w, c]
  let variance[c] = mean(n, h, w) ((x[n, h, w, c] - mu[c]) ** 2)
  let y = batch_norm(x, mu, variance, gain, bias, eps)
  return y, mu, variance
}

/// Each channel of each image by its own mean and variance (Ulyanov et al. 2016).
/// ```flex
/// kernel k(x: f32[N, H, W, C], g: f32[C], b: f32[C]) -> f32[N, H, W, C] { return nn.instance_norm(x, g, b) }
/// ```
fn instance_norm(x: float[N, H, W, C], gain: float[C], bias: float[C], eps: float = 1e-5) -> float[N, H, W, C] {
  let mu[n, c] = mean(h, w) x[n, h, w, c]
  let variance[n, c] = mean(h, w) ((x[n, h, w, c] - mu[n, c]) ** 2)
  let scale[n, c] = gain[c] * rsqrt(variance[n, c] + eps)
  return [n, h, w, c] (x[n, h, w, c] - mu[n, c]) * scale[n, c] + bias[c]
}

/// The mean of each channel of each image.
/// ```flex
/// kernel k(x: f32[N, H, W, C]) -> f32[N, C] { return nn.global_avg_pool(x) }
/// ```
fn global_avg_pool(x: float[N, H, W, C]) -> float[N, C] { [n, c] mean(h, w) x[n, h, w, c] }

/// The largest value of each channel of each image.
/// ```flex
/// kernel k(x: f32[N, H, W, C]) -> f32[N, C] { return nn.global_max_pool(x) }
/// ```
fn global_max_pool(x: float[N, H, W, C]) -> float[N, C] { [n, c] max(h, w) x[n, h, w, c] }

// Layers

/// `x @ w + bias`.
/// ```flex
/// kernel k(x: f32[B, K], w: f32[K, N], bias: f32[N]) -> f32[B, N] { return nn.relu(nn.dense(x, w, bias)) }
/// ```
fn dense(x: float[..., K], w: float[K, N], bias: float[N]) -> float[..., N] { x @ w + bias }

/// Scaled dot-product attention of one head: `softmax(q k^T / sqrt(D)) v` (Vaswani et al. 2017).
/// ```flex
/// kernel k(q: f32[S, D], k: f32[T, D], v: f32[T, E]) -> f32[S, E] { return nn.attention(q, k, v) }
/// ```
fn attention(q: float[..., S, D], k: float[..., T, D], v: float[..., T, E]) -> float[..., S, E] {
  let scores[..., s, t] = (sum(d) q[..., s, d] * k[..., t, d]) / sqrt(D)
  return softmax(scores) @ v
}

/// Attention where `mask` is true; a query that sees nothing gives NaN.
/// ```flex
/// kernel k(q: f32[S, D], k: f32[T, D], v: f32[T, E], mask: bool[S, T]) -> f32[S, E] { return nn.attention_masked(q, k, v, mask) }
/// ```
fn attention_masked(
  q: float[..., S, D], k: float[..., T, D], v: float[..., T, E], mask: bool[S, T]
) -> float[..., S, E] {
  let scores[..., s, t] = if mask[s, t] { (sum(d) q[..., s, d] * k[..., t, d]) / sqrt(D) } else { -inf }
  return softmax(scores) @ v
}

/// Attention to what came before: query s, of the last S of T positions, sees the keys up to `T - S + s`.
/// ```flex
/// kernel k(q: f32[S, D], k: f32[T, D], v: f32[T, E]) -> f32[S, E] { return nn.attention_causal(q, k, v) }
/// ```
fn attention_causal(q: float[..., S, D], k: float[..., T, D], v: float[..., T, E]) -> float[..., S, E] {
  let scores[..., s, t] = if t <= s + T - S { (sum(d) q[..., s, d] * k[..., t, d]) / sqrt(D) } else { -inf }
  return softmax(scores) @ v
}

/// Grouped-query attention with a cache of keys and values (Ainslie et al. 2023). H query heads share G heads of keys and values
/// (H = G: multi-head, G = 1: multi-query); `start` positions were in the cache before the S new ones, so that
/// query s sees the cache up to `start + s`. The rest of the cache is not looked at, unless it holds NaN or infinity in `v`.
/// ```flex
/// kernel k(q: f32[S, H, D], k: f32[C, G, D], v: f32[C, G, E], start: i64) -> f32[S, H, E] where H % G == 0, G >= 1, H >= 1 {
///   return nn.attention_gqa(q, k, v, start)
/// }
/// ```
fn attention_gqa(q: float[S, H, D], k: float[C, G, D], v: float[C, G, E], start: i64) -> float[S, H, E]
    where H % G == 0, G >= 1, H >= 1 {
  let kc = clamp(k)
  let vc = clamp(v)
  let scores[h, s, t] = if t <= s + start { (sum(d) q[s, h, d] * kc[t, h/(H/G), d]) / sqrt(D) } else { -inf }
  let m[h, s] = max(t) scores[h, s, t]
  let e[h, s, t] = exp(scores[h, s, t] - m[h, s])
  let p[h, s, t] = e[h, s, t] / sum(u) e[h, s, u]
  return [s, h, x] sum(t) p[h, s, t] * vc[t, h/(H/G), x]
}

/// Rotary position embedding (Su et al. 2021) as in Llama: element i of the first half of a head and element i of the second
/// turn by the angle `position * theta ** (-2 i / D)`.
/// ```flex
/// kernel k(x: f32[S, H, D], positions: i32[S]) -> f32[S, H, D] where D % 2 == 0, D >= 2 { return nn.rope(x, positions) }
/// ```
fn rope(x: float[S, H, D], positions: int[S], theta: float = 10000) -> float[S, H, D] where D % 2 == 0, D >= 2 {
  let angle[s, i in 0..D/2-1] = float(positions[s]) * theta ** (-2 * i / D)
  let c = clamp(cos(angle))
  let w = clamp(sin(angle))
  let p = zero(x)
  return [s, h, d] if d < D / 2 {
    x[s, h, d] * c[s, d] - p[s, h, d+D/2] * w[s, d]
  } else {
    x[s, h, d] * c[s, d-D/2] + p[s, h, d-D/2] * w[s, d-D/2]
  }
}

// Losses

/// Mean negative log likelihood of one-hot or soft targets, from logits.
/// ```flex
/// kernel k(x: f32[M, N], target: f32[M, N]) -> f32 { return nn.cross_entropy(x, target) }
/// ```
fn cross_entropy(x: float[M, N], target: float[M, N]) -> float {
  let l = log_softmax(x)
  return -sum(l * target) / M
}

/// Mean squared error.
/// ```flex
/// kernel k(x: f32[M, N], target: f32[M, N]) -> f32 { return nn.mse(x, target) }
/// ```
fn mse(x: float[..., N], target: float[..., N]) -> float { mean((x - target) ** 2) }

// Small integers: q = round(x / scale) + zero_point

/// The nearest i8 of `x / scale + zero_point`; ties go to even, what is out of range to the nearest end.
/// ```flex
/// kernel k(x: f32[N], scale: f32) -> i8[N] { return nn.quantize(x, scale) }
/// ```
fn quantize(x: float, scale: float, zero_point: i32 = 0) -> i8 {
  i8(clamp(round(x / scale) + float(zero_point), -128, 127))
}

/// `(q - zero_point) * scale`.
/// ```flex
/// kernel k(q: i8[N], scale: f32) -> f32[N] { return nn.dequantize(q, scale) }
/// ```
fn dequantize(q: i8, scale: float, zero_point: i32 = 0) -> float { float(i32(q) - zero_point) * scale }

/// Each row as i8 with a scale of its own, so that the largest magnitude becomes 127.
/// ```flex
/// kernel k(x: f32[M, N]) -> (i8[M, N], f32[M]) { return nn.quantize_rows(x) }
/// ```
fn quantize_rows(x: float[..., N]) -> (i8[..., N], float[...]) {
  let top[...] = max(j) abs(x[..., j])
  let scale[...] = if top[...] > 0 { top[...] / 127 } else { 1 }
  let q[..., j] = i8(clamp(round(x[..., j] / scale[...]), -127, 127))
  return q, scale
}

/// `x @ w + bias` of i8 with one scale a row of x and a column of w; sums in i32.
/// ```flex
/// kernel k(x: i8[B, K], w: i8[K, N], xs: f32[B], ws: f32[N], bias: f32[N]) -> f32[B, N] { return nn.dense_int8(x, w, xs, ws, bias) }
/// ```
fn dense_int8(x: i8[B, K], w: i8[K, N], x_scale: float[B], w_scale: float[N], bias: float[N]) -> float[B, N] {
  let y = i32(x) @ i32(w)
  return [b, n] float(y[b, n]) * x_scale[b] * w_scale[n] + bias[n]
}

/// Rows of a table by number; a number out of range takes the nearest row.
/// ```flex
/// kernel k(table: f32[V, D], ids: i32[L]) -> f32[L, D] where V >= 1 { return nn.embedding(table, ids) }
/// ```
fn embedding(table: number[V, D], ids: int[L]) -> number[L, D] where V >= 1 { [l, d] table[ids[l], d] }

/// Keys or values of S new positions written into a cache at `start`; what would lie behind its end is left out.
/// ```flex
/// kernel k(cache: f32[C, G, D], fresh: f32[S, G, D], start: i64) -> f32[C, G, D] where S >= 1 { return nn.cache_update(cache, fresh, start) }
/// ```
fn cache_update(cache: number[C, G, D], fresh: number[S, G, D], start: i64) -> number[C, G, D] where S >= 1 {
  [c, g, d] if c >= start && c < start + S { fresh[c-start, g, d] } else { cache[c, g, d] }
}

/// x with each element set to 0 with probability `rate`, the others divided by `1 - rate` (Srivastava et al. 2014). Which ones
/// is a function of the seed and the position only.
/// ```flex
/// kernel k(x: f32[M, N], seed: u64) -> f32[M, N] { return nn.dropout(x, 0.1, seed) }
/// ```
fn dropout(x: float[M, N], rate: float, seed: u64) -> float[M, N] {
  [i, j] if random.uniform(seed, i * N + j) < f32(rate) { 0 } else { x[i, j] / (1 - rate) }
}

/// Mean negative log likelihood of class numbers, from logits; a number out of range takes the nearest class.
/// ```flex
/// kernel k(x: f32[M, N], classes: i32[M]) -> f32 where N >= 1 { return nn.cross_entropy(x, classes) }
/// ```
fn cross_entropy(x: float[M, N], classes: int[M]) -> float where N >= 1 {
  let m[i] = max(j) x[i, j]
  let s[i] = sum(j) exp(x[i, j] - m[i])
  return mean(i) (m[i] + log(s[i]) - x[i, classes[i]])
}

/// The nearest i4 of `x / scale`; ties go to even, what is out of range to the nearest end.
/// ```flex
/// kernel k(x: f32[N], scale: f32) -> i4[N] { return nn.quantize_int4(x, scale) }
/// ```
fn quantize_int4(x: float, scale: float) -> i4 { i4(i8(clamp(round(x / scale), -8, 7))) }

/// `x @ (w * scale) + bias` of i4 weights, two a byte in memory, with one scale for each of G groups of rows and each column.
/// ```flex
/// kernel k(x: f32[B, K], w: i4[K, N], scale: f32[G, N], bias: f32[N]) -> f32[B, N] where K % G == 0, K >= 1, G >= 1 { return nn.dense_int4(x, w, scale, bias) }
/// ```
fn dense_int4(x: float[B, K], w: i4[K, N], scale: float[G, N], bias: float[N]) -> float[B, N]
    where K % G == 0, K >= 1, G >= 1 {
  let s = clamp(scale)
  return [b, n] (sum(k) x[b, k] * (float(i8(w[k, n])) * s[k/(K/G), n])) + bias[n]
}

/// Each channel in groups: `groups` groups of channels, each by the mean and variance of its channels in its image (Wu and He 2018).
/// ```flex
/// kernel k(x: f32[N, H, W, C], g: f32[C], b: f32[C]) -> f32[N, H, W, C] where C % 4 == 0, C >= 4 { return nn.group_norm(x, g, b, groups = 4) }
/// ```
fn group_norm(x: float[N, H, W, C], gain: float[C], bias: float[C], groups: dim, eps: float = 1e-5) -> float[N, H, W, C]
    where C % groups == 0, groups >= 1, C >= groups {
  let sums[n, c] = mean(h, w) x[n, h, w, c]
  let p = clamp(sums)
  let mu[n, g in 0..groups-1] = mean(c in 0..C/groups-1) p[n, C/groups*g+c]
  let m = clamp(mu)
  let shift[n, c in 0..C-1] = m[n, c/(C/groups)]
  // Read under a rule, so that they stay tables of a row a batch: a division for each pixel would cost more than the rest.
  let t = clamp(shift)
  let squares[n, c] = mean(h, w) ((x[n, h, w, c] - t[n, c]) ** 2)
  let q = clamp(squares)
  let variance[n, g in 0..groups-1] = mean(c in 0..C/groups-1) q[n, C/groups*g+c]
  let v = clamp(variance)
  let scale[n, c] = rsqrt(v[n, c/(C/groups)] + eps) * gain[c]
  let s = clamp(scale)
  return [n, h, w, c] (x[n, h, w, c] - t[n, c]) * s[n, c] + bias[c]
}

// Convolutions and pools: images channels last, filters [row, column, in, out], zeros around the image

/// Convolution along one axis (correlation, as everywhere in deep learning): `sum(r, c) x[n, stride i + dilation r - padding, c] f[r, c, k]`.
/// ```flex
/// kernel k(x: f32[N, L, C], f: f32[3, C, K]) -> f32[N, L, K] where L >= 1 { return nn.conv1d(x, f, padding = 1) }
/// ```
fn conv1d(
  x: number[N, L, C], f: number[R, C, K], stride: dim = 1, padding: dim = 0, dilation: dim = 1
) -> number[N, (L + 2*padding - dilation*(R-1) - 1)/stride + 1, K] {
  let p = zero(x)
  return [n, i, k] sum(r, c) p[n, stride*i+dilation*r-padding, c] * f[r, c, k]
}

/// Convolution of images: `sum(r, s, c) x[n, stride h + dilation r - padding, stride w + dilation s - padding, c] f[r, s, c, k]`.
/// ```flex
/// kernel k(x: f32[N, H, W, C], f: f32[3, 3, C, K]) -> f32[N, (H - 1) / 2 + 1, (W - 1) / 2 + 1, K] where H >= 1, W >= 1 {
///   return nn.conv2d(x, f, stride = 2, padding = 1)
/// }
/// ```
fn conv2d(
  x: number[N, H, W, C], f: number[R, S, C, K], stride: dim = 1, padding: dim = 0, dilation: dim = 1
) -> number[N, (H + 2*padding - dilation*(R-1) - 1)/stride + 1, (W + 2*padding - dilation*(S-1) - 1)/stride + 1, K] {
  let p = zero(x)
  return [n, h, w, k] sum(r, s, c) p[n, stride*h+dilation*r-padding, stride*w+dilation*s-padding, c] * f[r, s, c, k]
}

/// Convolution of volumes, as conv2d with one axis more.
/// ```flex
/// kernel k(x: f32[N, A, H, W, C], f: f32[3, 3, 3, C, K]) -> f32[N, A, H, W, K] where A >= 1, H >= 1, W >= 1 { return nn.conv3d(x, f, padding = 1) }
/// ```
fn conv3d(
  x: number[N, A, H, W, C], f: number[Q, R, S, C, K], stride: dim = 1, padding: dim = 0, dilation: dim = 1
) -> number[
  N, (A + 2*padding - dilation*(Q-1) - 1)/stride + 1, (H + 2*padding - dilation*(R-1) - 1)/stride + 1,
  (W + 2*padding - dilation*(S-1) - 1)/stride + 1, K
] {
  let p = zero(x)
  return [n, a, h, w, k] sum(q, r, s, c) p[
    n, stride*a+dilation*q-padding, stride*h+dilation*r-padding, stride*w+dilation*s-padding, c
  ] * f[q, r, s, c, k]
}

/// Convolution in groups: channel k of the K results sees the D channels of its group of `C / groups`. With D = 1 and K = C it is
/// depthwise.
/// ```flex
/// kernel k(x: f32[N, H, W, C], f: f32[3, 3, 1, C]) -> f32[N, H, W, C] where C >= 1, H >= 1, W >= 1 {
///   return nn.conv2d_grouped(x, f, groups = C, padding = 1)
/// }
/// ```
fn conv2d_grouped(
  x: number[N, H, W, C], f: number[R, S, D, K], groups: dim, stride: dim = 1, padding: dim = 0, dilation: dim = 1
) -> number[N, (H + 2*padding - dilation*(R-1) - 1)/stride + 1, (W + 2*padding - dilation*(S-1) - 1)/stride + 1, K]
    where groups >= 1, C == D * groups, K % groups == 0 {
  let p = zero(x)
  let q = clamp(f)
  let y[
    n, h in 0..(H + 2*padding - dilation*(R-1) - 1)/stride, w in 0..(W + 2*padding - dilation*(S-1) - 1)/stride,
    g in 0..groups-1, k in 0..K/groups-1
  ] = sum(r, s, d) p[n, stride*h+dilation*r-padding, stride*w+dilation*s-padding, D*g+d] * q[r, s, d, K/groups*g+k]
  return reshape(
    y,
    N,
    (H + 2 * padding - dilation * (R - 1) - 1) / stride + 1,
    (W + 2 * padding - dilation * (S - 1) - 1) / stride + 1,
    K
  )
}

/// Transposed convolution, the gradient of conv2d by its input: each input pixel spreads its filter over the result,
/// `stride` apart. Computed apart for each of the stride x stride places of a result within its input pixel, so that only
/// products that exist are made.
/// ```flex
/// kernel k(x: f32[N, H, W, C], f: f32[2, 2, C, K]) -> f32[N, 2 * H, 2 * W, K] where H >= 1, W >= 1 {
///   return nn.conv2d_transposed(x, f, stride = 2)
/// }
/// ```
fn conv2d_transposed(
  x: number[N, H, W, C], f: number[R, S, C, K], stride: dim = 1, padding: dim = 0
) -> number[N, (H-1)*stride + R - 2*padding, (W-1)*stride + S - 2*padding, K]
    where stride >= 1, H >= 1, W >= 1 {
  let p = zero(x)
  let q = zero(f)
  let g[a in 0..stride-1, b in 0..stride-1, r in 0..ceildiv(R, stride)-1, s in 0..ceildiv(S, stride)-1, c, k] = q[
    stride*r+a, stride*s+b, c, k
  ]
  let y[n, i in 0..H+ceildiv(R, stride)-2, j in 0..W+ceildiv(S, stride)-2, a, b, k] = sum(r, s, c) if stride * r + a <
      R && stride * s + b < S {
        p[n, i-r, j-s, c] * g[a, b, r, s, c, k]
      } else {
        0
      }
  let z = clamp(y)
  return [n, h, w, k] z[n, (h+padding)/stride, (w+padding)/stride, (h+padding)%stride, (w+padding)%stride, k]
}

/// The largest value of each `size` x `size` window, `stride` apart.
/// ```flex
/// kernel k(x: f32[N, H, W, C]) -> f32[N, (H - 2) / 2 + 1, (W - 2) / 2 + 1, C] where H >= 2, W >= 2 { return nn.max_pool2d(x, size = 2, stride = 2) }
/// ```
fn max_pool2d(
  x: float[N, H, W, C], size: dim, stride: dim, padding: dim = 0
) -> float[N, (H+2*padding-size)/stride + 1, (W+2*padding-size)/stride + 1, C] {
  let p = fill(x, -inf)
  return [n, h, w, c] max(r in 0..size-1, s in 0..size-1) p[n, stride*h+r-padding, stride*w+s-padding, c]
}

/// The mean of each `size` x `size` window, `stride` apart; padding counts as zeros, as PyTorch's count_include_pad.
/// ```flex
/// kernel k(x: f32[N, H, W, C]) -> f32[N, (H - 2) / 2 + 1, (W - 2) / 2 + 1, C] where H >= 2, W >= 2 { return nn.avg_pool2d(x, size = 2, stride = 2) }
/// ```
fn avg_pool2d(
  x: float[N, H, W, C], size: dim, stride: dim, padding: dim = 0
) -> float[N, (H+2*padding-size)/stride + 1, (W+2*padding-size)/stride + 1, C] {
  let p = zero(x)
  return [n, h, w, c] (sum(r in 0..size-1, s in 0..size-1) p[n, stride*h+r-padding, stride*w+s-padding, c]) /
      (size * size)
}
