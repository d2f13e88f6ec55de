flex.kernel @gather(%table: !flex.tensor<f32[V, D]>, %ids: !flex.tensor<i64[V]>) -> !flex.tensor<f32[V]> {
  %n = flex.map [i < V] (%a = %ids[i] : !flex.tensor<i64[V]>) -> i64 {
    %one = arith.constant 1 : i64
    %0 = arith.addi %a, %one : i64
    flex.yield %0 : i64
  }
  %g = flex.map [t < V, d < D] (%t = %table whole : !flex.tensor<f32[V, D]>, %i = %n[t] : !flex.tensor<i64[V]>) -> f32 {
    %v = flex.load %t["$0", d] clamp (%i) : !flex.tensor<f32[V, D]>
    flex.yield %v : f32
  }
  %s = flex.reduce sum [k < V] over [d < D] (%a = %g[k, d] : !flex.tensor<f32[V, D]>) -> f32 { flex.yield %a : f32 }
  flex.return %s : !flex.tensor<f32[V]>
}
