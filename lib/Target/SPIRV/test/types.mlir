// RUN: flex-opt %s "--lower-to-target=chip=spirv:opencl emit" -verify-diagnostics

// expected-error @below {{opencl: 'k' computes in f64, which the chip does not have}}
module {
  tile.kernel @k(%a: !tile.buffer<f64, global>) attributes {dims = [], items = "1", group_size = 64 : i64} {
    %lane = tile.lane
    %x = tile.load %a[%lane] : !tile.buffer<f64, global> -> f64
    %y = arith.addf %x, %x : f64
    tile.store %y, %a[%lane] : f64, !tile.buffer<f64, global>
    tile.return
  }
}
