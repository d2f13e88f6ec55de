// RUN: flex-opt %s -flex-require-dims -split-input-file -verify-diagnostics

flex.kernel @nothing_to_clamp(%x: !flex.tensor<f32[0]>) -> !flex.tensor<f32[3]> {
  // expected-error @below {{'flex.map' op reads by a boundary rule an axis of extent 0}}
  %y = flex.map [i < 3] (%a = %x[i] clamp : !flex.tensor<f32[0]>) -> f32 {
    flex.yield %a : f32
  }
  flex.return %y : !flex.tensor<f32[3]>
}

// -----

flex.kernel @reaches_zero(%x: !flex.tensor<f32[9]>) -> !flex.tensor<f32[3]> {
  // expected-error @below {{'flex.map' op divides by 0}}
  %y = flex.map [i < 3] (%a = %x[floordiv(8, i)] : !flex.tensor<f32[9]>) -> f32 {
    flex.yield %a : f32
  }
  flex.return %y : !flex.tensor<f32[3]>
}

// -----

flex.kernel @not_linear(%x: !flex.tensor<f32[9]>) -> !flex.tensor<f32[3]> {
  // expected-error @below {{'flex.map' op divides by 'i*i + 1', which must be linear in each index to be proved positive}}
  %y = flex.map [i < 3] (%a = %x[mod(i, i*i + 1)] : !flex.tensor<f32[9]>) -> f32 {
    flex.yield %a : f32
  }
  flex.return %y : !flex.tensor<f32[3]>
}
