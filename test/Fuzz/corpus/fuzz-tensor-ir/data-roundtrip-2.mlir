flex.kernel @viterbi(%w: !flex.tensor<f32[S, S]>, %e: !flex.tensor<f32[T, S]>) -> !flex.tensor<f32[T, S]> {
  %y = flex.scan [] over [t < T] each [s < S] at [t, s] (%b = %w whole : !flex.tensor<f32[S, S]>,
      %a = %e[t, s] : !flex.tensor<f32[T, S]>) self %v -> f32 {
    %m = flex.fold max [r < S] -> f32 {
      %p = flex.load %v[t - 1, r] fill(0.0 : f32) : !flex.tensor<f32[T, S]>
      %q = flex.load %b[r, s] clamp : !flex.tensor<f32[S, S]>
      %0 = arith.addf %p, %q : f32
      flex.yield %0 : f32
    }
    %n = flex.fold uargmax [r < S, q < 3] -> i64 {
      %q = flex.index "q" : i64
      flex.yield %q : i64
    }
    %c = arith.sitofp %n : i64 to f32
    %1 = arith.addf %m, %a : f32
    %2 = arith.addf %1, %c : f32
    flex.yield %2 : f32
  }
  flex.return %y : !flex.tensor<f32[T, S]>
}
