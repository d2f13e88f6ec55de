// Kernels that are not ready for emission, and groups written by hand.
// RUN: flex-opt %s --tile-emit-loops="device=model=simd" -split-input-file -verify-diagnostics

flex.kernel @returns_argument(%x: !flex.tensor<f32[N]>) -> !flex.tensor<f32[N]> {
  // expected-error @+1 {{returns what no flex.group writes, or one value twice: run flex-form-groups first}}
  flex.return %x : !flex.tensor<f32[N]>
}

// -----

flex.kernel @returns_twice(%x: !flex.tensor<f32[N]>) -> (!flex.tensor<f32[N]>, !flex.tensor<f32[N]>) {
  %r = flex.group "g" outer ["i"] schedule {strategy = "tile", lane = "i"} -> !flex.tensor<f32[N]> {
    %y = flex.map [i < N] (%a = %x[i] : !flex.tensor<f32[N]>) -> f32 { flex.yield %a : f32 }
    flex.yield %y : !flex.tensor<f32[N]>
  }
  // expected-error @+1 {{returns what no flex.group writes, or one value twice}}
  flex.return %r, %r : !flex.tensor<f32[N]>, !flex.tensor<f32[N]>
}
