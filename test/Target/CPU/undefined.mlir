// A call that leaves the payload is an error that names the function.
// RUN: not flex-opt %s -pass-pipeline='builtin.module(lower-to-target{chip=cpu:x86-64-v3 emit=true})' 2>&1 | FileCheck %s
// CHECK: error: cpu: linking failed: undefined symbol: fmod
tile.kernel @calls(%a: !tile.buffer<f64, global>) attributes {dims = [], items = "1", group_size = 1 : i64} {
  %zero = arith.constant 0 : index
  %x = tile.load %a[%zero] : !tile.buffer<f64, global> -> f64
  %r = arith.remf %x, %x : f64
  tile.store %r, %a[%zero] : f64, !tile.buffer<f64, global>
  tile.return
}
