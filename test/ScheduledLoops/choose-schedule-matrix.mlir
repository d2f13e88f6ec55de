// Matrix units: which contractions get one, and what of the device's limits.
// RUN: flex-opt %s -split-input-file --pass-pipeline="builtin.module(flex.kernel(flex-inline-maps,flex-form-groups,tile-choose-schedule{target=sim device=model=simt,vector-bits=128,vector-registers=255,cores=100,wave-size=32,async-copy=16,matrix-units=mma/f16/f32/16x8x16/32/rrr+mma/tf32/f32/16x8x8/32/rrr}))" -verify-diagnostics | FileCheck %s

// CHECK-LABEL: flex.kernel @half(
// CHECK: "group-size" = 128 : i64, {{.*}}lane = "j", {{.*}}raster = 8 : i64, {{.*}}stages = 3 : i64, strategy = "matrix", "tile-k" = 32 : i64, "tile-m" = 128 : i64, "tile-n" = 128 : i64, unit = "mma.m16n8k16.f16", unroll = "i", {{.*}}"waves-m" = 2 : i64, "waves-n" = 2 : i64
flex.kernel @half(%x: !flex.tensor<f16[4096, K]>, %w: !flex.tensor<f16[K, 4096]>) -> !flex.tensor<f16[4096, 4096]> {
  %y = flex.reduce sum [i < 4096, j < 4096] over [k < K] (%a = %x[i, k] : !flex.tensor<f16[4096, K]>, %b = %w[k, j] : !flex.tensor<f16[K, 4096]>) -> f16 {
    %0 = arith.mulf %a, %b : f16
    flex.yield %0 : f16
  }
  flex.return %y : !flex.tensor<f16[4096, 4096]>
}

// -----

