flex.kernel @num_parallel(%x: !flex.tensor<f32[N]>) {
  %y = "flex.reduce"(%x) <{accesses = [["i"]], boundaries = [#flex.boundary<none>], extents = ["N"], indices = ["i"],
      num_parallel = -1, combiner = #flex<combiner sum>}>
      ({^bb0(%a: f32): flex.yield %a : f32}) : (!flex.tensor<f32[N]>) -> !flex.tensor<f32[N]>
  flex.return
}
