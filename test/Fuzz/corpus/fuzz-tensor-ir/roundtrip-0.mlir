flex.kernel @map(%x: !flex.tensor<f32[M, N]>, %m: !flex.tensor<f32[M]>) -> !flex.tensor<f32[M, N]>
    attributes {arg_names = ["x", "m"], constraints = ["M <= 4096"], doc = "A map."} {
  %y = flex.map [i < M, j < N] (%a = %x[i, j] : !flex.tensor<f32[M, N]>, %b = %m[i] : !flex.tensor<f32[M]>,
      %c = %x[i - 1, j + j] clamp : !flex.tensor<f32[M, N]>) -> f32 {
    %0 = arith.subf %a, %b : f32
    %1 = arith.addf %0, %c : f32
    flex.yield %1 : f32
  }
  flex.return %y : !flex.tensor<f32[M, N]>
}

flex.kernel @boundaries(%x: !flex.tensor<ui8[N]>) -> !flex.tensor<ui8[N]> {
  %y = flex.map [i < N] (%a = %x[i - 1] wrap : !flex.tensor<ui8[N]>, %b = %x[i - 2] mirror : !flex.tensor<ui8[N]>,
      %c = %x[i - 3] fill(7 : i8) : !flex.tensor<ui8[N]>) -> ui8 {
    %0 = arith.addi %a, %b : i8
    %1 = arith.addi %0, %c : i8
    flex.yield %1 : i8
  }
  flex.return %y : !flex.tensor<ui8[N]>
}

flex.kernel @conv(%x: !flex.tensor<f16[H]>, %f: !flex.tensor<f16[R]>) -> !flex.tensor<f32[H - R + 1]> {
  %y = flex.reduce sum [h < H - R + 1] over [r < R] (%a = %x[h + r] : !flex.tensor<f16[H]>,
      %b = %f[r] : !flex.tensor<f16[R]>) -> f32 {
    %0 = arith.extf %a : f16 to f32
    %1 = arith.extf %b : f16 to f32
    %2 = arith.mulf %0, %1 : f32
    flex.yield %2 : f32
  }
  flex.return %y : !flex.tensor<f32[H - R + 1]>
}

flex.kernel @scalars(%x: !flex.tensor<i1[M]>) -> (!flex.tensor<i1[]>, !flex.tensor<i64[2]>) {
  %y = flex.reduce any [] over [i < M] (%a = %x[i] : !flex.tensor<i1[M]>) -> i1 { flex.yield %a : i1 }
  %c = flex.constant dense<[4, -9]> : tensor<2xi64> : !flex.tensor<i64[2]>
  %z = flex.map [i < 2] (%a = %c[i] : !flex.tensor<i64[2]>) -> i64 {
    %i = flex.index "i" : i64
    %m = flex.dim "M - 1" : i64
    %0 = arith.addi %i, %m : i64
    %1 = arith.addi %0, %a : i64
    flex.yield %1 : i64
  }
  flex.return %y, %z : !flex.tensor<i1[]>, !flex.tensor<i64[2]>
}

flex.kernel @group(%x: !flex.tensor<bf16[M, floordiv(N, 2)]>) -> !flex.tensor<bf16[M]> {
  %r = flex.group "sums" outer ["i"] schedule {tile = 4} -> !flex.tensor<bf16[M]> {
    %s = flex.reduce max [i < M] over [j < floordiv(N, 2)] (%a = %x[i, j] : !flex.tensor<bf16[M, floordiv(N, 2)]>) -> bf16 {
      flex.yield %a : bf16
    }
    flex.yield %s : !flex.tensor<bf16[M]>
  }
  flex.return %r : !flex.tensor<bf16[M]>
}
