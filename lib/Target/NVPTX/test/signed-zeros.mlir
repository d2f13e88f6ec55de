// RUN: flex-opt %s "--lower-to-target=chip=nvptx:sm_80 emit" | FileCheck %s

// -0 < 0 ? -0 : 0 is 0, min.f32 of the two is -0: no minimum. -0 > 0 ? -0 : 0 is the maximum.
// CHECK: .entry less(
// CHECK-NOT: min.f32
// CHECK-SAME: setp.lt.f32 {{[^;]*}}, 0f80000000;
// CHECK-SAME: selp.f32 {{[^;]*}}, 0f00000000, %p1;
// CHECK-SAME: .entry greater(
// CHECK-SAME: max.f32 {{[^;]*}}, 0f00000000;
tile.kernel @less(%a: !tile.buffer<f32, global>, %b: !tile.buffer<f32, global>)
    attributes {dims = [], items = "8", group_size = 256 : i64} {
  %at = tile.lane
  %zero = arith.constant 0.0 : f32
  %x = tile.load %a[%at] : !tile.buffer<f32, global> -> f32
  %is = arith.cmpf olt, %x, %zero : f32
  %y = arith.select %is, %x, %zero : f32
  tile.store %y, %b[%at] : f32, !tile.buffer<f32, global>
  tile.return
}

tile.kernel @greater(%a: !tile.buffer<f32, global>, %b: !tile.buffer<f32, global>)
    attributes {dims = [], items = "8", group_size = 256 : i64} {
  %at = tile.lane
  %zero = arith.constant 0.0 : f32
  %x = tile.load %a[%at] : !tile.buffer<f32, global> -> f32
  %is = arith.cmpf ogt, %x, %zero : f32
  %y = arith.select %is, %x, %zero : f32
  tile.store %y, %b[%at] : f32, !tile.buffer<f32, global>
  tile.return
}
