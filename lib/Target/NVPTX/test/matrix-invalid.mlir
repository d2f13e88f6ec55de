// What no pattern takes is an error at its op.
// RUN: flex-opt %S/Inputs/wgmma-invalid.mlir "--lower-to-target=chip=nvptx:sm_90a" -split-input-file -verify-diagnostics
// RUN: flex-opt %S/Inputs/tcgen05-invalid.mlir "--lower-to-target=chip=nvptx:sm_100a" -split-input-file -verify-diagnostics
// RUN: flex-opt %s "--lower-to-target=chip=nvptx:sm_80" -split-input-file -verify-diagnostics

tile.kernel @unit() attributes {dims = [], items = "1", group_size = 32 : i64} {
  %zero = arith.constant 0 : index
  %ring = tile.ring "512" : !tile.buffer<f16, group>
  // expected-error @+2 {{has no unit 'mma.m1n1k1.f16' here}}
  // expected-error @+1 {{failed to legalize operation 'tile.frag'}}
  %a = tile.frag a of "mma.m1n1k1.f16" %ring[%zero] at %zero, 0 layout <32, chunk 8> : !tile.buffer<f16, group> -> vector<8xf16>
  tile.return
}

// -----

tile.kernel @bytes_across() attributes {dims = [], items = "1", group_size = 32 : i64} {
  %zero = arith.constant 0 : index
  %ring = tile.ring "1024" : !tile.buffer<i8, group>
  // expected-error @+2 {{cannot turn bytes}}
  // expected-error @+1 {{failed to legalize operation 'tile.frag'}}
  %b = tile.frag b of "mma.m16n8k32.i8" %ring[%zero] at %zero, 0 layout <32, chunk 16> across : !tile.buffer<i8, group> -> vector<8xi8>
  tile.return
}

// -----

tile.kernel @waves(%a: !tile.buffer<f32, global>) attributes {dims = [], items = "1", group_size = 128 : i64} {
  %lane = tile.lane
  %x = tile.load %a[%lane] : !tile.buffer<f32, global> -> f32
  // expected-error @+2 {{combines threads apart that are not of one wave}}
  // expected-error @+1 {{failed to legalize operation 'tile.reduce'}}
  %s = tile.reduce sum %x group of 2 apart 32 : f32 -> f32
  tile.store %s, %a[%lane] : f32, !tile.buffer<f32, global>
  tile.return
}