// f32 keeps its precision unless the kernel is fast.
// CHECK-LABEL: flex.kernel @single(
// CHECK: strategy = "block"
flex.kernel @single(%x: !flex.tensor<f32[M, K]>, %w: !flex.tensor<f32[K, N]>) -> !flex.tensor<f32[M, N]> {
  %y = flex.reduce sum [i < M, j < N] over [k < K] (%a = %x[i, k] : !flex.tensor<f32[M, K]>, %b = %w[k, j] : !flex.tensor<f32[K, N]>) -> f32 {
    %0 = arith.mulf %a, %b : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[M, N]>
}

// -----

// CHECK-LABEL: flex.kernel @fast(
// CHECK: unit = "mma.m16n8k8.tf32"
flex.kernel @fast(%x: !flex.tensor<f32[M, K]>, %w: !flex.tensor<f32[K, N]>) -> !flex.tensor<f32[M, N]> attributes {numerics = "fast"} {
  %y = flex.reduce sum [i < M, j < N] over [k < K] (%a = %x[i, k] : !flex.tensor<f32[M, K]>, %b = %w[k, j] : !flex.tensor<f32[K, N]>) -> f32 {
    %0 = arith.mulf %a, %b : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[M, N]>
}

// -----

// Strict numerics promise an order.
// CHECK-LABEL: flex.kernel @strict(
// CHECK-NOT: strategy = "matrix"
flex.kernel @strict(%x: !flex.tensor<f16[M, K]>, %w: !flex.tensor<f16[K, N]>) -> !flex.tensor<f16[M, N]> attributes {numerics = "strict"} {
  %y = flex.reduce sum [i < M, j < N] over [k < K] (%a = %x[i, k] : !flex.tensor<f16[M, K]>, %b = %w[k, j] : !flex.tensor<f16[K, N]>) -> f16 {
    %0 = arith.mulf %a, %b : f16
    flex.yield %0 : f16
  }
  flex.return %y : !flex.tensor<f16[M, N]>
}

// -----

// 4 stages of 256 x 128 x 64 take 196608 bytes.
// CHECK-LABEL: flex.kernel @too_much(
// CHECK: stages = 2 : i64, strategy = "matrix", "tile-k" = 64 : i64, "tile-m" = 64 : i64, "tile-n" = 128 : i64
// expected-remark @+1 {{the schedule asks for 196608 bytes of group memory and 256 threads, the device has 49152 and 1024: a tile of 64 x 128 x 64 in 2 stages is used instead}}
flex.kernel @too_much(%x: !flex.tensor<f16[M, K]>, %w: !flex.tensor<f16[K, N]>) -> !flex.tensor<f16[M, N]> attributes {schedules = [{target = "sim", strategy = "matrix", lane = "j", unroll = "i", stages = 4 : i64, "tile-m" = 256 : i64, "tile-n" = 128 : i64, "tile-k" = 64 : i64, "waves-m" = 4 : i64, "waves-n" = 2 : i64}]} {
  %y = flex.reduce sum [i < M, j < N] over [k < K] (%a = %x[i, k] : !flex.tensor<f16[M, K]>, %b = %w[k, j] : !flex.tensor<f16[K, N]>) -> f16 {
    %0 = arith.mulf %a, %b : f16
    flex.yield %0 : f16
  }
  flex.return %y : !flex.tensor<f16[M, N]>
}

// -----

// A convolution: rows (n, h, v), columns (o), a sum over (p, q, c). The rows of one image are few, all of them are not.
// CHECK-LABEL: flex.kernel @convolution(
// CHECK: lane = "o", {{.*}}strategy = "matrix", "tile-k" = 32 : i64, "tile-m" = 128 : i64, "tile-n" = 128 : i64, unit = "mma.m16n8k16.f16", unroll = "v"
flex.kernel @convolution(%x: !flex.tensor<f16[64, 28, 28, 256]>, %w: !flex.tensor<f16[3, 3, 256, 256]>) -> !flex.tensor<f16[64, 28, 28, 256]> {
  %y = flex.reduce sum [n < 64, h < 28, v < 28, o < 256] over [p < 3, q < 3, c < 256] (%a = %x[n, h + p - 1, q + v - 1, c] fill(0.000000e+00 : f16) : !flex.tensor<f16[64, 28, 28, 256]>, %b = %w[p, q, c, o] : !flex.tensor<f16[3, 3, 256, 256]>) -> f16 {
    %0 = arith.mulf %a, %b : f16
    flex.yield %0 : f16
  }
  flex.return %y : !flex.tensor<f16[64, 28, 28, 256]>
}

// -----

// In f32 it is a product of blocks.
// CHECK-LABEL: flex.kernel @convolution_of_f32(
// CHECK: strategy = "block"
flex.kernel @convolution_of_f32(%x: !flex.tensor<f32[8, 28, 28, 64]>, %w: !flex.tensor<f32[3, 3, 64, 64]>) -> !flex.tensor<f32[8, 26, 26, 64]> {
  %y = flex.reduce sum [n < 8, h < 26, v < 26, o < 64] over [p < 3, q < 3, c < 64] (%a = %x[n, h + p, q + v, c] : !flex.tensor<f32[8, 28, 28, 64]>, %b = %w[p, q, c, o] : !flex.tensor<f32[3, 3, 64, 64]>) -> f32 {
    %0 = arith.mulf %a, %b : f32
    flex.yield %0 : f32
  }
  flex.return %y : !flex.tensor<f32[8, 26, 26, 64]>
}

// -----

// A filter of each channel has one column of results each: no tiles.
// CHECK-LABEL: flex.kernel @depthwise(
// CHECK: strategy = "tile"
flex.kernel @depthwise(%x: !flex.tensor<f16[8, 28, 28, 64]>, %w: !flex.tensor<f16[3, 3, 64, 1]>) -> !flex.tensor<f16[8, 26, 26, 64, 1]> {
  %y = flex.reduce sum [n < 8, h < 26, v < 26, g < 64, o < 1] over [p < 3, q < 3] (%a = %x[n, h + p, q + v, g] : !flex.tensor<f16[8, 28, 28, 64]>, %b = %w[p, q, g, o] : !flex.tensor<f16[3, 3, 64, 1]>) -> f16 {
    %0 = arith.mulf %a, %b : f16
    flex.yield %0 : f16
  }
  flex.return %y : !flex.tensor<f16[8, 26, 26, 64, 1]>
}

// -----

// Rows of several indices of which the last is short: one axis of 2048 rows.
// CHECK-LABEL: flex.kernel @short_rows(
// CHECK: "tile-m" = 128 : i64, "tile-n" = 128 : i64
flex.kernel @short_rows(%x: !flex.tensor<f16[2048, 8, 512]>, %w: !flex.tensor<f16[512, 512]>) -> !flex.tensor<f16[2048, 8, 512]> {
  %y = flex.reduce sum [b < 2048, s < 8, j < 512] over [k < 512] (%a = %x[b, s, k] : !flex.tensor<f16[2048, 8, 512]>, %c = %w[k, j] : !flex.tensor<f16[512, 512]>) -> f16 {
    %0 = arith.mulf %a, %c : f16
    flex.yield %0 : f16
  }
  flex.return %y : !flex.tensor<f16[2048, 8, 512]>
}
