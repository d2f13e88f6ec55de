flex.kernel @k(%x: !flex.tensor<si8[N]>) { flex.return }
