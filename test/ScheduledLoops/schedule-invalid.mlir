// Schedules that cannot be, or do not fit their group, for a CPU.
// RUN: flex-opt %s --tile-emit-loops="device=model=simd,vector-bits=256" -split-input-file -verify-diagnostics

flex.kernel @unknown_key(%x: !flex.tensor<f32[N]>) -> !flex.tensor<f32[N]> {
  // expected-error @+2 {{schedule: 'colour' is unknown or out of range: "red"}}
  // expected-note @+1 {{keys are strategy (tile, rows, block, points, matrix, attention), lane, unroll}}
  %r = flex.group "g" outer ["i"] schedule {colour = "red"} -> !flex.tensor<f32[N]> {
    %y = flex.map [i < N] (%a = %x[i] : !flex.tensor<f32[N]>) -> f32 { flex.yield %a : f32 }
    flex.yield %y : !flex.tensor<f32[N]>
  }
  flex.return %r : !flex.tensor<f32[N]>
}

// -----

flex.kernel @unknown_strategy(%x: !flex.tensor<f32[N]>) -> !flex.tensor<f32[N]> {
  // expected-error @+2 {{schedule: 'strategy' is unknown or out of range: "columns"}}
  // expected-note @+1 {{keys are}}
  %r = flex.group "g" outer ["i"] schedule {strategy = "columns"} -> !flex.tensor<f32[N]> {
    %y = flex.map [i < N] (%a = %x[i] : !flex.tensor<f32[N]>) -> f32 { flex.yield %a : f32 }
    flex.yield %y : !flex.tensor<f32[N]>
  }
  flex.return %r : !flex.tensor<f32[N]>
}

// -----

flex.kernel @out_of_range(%x: !flex.tensor<f32[N]>) -> !flex.tensor<f32[N]> {
  // expected-error @+2 {{schedule: 'lanes' is unknown or out of range: 65 : i64}}
  // expected-note @+1 {{keys are}}
  %r = flex.group "g" outer ["i"] schedule {strategy = "tile", lane = "i", lanes = 65} -> !flex.tensor<f32[N]> {
    %y = flex.map [i < N] (%a = %x[i] : !flex.tensor<f32[N]>) -> f32 { flex.yield %a : f32 }
    flex.yield %y : !flex.tensor<f32[N]>
  }
  flex.return %r : !flex.tensor<f32[N]>
}

// -----

flex.kernel @wrong_type(%x: !flex.tensor<f32[N]>) -> !flex.tensor<f32[N]> {
  // expected-error @+2 {{schedule: 'pack' is unknown or out of range: 1 : i64}}
  // expected-note @+1 {{keys are}}
  %r = flex.group "g" outer ["i"] schedule {pack = 1} -> !flex.tensor<f32[N]> {
    %y = flex.map [i < N] (%a = %x[i] : !flex.tensor<f32[N]>) -> f32 { flex.yield %a : f32 }
    flex.yield %y : !flex.tensor<f32[N]>
  }
  flex.return %r : !flex.tensor<f32[N]>
}

// -----

flex.kernel @no_schedule(%x: !flex.tensor<f32[N]>) -> !flex.tensor<f32[N]> {
  // expected-error @+1 {{has no schedule: run tile-choose-schedule first}}
  %r = flex.group "g" outer ["i"] -> !flex.tensor<f32[N]> {
    %y = flex.map [i < N] (%a = %x[i] : !flex.tensor<f32[N]>) -> f32 { flex.yield %a : f32 }
    flex.yield %y : !flex.tensor<f32[N]>
  }
  flex.return %r : !flex.tensor<f32[N]>
}

// -----

flex.kernel @ungrouped(%x: !flex.tensor<f32[N]>) -> !flex.tensor<f32[N]> {
  // expected-error @+1 {{is not in a flex.group: run flex-form-groups first}}
  %y = flex.map [i < N] (%a = %x[i] : !flex.tensor<f32[N]>) -> f32 { flex.yield %a : f32 }
  flex.return %y : !flex.tensor<f32[N]>
}

// -----

