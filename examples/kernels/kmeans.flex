// One step of k-means (Lloyd 1982): each sample to the nearest centre, each centre to the mean of its samples.

import linalg
import reduce

/// The new centres, the number of each sample's centre, and the mean squared distance to it. A centre without samples stays.
kernel kmeans_step(x: f32[N, D], centres: f32[K, D]) -> (f32[K, D], i64[N], f32) where K >= 1 {
  let d = linalg.squared_distances(x, centres)
  let nearest = argmin(d, axis = 1)
  let total = reduce.segment_sum(x, nearest, K)
  let size = reduce.segment_count(nearest, K)
  let moved[k, j] = if size[k] > 0 { total[k, j] / f32(size[k]) } else { centres[k, j] }
  return moved, nearest, mean(min(d, axis = 1))
}
