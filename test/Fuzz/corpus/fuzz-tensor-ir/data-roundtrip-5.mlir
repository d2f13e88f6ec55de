flex.kernel @narrow(%x: !flex.tensor<f8E4M3FN[N]>, %y: !flex.tensor<ui4[N]>, %e: !flex.tensor<f32[]>) -> !flex.tensor<f8E4M3FN[N]>
    attributes {arg_defaults = [unit, unit, 0.00001 : f32], numerics = "strict", result_aliases = array<i64: 0>,
                schedules = [{target = "cpu", lanes = 8}]} {
  %c = flex.constant dense<[1, -8]> : tensor<2xi4> : !flex.tensor<i4[2]>
  %r = flex.map [i < N] (%a = %x[i] : !flex.tensor<f8E4M3FN[N]>, %b = %y[i] : !flex.tensor<ui4[N]>,
      %k = %c[i] clamp : !flex.tensor<i4[2]>) -> f8E4M3FN {
    %0 = arith.extf %a : f8E4M3FN to f32
    %1 = arith.uitofp %b : i4 to f32
    %2 = arith.sitofp %k : i4 to f32
    %3 = arith.mulf %0, %1 : f32
    %4 = arith.mulf %3, %2 : f32
    %5 = arith.truncf %4 : f32 to f8E4M3FN
    flex.yield %5 : f8E4M3FN
  }
  flex.return %r : !flex.tensor<f8E4M3FN[N]>
}
