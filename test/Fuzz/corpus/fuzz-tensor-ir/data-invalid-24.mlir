flex.kernel @unsigned_float(%x: !flex.tensor<f32[N]>) {
  %y = flex.argsort unsigned ascending [] over [i < N] at [i] count N (%a = %x[i] : !flex.tensor<f32[N]>) -> i64 {
    flex.yield %a : f32
  }
  flex.return
}
