// Random numbers by counting: each is a function of a seed and a position, so that the same bits come out on every device, in any
// order, and nothing is kept between calls. The generator is Philox 4x32-10 (Salmon, Moraes, Dror and Shaw, "Parallel random
// numbers: as easy as 1, 2, 3", 2011), checked against the known answers of its authors.

/// One of Philox's ten rounds: two products of 32 x 32 bits; their halves trade places and mix with the key.
/// ```flex
/// kernel k(x: u32[N], key: u32) -> (u32[N], u32[N], u32[N], u32[N]) { return random.philox_round(x, 0, 0, 0, key, 0) }
/// ```
fn philox_round(c0: u32, c1: u32, c2: u32, c3: u32, k0: u32, k1: u32) -> (u32, u32, u32, u32) {
  let p = u64(c0) * 0xD2511F53
  let q = u64(c2) * 0xCD9E8D57
  return u32(q >> 32) ^ c1 ^ k0, u32(q), u32(p >> 32) ^ c3 ^ k1, u32(p)
}

/// Philox 4x32-10: 128 random bits of a counter of 128 bits and a key of 64. The key of round r is (k0, k1) + r (0x9E3779B9, 0xBB67AE85).
/// ```flex
/// kernel k(x: u32[N], key: u32) -> (u32[N], u32[N], u32[N], u32[N]) { return random.philox4x32(x, 0, 0, 0, key, 0) }
/// ```
fn philox4x32(c0: u32, c1: u32, c2: u32, c3: u32, k0: u32, k1: u32) -> (u32, u32, u32, u32) {
  let a0, a1, a2, a3 = philox_round(c0, c1, c2, c3, k0, k1)
  let b0, b1, b2, b3 = philox_round(a0, a1, a2, a3, k0 + 0x9E3779B9, k1 + 0xBB67AE85)
  let d0, d1, d2, d3 = philox_round(b0, b1, b2, b3, k0 + 0x3C6EF372, k1 + 0x76CF5D0A)
  let e0, e1, e2, e3 = philox_round(d0, d1, d2, d3, k0 + 0xDAA66D2B, k1 + 0x32370B8F)
  let f0, f1, f2, f3 = philox_round(e0, e1, e2, e3, k0 + 0x78DDE6E4, k1 + 0xED9EBA14)
  let g0, g1, g2, g3 = philox_round(f0, f1, f2, f3, k0 + 0x1715609D, k1 + 0xA9066899)
  let h0, h1, h2, h3 = philox_round(g0, g1, g2, g3, k0 + 0xB54CDA56, k1 + 0x646E171E)
  let m0, m1, m2, m3 = philox_round(h0, h1, h2, h3, k0 + 0x5384540F, k1 + 0x1FD5C5A3)
  let n0, n1, n2, n3 = philox_round(m0, m1, m2, m3, k0 + 0xF1BBCDC8, k1 + 0xDB3D7428)
  return philox_round(n0, n1, n2, n3, k0 + 0x8FF34781, k1 + 0x96A522AD)
}

/// Four words of 32 random bits for each seed and index.
/// ```flex
/// kernel k(i: i64[N], seed: u64) -> (u32[N], u32[N], u32[N], u32[N]) { return random.bits4(seed, i) }
/// ```
fn bits4(seed: u64, index: i64) -> (u32, u32, u32, u32) {
  return philox4x32(u32(index), u32(index >> 32), 0, 0, u32(seed), u32(seed >> 32))
}

/// 32 random bits for each seed and index: the first word of bits4.
/// ```flex
/// kernel k(x: f32[M, N], seed: u64) -> u32[M, N] { return [i in 0..M - 1, j in 0..N - 1] random.bits(seed, i * N + j) }
/// ```
fn bits(seed: u64, index: i64) -> u32 {
  let a, _, _, _ = bits4(seed, index)
  return a
}

/// Evenly spread over [0, 1): 24 random bits.
/// ```flex
/// kernel k<N: dim>(seed: u64) -> f32[N] { return [i] random.uniform(seed, i) }
/// ```
fn uniform(seed: u64, index: i64) -> f32 { f32(bits(seed, index) >> 8) * 5.9604644775390625e-8 }

/// Evenly spread over [0, 1) in f64: 53 random bits.
/// ```flex
/// kernel k<N: dim>(seed: u64) -> f64[N] { return [i] random.uniform64(seed, i) }
/// ```
fn uniform64(seed: u64, index: i64) -> f64 {
  let a, b, _, _ = bits4(seed, index)
  return f64((u64(a) >> 5) * 67108864 + (u64(b) >> 6)) * 1.1102230246251565e-16
}

/// Normally distributed with mean 0 and variance 1, by the transform of Box and Muller. The bits are the same everywhere;
/// log and cos may differ in the last place between devices.
/// ```flex
/// kernel k<N: dim>(seed: u64) -> f32[N] { return [i] random.normal(seed, i) }
/// ```
fn normal(seed: u64, index: i64) -> f32 {
  let a, b, _, _ = bits4(seed, index)
  let u = (f32(a >> 8) + 1) * 5.9604644775390625e-8
  let v = f32(b >> 8) * 5.9604644775390625e-8
  return sqrt(-2 * log(u)) * cos(2 * pi * v)
}

/// An integer from 0 to `count - 1`: the high half of a product of 32 x 32 bits (its bias is below count / 2^32).
/// ```flex
/// kernel k<N: dim>(seed: u64) -> u32[N] { return [i] random.below(seed, i, 6) }
/// ```
fn below(seed: u64, index: i64, count: u32) -> u32 { u32(u64(bits(seed, index)) * u64(count) >> 32) }

/// True with probability p.
/// ```flex
/// kernel k<N: dim>(seed: u64, p: f32) -> bool[N] { return [i] random.bernoulli(seed, i, p) }
/// ```
fn bernoulli(seed: u64, index: i64, p: f32) -> bool { uniform(seed, index) < p }
