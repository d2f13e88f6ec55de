flex.kernel @whole(%table: !flex.tensor<f32[V]>, %ids: !flex.tensor<i64[T]>) -> !flex.tensor<f32[T]> {
  %n = flex.map [v < V] (%a = %table[v] : !flex.tensor<f32[V]>) -> f32 {
    %0 = arith.negf %a : f32
    flex.yield %0 : f32
  }
  %g = flex.map [t < T] (%t = %n whole : !flex.tensor<f32[V]>, %i = %ids[t] : !flex.tensor<i64[T]>) -> f32 {
    %v = flex.load %t["$0"] wrap (%i) : !flex.tensor<f32[V]>
    flex.yield %v : f32
  }
  flex.return %g : !flex.tensor<f32[T]>
}
