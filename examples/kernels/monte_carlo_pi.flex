// Pi by throwing darts at a square: the share that lands in the quarter circle. Random numbers come from Philox by counting, so
// the answer is the same on every device and however the work is split.

import random

/// 4 * hits / (M * N), and the hits of each row of M x N throws.
kernel monte_carlo_pi<M: dim, N: dim>(seed: u64) -> (f32, i32[M]) where M >= 1, N >= 1 {
  let hits[i in 0..M-1] = sum(j in 0..N-1) i32(lands(seed, i * N + j))
  return f32(f64(sum(hits)) * 4 / (M * N)), hits
}

fn lands(seed: u64, throw: i64) -> bool {
  let a, b, _, _ = random.bits4(seed, throw)
  let x = f32(a >> 8) * 5.9604644775390625e-8
  let y = f32(b >> 8) * 5.9604644775390625e-8
  return x * x + y * y < 1
}
