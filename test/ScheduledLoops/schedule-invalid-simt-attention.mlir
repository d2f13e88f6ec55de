// What strategy attention needs, on a device with matrix units.
// RUN: flex-opt %s --tile-emit-loops="device=model=simt,vector-bits=128,vector-registers=255,wave-size=32,async-copy=16,matrix-units=mma/f16/f32/16x8x16/32/rrr" -split-input-file -verify-diagnostics

flex.kernel @queries(%q: !flex.tensor<f16[S, 64]>, %k: !flex.tensor<f16[T, 64]>, %v: !flex.tensor<f16[T, 64]>) -> !flex.tensor<f16[S, 64]> {
  // expected-error @+1 {{'tile-m' must be a power of two and a multiple of waves-m x 16, 'tile-n' a power of two and a multiple of 32}}
  %r = flex.group "g" outer ["s"] schedule {strategy = "attention", lane = "x", unroll = "s", unit = "mma.m16n8k16.f16", "group-size" = 128, "waves-m" = 4, "waves-n" = 1, "tile-m" = 48, "tile-n" = 64, "tile-k" = 64, "stages" = 2} -> !flex.tensor<f16[S, 64]> {
    %0 = flex.reduce sum [s < S, t < T] over [d < 64] (%x = %q[s, d] : !flex.tensor<f16[S, 64]>, %y = %k[t, d] : !flex.tensor<f16[T, 64]>) -> f16 {
      %p = arith.mulf %x, %y : f16
      flex.yield %p : f16
    }
    %1 = flex.reduce max [s < S] over [t < T] (%x = %0[s, t] : !flex.tensor<f16[S, T]>) -> f16 {
      flex.yield %x : f16
    }
    %2 = flex.map [s < S, t < T] (%x = %0[s, t] : !flex.tensor<f16[S, T]>, %m = %1[s] : !flex.tensor<f16[S]>) -> f16 {
      %p = arith.subf %x, %m : f16
      %e = math.exp %p : f16
      flex.yield %e : f16
    }
    %3 = flex.reduce sum [s < S] over [t < T] (%x = %2[s, t] : !flex.tensor<f16[S, T]>) -> f16 {
      flex.yield %x : f16
    }
    %4 = flex.reduce sum [s < S, x < 64] over [t < T] (%w = %2[s, t] : !flex.tensor<f16[S, T]>, %y = %v[t, x] : !flex.tensor<f16[T, 64]>) -> f16 {
      %z = arith.mulf %w, %y : f16
      flex.yield %z : f16
    }
    %5 = flex.map [s < S, x < 64] (%o = %4[s, x] : !flex.tensor<f16[S, 64]>, %l = %3[s] : !flex.tensor<f16[S]>) -> f16 {
      %z = arith.divf %o, %l : f16
      flex.yield %z : f16
    }
    flex.yield %5 : !flex.tensor<f16[S, 64]>
  }
  flex.return %r : !flex.tensor<f16[S, 64]>
}

// -----

