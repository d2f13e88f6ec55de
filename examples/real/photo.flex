// Four steps of an image pipeline. Pixels are f32 in [0, 1]; a photo is H x W x 3.

/// Brightness of an RGB photo of bytes, with the weights of ITU-R BT.601.
kernel grey(photo: u8[H, W, 3]) -> f32[H, W] {
  return [y, x] (0.299 * f32(photo[y, x, 0]) + 0.587 * f32(photo[y, x, 1]) + 0.114 * f32(photo[y, x, 2])) / 255
}

/// A 3x3 Gaussian; at the border the nearest pixel stands in for the missing one.
kernel blur(img: f32[H, W]) -> f32[H, W] {
  let p = clamp(img)
  return [y, x] (
    p[y-1, x-1] + 2 * p[y-1, x] + p[y-1, x+1] +
    2 * p[y, x-1] + 4 * p[y, x] + 2 * p[y, x+1] +
    p[y+1, x-1] + 2 * p[y+1, x] + p[y+1, x+1]
  ) / 16
}

/// How strongly the brightness changes at each pixel: the length of Sobel's gradient.
kernel sobel(img: f32[H, W]) -> f32[H, W] {
  let p = clamp(img)
  let dx[y, x] = p[y-1, x+1] + 2 * p[y, x+1] + p[y+1, x+1] - p[y-1, x-1] - 2 * p[y, x-1] - p[y+1, x-1]
  let dy[y, x] = p[y+1, x-1] + 2 * p[y+1, x] + p[y+1, x+1] - p[y-1, x-1] - 2 * p[y-1, x] - p[y-1, x+1]
  return [y, x] sqrt(dx[y, x] * dx[y, x] + dy[y, x] * dy[y, x])
}

/// Half the size: each pixel is the mean of 2x2; an odd last row or column is dropped.
kernel half(img: f32[H, W]) -> f32[H/2, W/2] {
  return [y in 0..H/2-1, x in 0..W/2-1] (img[2*y, 2*x] + img[2*y, 2*x+1] + img[2*y+1, 2*x] + img[2*y+1, 2*x+1]) / 4
}
