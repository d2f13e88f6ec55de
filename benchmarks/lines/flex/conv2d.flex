kernel conv2d(x: f32[N, H, W, C], f: f32[R, S, C, K]) -> f32[N, H-R+1, W-S+1, K] {
  return [n, h, w, k] sum(r, s, c) x[n, h+r, w+s, c] * f[r, s, c, k]
}
