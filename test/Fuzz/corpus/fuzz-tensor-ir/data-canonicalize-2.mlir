flex.kernel @hidden(%x: !flex.tensor<f32[N, M]>) -> !flex.tensor<f32[M]> {
  %y = flex.map [N < M] (%t = %x whole : !flex.tensor<f32[N, M]>) -> f32 {
    %n = flex.dim "N" : i64
    %v = flex.load %t["$0", N] wrap (%n) : !flex.tensor<f32[N, M]>
    flex.yield %v : f32
  }
  flex.return %y : !flex.tensor<f32[M]>
}
