// Dynamic time warping (Sakoe and Chiba 1978): the least total difference of two signals when each may pause.

/// The distance, and the table of distances of all beginnings.
kernel dtw(x: f32[M], y: f32[N]) -> (f32, f32[M, N]) where M >= 1, N >= 1 {
  let d[i, j] = scan(i, j) abs(x[i] - y[j]) + (if i == 0 && j == 0 {
    0
  } else {
    min(min(fill(d, inf)[i-1, j], fill(d, inf)[i, j-1]), fill(d, inf)[i-1, j-1])
  })
  return d[M-1, N-1], d
}
