flex.kernel @two_keys(%x: !flex.tensor<f32[N, N]>) {
  %y = flex.argsort ascending [] over [i < N, j < N] at [i, j] count N (%a = %x[i, j] : !flex.tensor<f32[N, N]>) -> i64 {
    flex.yield %a : f32
  }
  flex.return
}
