// Edges by Canny (1986): smooth, differentiate, keep what is largest across the edge, then what is strong or hangs on to
// something strong.

import image

/// Larger or equal of the two pixels across the edge, by the gradient's direction in steps of 45 degrees.
fn thinned(m: float[H, W], dx: float[H, W], dy: float[H, W]) -> float[H, W] {
  let p = zero(m)
  let across[y, x] = if abs(dy[y, x]) <= 0.41421356 * abs(dx[y, x]) {
    max(p[y, x-1], p[y, x+1])
  } else {
    if abs(dx[y, x]) <= 0.41421356 * abs(dy[y, x]) {
      max(p[y-1, x], p[y+1, x])
    } else {
      if dx[y, x] * dy[y, x] > 0 { max(p[y-1, x-1], p[y+1, x+1]) } else { max(p[y-1, x+1], p[y+1, x-1]) }
    }
  }
  return if m >= across { m } else { 0 }
}

/// 1 on an edge. A weak pixel counts if at most 16 weak pixels lead to a strong one.
kernel canny(img: f32[H, W], low: f32, high: f32) -> u8[H, W] {
  let dx, dy = image.sobel_xy(image.gauss5(img))
  let m = thinned(sqrt(dx * dx + dy * dy), dx, dy)
  let weak = u8(m > low)
  var edge = u8(m > high)
  for round in 0..15 { edge = min(weak, image.dilate3(edge)) }
  return edge
}
