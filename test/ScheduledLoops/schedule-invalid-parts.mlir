// Sums that cannot be cut into the parts that a schedule asks for.
// RUN: flex-opt %s -split-input-file -verify-diagnostics --pass-pipeline="builtin.module(flex.kernel(flex-form-groups,tile-choose-schedule{target=sim device=model=simt,vector-bits=128,vector-registers=255,cores=100,wave-size=32}))"

flex.kernel @uneven(%x: !flex.tensor<f32[16, 100]>, %w: !flex.tensor<f32[100, 512]>) -> !flex.tensor<f32[16, 512]> attributes {schedules = [{target = "sim", parts = 3 : i64}]} {
  // expected-error@+1 {{schedule does not fit its group: 'parts' 3 needs an extent of the sum's last index that it divides}}
  %y = flex.reduce sum [i < 16, j < 512] over [k < 100] (%a = %x[i, k] : !flex.tensor<f32[16, 100]>, %c = %w[k, j] : !flex.tensor<f32[100, 512]>) -> f32 {
    %0 = arith.mulf %a, %c : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[16, 512]>
}

// -----

flex.kernel @open(%x: !flex.tensor<f32[16, K]>, %w: !flex.tensor<f32[K, 512]>) -> !flex.tensor<f32[16, 512]> attributes {schedules = [{target = "sim", parts = 2 : i64}]} {
  // expected-error@+1 {{schedule does not fit its group: 'parts' 2 needs an extent of the sum's last index that it divides}}
  %y = flex.reduce sum [i < 16, j < 512] over [k < K] (%a = %x[i, k] : !flex.tensor<f32[16, K]>, %c = %w[k, j] : !flex.tensor<f32[K, 512]>) -> f32 {
    %0 = arith.mulf %a, %c : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[16, 512]>
}

// -----

flex.kernel @strict(%x: !flex.tensor<f32[16, 100]>, %w: !flex.tensor<f32[100, 512]>) -> !flex.tensor<f32[16, 512]> attributes {numerics = "strict", schedules = [{target = "sim", parts = 2 : i64}]} {
  // expected-error@+1 {{'parts' would add in another order, which @numerics(strict) does not allow}}
  %y = flex.reduce sum [i < 16, j < 512] over [k < 100] (%a = %x[i, k] : !flex.tensor<f32[16, 100]>, %c = %w[k, j] : !flex.tensor<f32[100, 512]>) -> f32 {
    %0 = arith.mulf %a, %c : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[16, 512]>
}

// -----

flex.kernel @map(%x: !flex.tensor<f32[N]>) -> !flex.tensor<f32[N]> attributes {schedules = [{target = "sim", parts = 2 : i64}]} {
  // expected-error@+1 {{'parts' needs a sum of products}}
  %y = flex.map [i < N] (%a = %x[i] : !flex.tensor<f32[N]>) -> f32 {
    %0 = arith.addf %a, %a : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[N]>
}
