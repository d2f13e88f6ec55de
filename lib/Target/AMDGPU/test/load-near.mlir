// RUN: flex-opt %s "--lower-to-target=chip=amdgpu:gfx942 emit" | FileCheck %s --check-prefixes=CHECK,WIDE
// RUN: flex-opt %s "--lower-to-target=chip=amdgpu:gfx1100 emit" | FileCheck %s --check-prefixes=CHECK,NARROW

// What all threads share stays in scalar registers; other lengths are read as ever.
// CHECK-LABEL: near:\0A
// WIDE-DAG: buffer_load_dwordx4 v[{{.*}}], v{{[0-9]+}}, s[{{.*}}], 16 offen
// NARROW-DAG: buffer_load_b128 v[{{.*}}], v{{[0-9]+}}, s[{{.*}}], 16 offen
// WIDE-DAG: global_load_dwordx2
// NARROW-DAG: global_load_b64
tile.kernel @near(%a: !tile.buffer<f16, global>, %c: !tile.buffer<f16, global>)
    attributes {dims = [], items = "4", group_size = 64 : i64} {
  %item = tile.id
  %t = tile.lane
  %c8 = arith.constant 8 : index
  %own = arith.muli %t, %c8 : index
  %start = arith.muli %item, %c8 : index
  %x = tile.load_near %a[%start + %c8 + %own] {tile.alignment = 16 : i64} : !tile.buffer<f16, global> -> vector<8xf16>
  %y = tile.load_near %a[%start + %c8 + %own] {tile.alignment = 8 : i64} : !tile.buffer<f16, global> -> vector<4xf16>
  %z = vector.shuffle %y, %y [0, 1, 2, 3, 4, 5, 6, 7] : vector<4xf16>, vector<4xf16>
  %s = arith.addf %x, %z : vector<8xf16>
  tile.apart
  tile.store %s, %c[%own] {tile.alignment = 16 : i64} : vector<8xf16>, !tile.buffer<f16, global>
  tile.return
}
