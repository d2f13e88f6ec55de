// A step of Adam (Kingma and Ba 2015), in place.

/// Parameters p and the moments m and v are updated; `step` counts from 1.
kernel adam(
  p: inout f32[N],
  m: inout f32[N],
  v: inout f32[N],
  g: f32[N],
  step: f32,
  rate: f32 = 1e-3,
  beta1: f32 = 0.9,
  beta2: f32 = 0.999,
  eps: f32 = 1e-8
) {
  m = beta1 * m + (1 - beta1) * g
  v = beta2 * v + (1 - beta2) * g ** 2
  p = p - rate * (m / (1 - beta1 ** step)) / (sqrt(v / (1 - beta2 ** step)) + eps)
}
