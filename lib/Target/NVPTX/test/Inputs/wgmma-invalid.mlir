tile.kernel @unit() attributes {dims = [], items = "1", group_size = 128 : i64} {
  %zero = arith.constant 0 : index
  %ring = tile.ring "8192" : !tile.buffer<f16, group>
  %c = arith.constant dense<0.0> : vector<32xf32>
  // expected-error @+2 {{has no unit 'wgmma.m64n64k8.f16' here}}
  // expected-error @+1 {{failed to legalize operation 'tile.multiply'}}
  %d = tile.multiply "wgmma.m64n64k8.f16" %ring at %zero layout <32, chunk 8, xor [0, 1, 2]>, %ring at %zero layout <32, chunk 8, xor [0, 1, 2]>, from %zero steps 32 to %c
      : !tile.buffer<f16, group>, !tile.buffer<f16, group>, vector<32xf32> -> vector<32xf32>
  tile.return
}

// -----

// Rows that are not the hardware's swizzle.
tile.kernel @layout() attributes {dims = [], items = "1", group_size = 128 : i64} {
  %zero = arith.constant 0 : index
  %ring = tile.ring "8192" : !tile.buffer<f16, group>
  %c = arith.constant dense<0.0> : vector<32xf32>
  // expected-error @+2 {{has an operand in a layout that the unit does not read}}
  // expected-error @+1 {{failed to legalize operation 'tile.multiply'}}
  %d = tile.multiply "wgmma.m64n64k16.f16" %ring at %zero layout <32, chunk 8>, %ring at %zero layout <32, chunk 8, xor [0, 1, 2]>, from %zero steps 32 to %c
      : !tile.buffer<f16, group>, !tile.buffer<f16, group>, vector<32xf32> -> vector<32xf32>
  tile.return
}

// -----

tile.kernel @bytes_across() attributes {dims = [], items = "1", group_size = 128 : i64} {
  %zero = arith.constant 0 : index
  %ring = tile.ring "8192" : !tile.buffer<i8, group>
  %c = arith.constant dense<0> : vector<32xi32>
  // expected-error @+2 {{has an operand in a layout that the unit does not read}}
  // expected-error @+1 {{failed to legalize operation 'tile.multiply'}}
  %d = tile.multiply "wgmma.m64n64k32.i8" %ring at %zero layout <32, chunk 16, xor [0, 0, 1]>, %ring at %zero layout <64, chunk 16, xor [0, 1, 2]> across, from %zero steps 32 to %c
      : !tile.buffer<i8, group>, !tile.buffer<i8, group>, vector<32xi32> -> vector<32xi32>
  tile.return
}

// -----

tile.kernel @sums() attributes {dims = [], items = "1", group_size = 128 : i64} {
  %zero = arith.constant 0 : index
  %ring = tile.ring "8192" : !tile.buffer<f16, group>
  %c = arith.constant dense<0.0> : vector<16xf32>
  // expected-error @+2 {{does not fit the unit}}
  // expected-error @+1 {{failed to legalize operation 'tile.multiply'}}
  %d = tile.multiply "wgmma.m64n64k16.f16" %ring at %zero layout <32, chunk 8, xor [0, 1, 2]>, %ring at %zero layout <32, chunk 8, xor [0, 1, 2]>, from %zero steps 32 to %c
      : !tile.buffer<f16, group>, !tile.buffer<f16, group>, vector<16xf32> -> vector<16xf32>
  tile.return
}

// -----

tile.kernel @held_unit() attributes {dims = [], items = "1", group_size = 128 : i64} {
  %zero = arith.constant 0 : index
  %ring = tile.ring "8192" : !tile.buffer<f16, group>
  %a = arith.constant dense<0.0> : vector<8xf16>
  %c = arith.constant dense<0.0> : vector<32xf32>
  // expected-error @+2 {{has no unit 'wgmma.m64n64k8.f16' here}}
  // expected-error @+1 {{failed to legalize operation 'tile.multiply_held'}}
  %d = tile.multiply_held "wgmma.m64n64k8.f16"(%a), %ring at %zero layout <64, chunk 8, xor [1, 2, 4]> across, from %zero to %c : (vector<8xf16>), !tile.buffer<f16, group>, vector<32xf32> -> vector<32xf32>
  tile.return
}

// -----

tile.kernel @held_layout() attributes {dims = [], items = "1", group_size = 128 : i64} {
  %zero = arith.constant 0 : index
  %ring = tile.ring "8192" : !tile.buffer<f16, group>
  %a = arith.constant dense<0.0> : vector<8xf16>
  %c = arith.constant dense<0.0> : vector<32xf32>
  // expected-error @+2 {{has an operand in a layout that the unit does not read}}
  // expected-error @+1 {{failed to legalize operation 'tile.multiply_held'}}
  %d = tile.multiply_held "wgmma.m64n64k16.f16"(%a), %ring at %zero layout <64, chunk 8> across, from %zero to %c : (vector<8xf16>), !tile.buffer<f16, group>, vector<32xf32> -> vector<32xf32>
  tile.return
}

// -----

tile.kernel @held_fragment() attributes {dims = [], items = "1", group_size = 128 : i64} {
  %zero = arith.constant 0 : index
  %ring = tile.ring "8192" : !tile.buffer<f16, group>
  %a = arith.constant dense<0.0> : vector<4xf16>
  %c = arith.constant dense<0.0> : vector<32xf32>
  // expected-error @+2 {{does not fit the unit}}
  // expected-error @+1 {{failed to legalize operation 'tile.multiply_held'}}
  %d = tile.multiply_held "wgmma.m64n64k16.f16"(%a), %ring at %zero layout <64, chunk 8, xor [1, 2, 4]> across, from %zero to %c : (vector<4xf16>), !tile.buffer<f16, group>, vector<32xf32> -> vector<32xf32>
  tile.return
}
