// What a target cannot do is a diagnostic, never an abort.
// RUN: flex-opt %s -pass-pipeline='builtin.module(lower-to-target{chip=cpu:x86-64-v3})' -split-input-file -verify-diagnostics
// RUN: not flex-opt %s -pass-pipeline='builtin.module(lower-to-target{chip=cpu:z80})' 2>&1 | FileCheck %s --check-prefix=CHIP
// RUN: not flex-opt %s -pass-pipeline='builtin.module(lower-to-target{chip=cray})' 2>&1 | FileCheck %s --check-prefix=TARGET
// CHIP: error: cpu: unknown chip 'z80', expected one of: native, x86-64-v3, x86-64-v4
// TARGET: error: unknown target 'cray', expected one of: {{.*}}cpu

tile.kernel @foreign(%a: !tile.buffer<f32, global>) attributes {dims = [], items = "1", group_size = 1 : i64} {
  // expected-error@+1 {{failed to legalize operation 'tensor.empty'}}
  %x = tensor.empty() : tensor<4xf32>
  tile.return
}
