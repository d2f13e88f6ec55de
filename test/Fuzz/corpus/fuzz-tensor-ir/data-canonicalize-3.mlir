flex.kernel @fold(%x: !flex.tensor<f32[N, N]>) -> !flex.tensor<f32[N]> {
  %y = flex.map [i < N] (%t = %x whole : !flex.tensor<f32[N, N]>) -> f32 {
    %f = flex.fold max [r < N] -> f32 {
      %r = flex.index "r" : i64
      %v = flex.load %t[i, "$0"] clamp (%r) : !flex.tensor<f32[N, N]>
      flex.yield %v : f32
    }
    flex.yield %f : f32
  }
  flex.return %y : !flex.tensor<f32[N]>
}