flex.kernel @depth(%q: !flex.tensor<f16[S, 64]>, %k: !flex.tensor<f16[T, 64]>, %v: !flex.tensor<f16[T, 64]>) -> !flex.tensor<f16[S, 64]> {
  // expected-error @+1 {{'tile-k' must be 64, which a row of queries takes}}
  %r = flex.group "g" outer ["s"] schedule {strategy = "attention", lane = "x", unroll = "s", unit = "mma.m16n8k16.f16", "group-size" = 128, "waves-m" = 4, "waves-n" = 1, "tile-m" = 64, "tile-n" = 64, "tile-k" = 32, "stages" = 2} -> !flex.tensor<f16[S, 64]> {
    %0 = flex.reduce sum [s < S, t < T] over [d < 64] (%x = %q[s, d] : !flex.tensor<f16[S, 64]>, %y = %k[t, d] : !flex.tensor<f16[T, 64]>) -> f16 {
      %p = arith.mulf %x, %y : f16
      flex.yield %p : f16
    }
    %1 = flex.reduce max [s < S] over [t < T] (%x = %0[s, t] : !flex.tensor<f16[S, T]>) -> f16 {
      flex.yield %x : f16
    }
    %2 = flex.map [s < S, t < T] (%x = %0[s, t] : !flex.tensor<f16[S, T]>, %m = %1[s] : !flex.tensor<f16[S]>) -> f16 {
      %p = arith.subf %x, %m : f16
      %e = math.exp %p : f16
      flex.yield %e : f16
    }
    %3 = flex.reduce sum [s < S] over [t < T] (%x = %2[s, t] : !flex.tensor<f16[S, T]>) -> f16 {
      flex.yield %x : f16
    }
    %4 = flex.reduce sum [s < S, x < 64] over [t < T] (%w = %2[s, t] : !flex.tensor<f16[S, T]>, %y = %v[t, x] : !flex.tensor<f16[T, 64]>) -> f16 {
      %z = arith.mulf %w, %y : f16
      flex.yield %z : f16
    }
    %5 = flex.map [s < S, x < 64] (%o = %4[s, x] : !flex.tensor<f16[S, 64]>, %l = %3[s] : !flex.tensor<f16[S]>) -> f16 {
      %z = arith.divf %o, %l : f16
      flex.yield %z : f16
    }
    flex.yield %5 : !flex.tensor<f16[S, 64]>
  }
  flex.return %r : !flex.tensor<f16[S, 64]>
}

// -----

flex.kernel @waves(%q: !flex.tensor<f16[S, 64]>, %k: !flex.tensor<f16[T, 64]>, %v: !flex.tensor<f16[T, 64]>) -> !flex.tensor<f16[S, 64]> {
  // expected-error @+1 {{'waves-n' must be 1 and 'group-size' waves-m x 32}}
  %r = flex.group "g" outer ["s"] schedule {strategy = "attention", lane = "x", unroll = "s", unit = "mma.m16n8k16.f16", "group-size" = 256, "waves-m" = 4, "waves-n" = 2, "tile-m" = 64, "tile-n" = 64, "tile-k" = 64, "stages" = 2} -> !flex.tensor<f16[S, 64]> {
    %0 = flex.reduce sum [s < S, t < T] over [d < 64] (%x = %q[s, d] : !flex.tensor<f16[S, 64]>, %y = %k[t, d] : !flex.tensor<f16[T, 64]>) -> f16 {
      %p = arith.mulf %x, %y : f16
      flex.yield %p : f16
    }
    %1 = flex.reduce max [s < S] over [t < T] (%x = %0[s, t] : !flex.tensor<f16[S, T]>) -> f16 {
      flex.yield %x : f16
    }
    %2 = flex.map [s < S, t < T] (%x = %0[s, t] : !flex.tensor<f16[S, T]>, %m = %1[s] : !flex.tensor<f16[S]>) -> f16 {
      %p = arith.subf %x, %m : f16
      %e = math.exp %p : f16
      flex.yield %e : f16
    }
    %3 = flex.reduce sum [s < S] over [t < T] (%x = %2[s, t] : !flex.tensor<f16[S, T]>) -> f16 {
      flex.yield %x : f16
    }
    %4 = flex.reduce sum [s < S, x < 64] over [t < T] (%w = %2[s, t] : !flex.tensor<f16[S, T]>, %y = %v[t, x] : !flex.tensor<f16[T, 64]>) -> f16 {
      %z = arith.mulf %w, %y : f16
      flex.yield %z : f16
    }
    %5 = flex.map [s < S, x < 64] (%o = %4[s, x] : !flex.tensor<f16[S, 64]>, %l = %3[s] : !flex.tensor<f16[S]>) -> f16 {
      %z = arith.divf %o, %l : f16
      flex.yield %z : f16
    }
    flex.yield %5 : !flex.tensor<f16[S, 64]>
  }
  flex.return %r : !flex.tensor<f16[S, 64]>
}

// -----

