// Corners by Harris and Stephens (1988): det(M) - k trace(M)^2 of the smoothed products of derivatives, kept where it is the
// largest of its 3x3 neighbourhood and above a threshold.

import image

/// The response where there is a corner, 0 elsewhere.
kernel harris(img: f32[H, W], k: f32, threshold: f32) -> f32[H, W] {
  let dx, dy = image.sobel_xy(img)
  let a = image.gauss5(dx * dx)
  let b = image.gauss5(dx * dy)
  let c = image.gauss5(dy * dy)
  let response = a * c - b * b - k * (a + c) ** 2
  return if response == image.dilate3(response) && response > threshold { response } else { 0 }
}
