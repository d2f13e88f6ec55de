flex.kernel @base(%x: !flex.tensor<f32[N]>, %v: !flex.tensor<f32[K]>) -> !flex.tensor<f32[N]> {
  %y = flex.scatter set [] over [k < K] at [k + 1] (%b = %x whole : !flex.tensor<f32[N]>, %a = %v[k] : !flex.tensor<f32[K]>,
      %u = %v[k] : !flex.tensor<f32[K]>) {
    flex.yield %a : f32
  }
  flex.return %y : !flex.tensor<f32[N]>
}
