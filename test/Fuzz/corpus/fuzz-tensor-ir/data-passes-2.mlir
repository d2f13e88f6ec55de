flex.kernel @capture(%x: !flex.tensor<f32[V, K]>) -> !flex.tensor<f32[V]> {
  %m = flex.map [i < V] (%t = %x whole : !flex.tensor<f32[V, K]>) -> f32 {
    %f = flex.fold sum [r < K] -> f32 {
      %a = flex.load %t[i, r] clamp : !flex.tensor<f32[V, K]>
      flex.yield %a : f32
    }
    flex.yield %f : f32
  }
  %y = flex.map [r < V] (%a = %m[r] : !flex.tensor<f32[V]>) -> f32 {
    %0 = math.exp %a : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[V]>
}
