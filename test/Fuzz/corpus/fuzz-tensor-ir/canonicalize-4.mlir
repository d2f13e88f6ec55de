flex.kernel @nothing(%x: !flex.tensor<f32[N]>) -> !flex.tensor<f32[N]> {
  %y = flex.reduce sum [i < N] over [] (%a = %x[i] : !flex.tensor<f32[N]>) -> f32 {
    %0 = math.exp %a : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[N]>
}
