// The plan of buffers and launches.
// RUN: flex-opt %s --pass-pipeline="builtin.module(flex.kernel(flex-inline-maps,flex-form-groups,tile-choose-schedule{device=model=simd,vector-bits=512,vector-registers=32,l2=1048576,cores=2}),tile-emit-loops{device=model=simd,vector-bits=512,vector-registers=32,l2=1048576,cores=2},cse)" | sed -n 1p | FileCheck %s

// Buffers 0 and 1 are the argument and the result, which the last launch writes directly. Of the temporaries, each
// alive from one launch to the next, the first and the third share a slot. The constant lies in the image. Equal groups are one function.
// CHECK: flex.plan = [{arena = "128*ceildiv(4*N, 64)"
// CHECK-SAME: buffers = [{bytes = "4*N", index = 0 : i64, kind = "param", offset = "0"}
// CHECK-SAME: {bytes = "4*N", index = 0 : i64, kind = "result", offset = "0"}
// CHECK-SAME: {bytes = "4*N", index = 0 : i64, kind = "temp", offset = "[[FIRST:[^"]*]]"}
// CHECK-SAME: {bytes = "4*N", index = 0 : i64, kind = "temp", offset = "[[SECOND:[^"]*]]"}
// CHECK-SAME: {bytes = "8", index = 0 : i64, kind = "constant", offset = "0"}
// CHECK-SAME: {bytes = "4*N", index = 0 : i64, kind = "temp", offset = "[[FIRST]]"}
// CHECK-SAME: constants = array<i8: 0, 0, -128, 63, 0, 0, 0, 64>
// CHECK-SAME: constraints = ["N <= 4096"]
// CHECK-SAME: dims = ["N"], doc = "Three stencils.", in_place = array<i64>, kernel = "chain"
// CHECK-SAME: {buffers = [0, 2], {{[^}]*}}entry = "chain_0"
// CHECK-SAME: {buffers = [2, 3], {{[^}]*}}entry = "chain_0"
// CHECK-SAME: {buffers = [3, 4, 5], {{[^}]*}}entry = "chain_2"
// CHECK-SAME: {buffers = [5, 1], {{[^}]*}}entry = "chain_0"
// CHECK-SAME: params = [{dtype = "f32", name = "x", shape = ["N"]}]
// CHECK-SAME: results = [{dtype = "f32", name = "y", shape = ["N"]}]
flex.kernel @chain(%x: !flex.tensor<f32[N]>) -> !flex.tensor<f32[N]>
    attributes {arg_names = ["x"], result_names = ["y"], constraints = ["N <= 4096"], doc = "Three stencils."} {
  %c = flex.constant dense<[1.0, 2.0]> : tensor<2xf32> : !flex.tensor<f32[2]>
  %a = flex.map [i < N] (%v = %x[i - 1] clamp : !flex.tensor<f32[N]>) -> f32 { flex.yield %v : f32 }
  %b = flex.map [i < N] (%v = %a[i - 1] clamp : !flex.tensor<f32[N]>) -> f32 { flex.yield %v : f32 }
  %d = flex.map [i < N] (%v = %b[i - 1] clamp : !flex.tensor<f32[N]>, %w = %c[1] : !flex.tensor<f32[2]>) -> f32 {
    %0 = arith.mulf %v, %w : f32
    flex.yield %0 : f32
  }
  %y = flex.map [i < N] (%v = %d[i - 1] clamp : !flex.tensor<f32[N]>) -> f32 { flex.yield %v : f32 }
  flex.return %y : !flex.tensor<f32[N]>
}
