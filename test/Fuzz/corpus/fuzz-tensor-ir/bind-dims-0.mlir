flex.kernel @all(%x: !flex.tensor<f32[M, N]>) -> !flex.tensor<f32[M, N]>
    attributes {constraints = ["M <= N*N", "N % 2 == 0", "N != 7"]} {
  %y = flex.map [i < M, j < N] (%a = %x[i, N - 1 - j] : !flex.tensor<f32[M, N]>) -> f32 {
    %n = flex.dim "M*N" : i64
    %f = arith.sitofp %n : i64 to f32
    %0 = arith.mulf %a, %f : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[M, N]>
}

flex.kernel @conv(%x: !flex.tensor<f32[H]>, %f: !flex.tensor<f32[R]>) -> !flex.tensor<f32[H - R + 1]>
    attributes {constraints = ["R <= H"]} {
  %g = flex.group "g" outer ["h"] -> !flex.tensor<f32[H - R + 1]> {
    %y = flex.reduce sum [h < H - R + 1] over [r < R] (%a = %x[h + r] : !flex.tensor<f32[H]>,
        %b = %f[r] : !flex.tensor<f32[R]>) -> f32 {
      %0 = arith.mulf %a, %b : f32
      flex.yield %0 : f32
    }
    flex.yield %y : !flex.tensor<f32[H - R + 1]>
  }
  flex.return %g : !flex.tensor<f32[H - R + 1]>
}

flex.kernel @hidden(%x: !flex.tensor<f32[M]>, %u: !flex.tensor<f32[N]>) -> !flex.tensor<f32[M]> {
  %y = flex.map [N < M] (%a = %x[N] : !flex.tensor<f32[M]>, %b = %u[5] : !flex.tensor<f32[N]>) -> f32 {
    %0 = arith.mulf %a, %b : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[M]>
}