flex.kernel @stage(%q: !flex.tensor<f16[S, 64]>, %k: !flex.tensor<f16[T, 64]>, %v: !flex.tensor<f16[T, 64]>) -> !flex.tensor<f16[S, 64]> {
  // expected-error @+1 {{'stages' is at least 2 on a device with asynchronous copies}}
  %r = flex.group "g" outer ["s"] schedule {strategy = "attention", lane = "x", unroll = "s", unit = "mma.m16n8k16.f16", "group-size" = 128, "waves-m" = 4, "waves-n" = 1, "tile-m" = 64, "tile-n" = 64, "tile-k" = 64, "stages" = 1} -> !flex.tensor<f16[S, 64]> {
    %0 = flex.reduce sum [s < S, t < T] over [d < 64] (%x = %q[s, d] : !flex.tensor<f16[S, 64]>, %y = %k[t, d] : !flex.tensor<f16[T, 64]>) -> f16 {
      %p = arith.mulf %x, %y : f16
      flex.yield %p : f16
    }
    %1 = flex.reduce max [s < S] over [t < T] (%x = %0[s, t] : !flex.tensor<f16[S, T]>) -> f16 {
      flex.yield %x : f16
    }
    %2 = flex.map [s < S, t < T] (%x = %0[s, t] : !flex.tensor<f16[S, T]>, %m = %1[s] : !flex.tensor<f16[S]>) -> f16 {
      %p = arith.subf %x, %m : f16
      %e = math.exp %p : f16
      flex.yield %e : f16
    }
    %3 = flex.reduce sum [s < S] over [t < T] (%x = %2[s, t] : !flex.tensor<f16[S, T]>) -> f16 {
      flex.yield %x : f16
    }
    %4 = flex.reduce sum [s < S, x < 64] over [t < T] (%w = %2[s, t] : !flex.tensor<f16[S, T]>, %y = %v[t, x] : !flex.tensor<f16[T, 64]>) -> f16 {
      %z = arith.mulf %w, %y : f16
      flex.yield %z : f16
    }
    %5 = flex.map [s < S, x < 64] (%o = %4[s, x] : !flex.tensor<f16[S, 64]>, %l = %3[s] : !flex.tensor<f16[S]>) -> f16 {
      %z = arith.divf %o, %l : f16
      flex.yield %z : f16
    }
    flex.yield %5 : !flex.tensor<f16[S, 64]>
  }
  flex.return %r : !flex.tensor<f16[S, 64]>
}

// -----

flex.kernel @memory(%q: !flex.tensor<f16[S, 64]>, %k: !flex.tensor<f16[T, 64]>, %v: !flex.tensor<f16[T, 64]>) -> !flex.tensor<f16[S, 64]> {
  // expected-error @+1 {{the blocks take 106496 bytes of group memory, the device has 49152}}
  %r = flex.group "g" outer ["s"] schedule {strategy = "attention", lane = "x", unroll = "s", unit = "mma.m16n8k16.f16", "group-size" = 128, "waves-m" = 4, "waves-n" = 1, "tile-m" = 64, "tile-n" = 64, "tile-k" = 64, "stages" = 6} -> !flex.tensor<f16[S, 64]> {
    %0 = flex.reduce sum [s < S, t < T] over [d < 64] (%x = %q[s, d] : !flex.tensor<f16[S, 64]>, %y = %k[t, d] : !flex.tensor<f16[T, 64]>) -> f16 {
      %p = arith.mulf %x, %y : f16
      flex.yield %p : f16
    }
    %1 = flex.reduce max [s < S] over [t < T] (%x = %0[s, t] : !flex.tensor<f16[S, T]>) -> f16 {
      flex.yield %x : f16
    }
    %2 = flex.map [s < S, t < T] (%x = %0[s, t] : !flex.tensor<f16[S, T]>, %m = %1[s] : !flex.tensor<f16[S]>) -> f16 {
      %p = arith.subf %x, %m : f16
      %e = math.exp %p : f16
      flex.yield %e : f16
    }
    %3 = flex.reduce sum [s < S] over [t < T] (%x = %2[s, t] : !flex.tensor<f16[S, T]>) -> f16 {
      flex.yield %x : f16
    }
    %4 = flex.reduce sum [s < S, x < 64] over [t < T] (%w = %2[s, t] : !flex.tensor<f16[S, T]>, %y = %v[t, x] : !flex.tensor<f16[T, 64]>) -> f16 {
      %z = arith.mulf %w, %y : f16
      flex.yield %z : f16
    }
    %5 = flex.map [s < S, x < 64] (%o = %4[s, x] : !flex.tensor<f16[S, 64]>, %l = %3[s] : !flex.tensor<f16[S]>) -> f16 {
      %z = arith.divf %o, %l : f16
      flex.yield %z : f16
    }
    flex.yield %5 : !flex.tensor<f16[S, 64]>
  }
  flex.return %r : !flex.tensor<f16[S, 64]>
}

