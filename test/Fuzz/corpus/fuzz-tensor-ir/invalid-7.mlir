flex.kernel @canonical(%x: !flex.tensor<i64[N]>) {
  %y = flex.map [i < N] (%a = %x[i] : !flex.tensor<i64[N]>) -> i64 {
    %d = flex.dim "1 + N" : i64
    flex.yield %d : i64
  }
  flex.return
}
