// Principal component analysis by the power method: one step towards the first K components.

import stats

/// Samples in rows and a guess at the components, one a row. Gives the better guess, made orthonormal against the components
/// before it by one pass of Gram and Schmidt, and the variance along each.
kernel pca_step(x: f32[N, D], components: f32[K, D]) -> (f32[K, D], f32[K]) {
  let covariance = stats.covariance(x)
  let moved[k, d] = sum(e) components[k, e] * covariance[e, d]
  let variance[k] = sqrt(sum(d) moved[k, d] ** 2)
  let unit[k, d] = moved[k, d] / variance[k]
  let overlap[k, l] = if l < k { sum(d) unit[k, d] * unit[l, d] } else { 0 }
  let apart[k, d] = unit[k, d] - sum(l) overlap[k, l] * unit[l, d]
  let length[k] = sqrt(sum(d) apart[k, d] ** 2)
  return [k, d] apart[k, d] / length[k], variance
}
