// Schedules that do not fit their group, for groups of threads.
// RUN: flex-opt %s --tile-emit-loops="device=model=simt,vector-bits=128" -split-input-file -verify-diagnostics

flex.kernel @rows_of_a_group(%x: !flex.tensor<f32[M, 10]>) -> !flex.tensor<f32[M]> {
  // expected-error @+1 {{'item-rows' rows of one group need a 'group-size' that gives each a power of two of threads, at most a wave}}
  %r = flex.group "g" outer ["i"] schedule {strategy = "rows", lanes = 1, "item-rows" = 2, "group-size" = 24} -> !flex.tensor<f32[M]> {
    %y = flex.reduce max [i < M] over [j < 10] (%a = %x[i, j] : !flex.tensor<f32[M, 10]>) -> f32 { flex.yield %a : f32 }
    flex.yield %y : !flex.tensor<f32[M]>
  }
  flex.return %r : !flex.tensor<f32[M]>
}

// -----

flex.kernel @block_of_a_map(%x: !flex.tensor<f32[M, N]>) -> !flex.tensor<f32[M, N]> {
  // expected-error @+1 {{strategy 'block' needs one contraction, first in its group}}
  %r = flex.group "g" outer ["i", "j"] schedule {strategy = "block", lane = "j", unroll = "i", "group-size" = 64, depth = 16} -> !flex.tensor<f32[M, N]> {
    %y = flex.map [i < M, j < N] (%a = %x[i, j] : !flex.tensor<f32[M, N]>) -> f32 { flex.yield %a : f32 }
    flex.yield %y : !flex.tensor<f32[M, N]>
  }
  flex.return %r : !flex.tensor<f32[M, N]>
}

// -----

flex.kernel @block_wrong_indices(%x: !flex.tensor<f32[B, M, K]>, %w: !flex.tensor<f32[B, K, N]>) -> !flex.tensor<f32[B, M, N]> {
  // expected-error @+1 {{of which one factor moves with 'lane' and the other with 'unroll'}}
  %r = flex.group "g" outer ["b", "i", "j"] schedule {strategy = "block", lane = "j", unroll = "b", "group-size" = 64, depth = 16} -> !flex.tensor<f32[B, M, N]> {
    %y = flex.reduce sum [b < B, i < M, j < N] over [k < K] (%a = %x[b, i, k] : !flex.tensor<f32[B, M, K]>, %c = %w[b, k, j] : !flex.tensor<f32[B, K, N]>) -> f32 {
      %0 = arith.mulf %a, %c : f32
      flex.yield %0 : f32
    }
    flex.yield %y : !flex.tensor<f32[B, M, N]>
  }
  flex.return %r : !flex.tensor<f32[B, M, N]>
}

// -----

flex.kernel @block_threads(%x: !flex.tensor<f32[M, K]>, %w: !flex.tensor<f32[K, N]>) -> !flex.tensor<f32[M, N]> {
  // expected-error @+1 {{strategy 'block' needs a 'group-size' that is a multiple of 16}}
  %r = flex.group "g" outer ["i", "j"] schedule {strategy = "block", lane = "j", unroll = "i", "group-size" = 24, rows = 4, vectors = 4, depth = 16} -> !flex.tensor<f32[M, N]> {
    %y = flex.reduce sum [i < M, j < N] over [k < K] (%a = %x[i, k] : !flex.tensor<f32[M, K]>, %c = %w[k, j] : !flex.tensor<f32[K, N]>) -> f32 {
      %0 = arith.mulf %a, %c : f32
      flex.yield %0 : f32
    }
    flex.yield %y : !flex.tensor<f32[M, N]>
  }
  flex.return %r : !flex.tensor<f32[M, N]>
}

// -----

flex.kernel @turns_nothing(%x: !flex.tensor<f32[M, N]>) -> !flex.tensor<f32[M, N]> {
  // expected-error @+1 {{'unroll' of strategy 'tile' needs maps that read along it, on a device with groups of threads}}
  %r = flex.group "g" outer ["i", "j"] schedule {strategy = "tile", lane = "j", unroll = "i", "lane-tile" = 32, "unroll-tile" = 32, "group-size" = 64} -> !flex.tensor<f32[M, N]> {
    %y = flex.map [i < M, j < N] (%a = %x[i, j] : !flex.tensor<f32[M, N]>) -> f32 { flex.yield %a : f32 }
    flex.yield %y : !flex.tensor<f32[M, N]>
  }
  flex.return %r : !flex.tensor<f32[M, N]>
}

// -----

flex.kernel @turns_no_tile(%x: !flex.tensor<f32[N, M]>) -> !flex.tensor<f32[M, N]> {
  // expected-error @+1 {{'unroll' of strategy 'tile' needs a 'lane-tile' and an 'unroll-tile' that are multiples of 'lanes'}}
  %r = flex.group "g" outer ["i", "j"] schedule {strategy = "tile", lane = "j", unroll = "i", "group-size" = 64} -> !flex.tensor<f32[M, N]> {
    %y = flex.map [i < M, j < N] (%a = %x[j, i] : !flex.tensor<f32[N, M]>) -> f32 { flex.yield %a : f32 }
    flex.yield %y : !flex.tensor<f32[M, N]>
  }
  flex.return %r : !flex.tensor<f32[M, N]>
}

// -----

flex.kernel @turns_open_runs(%x: !flex.tensor<f32[N, M]>) -> !flex.tensor<f32[M, N]> {
  // expected-error @+1 {{'lanes' must divide the extents of 'lane' and 'unroll'}}
  %r = flex.group "g" outer ["i", "j"] schedule {strategy = "tile", lane = "j", unroll = "i", lanes = 4, "lane-tile" = 32, "unroll-tile" = 32, "group-size" = 64} -> !flex.tensor<f32[M, N]> {
    %y = flex.map [i < M, j < N] (%a = %x[j, i] : !flex.tensor<f32[N, M]>) -> f32 { flex.yield %a : f32 }
    flex.yield %y : !flex.tensor<f32[M, N]>
  }
  flex.return %r : !flex.tensor<f32[M, N]>
}
