// RUN: flex-opt %s -flex-form-groups -tile-choose-schedule="device=cores=2" -tile-emit-loops="device=cores=2" -split-input-file | sed 's/{buffers/\n{buffers/g' | FileCheck %s

// Three layers, one function; each launch has its own buffers.
// CHECK: {buffers = [0, 1, [[A:[0-9]+]]], {{.*}}entry = "layers_0"
// CHECK-NEXT: {buffers = {{\[}}[[A]], 1, [[B:[0-9]+]]], {{.*}}entry = "layers_0"
// CHECK-NEXT: {buffers = {{\[}}[[B]], 1, {{[0-9]+}}], {{.*}}entry = "layers_0"
// CHECK: tile.kernel @layers_0
// CHECK-NOT: tile.kernel
flex.kernel @layers(%x: !flex.tensor<f32[M]>, %w: !flex.tensor<f32[M, M]>) -> !flex.tensor<f32[M]> {
  %a = flex.reduce sum [i < M] over [j < M] (%p = %x[j] : !flex.tensor<f32[M]>, %q = %w[i, j] : !flex.tensor<f32[M, M]>) -> f32 {
    %0 = arith.mulf %p, %q : f32
    flex.yield %0 : f32
  }
  %b = flex.reduce sum [i < M] over [j < M] (%p = %a[j] : !flex.tensor<f32[M]>, %q = %w[i, j] : !flex.tensor<f32[M, M]>) -> f32 {
    %0 = arith.mulf %p, %q : f32
    flex.yield %0 : f32
  }
  %c = flex.reduce sum [i < M] over [j < M] (%p = %b[j] : !flex.tensor<f32[M]>, %q = %w[i, j] : !flex.tensor<f32[M, M]>) -> f32 {
    %0 = arith.mulf %p, %q : f32
    flex.yield %0 : f32
  }
  flex.return %c : !flex.tensor<f32[M]>
}

// -----

// One tensor read twice is not two tensors, and a constant may be in the code.
// CHECK: tile.kernel @differ_0
// CHECK: tile.kernel @differ_1
// CHECK: tile.kernel @differ_2
// CHECK: tile.kernel @differ_3
flex.kernel @differ(%x: !flex.tensor<f32[M, 4]>, %y: !flex.tensor<f32[M, 4]>, %z: !flex.tensor<f32[M, 4]>)
    -> (!flex.tensor<f32[4]>, !flex.tensor<f32[4]>, !flex.tensor<f32[M, 4]>, !flex.tensor<f32[M, 4]>) {
  %k = flex.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32> : !flex.tensor<f32[4]>
  %l = flex.constant dense<[5.0, 6.0, 7.0, 8.0]> : tensor<4xf32> : !flex.tensor<f32[4]>
  %a = flex.reduce sum [j < 4] over [i < M] (%p = %x[i, j] : !flex.tensor<f32[M, 4]>, %q = %y[i, 3 - j] : !flex.tensor<f32[M, 4]>) -> f32 {
    %0 = arith.mulf %p, %q : f32
    flex.yield %0 : f32
  }
  %b = flex.reduce sum [j < 4] over [i < M] (%p = %z[i, j] : !flex.tensor<f32[M, 4]>, %q = %z[i, 3 - j] : !flex.tensor<f32[M, 4]>) -> f32 {
    %0 = arith.mulf %p, %q : f32
    flex.yield %0 : f32
  }
  %c = flex.map [i < M, j < 4] (%p = %x[i, j] : !flex.tensor<f32[M, 4]>, %q = %k[j] : !flex.tensor<f32[4]>) -> f32 {
    %0 = arith.mulf %p, %q : f32
    flex.yield %0 : f32
  }
  %d = flex.map [i < M, j < 4] (%p = %y[i, j] : !flex.tensor<f32[M, 4]>, %q = %l[j] : !flex.tensor<f32[4]>) -> f32 {
    %0 = arith.mulf %p, %q : f32
    flex.yield %0 : f32
  }
  flex.return %a, %b, %c, %d : !flex.tensor<f32[4]>, !flex.tensor<f32[4]>, !flex.tensor<f32[M, 4]>, !flex.tensor<f32[M, 4]>
}

// -----

// A tensor that both groups read is no exception: x * x and y * x are two functions.
// CHECK: tile.kernel @powers_0
// CHECK: tile.kernel @powers_1
flex.kernel @powers(%x: !flex.tensor<f32[M, M]>) -> !flex.tensor<f32[M, M]> {
  %a = flex.reduce sum [i < M, j < M] over [k < M] (%p = %x[i, k] : !flex.tensor<f32[M, M]>, %q = %x[k, j] : !flex.tensor<f32[M, M]>) -> f32 {
    %0 = arith.mulf %p, %q : f32
    flex.yield %0 : f32
  }
  %b = flex.reduce sum [i < M, j < M] over [k < M] (%p = %a[i, k] : !flex.tensor<f32[M, M]>, %q = %x[k, j] : !flex.tensor<f32[M, M]>) -> f32 {
    %0 = arith.mulf %p, %q : f32
    flex.yield %0 : f32
  }
  flex.return %b : !flex.tensor<f32[M, M]>
}
