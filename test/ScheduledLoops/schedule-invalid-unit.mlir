// What a unit of a CPU needs, and chips that have none.
// RUN: flex-opt %s --tile-emit-loops="device=model=simd,vector-bits=256,matrix-units=vnni/i8/i32/1x8x4/1/rrr+blocks/i8/i32/16x16x64/1/rrr" -split-input-file -verify-diagnostics
// RUN: not flex-opt %s --tile-emit-loops="device=model=simd,vector-bits=256" -split-input-file 2>&1 | FileCheck %s

// CHECK: error: schedule does not fit its group: 'unit' names no unit of the device: it has no 'vnni'
flex.kernel @lanes(%x: !flex.tensor<i8[M, K]>, %w: !flex.tensor<i8[K, N]>) -> !flex.tensor<i32[M, N]> {
  // expected-error @+1 {{'unit' vnni does not go with 'lanes' of 16}}
  %r = flex.group "g" outer ["i", "j"] schedule {strategy = "tile", lane = "j", unroll = "i", unit = "vnni", lanes = 16} -> !flex.tensor<i32[M, N]> {
    %y = flex.reduce sum [i < M, j < N] over [k < K] (%a = %x[i, k] : !flex.tensor<i8[M, K]>, %b = %w[k, j] : !flex.tensor<i8[K, N]>) -> i32 {
      %p = arith.extsi %a : i8 to i32
      %q = arith.extsi %b : i8 to i32
      %0 = arith.muli %p, %q : i32
      flex.yield %0 : i32
    }
    flex.yield %y : !flex.tensor<i32[M, N]>
  }
  flex.return %r : !flex.tensor<i32[M, N]>
}

// -----

flex.kernel @family(%x: !flex.tensor<i8[M, K]>, %w: !flex.tensor<i8[K, N]>) -> !flex.tensor<i32[M, N]> {
  // expected-error @+1 {{'unit' names no unit of the device: it has no 'amx'}}
  %r = flex.group "g" outer ["i", "j"] schedule {strategy = "tile", lane = "j", unroll = "i", unit = "amx", lanes = 8} -> !flex.tensor<i32[M, N]> {
    %y = flex.reduce sum [i < M, j < N] over [k < K] (%a = %x[i, k] : !flex.tensor<i8[M, K]>, %b = %w[k, j] : !flex.tensor<i8[K, N]>) -> i32 {
      %p = arith.extsi %a : i8 to i32
      %q = arith.extsi %b : i8 to i32
      %0 = arith.muli %p, %q : i32
      flex.yield %0 : i32
    }
    flex.yield %y : !flex.tensor<i32[M, N]>
  }
  flex.return %r : !flex.tensor<i32[M, N]>
}

// -----

flex.kernel @types(%x: !flex.tensor<f32[M, K]>, %w: !flex.tensor<f32[K, N]>) -> !flex.tensor<f32[M, N]> {
  // expected-error @+1 {{'unit' needs one contraction, of tensors in memory whose types the unit takes}}
  %r = flex.group "g" outer ["i", "j"] schedule {strategy = "tile", lane = "j", unroll = "i", unit = "vnni", lanes = 8} -> !flex.tensor<f32[M, N]> {
    %y = flex.reduce sum [i < M, j < N] over [k < K] (%a = %x[i, k] : !flex.tensor<f32[M, K]>, %b = %w[k, j] : !flex.tensor<f32[K, N]>) -> f32 {
      %0 = arith.mulf %a, %b : f32
      flex.yield %0 : f32
    }
    flex.yield %y : !flex.tensor<f32[M, N]>
  }
  flex.return %r : !flex.tensor<f32[M, N]>
}

// -----

