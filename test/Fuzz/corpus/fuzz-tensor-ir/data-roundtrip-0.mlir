flex.kernel @gather(%table: !flex.tensor<f16[V, D]>, %ids: !flex.tensor<i32[T]>) -> !flex.tensor<f16[T, D]> {
  %y = flex.map [t < T, d < D] (%t = %table whole : !flex.tensor<f16[V, D]>, %i = %ids[t] : !flex.tensor<i32[T]>) -> f16 {
    %r = arith.extsi %i : i32 to i64
    %a = flex.load %t["$0", d] clamp (%r) : !flex.tensor<f16[V, D]>
    %b = flex.load %t["$0 + $0 - 1 + $1", d + 1] fill(1.0 : f16) (%r, %r) : !flex.tensor<f16[V, D]>
    %c = flex.load %t[t, d] wrap : !flex.tensor<f16[V, D]>
    %0 = arith.addf %a, %b : f16
    %1 = arith.addf %0, %c : f16
    flex.yield %1 : f16
  }
  flex.return %y : !flex.tensor<f16[T, D]>
}
