// RUN: flex-opt %s "--lower-to-target=chip=nvptx:sm_75 emit" | FileCheck %s -DVERSION=6.3 -DCHIP=sm_75
// RUN: flex-opt %s "--lower-to-target=chip=nvptx:sm_80 emit" | FileCheck %s -DVERSION=7.0 -DCHIP=sm_80
// RUN: flex-opt %s "--lower-to-target=chip=nvptx:sm_90a emit" | FileCheck %s -DVERSION=8.0 -DCHIP=sm_90a
// RUN: flex-opt %s "--lower-to-target=chip=nvptx:sm_100a emit" | FileCheck %s -DVERSION=8.6 -DCHIP=sm_100a
// RUN: flex-opt %s "--lower-to-target=chip=nvptx:sm_120 emit" | FileCheck %s -DVERSION=8.7 -DCHIP=sm_120

// The lowest version of PTX that the chip has; aligned pointers make one wide access of four elements; the elementary
// function is expanded, not called.
// CHECK: .version [[VERSION]]
// CHECK-SAME: .target [[CHIP]]
// CHECK-SAME: .entry k(
// CHECK-SAME: .reqntid 256
// CHECK-SAME: ld.global{{(\.nc)?\.v(4.b32|2.b64)}}
// CHECK-SAME: fma.rn.f32
// CHECK-SAME: st.global.{{v4.b32|v2.b64}}
tile.kernel @k(%a: !tile.buffer<f32, global>, %b: !tile.buffer<f32, global>)
    attributes {dims = [], items = "8", group_size = 256 : i64} {
  %id = tile.id
  %lane = tile.lane
  %c1024 = arith.constant 1024 : index
  %c4 = arith.constant 4 : index
  %start = arith.muli %id, %c1024 overflow<nsw> : index
  %mine = arith.muli %lane, %c4 overflow<nsw> : index
  %at = arith.addi %start, %mine overflow<nsw> : index
  %x = tile.load %a[%at] : !tile.buffer<f32, global> -> vector<4xf32>
  %y = math.exp %x : vector<4xf32>
  tile.store %y, %b[%at] : vector<4xf32>, !tile.buffer<f32, global>
  tile.return
}
