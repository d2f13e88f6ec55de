flex.kernel @wrong_shape(%x: !flex.tensor<f32[N]>) {
  %y = "flex.map"(%x) <{accesses = [["i"]], boundaries = [#flex.boundary<none>], extents = ["N"], indices = ["i"]}>
      ({^bb0(%a: f32): flex.yield %a : f32}) : (!flex.tensor<f32[N]>) -> !flex.tensor<f32[M]>
  flex.return
}
