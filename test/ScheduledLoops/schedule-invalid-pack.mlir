// What a packed panel needs.
// RUN: flex-opt %s --tile-emit-loops="device=model=simd,vector-bits=256" -split-input-file -verify-diagnostics

flex.kernel @no_contraction(%x: !flex.tensor<f32[M, N]>) -> !flex.tensor<f32[M, N]> {
  // expected-error @+1 {{'pack' needs a contraction and 'unroll'}}
  %r = flex.group "g" outer ["i", "j"] schedule {strategy = "tile", lane = "j", unroll = "i", pack = true} -> !flex.tensor<f32[M, N]> {
    %y = flex.map [i < M, j < N] (%a = %x[i, j] : !flex.tensor<f32[M, N]>) -> f32 { flex.yield %a : f32 }
    flex.yield %y : !flex.tensor<f32[M, N]>
  }
  flex.return %r : !flex.tensor<f32[M, N]>
}

// -----

// Each row has a panel of its own: one packed for the first would be wrong for the others.
flex.kernel @panel_moves(%x: !flex.tensor<f32[M, N, K]>, %w: !flex.tensor<f32[M, K]>) -> !flex.tensor<f32[M, N]> {
  // expected-error @+1 {{'pack' needs a lane operand that does not move with 'unroll'}}
  %r = flex.group "g" outer ["i", "j"] schedule {strategy = "tile", lane = "j", unroll = "i", rows = 2, pack = true} -> !flex.tensor<f32[M, N]> {
    %y = flex.reduce sum [i < M, j < N] over [k < K] (%a = %x[i, j, k] : !flex.tensor<f32[M, N, K]>, %b = %w[i, k] : !flex.tensor<f32[M, K]>) -> f32 {
      %0 = arith.mulf %a, %b : f32
      flex.yield %0 : f32
    }
    flex.yield %y : !flex.tensor<f32[M, N]>
  }
  flex.return %r : !flex.tensor<f32[M, N]>
}

// -----

flex.kernel @partial_rows(%x: !flex.tensor<f32[9, K]>, %w: !flex.tensor<f32[K, N]>) -> !flex.tensor<f32[9, N]> {
  // expected-error @+1 {{'pack' needs a full row tile in each work item}}
  %r = flex.group "g" outer ["i", "j"] schedule {strategy = "tile", lane = "j", unroll = "i", rows = 4, "unroll-tile" = 8, pack = true} -> !flex.tensor<f32[9, N]> {
    %y = flex.reduce sum [i < 9, j < N] over [k < K] (%a = %x[i, k] : !flex.tensor<f32[9, K]>, %b = %w[k, j] : !flex.tensor<f32[K, N]>) -> f32 {
      %0 = arith.mulf %a, %b : f32
      flex.yield %0 : f32
    }
    flex.yield %y : !flex.tensor<f32[9, N]>
  }
  flex.return %r : !flex.tensor<f32[9, N]>
}
