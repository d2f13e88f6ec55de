flex.kernel @sort(%x: !flex.tensor<ui8[M, N]>) -> (!flex.tensor<i64[M, 3]>, !flex.tensor<i64[N]>, !flex.tensor<i64[]>) attributes {constraints = ["3 <= N"]} {
  %p = flex.argsort unsigned descending [i < M] over [j < N] at [i, j] count 3 (%a = %x[i, j] : !flex.tensor<ui8[M, N]>) -> i64 {
    flex.yield %a : i8
  }
  %q = flex.argsort ascending [] over [j < N] at [j] count N () -> i64 {
    %j = flex.index "j" : i64
    flex.yield %j : i64
  }
  %m = flex.reduce argmin [] over [i < M, j < N] (%a = %x[i, j] : !flex.tensor<ui8[M, N]>) -> i64 {
    flex.yield %a : i8
  }
  flex.return %p, %q, %m : !flex.tensor<i64[M, 3]>, !flex.tensor<i64[N]>, !flex.tensor<i64[]>
}
