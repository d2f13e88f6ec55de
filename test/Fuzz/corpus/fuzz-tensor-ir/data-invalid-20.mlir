flex.kernel @scatter_position(%x: !flex.tensor<i64[N]>) {
  %y = flex.scatter argmax [] over [i < N] at [i] (%b = %x whole : !flex.tensor<i64[N]>) {
    %i = flex.index "i" : i64
    flex.yield %i : i64
  }
  flex.return
}
