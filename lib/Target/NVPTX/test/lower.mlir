// RUN: flex-opt %s --lower-to-target=chip=nvptx:sm_80 | FileCheck %s

// Buffers become global pointers that do not alias, dims i64; the group size becomes reqntid; ids are registers with ranges.
// CHECK: llvm.mlir.global internal @ring() {addr_space = 3 : i32, alignment = 128 : i64} : !llvm.array<64 x f32>
// CHECK: llvm.func ptx_kernelcc @k(%[[A:.*]]: !llvm.ptr<1> {llvm.align = 16 : i64, llvm.noalias}, %[[N:.*]]: i64)
// CHECK-SAME: passthrough = {{\[}}["nvvm.reqntid", "64"]]
// CHECK-DAG: nvvm.read.ptx.sreg.ctaid.x
// CHECK-DAG: nvvm.read.ptx.sreg.tid.x range <i32, 0, 64>
// CHECK: nvvm.barrier0
tile.kernel @k(%a: !tile.buffer<f32, global>, %n: index) attributes {dims = ["N"], items = "N", group_size = 64 : i64} {
  %id = tile.id
  %lane = tile.lane
  %at = arith.addi %id, %lane : index
  %ring = tile.ring "64" : !tile.buffer<f32, group>
  tile.copy %a[%at] to %ring[%lane] lanes 1 : !tile.buffer<f32, global> to !tile.buffer<f32, group>
  tile.wait
  %x = tile.load %ring[%id] : !tile.buffer<f32, group> -> f32
  tile.store %x, %a[%at] : f32, !tile.buffer<f32, global>
  tile.return
}
