// RUN: flex-opt %s -flex-import-linalg -split-input-file -verify-diagnostics

// expected-error @below {{argument 0 of type 'memref<4xf32>' is not supported}}
func.func @memref(%x: memref<4xf32>) {
  return
}

// -----

// expected-error @below {{only functions with one block can be imported}}
func.func private @declared(tensor<4xf32>) -> tensor<4xf32>

// -----

func.func @insert(%x: tensor<4xf32>, %y: tensor<8xf32>) -> tensor<8xf32> {
  // expected-error @below {{'tensor.insert_slice' is not supported by the import of linalg}}
  %z = tensor.insert_slice %x into %y[0] [4] [1] : tensor<4xf32> into tensor<8xf32>
  return %z : tensor<8xf32>
}

// -----

func.func @uninitialised() -> tensor<8xf32> {
  %e = tensor.empty() : tensor<8xf32>
  // expected-error @below {{reads an uninitialised tensor (tensor.empty)}}
  return %e : tensor<8xf32>
}

// -----

func.func @combiner(%x: tensor<8xf32>, %init: tensor<f32>) -> tensor<f32> {
  // expected-error @below {{the reduction's body must combine the accumulator with a value by one of}}
  %s = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> ()>], iterator_types = ["reduction"]}
      ins(%x : tensor<8xf32>) outs(%init : tensor<f32>) {
  ^bb0(%a: f32, %acc: f32):
    %0 = arith.subf %acc, %a : f32
    linalg.yield %0 : f32
  } -> tensor<f32>
  return %s : tensor<f32>
}

// -----

func.func @accumulator_used_twice(%x: tensor<8xf32>, %init: tensor<f32>) -> tensor<f32> {
  // expected-error @below {{the reduction's body uses the accumulator other than by combining with it}}
  %s = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> ()>], iterator_types = ["reduction"]}
      ins(%x : tensor<8xf32>) outs(%init : tensor<f32>) {
  ^bb0(%a: f32, %acc: f32):
    %0 = arith.mulf %acc, %a : f32
    %1 = arith.addf %acc, %0 : f32
    linalg.yield %1 : f32
  } -> tensor<f32>
  return %s : tensor<f32>
}

// -----

func.func @outside(%x: tensor<8xf32>) -> tensor<4xf32> {
  %c6 = arith.constant 6 : index
  // expected-error @below {{reads outside of its operand: index i0 + 6, extent 8}}
  %s = tensor.extract_slice %x[%c6] [4] [1] : tensor<8xf32> to tensor<4xf32>
  return %s : tensor<4xf32>
}

// -----

// expected-error @below {{argument 0 of type 'tensor<8xindex>' is not supported}}
func.func @unknown_size(%sizes: tensor<8xindex>) -> tensor<8xindex> {
  return %sizes : tensor<8xindex>
}

// -----

func.func @scalar_result(%x: tensor<8xf32>, %s: f32) -> f32 {
  // expected-error @below {{returns a value of type 'f32', expected a tensor}}
  return %s : f32
}

// -----

func.func @call(%x: tensor<8xf32>) -> tensor<8xf32> {
  // expected-error @below {{'func.call' is not supported by the import of linalg}}
  %y = func.call @call(%x) : (tensor<8xf32>) -> tensor<8xf32>
  return %y : tensor<8xf32>
}
