flex.kernel @alone(%x: !flex.tensor<f32[V, K]>, %i: !flex.tensor<i64[V]>) -> (!flex.tensor<f32[V, K]>, !flex.tensor<i64[K, V]>) {
  %n = flex.map [a < V, b < K] (%a = %x[a, b] : !flex.tensor<f32[V, K]>) -> f32 {
    %0 = arith.negf %a : f32
    flex.yield %0 : f32
  }
  %c = flex.scan [j < K] over [i < V] at [i, j] (%a = %n[i, j] : !flex.tensor<f32[V, K]>) self %s -> f32 {
    %p = flex.load %s[i - 1, j] fill(0.0 : f32) : !flex.tensor<f32[V, K]>
    %0 = arith.addf %p, %a : f32
    flex.yield %0 : f32
  }
  %r = flex.scatter sum [j < K] over [i < V] at ["$0", j] (%b = %c whole : !flex.tensor<f32[V, K]>,
      %a = %c[i, j] : !flex.tensor<f32[V, K]>, %k = %i[i] : !flex.tensor<i64[V]>) {
    flex.yield %a, %k : f32, i64
  }
  %p = flex.argsort ascending [j < K] over [i < V] at [j, i] count V (%a = %r[i, j] : !flex.tensor<f32[V, K]>) -> i64 {
    flex.yield %a : f32
  }
  flex.return %r, %p : !flex.tensor<f32[V, K]>, !flex.tensor<i64[K, V]>
}
