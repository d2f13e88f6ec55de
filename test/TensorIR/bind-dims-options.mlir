// RUN: not flex-opt %s -flex-bind-dims="bindings=N" 2>&1 | FileCheck %s --check-prefix=FORM
// RUN: not flex-opt %s -flex-bind-dims="bindings=N=x" 2>&1 | FileCheck %s --check-prefix=NUMBER
// RUN: not flex-opt %s -flex-bind-dims="bindings=N=-1" 2>&1 | FileCheck %s --check-prefix=NEGATIVE
// FORM: flex-bind-dims: expected NAME=NUMBER, found 'N'
// NUMBER: flex-bind-dims: expected NAME=NUMBER, found 'N=x'
// NEGATIVE: dimension N is bound to the negative number -1

flex.kernel @k(%x: !flex.tensor<f32[N]>) -> !flex.tensor<f32[N]> {
  flex.return %x : !flex.tensor<f32[N]>
}
