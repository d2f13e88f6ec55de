flex.kernel @count(%x: !flex.tensor<f32[4]>) {
  %y = flex.argsort ascending [] over [i < 4] at [i] count 5 (%a = %x[i] : !flex.tensor<f32[4]>) -> i64 {
    flex.yield %a : f32
  }
  flex.return
}
