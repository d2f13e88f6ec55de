flex.kernel @dim(%x: !flex.tensor<i64[N]>) -> !flex.tensor<i64[N]> {
  %y = flex.map [i < N] (%a = %x[i] : !flex.tensor<i64[N]>) -> i64 {
    %c = flex.dim "12" : i64
    %n = flex.dim "N" : i64
    %0 = arith.addi %a, %n : i64
    %1 = arith.muli %0, %c : i64
    flex.yield %1 : i64
  }
  flex.return %y : !flex.tensor<i64[N]>
}
