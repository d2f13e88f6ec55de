// Images of one channel.

import image

kernel gauss5(img: f32[H, W]) -> f32[H, W] { return image.gauss5(img) }
kernel halve(img: f32[H, W]) -> f32[H/2, W/2] where H >= 2, W >= 2 { return image.halve(img) }

kernel resize_up(img: f32[H, W]) -> f32[2*H, 2*W] where H >= 1, W >= 1 {
  return image.resize_bilinear(img, 2 * H, 2 * W)
}
