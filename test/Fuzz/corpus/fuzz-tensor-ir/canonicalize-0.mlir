flex.kernel @copy(%x: !flex.tensor<f32[N]>) -> !flex.tensor<f32[N]> {
  %y = flex.map [i < N] (%a = %x[i] : !flex.tensor<f32[N]>) -> f32 { flex.yield %a : f32 }
  flex.return %y : !flex.tensor<f32[N]>
}