// The row operand must run along the reduction: its runs are read as one number.
flex.kernel @across(%x: !flex.tensor<i8[K, M]>, %w: !flex.tensor<i8[K, N]>) -> !flex.tensor<i32[M, N]> {
  // expected-error @+1 {{of which one factor runs along the reduction and moves with 'unroll'}}
  %r = flex.group "g" outer ["i", "j"] schedule {strategy = "tile", lane = "j", unroll = "i", unit = "vnni", lanes = 8} -> !flex.tensor<i32[M, N]> {
    %y = flex.reduce sum [i < M, j < N] over [k < K] (%a = %x[k, i] : !flex.tensor<i8[K, M]>, %b = %w[k, j] : !flex.tensor<i8[K, N]>) -> i32 {
      %p = arith.extsi %a : i8 to i32
      %q = arith.extsi %b : i8 to i32
      %0 = arith.muli %p, %q : i32
      flex.yield %0 : i32
    }
    flex.yield %y : !flex.tensor<i32[M, N]>
  }
  flex.return %r : !flex.tensor<i32[M, N]>
}

// -----

flex.kernel @rows(%x: !flex.tensor<i8[M, K]>, %w: !flex.tensor<i8[N, K]>) -> !flex.tensor<i32[M, N]> {
  // expected-error @+1 {{'unit' goes with strategy 'tile', without 'collapse', on a device}}
  %r = flex.group "g" outer ["i", "j"] schedule {strategy = "rows", lane = "j", unroll = "i", unit = "vnni", lanes = 8, "lane-tile" = 8} -> !flex.tensor<i32[M, N]> {
    %y = flex.reduce sum [i < M, j < N] over [k < K] (%a = %x[i, k] : !flex.tensor<i8[M, K]>, %b = %w[j, k] : !flex.tensor<i8[N, K]>) -> i32 {
      %p = arith.extsi %a : i8 to i32
      %q = arith.extsi %b : i8 to i32
      %0 = arith.muli %p, %q : i32
      flex.yield %0 : i32
    }
    flex.yield %y : !flex.tensor<i32[M, N]>
  }
  flex.return %r : !flex.tensor<i32[M, N]>
}

// -----

flex.kernel @depth(%x: !flex.tensor<i8[M, K]>, %w: !flex.tensor<i8[K, N]>) -> !flex.tensor<i32[M, N]> {
  // expected-error @+1 {{'depth' with 'unit' blocks must be a multiple of 64}}
  %r = flex.group "g" outer ["i", "j"] schedule {strategy = "tile", lane = "j", unroll = "i", unit = "blocks", lanes = 16, rows = 16, depth = 32} -> !flex.tensor<i32[M, N]> {
    %y = flex.reduce sum [i < M, j < N] over [k < K] (%a = %x[i, k] : !flex.tensor<i8[M, K]>, %b = %w[k, j] : !flex.tensor<i8[K, N]>) -> i32 {
      %p = arith.extsi %a : i8 to i32
      %q = arith.extsi %b : i8 to i32
      %0 = arith.muli %p, %q : i32
      flex.yield %0 : i32
    }
    flex.yield %y : !flex.tensor<i32[M, N]>
  }
  flex.return %r : !flex.tensor<i32[M, N]>
}

// -----

flex.kernel @blocks(%x: !flex.tensor<i8[M, K]>, %w: !flex.tensor<i8[K, N]>) -> !flex.tensor<i32[M, N]> {
  // expected-error @+1 {{'unit' blocks needs 'rows' of 16 or 32 and 'vectors' of 1 or 2}}
  %r = flex.group "g" outer ["i", "j"] schedule {strategy = "tile", lane = "j", unroll = "i", unit = "blocks", lanes = 16, rows = 8} -> !flex.tensor<i32[M, N]> {
    %y = flex.reduce sum [i < M, j < N] over [k < K] (%a = %x[i, k] : !flex.tensor<i8[M, K]>, %b = %w[k, j] : !flex.tensor<i8[K, N]>) -> i32 {
      %p = arith.extsi %a : i8 to i32
      %q = arith.extsi %b : i8 to i32
      %0 = arith.muli %p, %q : i32
      flex.yield %0 : i32
    }
    flex.yield %y : !flex.tensor<i32[M, N]>
  }
  flex.return %r : !flex.tensor<i32[M, N]>
}
