// RUN: flex-opt %s "--lower-to-target=chip=spirv:opencl emit" | FileCheck %s

// The group size is an execution mode, a multiply and an add stay two roundings, a barrier orders both memories.
// CHECK: OpEntryPoint Kernel %[[K:[0-9]+]] \22k\22
// CHECK-SAME: OpExecutionMode %[[K]] LocalSize 64 1 1
// CHECK-SAME: OpExecutionMode %[[K]] ContractionOff
// CHECK-SAME: OpControlBarrier
// CHECK-NOT: OpCapability GroupNonUniform
tile.kernel @k(%a: !tile.buffer<f32, global>) attributes {dims = [], items = "1", group_size = 64 : i64} {
  %lane = tile.lane
  %x = tile.load %a[%lane] : !tile.buffer<f32, global> -> f32
  %s = tile.reduce sum %x group : f32 -> f32
  tile.store %s, %a[%lane] : f32, !tile.buffer<f32, global>
  tile.return
}