// -----

flex.kernel @open_depth(%q: !flex.tensor<f16[S, D]>, %k: !flex.tensor<f16[T, D]>, %v: !flex.tensor<f16[T, 64]>) -> !flex.tensor<f16[S, 64]> {
  // expected-error @+1 {{strategy 'attention' needs queries, keys, weights and values of one type of 16 bits that the unit takes, rows of at most 256 elements whose lengths are known, and numerics that are not strict}}
  %r = flex.group "g" outer ["s"] schedule {strategy = "attention", lane = "x", unroll = "s", unit = "mma.m16n8k16.f16", "group-size" = 128, "waves-m" = 4, "waves-n" = 1, "tile-m" = 64, "tile-n" = 64, "tile-k" = 64, "stages" = 2} -> !flex.tensor<f16[S, 64]> {
    %0 = flex.reduce sum [s < S, t < T] over [d < D] (%x = %q[s, d] : !flex.tensor<f16[S, D]>, %y = %k[t, d] : !flex.tensor<f16[T, D]>) -> f16 {
      %p = arith.mulf %x, %y : f16
      flex.yield %p : f16
    }
    %1 = flex.reduce max [s < S] over [t < T] (%x = %0[s, t] : !flex.tensor<f16[S, T]>) -> f16 {
      flex.yield %x : f16
    }
    %2 = flex.map [s < S, t < T] (%x = %0[s, t] : !flex.tensor<f16[S, T]>, %m = %1[s] : !flex.tensor<f16[S]>) -> f16 {
      %p = arith.subf %x, %m : f16
      %e = math.exp %p : f16
      flex.yield %e : f16
    }
    %3 = flex.reduce sum [s < S] over [t < T] (%x = %2[s, t] : !flex.tensor<f16[S, T]>) -> f16 {
      flex.yield %x : f16
    }
    %4 = flex.reduce sum [s < S, x < 64] over [t < T] (%w = %2[s, t] : !flex.tensor<f16[S, T]>, %y = %v[t, x] : !flex.tensor<f16[T, 64]>) -> f16 {
      %z = arith.mulf %w, %y : f16
      flex.yield %z : f16
    }
    %5 = flex.map [s < S, x < 64] (%o = %4[s, x] : !flex.tensor<f16[S, 64]>, %l = %3[s] : !flex.tensor<f16[S]>) -> f16 {
      %z = arith.divf %o, %l : f16
      flex.yield %z : f16
    }
    flex.yield %5 : !flex.tensor<f16[S, 64]>
  }
  flex.return %r : !flex.tensor<f16[S, 64]>
}

// -----

