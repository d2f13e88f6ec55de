// Groups that are there already stay, but nothing may lie between them.
// RUN: flex-opt %s --pass-pipeline="builtin.module(flex.kernel(flex-form-groups))" -split-input-file -verify-diagnostics | FileCheck %s

// CHECK-LABEL: flex.kernel @grouped(
// CHECK: %[[R:.*]] = flex.group "mine" outer ["i"]
// CHECK-NOT: flex.group
// CHECK: flex.return %[[R]]
flex.kernel @grouped(%x: !flex.tensor<f32[N]>) -> !flex.tensor<f32[N]> {
  %r = flex.group "mine" outer ["i"] -> !flex.tensor<f32[N]> {
    %y = flex.map [i < N] (%a = %x[i] : !flex.tensor<f32[N]>) -> f32 { flex.yield %a : f32 }
    flex.yield %y : !flex.tensor<f32[N]>
  }
  flex.return %r : !flex.tensor<f32[N]>
}

// -----

flex.kernel @mixed(%x: !flex.tensor<f32[N]>) -> !flex.tensor<f32[N]> {
  %r = flex.group "mine" outer ["i"] -> !flex.tensor<f32[N]> {
    %y = flex.map [i < N] (%a = %x[i] : !flex.tensor<f32[N]>) -> f32 { flex.yield %a : f32 }
    flex.yield %y : !flex.tensor<f32[N]>
  }
  // expected-error @+1 {{is outside the groups that the kernel has already: put every statement in a flex.group, or none}}
  %z = flex.map [i < N] (%a = %r[i] : !flex.tensor<f32[N]>) -> f32 {
    %0 = arith.negf %a : f32
    flex.yield %0 : f32
  }
  flex.return %z : !flex.tensor<f32[N]>
}
