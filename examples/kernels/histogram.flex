// Histogram equalisation: the grey values of a photo spread so that all are about equally frequent.

/// The histogram of an 8-bit image, and the image with each value replaced by the share of pixels up to it.
kernel equalize(img: u8[H, W]) -> (i32[256], u8[H, W]) where H >= 1, W >= 1 {
  let none[b in 0..255] = i32(0)
  let one[i in 0..H*W-1] = i32(1)
  let histogram = scatter_add(none, reshape(img, H * W), one)
  let share = f32(cumsum(histogram)) / (H * W)
  return histogram, [y, x] u8(round(255 * share[img[y, x]]))
}
