// RUN: flex-opt %s -flex-import-linalg -split-input-file | FileCheck %s

// Named ops, fills and what follows them; `?` become names that the maps make equal.
// CHECK-LABEL: flex.kernel @matmul(
// CHECK-SAME: %[[A:.*]]: !flex.tensor<f32[d0, d1]>, %[[B:.*]]: !flex.tensor<f32[d1, d2]>) -> !flex.tensor<f32[d0, d2]> {
// CHECK-NEXT: %[[C:.*]] = flex.reduce sum [l0 < d0, l1 < d2] over [l2 < d1] (%[[X:.*]] = %[[A]][l0, l2] : !flex.tensor<f32[d0, d1]>,
// CHECK-SAME: %[[Y:.*]] = %[[B]][l2, l1] : !flex.tensor<f32[d1, d2]>) -> f32 {
// CHECK-NEXT: %[[P:.*]] = arith.mulf %[[X]], %[[Y]] : f32
// CHECK-NEXT: flex.yield %[[P]] : f32
// CHECK: flex.return %[[C]]
func.func @matmul(%a: tensor<?x?xf32>, %b: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %m = tensor.dim %a, %c0 : tensor<?x?xf32>
  %n = tensor.dim %b, %c1 : tensor<?x?xf32>
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty(%m, %n) : tensor<?x?xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<?x?xf32>) -> tensor<?x?xf32>
  %c = linalg.matmul ins(%a, %b : tensor<?x?xf32>, tensor<?x?xf32>) outs(%init : tensor<?x?xf32>) -> tensor<?x?xf32>
  return %c : tensor<?x?xf32>
}

// -----

// An initial value that is not the identity is combined in afterwards.
// CHECK-LABEL: flex.kernel @accumulate(
// CHECK-SAME: %[[X:.*]]: !flex.tensor<i32[4, 8]>, %[[INIT:.*]]: !flex.tensor<i32[4]>)
// CHECK: %[[S:.*]] = flex.reduce sum [l0 < 4] over [l1 < 8]
// CHECK: flex.map [l0 < 4] (%[[P:.*]] = %[[INIT]][l0] : !flex.tensor<i32[4]>, %[[Q:.*]] = %[[S]][l0] : !flex.tensor<i32[4]>) -> i32
// CHECK-NEXT: arith.addi %[[P]], %[[Q]] : i32
func.func @accumulate(%x: tensor<4x8xi32>, %init: tensor<4xi32>) -> tensor<4xi32> {
  %s = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>],
                       iterator_types = ["parallel", "reduction"]}
      ins(%x : tensor<4x8xi32>) outs(%init : tensor<4xi32>) {
  ^bb0(%a: i32, %acc: i32):
    %0 = arith.addi %a, %acc : i32
    linalg.yield %0 : i32
  } -> tensor<4xi32>
  return %s : tensor<4xi32>
}

// -----

// The lowest finite value is no identity of max: it stays.
// CHECK-LABEL: flex.kernel @rowmax
// CHECK: flex.reduce max
// CHECK: arith.constant -3.40282347E+38 : f32
// CHECK: arith.maximumf
func.func @rowmax(%x: tensor<?x?xf32>) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %m = tensor.dim %x, %c0 : tensor<?x?xf32>
  %low = arith.constant 0xFF7FFFFF : f32
  %empty = tensor.empty(%m) : tensor<?xf32>
  %init = linalg.fill ins(%low : f32) outs(%empty : tensor<?xf32>) -> tensor<?xf32>
  %s = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>],
                       iterator_types = ["parallel", "reduction"]}
      ins(%x : tensor<?x?xf32>) outs(%init : tensor<?xf32>) {
  ^bb0(%a: f32, %acc: f32):
    %0 = arith.maximumf %acc, %a : f32
    linalg.yield %0 : f32
  } -> tensor<?xf32>
  return %s : tensor<?xf32>
}

// -----

