flex.kernel @not_canonical(%x: !flex.tensor<f32[N]>) {
  %y = "flex.map"(%x) <{accesses = [["0 + i"]], boundaries = [#flex.boundary<none>], extents = ["N"], indices = ["i"]}>
      ({^bb0(%a: f32): flex.yield %a : f32}) : (!flex.tensor<f32[N]>) -> !flex.tensor<f32[N]>
  flex.return
}
