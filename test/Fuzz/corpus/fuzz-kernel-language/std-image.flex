// Images of one channel, rows first. Outside of the image the nearest pixel counts.

/// 3x3 box filter.
fn blur3(img: float[H, W]) -> float[H, W] {
  let p = clamp(img)
  let rows[y, x] = (p[y, x - 1] + p[y, x] + p[y, x + 1]) / 3
  let q = clamp(rows)
  return [y, x] (q[y - 1, x] + q[y, x] + q[y + 1, x]) / 3
}

/// 3x3 binomial filter: weights 1 2 1 along each axis.
fn gauss3(img: float[H, W]) -> float[H, W] {
  let p = clamp(img)
  let rows[y, x] = (p[y, x - 1] + 2 * p[y, x] + p[y, x + 1]) / 4
  let q = clamp(rows)
  return [y, x] (q[y - 1, x] + 2 * q[y, x] + q[y + 1, x]) / 4
}

/// Derivatives along x and along y, by Sobel's weights.
fn sobel_xy(img: float[H, W]) -> (float[H, W], float[H, W]) {
  let p = clamp(img)
  let dx[y, x] = p[y - 1, x + 1] - p[y - 1, x - 1] + 2 * (p[y, x + 1] - p[y, x - 1]) + p[y + 1, x + 1] - p[y + 1, x - 1]
  let dy[y, x] = p[y + 1, x - 1] - p[y - 1, x - 1] + 2 * (p[y + 1, x] - p[y - 1, x]) + p[y + 1, x + 1] - p[y - 1, x + 1]
  return dx, dy
}

/// Strength of the edges: the length of the gradient.
fn sobel(img: float[H, W]) -> float[H, W] {
  let dx, dy = sobel_xy(img)
  return sqrt(dx ** 2 + dy ** 2)
}

/// Half the size, each pixel the mean of four.
fn halve(img: float[H, W]) -> float[H / 2, W / 2] {
  [y, x] (img[2 * y, 2 * x] + img[2 * y, 2 * x + 1] + img[2 * y + 1, 2 * x] + img[2 * y + 1, 2 * x + 1]) / 4
}

/// Twice the size, each pixel four times.
fn double_nearest(img: float[H, W]) -> float[2 * H, 2 * W] { [y, x] img[y / 2, x / 2] }

/// Twice the size, bilinear: each new pixel lies a quarter between two old ones.
fn double_bilinear(img: float[H, W]) -> float[2 * H, 2 * W] {
  let p = clamp(img)
  let wide[y, x in 0..2 * W - 1] = 0.75 * p[y, x / 2] + 0.25 * p[y, (x + 1) / 2 * 2 - x / 2 - 1]
  let q = clamp(wide)
  return [y, x] 0.75 * q[y / 2, x] + 0.25 * q[(y + 1) / 2 * 2 - y / 2 - 1, x]
}

/// Luminance of an RGB image, by the weights of Rec. 709.
fn luminance(img: float[H, W, 3]) -> float[H, W] {
  [y, x] 0.2126 * img[y, x, 0] + 0.7152 * img[y, x, 1] + 0.0722 * img[y, x, 2]
}
