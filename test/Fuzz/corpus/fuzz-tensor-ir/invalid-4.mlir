flex.kernel @unknown_name(%x: !flex.tensor<f32[N]>) {
  %y = flex.map [i < N] (%a = %x[i + k] : !flex.tensor<f32[N]>) -> f32 { flex.yield %a : f32 }
  flex.return
}