flex.kernel @wide(%q: !flex.tensor<f32[S, 64]>, %k: !flex.tensor<f32[T, 64]>, %v: !flex.tensor<f32[T, 64]>) -> !flex.tensor<f32[S, 64]> {
  // expected-error @+1 {{strategy 'attention' needs queries, keys, weights and values of one type of 16 bits}}
  %r = flex.group "g" outer ["s"] schedule {strategy = "attention", lane = "x", unroll = "s", unit = "mma.m16n8k16.f16", "group-size" = 128, "waves-m" = 4, "waves-n" = 1, "tile-m" = 64, "tile-n" = 64, "tile-k" = 64, "stages" = 2} -> !flex.tensor<f32[S, 64]> {
    %0 = flex.reduce sum [s < S, t < T] over [d < 64] (%x = %q[s, d] : !flex.tensor<f32[S, 64]>, %y = %k[t, d] : !flex.tensor<f32[T, 64]>) -> f32 {
      %p = arith.mulf %x, %y : f32
      flex.yield %p : f32
    }
    %1 = flex.reduce max [s < S] over [t < T] (%x = %0[s, t] : !flex.tensor<f32[S, T]>) -> f32 {
      flex.yield %x : f32
    }
    %2 = flex.map [s < S, t < T] (%x = %0[s, t] : !flex.tensor<f32[S, T]>, %m = %1[s] : !flex.tensor<f32[S]>) -> f32 {
      %p = arith.subf %x, %m : f32
      %e = math.exp %p : f32
      flex.yield %e : f32
    }
    %3 = flex.reduce sum [s < S] over [t < T] (%x = %2[s, t] : !flex.tensor<f32[S, T]>) -> f32 {
      flex.yield %x : f32
    }
    %4 = flex.reduce sum [s < S, x < 64] over [t < T] (%w = %2[s, t] : !flex.tensor<f32[S, T]>, %y = %v[t, x] : !flex.tensor<f32[T, 64]>) -> f32 {
      %z = arith.mulf %w, %y : f32
      flex.yield %z : f32
    }
    %5 = flex.map [s < S, x < 64] (%o = %4[s, x] : !flex.tensor<f32[S, 64]>, %l = %3[s] : !flex.tensor<f32[S]>) -> f32 {
      %z = arith.divf %o, %l : f32
      flex.yield %z : f32
    }
    flex.yield %5 : !flex.tensor<f32[S, 64]>
  }
  flex.return %r : !flex.tensor<f32[S, 64]>
}

// -----

flex.kernel @unit(%q: !flex.tensor<f16[S, 64]>, %k: !flex.tensor<f16[T, 64]>, %v: !flex.tensor<f16[T, 64]>) -> !flex.tensor<f16[S, 64]> {
  // expected-error @+1 {{'unit' names no matrix unit of the device}}
  %r = flex.group "g" outer ["s"] schedule {strategy = "attention", lane = "x", unroll = "s", unit = "mma.m1n1k1.f16", "group-size" = 128, "waves-m" = 4, "waves-n" = 1, "tile-m" = 64, "tile-n" = 64, "tile-k" = 64, "stages" = 2} -> !flex.tensor<f16[S, 64]> {
    %0 = flex.reduce sum [s < S, t < T] over [d < 64] (%x = %q[s, d] : !flex.tensor<f16[S, 64]>, %y = %k[t, d] : !flex.tensor<f16[T, 64]>) -> f16 {
      %p = arith.mulf %x, %y : f16
      flex.yield %p : f16
    }
    %1 = flex.reduce max [s < S] over [t < T] (%x = %0[s, t] : !flex.tensor<f16[S, T]>) -> f16 {
      flex.yield %x : f16
    }
    %2 = flex.map [s < S, t < T] (%x = %0[s, t] : !flex.tensor<f16[S, T]>, %m = %1[s] : !flex.tensor<f16[S]>) -> f16 {
      %p = arith.subf %x, %m : f16
      %e = math.exp %p : f16
      flex.yield %e : f16
    }
    %3 = flex.reduce sum [s < S] over [t < T] (%x = %2[s, t] : !flex.tensor<f16[S, T]>) -> f16 {
      flex.yield %x : f16
    }
    %4 = flex.reduce sum [s < S, x < 64] over [t < T] (%w = %2[s, t] : !flex.tensor<f16[S, T]>, %y = %v[t, x] : !flex.tensor<f16[T, 64]>) -> f16 {
      %z = arith.mulf %w, %y : f16
      flex.yield %z : f16
    }
    %5 = flex.map [s < S, x < 64] (%o = %4[s, x] : !flex.tensor<f16[S, 64]>, %l = %3[s] : !flex.tensor<f16[S]>) -> f16 {
      %z = arith.divf %o, %l : f16
      flex.yield %z : f16
    }
    flex.yield %5 : !flex.tensor<f16[S, 64]>
  }
  flex.return %r : !flex.tensor<f16[S, 64]>
}
