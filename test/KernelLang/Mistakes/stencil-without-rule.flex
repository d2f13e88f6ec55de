kernel blur(img: f32[H, W]) -> f32[H, W] {
  return [y, x] (img[y, x - 1] + img[y, x] + img[y, x + 1]) / 3
}
