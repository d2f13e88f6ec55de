flex.kernel @f(%x: !flex.tensor<f32[N]>) -> !flex.tensor<f32[N]> {
  %y = flex.map [i < N - 