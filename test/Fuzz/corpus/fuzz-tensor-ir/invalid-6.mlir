flex.kernel @unknown_dim(%x: !flex.tensor<i64[N]>) {
  %y = flex.map [i < N] (%a = %x[i] : !flex.tensor<i64[N]>) -> i64 {
    %d = flex.dim "N + i" : i64
    flex.yield %d : i64
  }
  flex.return
}