flex.kernel @block_on_cpu(%x: !flex.tensor<f32[N]>) -> !flex.tensor<f32[N]> {
  // expected-error @+1 {{schedule does not fit its group: strategy 'block' needs a device with groups of threads}}
  %r = flex.group "g" outer ["i"] schedule {strategy = "block"} -> !flex.tensor<f32[N]> {
    %y = flex.map [i < N] (%a = %x[i] : !flex.tensor<f32[N]>) -> f32 { flex.yield %a : f32 }
    flex.yield %y : !flex.tensor<f32[N]>
  }
  flex.return %r : !flex.tensor<f32[N]>
}

// -----

flex.kernel @group_size_on_cpu(%x: !flex.tensor<f32[N]>) -> !flex.tensor<f32[N]> {
  // expected-error @+1 {{'group-size' needs a device with groups of threads}}
  %r = flex.group "g" outer ["i"] schedule {strategy = "rows", "group-size" = 32} -> !flex.tensor<f32[N]> {
    %y = flex.map [i < N] (%a = %x[i] : !flex.tensor<f32[N]>) -> f32 { flex.yield %a : f32 }
    flex.yield %y : !flex.tensor<f32[N]>
  }
  flex.return %r : !flex.tensor<f32[N]>
}

// -----

flex.kernel @prefetch_without_rows(%x: !flex.tensor<f32[N]>) -> !flex.tensor<f32[]> {
  // expected-error @+1 {{'prefetch' needs an outer index}}
  %r = flex.group "g" outer [] schedule {strategy = "rows", prefetch = true} -> !flex.tensor<f32[]> {
    %y = flex.reduce sum [] over [i < N] (%a = %x[i] : !flex.tensor<f32[N]>) -> f32 { flex.yield %a : f32 }
    flex.yield %y : !flex.tensor<f32[]>
  }
  flex.return %r : !flex.tensor<f32[]>
}

// -----

flex.kernel @inner_results(%x: !flex.tensor<f32[M, N]>) -> !flex.tensor<f32[M, N]> {
  // expected-error @+1 {{strategies 'tile' and 'block' need statements without inner parallel indices}}
  %r = flex.group "g" outer ["i"] schedule {strategy = "tile", lane = "i"} -> !flex.tensor<f32[M, N]> {
    %y = flex.map [i < M, j < N] (%a = %x[i, j] : !flex.tensor<f32[M, N]>) -> f32 { flex.yield %a : f32 }
    flex.yield %y : !flex.tensor<f32[M, N]>
  }
  flex.return %r : !flex.tensor<f32[M, N]>
}

// -----

flex.kernel @lane_unknown(%x: !flex.tensor<f32[N]>) -> !flex.tensor<f32[N]> {
  // expected-error @+1 {{'lane' and 'unroll' must be two different outer indices}}
  %r = flex.group "g" outer ["i"] schedule {strategy = "tile", lane = "k"} -> !flex.tensor<f32[N]> {
    %y = flex.map [i < N] (%a = %x[i] : !flex.tensor<f32[N]>) -> f32 { flex.yield %a : f32 }
    flex.yield %y : !flex.tensor<f32[N]>
  }
  flex.return %r : !flex.tensor<f32[N]>
}

// -----

flex.kernel @collapse_transposed(%x: !flex.tensor<f32[M, N]>) -> !flex.tensor<f32[N, M]> {
  // expected-error @+1 {{'collapse' exceeds what the accesses allow}}
  %r = flex.group "g" outer ["i", "j"] schedule {strategy = "tile", lane = "j", collapse = 2} -> !flex.tensor<f32[N, M]> {
    %y = flex.map [i < N, j < M] (%a = %x[j, i] : !flex.tensor<f32[M, N]>) -> f32 { flex.yield %a : f32 }
    flex.yield %y : !flex.tensor<f32[N, M]>
  }
  flex.return %r : !flex.tensor<f32[N, M]>
}

// -----

