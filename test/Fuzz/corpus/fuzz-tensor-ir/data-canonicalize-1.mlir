flex.kernel @equal(%x: !flex.tensor<f32[N, N]>, %p: !flex.tensor<i64[N]>) -> !flex.tensor<f32[N]> {
  %y = flex.map [i < N] (%t = %x whole : !flex.tensor<f32[N, N]>, %a = %p[i] : !flex.tensor<i64[N]>) -> f32 {
    %i = flex.index "i" : i64
    %v = flex.load %t["$0 + $2", "$1"] wrap (%a, %i, %a) : !flex.tensor<f32[N, N]>
    flex.yield %v : f32
  }
  flex.return %y : !flex.tensor<f32[N]>
}
