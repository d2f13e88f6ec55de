flex.kernel @no_rule(%x: !flex.tensor<f32[N]>, %i: !flex.tensor<i64[M]>) {
  %y = flex.map [i < M] (%t = %x whole : !flex.tensor<f32[N]>, %n = %i[i] : !flex.tensor<i64[M]>) -> f32 {
    %v = flex.load %t["$0"] (%n) : !flex.tensor<f32[N]>
    flex.yield %v : f32
  }
  flex.return
}
