flex.kernel @clamp_with_value(%x: !flex.tensor<f32[N]>) {
  %y = "flex.map"(%x) <{accesses = [["i"]], boundaries = [#flex.boundary<clamp = 1.0 : f32>], extents = ["N"], indices = ["i"]}>
      ({^bb0(%a: f32): flex.yield %a : f32}) : (!flex.tensor<f32[N]>) -> !flex.tensor<f32[N]>
  flex.return
}
