// Temporaries whose lives do not overlap share memory, whatever is known of their sizes.
// RUN: flex-opt %s -flex-form-groups -tile-choose-schedule="device=cores=2" -tile-emit-loops="device=cores=2" -split-input-file | grep flex.plan | FileCheck %s

// a lives while b is made, b while c is, c while the result is: c takes a's place, which grows to the larger of both.
// CHECK: arena = "64*ceildiv(4*M*N, 64) + max(64*ceildiv(4*K*M, 64), 64*ceildiv(4*M*P, 64))"
// CHECK-SAME: {bytes = "4*K*M", index = 0 : i64, kind = "temp", offset = "0"}
// CHECK-SAME: {bytes = "4*M*N", index = 0 : i64, kind = "temp", offset = "max({{[^"]*}}"}
// CHECK-SAME: {bytes = "4*M*P", index = 0 : i64, kind = "temp", offset = "0"}
flex.kernel @chain(%x: !flex.tensor<f32[M, 8]>, %u: !flex.tensor<f32[8, K]>, %v: !flex.tensor<f32[K, N]>,
    %w: !flex.tensor<f32[N, P]>, %z: !flex.tensor<f32[P, 8]>) -> !flex.tensor<f32[M, 8]> {
  %a = flex.reduce sum [i < M, j < K] over [k < 8] (%p = %x[i, k] : !flex.tensor<f32[M, 8]>, %q = %u[k, j] : !flex.tensor<f32[8, K]>) -> f32 {
    %0 = arith.mulf %p, %q : f32
    flex.yield %0 : f32
  }
  %b = flex.reduce sum [i < M, j < N] over [k < K] (%p = %a[i, k] : !flex.tensor<f32[M, K]>, %q = %v[k, j] : !flex.tensor<f32[K, N]>) -> f32 {
    %0 = arith.mulf %p, %q : f32
    flex.yield %0 : f32
  }
  %c = flex.reduce sum [i < M, j < P] over [k < N] (%p = %b[i, k] : !flex.tensor<f32[M, N]>, %q = %w[k, j] : !flex.tensor<f32[N, P]>) -> f32 {
    %0 = arith.mulf %p, %q : f32
    flex.yield %0 : f32
  }
  %d = flex.reduce sum [i < M, j < 8] over [k < P] (%p = %c[i, k] : !flex.tensor<f32[M, P]>, %q = %z[k, j] : !flex.tensor<f32[P, 8]>) -> f32 {
    %0 = arith.mulf %p, %q : f32
    flex.yield %0 : f32
  }
  flex.return %d : !flex.tensor<f32[M, 8]>
}

// -----

// The second map is the last to read %a, each element where it writes its own: %b takes its memory. %c, which reads %b shifted, may not.
// CHECK: arena = "64*ceildiv(4*N, 64) + max(64, 64*ceildiv(4*N, 64))"
// CHECK-SAME: {bytes = "4*N", index = 0 : i64, kind = "temp", offset = "0"}
// CHECK-SAME: {bytes = "4", index = 0 : i64, kind = "temp", offset = "64*ceildiv(4*N, 64)"}
// CHECK-SAME: {bytes = "4*N", index = 0 : i64, kind = "temp", offset = "0"}
// CHECK-SAME: {bytes = "4*N", index = 0 : i64, kind = "temp", offset = "64*ceildiv(4*N, 64)"}
// CHECK-SAME: {buffers = [2, 3, 4], {{.*}}entry = "inplace_2"
flex.kernel @inplace(%x: !flex.tensor<f32[N]>) -> !flex.tensor<f32[N]> {
  %a = flex.map [i < N] (%p = %x[i - 1] clamp : !flex.tensor<f32[N]>) -> f32 {
    %0 = math.exp %p : f32
    flex.yield %0 : f32
  }
  %s = flex.reduce sum [] over [i < N] (%p = %a[i] : !flex.tensor<f32[N]>) -> f32 {
    flex.yield %p : f32
  }
  %b = flex.map [i < N] (%p = %a[i] : !flex.tensor<f32[N]>, %q = %s[] : !flex.tensor<f32[]>) -> f32 {
    %0 = arith.divf %p, %q : f32
    flex.yield %0 : f32
  }
  %c = flex.map [i < N] (%p = %b[i - 1] clamp : !flex.tensor<f32[N]>) -> f32 {
    flex.yield %p : f32
  }
  %d = flex.map [i < N] (%p = %c[i - 2] clamp : !flex.tensor<f32[N]>) -> f32 {
    flex.yield %p : f32
  }
  flex.return %d : !flex.tensor<f32[N]>
}
