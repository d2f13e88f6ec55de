// Dot instructions: the one that a chip has, and no attempt at one that it has not.
// RUN: flex-opt %s -pass-pipeline='builtin.module(lower-to-target{chip=cpu:x86-64-v4+avx512vnni+avx512bf16 emit=true})' -split-input-file | FileCheck %s --check-prefixes=WIDE,PAIRS
// RUN: not flex-opt %s -pass-pipeline='builtin.module(lower-to-target{chip=cpu:x86-64-v3+avxvnni emit=true})' -split-input-file 2>&1 | FileCheck %s --check-prefix=NARROW
// RUN: not flex-opt %s -pass-pipeline='builtin.module(lower-to-target{chip=cpu:x86-64-v3 emit=true})' -split-input-file 2>&1 | FileCheck %s --check-prefix=NONE

// WIDE: vpdpbusd\09%zmm{{[0-9]+}}, %zmm{{[0-9]+}}, %zmm
// NARROW: error: 'tile.contract' op needs 'avx512vnni', which the chip does not have
// NONE: error: 'tile.contract' op needs 'avx512vnni', which the chip does not have
tile.kernel @wide(%a: !tile.buffer<i8, global>, %c: !tile.buffer<i32, global>) attributes {dims = [], items = "1", group_size = 1 : i64} {
  %at = tile.id
  %x = tile.load %a[%at] : !tile.buffer<i8, global> -> vector<64xi8>
  %s = tile.load %c[%at] : !tile.buffer<i32, global> -> vector<16xi32>
  %d = tile.contract "vnni" %x, %x, %s : vector<64xi8>, vector<64xi8>, vector<16xi32>
  tile.store %d, %c[%at] : vector<16xi32>, !tile.buffer<i32, global>
  tile.return
}

// -----

// NARROW: error: 'tile.contract' op needs 'avx512bf16', which the chip does not have
// NONE: error: 'tile.contract' op needs 'avx512bf16', which the chip does not have
// PAIRS: vdpbf16ps\09%zmm{{[0-9]+}}, %zmm{{[0-9]+}}, %zmm
// PAIRS-SAME: vcvtneps2bf16\09%zmm
tile.kernel @pairs(%a: !tile.buffer<bf16, global>, %c: !tile.buffer<f32, global>) attributes {dims = [], items = "1", group_size = 1 : i64} {
  %at = tile.id
  %x = tile.load %a[%at] : !tile.buffer<bf16, global> -> vector<32xbf16>
  %s = tile.load %c[%at] : !tile.buffer<f32, global> -> vector<16xf32>
  %d = tile.contract "vnni" %x, %x, %s : vector<32xbf16>, vector<32xbf16>, vector<16xf32>
  tile.store %d, %c[%at] : vector<16xf32>, !tile.buffer<f32, global>
  %t = arith.truncf %d {tile.no_denormals} : vector<16xf32> to vector<16xbf16>
  tile.store %t, %a[%at] : vector<16xbf16>, !tile.buffer<bf16, global>
  tile.return
}

// -----

// WIDE: vpdpbusd\09%ymm{{[0-9]+}}, %ymm{{[0-9]+}}, %ymm
// NARROW: {vex}\09vpdpbusd\09%ymm{{[0-9]+}}, %ymm{{[0-9]+}}, %ymm
// NONE: error: 'tile.contract' op needs 'avx512vnni' or 'avxvnni', which the chip does not have
tile.kernel @narrow(%a: !tile.buffer<i8, global>, %c: !tile.buffer<i32, global>) attributes {dims = [], items = "1", group_size = 1 : i64} {
  %at = tile.id
  %x = tile.load %a[%at] : !tile.buffer<i8, global> -> vector<32xi8>
  %s = tile.load %c[%at] : !tile.buffer<i32, global> -> vector<8xi32>
  %d = tile.contract "vnni" %x, %x, %s : vector<32xi8>, vector<32xi8>, vector<8xi32>
  tile.store %d, %c[%at] : vector<8xi32>, !tile.buffer<i32, global>
  tile.return
}
