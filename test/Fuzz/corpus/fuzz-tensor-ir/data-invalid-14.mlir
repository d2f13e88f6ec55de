flex.kernel @axes(%x: !flex.tensor<f32[N, N]>) {
  %y = flex.scan [j < N] over [i < N] at [i, i] (%a = %x[i, j] : !flex.tensor<f32[N, N]>) self %s -> f32 {
    flex.yield %a : f32
  }
  flex.return
}
