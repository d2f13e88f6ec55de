// Poisson's equation -laplace(u) = f on a square grid with fixed borders: one sweep of Jacobi's method, and how far it moved.

/// u has its borders; f holds h^2 f. Gives the next u and the largest change.
kernel jacobi(u: f32[H, W], f: f32[H, W]) -> (f32[H, W], f32) {
  let p = clamp(u)
  let next[y, x] = if y > 0 && y < H - 1 && x > 0 && x < W - 1 {
    (p[y-1, x] + p[y+1, x] + p[y, x-1] + p[y, x+1] + f[y, x]) / 4
  } else {
    u[y, x]
  }
  return next, max(abs(next - u))
}