// Several results, broadcasts, a permuted result, an index, constants and a scalar argument.
// CHECK-LABEL: flex.kernel @elementwise(
// CHECK-SAME: %[[X:.*]]: !flex.tensor<f32[d0, d1]>, %[[V:.*]]: !flex.tensor<f32[d1]>, %[[S:.*]]: !flex.tensor<f32[]>)
// CHECK-SAME: -> (!flex.tensor<f32[d1, d0]>, !flex.tensor<f32[d0, d1]>)
// CHECK: flex.map [l1 < d1, l0 < d0] (%{{.*}} = %[[X]][l0, l1] : !flex.tensor<f32[d0, d1]>, %{{.*}} = %[[S]][] : !flex.tensor<f32[]>) -> f32
// CHECK: flex.map [l0 < d0, l1 < d1] (
// CHECK: flex.index "l1" : i64
func.func @elementwise(%x: tensor<?x?xf32>, %v: tensor<?xf32>, %s: f32) -> (tensor<?x?xf32>, tensor<?x?xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %m = tensor.dim %x, %c0 : tensor<?x?xf32>
  %n = tensor.dim %x, %c1 : tensor<?x?xf32>
  %e0 = tensor.empty(%n, %m) : tensor<?x?xf32>
  %e1 = tensor.empty(%m, %n) : tensor<?x?xf32>
  %half = arith.constant 0.5 : f32
  %r:2 = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j)>,
                                          affine_map<(i, j) -> (j, i)>, affine_map<(i, j) -> (i, j)>],
                         iterator_types = ["parallel", "parallel"]}
      ins(%x, %v : tensor<?x?xf32>, tensor<?xf32>) outs(%e0, %e1 : tensor<?x?xf32>, tensor<?x?xf32>) {
  ^bb0(%a: f32, %b: f32, %o0: f32, %o1: f32):
    %0 = arith.mulf %a, %s : f32
    %j = linalg.index 1 : index
    %k = arith.index_cast %j : index to i32
    %f = arith.sitofp %k : i32 to f32
    %1 = arith.addf %b, %f : f32
    %2 = arith.mulf %1, %half : f32
    linalg.yield %0, %2 : f32, f32
  } -> (tensor<?x?xf32>, tensor<?x?xf32>)
  return %r#0, %r#1 : tensor<?x?xf32>, tensor<?x?xf32>
}

// -----

// A window that nothing static proves in range asks the runtime.
// CHECK-LABEL: flex.kernel @conv(
// CHECK-SAME: !flex.tensor<f32[d0]>, %{{.*}}: !flex.tensor<f32[d1]>, %{{.*}}: !flex.tensor<f32[d2]>)
// CHECK-SAME: constraints = ["d0 - d1 - d2 + 2 >= 1"]
// CHECK: flex.reduce sum [l0 < d2] over [l1 < d1] (%{{.*}} = %{{.*}}[l0 + l1] : !flex.tensor<f32[d0]>
func.func @conv(%x: tensor<?xf32>, %f: tensor<?xf32>, %init: tensor<?xf32>) -> tensor<?xf32> {
  %c = linalg.conv_1d ins(%x, %f : tensor<?xf32>, tensor<?xf32>) outs(%init : tensor<?xf32>) -> tensor<?xf32>
  return %c : tensor<?xf32>
}

// -----

// CHECK-LABEL: flex.kernel @reshapes(
// CHECK-SAME: %[[X:.*]]: !flex.tensor<f16[2, d0, 4]>)
// CHECK: flex.map [i0 < 2*d0, i1 < 4] (%{{.*}} = %[[X]][floordiv(i0, d0), mod(i0, d0), i1] : !flex.tensor<f16[2, d0, 4]>) -> f16
// CHECK: flex.map [i0 < 2*d0, i1 < 2, i2 < 2] (%{{.*}} = %{{.*}}[i0, 2*i1 + i2]
// CHECK: flex.map [i0 < 2, i1 < 2] (%{{.*}} = %{{.*}}[i0 + 1, 0, i1]
// CHECK: flex.map [i0 < 5, i1 < 3] (%{{.*}} = %{{.*}}[i0 - 1, i1] fill(2.500000e+00 : f16)
func.func @reshapes(%x: tensor<2x?x4xf16>) -> tensor<5x3xf16> {
  %c = tensor.collapse_shape %x [[0, 1], [2]] : tensor<2x?x4xf16> into tensor<?x4xf16>
  %c0 = arith.constant 0 : index
  %n = tensor.dim %c, %c0 : tensor<?x4xf16>
  %e = tensor.expand_shape %c [[0], [1, 2]] output_shape [%n, 2, 2] : tensor<?x4xf16> into tensor<?x2x2xf16>
  %s = tensor.extract_slice %e[1, 0, 0] [2, 1, 2] [1, 1, 1] : tensor<?x2x2xf16> to tensor<2x2xf16>
  %v = arith.constant 2.5 : f16
  %p = tensor.pad %s low[1, 0] high[2, 1] {
  ^bb0(%i: index, %j: index):
    tensor.yield %v : f16
  } : tensor<2x2xf16> to tensor<5x3xf16>
  return %p : tensor<5x3xf16>
}

// -----

// Static and dynamic meet: the dimension is 8 everywhere.
// CHECK-LABEL: flex.kernel @mixed(
// CHECK-SAME: !flex.tensor<f32[8]>, %{{.*}}: !flex.tensor<f32[8]>) -> !flex.tensor<f32[8]> {
// CHECK: flex.constant dense<1.000000e+00> : tensor<8xf32>
func.func @mixed(%x: tensor<?xf32>, %init: tensor<8xf32>) -> tensor<8xf32> {
  %y = tensor.cast %x : tensor<?xf32> to tensor<8xf32>
  %one = arith.constant dense<1.0> : tensor<8xf32>
  %z = linalg.add ins(%y, %one : tensor<8xf32>, tensor<8xf32>) outs(%init : tensor<8xf32>) -> tensor<8xf32>
  return %z : tensor<8xf32>
}
