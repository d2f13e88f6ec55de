// Matrix registers of AMX: numbered, configured once, and asked for only where the chip has them.
// RUN: flex-opt %s -pass-pipeline='builtin.module(lower-to-target{chip=cpu:sapphirerapids emit=true})' -split-input-file | FileCheck %s
// RUN: not flex-opt %s -pass-pipeline='builtin.module(lower-to-target{chip=cpu:x86-64-v4+amx-tile emit=true})' -split-input-file 2>&1 | FileCheck %s --check-prefix=TILE
// RUN: not flex-opt %s -pass-pipeline='builtin.module(lower-to-target{chip=cpu:sapphirerapids-amx-tile emit=true})' -split-input-file 2>&1 | FileCheck %s --check-prefix=NONE

// Rows are the sixth and following bytes from 48 on; one vector has the rest.
// CHECK: movb\09%[[ROWS:[a-z]+]], {{[0-9]+}}(%rsp)
// CHECK-SAME: ldtilecfg
// CHECK-SAME: tilezero\09%tmm0
// CHECK-SAME: tileloadd\09({{.*}}), %tmm4
// CHECK-SAME: tileloadd\09({{.*}}), %tmm6
// CHECK-SAME: tileloaddt1\09({{.*}}), %tmm7
// CHECK-SAME: tdpbf16ps\09%tmm6, %tmm4, %tmm0
// CHECK-SAME: tilestored\09%tmm0, (
// CHECK-SAME: tilerelease
// TILE: error: 'tile.register_multiply' op needs 'amx-bf16', which the chip does not have
// NONE: error: 'tile.registers' op needs 'amx-tile', which the chip does not have
tile.kernel @floats(%a: !tile.buffer<bf16, global>, %c: !tile.buffer<f32, global>) attributes {dims = [], items = "1", group_size = 1 : i64} {
  %at = tile.id
  %c16 = arith.constant 16 : index
  %c32 = arith.constant 32 : index
  tile.registers rows %at
  tile.register_zero 0
  tile.register_load %a[%at] by %c32 to 4 : <bf16, global>
  tile.register_load %a[%at] by %c32 to 6 : <bf16, global>
  tile.register_load %a[%at] by %c32 to 7 streamed : <bf16, global>
  tile.register_multiply 0, 4, 6 of bf16
  tile.register_store 0 to %c[%at] by %c16 : <f32, global>
  tile.registers_release
  tile.return
}

// -----

// CHECK: tdpbssd\09%tmm6, %tmm4, %tmm0
// CHECK-SAME: tdpbusd\09%tmm6, %tmm4, %tmm1
// CHECK-SAME: tdpbsud\09%tmm7, %tmm4, %tmm2
// CHECK-SAME: tdpbuud\09%tmm7, %tmm5, %tmm3
// TILE: error: 'tile.register_multiply' op needs 'amx-int8', which the chip does not have
// NONE: error: 'tile.registers' op needs 'amx-tile', which the chip does not have
tile.kernel @bytes(%a: !tile.buffer<i8, global>) attributes {dims = [], items = "1", group_size = 1 : i64} {
  %c16 = arith.constant 16 : index
  tile.registers rows %c16
  tile.register_multiply 0, 4, 6 of i8
  tile.register_multiply 1, 4, 6 of i8 unsigned_a
  tile.register_multiply 2, 4, 7 of i8 unsigned_b
  tile.register_multiply 3, 5, 7 of i8 unsigned_a unsigned_b
  tile.registers_release
  tile.return
}
