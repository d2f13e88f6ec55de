// RUN: flex-opt %s "--lower-to-target=chip=amdgpu:gfx90a emit" | FileCheck %s -DCHIP=gfx90a -DWAVE=64
// RUN: flex-opt %s "--lower-to-target=chip=amdgpu:gfx942 emit" | FileCheck %s -DCHIP=gfx942 -DWAVE=64
// RUN: flex-opt %s "--lower-to-target=chip=amdgpu:gfx950 emit" | FileCheck %s -DCHIP=gfx950 -DWAVE=64
// RUN: flex-opt %s "--lower-to-target=chip=amdgpu:gfx1100 emit" | FileCheck %s -DCHIP=gfx1100 -DWAVE=32
// RUN: flex-opt %s "--lower-to-target=chip=amdgpu:gfx1201 emit" | FileCheck %s -DCHIP=gfx1201 -DWAVE=32

// Wide accesses, the arguments that the image says and no hidden ones, the group's memory, no spills, the chip's wave.
// CHECK: .amdgcn_target \22amdgcn-amd-amdhsa--[[CHIP]]
// CHECK-SAME: {{global|buffer}}_load_{{(dwordx4|b128)}}
// CHECK-SAME: {{global|buffer}}_store_{{(dwordx4|b128)}}
// CHECK-SAME: .group_segment_fixed_size: 1024
// CHECK-SAME: .kernarg_segment_size: 24
// CHECK-SAME: .max_flat_workgroup_size: 256
// CHECK-SAME: .sgpr_spill_count: 0
// CHECK-SAME: .vgpr_spill_count: 0
// CHECK-SAME: .wavefront_size: [[WAVE]]
tile.kernel @k(%a: !tile.buffer<f32, global>, %b: !tile.buffer<f32, global>, %n: index)
    attributes {dims = ["N"], items = "N", group_size = 256 : i64} {
  %id = tile.id
  %lane = tile.lane
  %c1024 = arith.constant 1024 : index
  %c4 = arith.constant 4 : index
  %c255 = arith.constant 255 : index
  %start = arith.muli %id, %c1024 overflow<nsw> : index
  %mine = arith.muli %lane, %c4 overflow<nsw> : index
  %at = arith.addi %start, %mine overflow<nsw> : index
  %x = tile.load %a[%at] : !tile.buffer<f32, global> -> vector<4xf32>
  %first = vector.extract %x[0] : f32 from vector<4xf32>
  %ring = tile.ring "256" : !tile.buffer<f32, group>
  tile.store %first, %ring[%lane] : f32, !tile.buffer<f32, group>
  tile.wait
  %other = arith.subi %c255, %lane : index
  %o = tile.load %ring[%other] : !tile.buffer<f32, group> -> f32
  %v = vector.broadcast %o : f32 to vector<4xf32>
  %y = arith.addf %x, %v : vector<4xf32>
  tile.store %y, %b[%at] : vector<4xf32>, !tile.buffer<f32, global>
  tile.return
}
