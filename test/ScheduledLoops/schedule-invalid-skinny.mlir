// What contractions of few rows need.
// RUN: flex-opt %s --tile-emit-loops="device=model=simd,vector-bits=256" -split-input-file -verify-diagnostics

flex.kernel @open_rows(%x: !flex.tensor<f32[M, K]>, %w: !flex.tensor<f32[K, N]>) -> !flex.tensor<f32[M, N]> {
  // expected-error @+1 {{their number must be known}}
  %r = flex.group "g" outer ["i", "j"] schedule {strategy = "tile", lane = "j", unroll = "i", lanes = 8, "lane-tile" = 8, depth = 8} -> !flex.tensor<f32[M, N]> {
    %y = flex.reduce sum [i < M, j < N] over [k < K] (%a = %x[i, k] : !flex.tensor<f32[M, K]>, %b = %w[k, j] : !flex.tensor<f32[K, N]>) -> f32 {
      %0 = arith.mulf %a, %b : f32
      flex.yield %0 : f32
    }
    flex.yield %y : !flex.tensor<f32[M, N]>
  }
  flex.return %r : !flex.tensor<f32[M, N]>
}

// -----

flex.kernel @two_sums(%x: !flex.tensor<f32[4, K, L]>, %w: !flex.tensor<f32[K, L, N]>) -> !flex.tensor<f32[4, N]> {
  // expected-error @+1 {{'depth' of strategy 'tile' with 'unroll' needs one reduction over one index, of what the group does not make itself, and a 'lane-tile'}}
  %r = flex.group "g" outer ["i", "j"] schedule {strategy = "tile", lane = "j", unroll = "i", lanes = 8, "lane-tile" = 8, depth = 8} -> !flex.tensor<f32[4, N]> {
    %y = flex.reduce sum [i < 4, j < N] over [k < K, l < L] (%a = %x[i, k, l] : !flex.tensor<f32[4, K, L]>, %b = %w[k, l, j] : !flex.tensor<f32[K, L, N]>) -> f32 {
      %0 = arith.mulf %a, %b : f32
      flex.yield %0 : f32
    }
    flex.yield %y : !flex.tensor<f32[4, N]>
  }
  flex.return %r : !flex.tensor<f32[4, N]>
}

// -----

flex.kernel @dots_without_tile(%x: !flex.tensor<f32[M, K]>, %w: !flex.tensor<f32[N, K]>) -> !flex.tensor<f32[M, N]> {
  // expected-error @+1 {{'unroll' of strategy 'rows' needs a 'lane-tile' that is a multiple of 'vectors'}}
  %r = flex.group "g" outer ["i", "j"] schedule {strategy = "rows", lane = "j", unroll = "i", lanes = 8, vectors = 4, "lane-tile" = 6} -> !flex.tensor<f32[M, N]> {
    %y = flex.reduce sum [i < M, j < N] over [k < K] (%a = %x[i, k] : !flex.tensor<f32[M, K]>, %b = %w[j, k] : !flex.tensor<f32[N, K]>) -> f32 {
      %0 = arith.mulf %a, %b : f32
      flex.yield %0 : f32
    }
    flex.yield %y : !flex.tensor<f32[M, N]>
  }
  flex.return %r : !flex.tensor<f32[M, N]>
}

// -----

flex.kernel @dots_of_rows(%x: !flex.tensor<f32[M, K]>) -> !flex.tensor<f32[M]> {
  // expected-error @+1 {{'unroll' of strategy 'rows' needs one reduction, of what the group does not make itself, and two different outer indices}}
  %r = flex.group "g" outer ["i"] schedule {strategy = "rows", lane = "i", unroll = "i", lanes = 8, "lane-tile" = 8} -> !flex.tensor<f32[M]> {
    %y = flex.reduce sum [i < M] over [k < K] (%a = %x[i, k] : !flex.tensor<f32[M, K]>) -> f32 { flex.yield %a : f32 }
    flex.yield %y : !flex.tensor<f32[M]>
  }
  flex.return %r : !flex.tensor<f32[M]>
}

// -----

// What the group makes itself is not there yet when rows are taken in blocks.
flex.kernel @own_skinny(%x: !flex.tensor<f32[M, N]>, %b: !flex.tensor<f32[K, N]>) -> (!flex.tensor<f32[M, N]>, !flex.tensor<f32[M, N]>) {
  // expected-error @+1 {{'depth' of strategy 'tile' with 'unroll' needs one reduction over one index, of what the group does not make itself}}
  %r:2 = flex.group "g" outer ["i", "j"] schedule {strategy = "tile", lane = "j", unroll = "i", depth = 8, "lane-tile" = 128} -> !flex.tensor<f32[M, N]>, !flex.tensor<f32[M, N]> {
    %t = flex.map [i < M, j < N] (%a = %x[i, j] : !flex.tensor<f32[M, N]>) -> f32 {
      %0 = math.exp %a : f32
      flex.yield %0 : f32
    }
    %s = flex.reduce sum [i < M, j < N] over [k < K] (%l = %t[i, j] : !flex.tensor<f32[M, N]>, %v = %b[k, j] : !flex.tensor<f32[K, N]>) -> f32 {
      %0 = arith.mulf %l, %v : f32
      flex.yield %0 : f32
    }
    flex.yield %t, %s : !flex.tensor<f32[M, N]>, !flex.tensor<f32[M, N]>
  }
  flex.return %r#0, %r#1 : !flex.tensor<f32[M, N]>, !flex.tensor<f32[M, N]>
}

// -----

// What the group makes itself is not there yet when rows are taken in blocks.
flex.kernel @own_dots(%x: !flex.tensor<f32[M, N]>, %b: !flex.tensor<f32[K, N]>) -> (!flex.tensor<f32[M, N]>, !flex.tensor<f32[M, N]>) {
  // expected-error @+1 {{'unroll' of strategy 'rows' needs one reduction, of what the group does not make itself}}
  %r:2 = flex.group "g" outer ["i", "j"] schedule {strategy = "rows", lane = "j", unroll = "i", rows = 2, "lane-tile" = 128} -> !flex.tensor<f32[M, N]>, !flex.tensor<f32[M, N]> {
    %t = flex.map [i < M, j < N] (%a = %x[i, j] : !flex.tensor<f32[M, N]>) -> f32 {
      %0 = math.exp %a : f32
      flex.yield %0 : f32
    }
    %s = flex.reduce sum [i < M, j < N] over [k < K] (%l = %t[i, j] : !flex.tensor<f32[M, N]>, %v = %b[k, j] : !flex.tensor<f32[K, N]>) -> f32 {
      %0 = arith.mulf %l, %v : f32
      flex.yield %0 : f32
    }
    flex.yield %t, %s : !flex.tensor<f32[M, N]>, !flex.tensor<f32[M, N]>
  }
  flex.return %r#0, %r#1 : !flex.tensor<f32[M, N]>, !flex.tensor<f32[M, N]>
}
