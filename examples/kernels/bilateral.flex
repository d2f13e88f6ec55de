// The bilateral filter (Tomasi and Manduchi 1998): a mean of the 7x7 neighbourhood whose weights fall with distance and with
// difference in brightness, so that edges stay.

/// `space` and `range` are the standard deviations of distance, in pixels, and of brightness.
kernel bilateral(img: f32[H, W], space: f32, range: f32) -> f32[H, W] {
  let p = clamp(img)
  let near[r in 0..6, s in 0..6] = exp(-f32((r - 3) * (r - 3) + (s - 3) * (s - 3)) / (2 * space ** 2))
  let scale = -1 / (2 * range ** 2)
  let total[y, x] = sum(r, s) near[r, s] * exp(scale * (p[y+r-3, x+s-3] - img[y, x]) ** 2)
  let value[y, x] = sum(r, s) near[r, s] * exp(scale * (p[y+r-3, x+s-3] - img[y, x]) ** 2) * p[y+r-3, x+s-3]
  return value / total
}
