// What strategy attention needs, for a CPU.
// RUN: flex-opt %s --tile-emit-loops="device=model=simd,vector-bits=256" -split-input-file -verify-diagnostics

flex.kernel @no_softmax(%x: !flex.tensor<f32[M, K]>, %w: !flex.tensor<f32[K, N]>) -> !flex.tensor<f32[M, N]> {
  // expected-error @+1 {{strategy 'attention' needs a softmax between two contractions, and numerics that are not strict}}
  %r = flex.group "g" outer ["i", "j"] schedule {strategy = "attention", lane = "i", lanes = 8, depth = 8} -> !flex.tensor<f32[M, N]> {
    %y = flex.reduce sum [i < M, j < N] over [k < K] (%a = %x[i, k] : !flex.tensor<f32[M, K]>, %b = %w[k, j] : !flex.tensor<f32[K, N]>) -> f32 {
      %0 = arith.mulf %a, %b : f32
      flex.yield %0 : f32
    }
    flex.yield %y : !flex.tensor<f32[M, N]>
  }
  flex.return %r : !flex.tensor<f32[M, N]>
}

// -----

flex.kernel @wrong_lane(%q: !flex.tensor<f32[S, D]>, %k: !flex.tensor<f32[T, D]>, %v: !flex.tensor<f32[T, E]>) -> !flex.tensor<f32[S, E]> {
  // expected-error @+1 {{'lane' of strategy 'attention' must be the index of the queries, that keys and values do not move with}}
  %r = flex.group "g" outer ["s"] schedule {strategy = "attention", lane = "x", lanes = 8, depth = 8} -> !flex.tensor<f32[S, E]> {
    %0 = flex.reduce sum [s < S, t < T] over [d < D] (%x = %q[s, d] : !flex.tensor<f32[S, D]>, %y = %k[t, d] : !flex.tensor<f32[T, D]>) -> f32 {
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
    %4 = flex.reduce sum [s < S, x < E] over [t < T] (%w = %2[s, t] : !flex.tensor<f32[S, T]>, %y = %v[t, x] : !flex.tensor<f32[T, E]>) -> f32 {
      %z = arith.mulf %w, %y : f32
      flex.yield %z : f32
    }
    %5 = flex.map [s < S, x < E] (%o = %4[s, x] : !flex.tensor<f32[S, E]>, %l = %3[s] : !flex.tensor<f32[S]>) -> f32 {
      %z = arith.divf %o, %l : f32
      flex.yield %z : f32
    }
    flex.yield %5 : !flex.tensor<f32[S, E]>
  }
  flex.return %r : !flex.tensor<f32[S, E]>
}

// -----

flex.kernel @three_lanes(%q: !flex.tensor<f32[S, D]>, %k: !flex.tensor<f32[T, D]>, %v: !flex.tensor<f32[T, E]>) -> !flex.tensor<f32[S, E]> {
  // expected-error @+1 {{'lanes' of strategy 'attention' must be a power of two, and at least 2}}
  %r = flex.group "g" outer ["s"] schedule {strategy = "attention", lane = "s", lanes = 3, depth = 8} -> !flex.tensor<f32[S, E]> {
    %0 = flex.reduce sum [s < S, t < T] over [d < D] (%x = %q[s, d] : !flex.tensor<f32[S, D]>, %y = %k[t, d] : !flex.tensor<f32[T, D]>) -> f32 {
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
    %4 = flex.reduce sum [s < S, x < E] over [t < T] (%w = %2[s, t] : !flex.tensor<f32[S, T]>, %y = %v[t, x] : !flex.tensor<f32[T, E]>) -> f32 {
      %z = arith.mulf %w, %y : f32
      flex.yield %z : f32
    }
    %5 = flex.map [s < S, x < E] (%o = %4[s, x] : !flex.tensor<f32[S, E]>, %l = %3[s] : !flex.tensor<f32[S]>) -> f32 {
      %z = arith.divf %o, %l : f32
      flex.yield %z : f32
    }
    flex.yield %5 : !flex.tensor<f32[S, E]>
  }
  flex.return %r : !flex.tensor<f32[S, E]>
}

// -----

flex.kernel @depth(%q: !flex.tensor<f32[S, D]>, %k: !flex.tensor<f32[T, D]>, %v: !flex.tensor<f32[T, E]>) -> !flex.tensor<f32[S, E]> {
  // expected-error @+1 {{'depth' of strategy 'attention' must be a multiple of 'rows'}}
  %r = flex.group "g" outer ["s"] schedule {strategy = "attention", lane = "s", lanes = 8, rows = 3, depth = 8} -> !flex.tensor<f32[S, E]> {
    %0 = flex.reduce sum [s < S, t < T] over [d < D] (%x = %q[s, d] : !flex.tensor<f32[S, D]>, %y = %k[t, d] : !flex.tensor<f32[T, D]>) -> f32 {
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
    %4 = flex.reduce sum [s < S, x < E] over [t < T] (%w = %2[s, t] : !flex.tensor<f32[S, T]>, %y = %v[t, x] : !flex.tensor<f32[T, E]>) -> f32 {
      %z = arith.mulf %w, %y : f32
      flex.yield %z : f32
    }
    %5 = flex.map [s < S, x < E] (%o = %4[s, x] : !flex.tensor<f32[S, E]>, %l = %3[s] : !flex.tensor<f32[S]>) -> f32 {
      %z = arith.divf %o, %l : f32
      flex.yield %z : f32
    }
    flex.yield %5 : !flex.tensor<f32[S, E]>
  }
  flex.return %r : !flex.tensor<f32[S, E]>
}

// -----

flex.kernel @no_depth(%q: !flex.tensor<f32[S, D]>, %k: !flex.tensor<f32[T, D]>, %v: !flex.tensor<f32[T, E]>) -> !flex.tensor<f32[S, E]> {
  // expected-error @+1 {{'depth' of strategy 'attention' must be a multiple of 'rows'}}
  %r = flex.group "g" outer ["s"] schedule {strategy = "attention", lane = "s", lanes = 8, rows = 3} -> !flex.tensor<f32[S, E]> {
    %0 = flex.reduce sum [s < S, t < T] over [d < D] (%x = %q[s, d] : !flex.tensor<f32[S, D]>, %y = %k[t, d] : !flex.tensor<f32[T, D]>) -> f32 {
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
    %4 = flex.reduce sum [s < S, x < E] over [t < T] (%w = %2[s, t] : !flex.tensor<f32[S, T]>, %y = %v[t, x] : !flex.tensor<f32[T, E]>) -> f32 {
      %z = arith.mulf %w, %y : f32
      flex.yield %z : f32
    }
    %5 = flex.map [s < S, x < E] (%o = %4[s, x] : !flex.tensor<f32[S, E]>, %l = %3[s] : !flex.tensor<f32[S]>) -> f32 {
      %z = arith.divf %o, %l : f32
      flex.yield %z : f32
    }
    flex.yield %5 : !flex.tensor<f32[S, E]>
  }
  flex.return %r : !flex.tensor<f32[S, E]>
}
