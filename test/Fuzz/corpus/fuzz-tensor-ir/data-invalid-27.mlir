flex.kernel @narrow_max(%x: !flex.tensor<i4[N]>) {
  %y = flex.reduce max [] over [i < N] (%a = %x[i] : !flex.tensor<i4[N]>) -> i4 { flex.yield %a : i4 }
  flex.return
}
