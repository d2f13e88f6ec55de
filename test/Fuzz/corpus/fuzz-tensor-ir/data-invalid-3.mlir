flex.kernel @value_in_access(%x: !flex.tensor<f32[N]>) {
  %y = flex.map [i < N] (%a = %x["$0"] : !flex.tensor<f32[N]>) -> f32 { flex.yield %a : f32 }
  flex.return
}
