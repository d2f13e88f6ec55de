flex.kernel @outer(%x: !flex.tensor<f32[N]>) {
  flex.group "g" outer ["j"] {
    %y = flex.map [i < N] (%a = %x[i] : !flex.tensor<f32[N]>) -> f32 { flex.yield %a : f32 }
    flex.yield
  }
  flex.return
}
