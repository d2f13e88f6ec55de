// Gravity between N bodies, all pairs, one step of the leapfrog integrator (kick, drift).

/// Positions, velocities and masses, the time step and the softening length squared; gives the new positions and velocities.
kernel nbody(x: f32[N, 3], v: f32[N, 3], m: f32[N], dt: f32, soft: f32) -> (f32[N, 3], f32[N, 3]) {
  let d2[i, j] = (sum(c) (x[j, c] - x[i, c]) ** 2) + soft
  let pull[i, j] = m[j] * rsqrt(d2[i, j]) ** 3
  let a[i, c] = sum(j) pull[i, j] * (x[j, c] - x[i, c])
  let w = v + a * dt
  return x + w * dt, w
}
