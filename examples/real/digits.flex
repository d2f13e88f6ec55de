// A network of three dense layers that reads handwritten digits: B images of P pixels in, a probability for each of C classes out.
// The weights were trained by train_digits.py.

fn relu(x: float) -> float { max(x, 0) }

/// The probability of every class for every image.
kernel classify(
  x: f32[B, P], w1: f32[P, H], b1: f32[H], w2: f32[H, K], b2: f32[K], w3: f32[K, C], b3: f32[C]
) -> f32[B, C] {
  let h = relu(x @ w1 + b1)
  let k = relu(h @ w2 + b2)
  let z = k @ w3 + b3
  let m[i] = max(j) z[i, j]
  let e[i, j] = exp(z[i, j] - m[i])
  return [i, j] e[i, j] / sum(c) e[i, c]
}
