flex.kernel @boundary_is_a_number(%x: !flex.tensor<f32[N]>) {
  %y = "flex.map"(%x) <{accesses = [["i"]], boundaries = [1], extents = ["N"], indices = ["i"]}>
      ({^bb0(%a: f32): flex.yield %a : f32}) : (!flex.tensor<f32[N]>) -> !flex.tensor<f32[N]>
  flex.return
}