flex.kernel @rows_without_unroll(%x: !flex.tensor<f32[N]>) -> !flex.tensor<f32[N]> {
  // expected-error @+1 {{'rows' needs an index in 'unroll'}}
  %r = flex.group "g" outer ["i"] schedule {strategy = "tile", lane = "i", rows = 2} -> !flex.tensor<f32[N]> {
    %y = flex.map [i < N] (%a = %x[i] : !flex.tensor<f32[N]>) -> f32 { flex.yield %a : f32 }
    flex.yield %y : !flex.tensor<f32[N]>
  }
  flex.return %r : !flex.tensor<f32[N]>
}

// -----

flex.kernel @lane_tile(%x: !flex.tensor<f32[N]>) -> !flex.tensor<f32[N]> {
  // expected-error @+1 {{'lane-tile' must be a multiple of lanes x vectors, 'unroll-tile' of rows}}
  %r = flex.group "g" outer ["i"] schedule {strategy = "tile", lane = "i", lanes = 8, vectors = 2, "lane-tile" = 24} -> !flex.tensor<f32[N]> {
    %y = flex.map [i < N] (%a = %x[i] : !flex.tensor<f32[N]>) -> f32 { flex.yield %a : f32 }
    flex.yield %y : !flex.tensor<f32[N]>
  }
  flex.return %r : !flex.tensor<f32[N]>
}

// -----

flex.kernel @depth_without_columns(%x: !flex.tensor<f32[M, N]>) -> !flex.tensor<f32[N]> {
  // expected-error @+1 {{schedule does not fit its group: 'depth' of strategy 'tile' needs one reduction, of what the group does not make itself, and a 'lane-tile'}}
  %r = flex.group "g" outer ["j"] schedule {strategy = "tile", lane = "j", depth = 8} -> !flex.tensor<f32[N]> {
    %y = flex.reduce sum [j < N] over [i < M] (%a = %x[i, j] : !flex.tensor<f32[M, N]>) -> f32 { flex.yield %a : f32 }
    flex.yield %y : !flex.tensor<f32[N]>
  }
  flex.return %r : !flex.tensor<f32[N]>
}

// -----

// What the group makes itself is not there yet when rows are taken in blocks.
flex.kernel @own_depth(%x: !flex.tensor<f32[M, N]>, %b: !flex.tensor<f32[K, N]>) -> (!flex.tensor<f32[M, N]>, !flex.tensor<f32[M, N]>) {
  // expected-error @+1 {{'depth' of strategy 'tile' needs one reduction, of what the group does not make itself}}
  %r:2 = flex.group "g" outer ["i", "j"] schedule {strategy = "tile", lane = "j", depth = 8, "lane-tile" = 128} -> !flex.tensor<f32[M, N]>, !flex.tensor<f32[M, N]> {
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

flex.kernel @all_in_lanes(%x: !flex.tensor<f32[M, N]>) -> !flex.tensor<i64[M, N]> {
  // expected-error @+1 {{or the one of a sort of which at most 64 are kept}}
  %r = flex.group "g" outer ["i"] schedule {strategy = "points", lane = "j"} -> !flex.tensor<i64[M, N]> {
    %p = flex.argsort ascending [i < M] over [j < N] at [i, j] count N (%a = %x[i, j] : !flex.tensor<f32[M, N]>) -> i64 { flex.yield %a : f32 }
    flex.yield %p : !flex.tensor<i64[M, N]>
  }
  flex.return %r : !flex.tensor<i64[M, N]>
}

// -----

flex.kernel @many_lanes(%x: !flex.tensor<f32[M, N]>) -> !flex.tensor<i64[M, 3]> {
  // expected-error @+1 {{a sort takes at most 32 'lanes'}}
  %r = flex.group "g" outer ["i"] schedule {strategy = "points", lane = "j", lanes = 64} -> !flex.tensor<i64[M, 3]> {
    %p = flex.argsort ascending [i < M] over [j < N] at [i, j] count 3 (%a = %x[i, j] : !flex.tensor<f32[M, N]>) -> i64 { flex.yield %a : f32 }
    flex.yield %p : !flex.tensor<i64[M, 3]>
  }
  flex.return %r : !flex.tensor<i64[M, 3]>
}
