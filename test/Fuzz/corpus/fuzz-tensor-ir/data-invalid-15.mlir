flex.kernel @no_axis(%x: !flex.tensor<f32[N]>) {
  %y = flex.scan [] over [i < N] at [k] (%a = %x[i] : !flex.tensor<f32[N]>) self %s -> f32 {
    flex.yield %a : f32
  }
  flex.return
}
