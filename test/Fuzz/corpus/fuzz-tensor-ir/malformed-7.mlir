flex.kernel @index_name(%x: !flex.tensor<f32[N]>) {
  %y = "flex.map"(%x) <{accesses = [["0"]], boundaries = [#flex.boundary<none>], extents = ["N"], indices = ["i < N] ("]}>
      ({^bb0(%a: f32): flex.yield %a : f32}) : (!flex.tensor<f32[N]>) -> !flex.tensor<f32[N]>
  flex.return
}
