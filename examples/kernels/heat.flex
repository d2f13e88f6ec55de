// Heat spreading over a plate whose border keeps it in: eight explicit steps of u += k laplace(u).

/// `k` is diffusivity * dt / h^2, at most 1/4.
kernel heat(u: f32[H, W], k: f32) -> f32[H, W] {
  var t = u
  for step in 0..7 {
    let p = clamp(t)
    t[y, x] = p[y, x] + k * (p[y-1, x] + p[y+1, x] + p[y, x-1] + p[y, x+1] - 4 * p[y, x])
  }
  return t
}
