flex.kernel @no_attributes(%x: !flex.tensor<f32[N]>) {
  %y = "flex.map"(%x) ({^bb0(%a: f32): flex.yield %a : f32}) : (!flex.tensor<f32[N]>) -> !flex.tensor<f32[N]>
  flex.return
}
