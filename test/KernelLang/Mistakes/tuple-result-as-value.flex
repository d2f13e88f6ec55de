import image

kernel edges(img: f32[H, W]) -> f32[H, W] {
  return abs(image.sobel_xy(img))
}
