flex.kernel @reads(%x: !flex.tensor<f32[N]>, %u: !flex.tensor<f32[N]>) -> !flex.tensor<f32[N]> {
  %y = flex.map [i < N] (%a = %x[i] : !flex.tensor<f32[N]>, %n = %u[i] : !flex.tensor<f32[N]>,
      %b = %x[i] : !flex.tensor<f32[N]>) -> f32 {
    %0 = arith.mulf %a, %b : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[N]>
}
