kernel rope(x: f32[S, H, D], positions: i32[S]) -> f32[S, H, D] where D % 2 == 0, D >= 2 {
  let angle[s, i in 0..D/2-1] = f32(positions[s]) * f32(10000) ** (-2 * i / D)
  let c = clamp(cos(angle))
  let w = clamp(sin(angle))
  let p = zero(x)
  return [s, h, d] if d < D / 2 {
    x[s, h, d] * c[s, d] - p[s, h, d+D/2] * w[s, d]
  } else {
    x[s, h, d] * c[s, d-D/2] + p[s, h, d-D/2] * w[s, d-D/2]
  }
}
