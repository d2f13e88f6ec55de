flex.kernel @scatter(%base: !flex.tensor<f32[N, D]>, %values: !flex.tensor<f32[K, D]>, %ids: !flex.tensor<i64[K]>) -> !flex.tensor<f32[N, D]> {
  %r = flex.scatter sum [d < D] over [k < K] at ["$0", d] (%b = %base whole : !flex.tensor<f32[N, D]>,
      %v = %values[k, d] : !flex.tensor<f32[K, D]>, %i = %ids[k] : !flex.tensor<i64[K]>) {
    flex.yield %v, %i : f32, i64
  }
  flex.return %r : !flex.tensor<f32[N, D]>
}
