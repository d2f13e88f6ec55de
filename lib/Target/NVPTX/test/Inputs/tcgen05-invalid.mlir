tile.kernel @unit() attributes {dims = [], items = "1", group_size = 128 : i64} {
  %zero = arith.constant 0 : index
  %ring = tile.ring "8192" : !tile.buffer<f16, group>
  %c = arith.constant dense<0.0> : vector<1xf32>
  // expected-error @+2 {{has no unit 'tcgen05.m64n64k16.f16' here}}
  // expected-error @+1 {{failed to legalize operation 'tile.multiply'}}
  %d = tile.multiply "tcgen05.m64n64k16.f16" %ring at %zero layout <32, chunk 8, xor [0, 1, 2]>, %ring at %zero layout <32, chunk 8, xor [0, 1, 2]>, from %zero steps 32 to %c
      : !tile.buffer<f16, group>, !tile.buffer<f16, group>, vector<1xf32> -> vector<1xf32>
  tile.return
}

// -----

tile.kernel @columns() attributes {dims = [], items = "1", group_size = 128 : i64} {
  %zero = arith.constant 0 : index
  %ring = tile.ring "8192" : !tile.buffer<f16, group>
  %c = arith.constant dense<0.0> : vector<1xf32>
  // expected-error @+1 {{needs whole groups of 128 threads, and 768 of the 512 columns of tensor memory}}
  %d:3 = tile.multiply "tcgen05.m128n256k16.f16" %ring at %zero layout <32, chunk 8, xor [0, 1, 2]>, %ring at %zero layout <32, chunk 8, xor [0, 1, 2]>, from %zero steps 32
      to %c, %c, %c : !tile.buffer<f16, group>, !tile.buffer<f16, group>, vector<1xf32>, vector<1xf32>, vector<1xf32> -> vector<1xf32>, vector<1xf32>, vector<1xf32>
  tile.return
}

// -----

tile.kernel @twice() attributes {dims = [], items = "1", group_size = 128 : i64} {
  %zero = arith.constant 0 : index
  %ring = tile.ring "8192" : !tile.buffer<f16, group>
  %c = arith.constant dense<0.0> : vector<1xf32>
  %d = tile.multiply "tcgen05.m128n64k16.f16" %ring at %zero layout <32, chunk 8, xor [0, 1, 2]>, %ring at %zero layout <32, chunk 8, xor [0, 1, 2]>, from %zero steps 32 to %c
      : !tile.buffer<f16, group>, !tile.buffer<f16, group>, vector<1xf32> -> vector<1xf32>
  // expected-error @+1 {{is the second one of its kernel that adds to tensor memory}}
  %e = tile.multiply "tcgen05.m128n64k16.f16" %ring at %zero layout <32, chunk 8, xor [0, 1, 2]>, %ring at %zero layout <32, chunk 8, xor [0, 1, 2]>, from %zero steps 32 to %d
      : !tile.buffer<f16, group>, !tile.buffer<f16, group>, vector<1xf32> -> vector<1xf32>
  tile.return
}

// -----

// Rows that are not the hardware's swizzle.
tile.kernel @layout() attributes {dims = [], items = "1", group_size = 128 : i64} {
  %zero = arith.constant 0 : index
  %ring = tile.ring "8192" : !tile.buffer<f16, group>
  %c = arith.constant dense<0.0> : vector<1xf32>
  // expected-error @+2 {{has an operand in a layout that the unit does not read}}
  // expected-error @+1 {{failed to legalize operation 'tile.multiply'}}
  %d = tile.multiply "tcgen05.m128n64k16.f16" %ring at %zero layout <32, chunk 8>, %ring at %zero layout <32, chunk 8, xor [0, 1, 2]>, from %zero steps 32 to %c
      : !tile.buffer<f16, group>, !tile.buffer<f16, group>, vector<1xf32> -> vector<1xf32>
  tile.return
}

// -----

tile.kernel @sums() attributes {dims = [], items = "1", group_size = 128 : i64} {
  %zero = arith.constant 0 : index
  %ring = tile.ring "8192" : !tile.buffer<f16, group>
  %c = arith.constant dense<0.0> : vector<64xf32>
  // expected-error @+2 {{does not fit the unit}}
  // expected-error @+1 {{failed to legalize operation 'tile.multiply'}}
  %d = tile.multiply "tcgen05.m128n64k16.f16" %ring at %zero layout <32, chunk 8, xor [0, 1, 2]>, %ring at %zero layout <32, chunk 8, xor [0, 1, 2]>, from %zero steps 32 to %c
      : !tile.buffer<f16, group>, !tile.buffer<f16, group>, vector<64xf32> -> vector<64xf32>
  tile.return
}

// -----

tile.kernel @batches() attributes {dims = [], items = "1", group_size = 128 : i64} {
  // expected-error @+2 {{waits for all batches on this unit}}
  // expected-error @+1 {{failed to legalize operation 'tile.settle'}}
  tile.settle 1
  tile.return
}

// -----

tile.kernel @fixed() attributes {dims = [], items = "1", group_size = 128 : i64} {
  %zero = arith.constant 0 : index
  %ring = tile.ring "8192" : !tile.buffer<f16, group>
  %c = arith.constant dense<0.0> : vector<1xf32>
  // expected-error @+2 {{has no sums to add to, or a block of a at another place than that of b}}
  // expected-error @+1 {{failed to legalize operation 'tile.multiply'}}
  %d = tile.multiply "tcgen05.m128n64k16.f16" %ring at %zero layout <32, chunk 8, xor [0, 1, 2]> fixed, %ring at %zero layout <32, chunk 8, xor [0, 1, 2]>, from %zero steps 32 to %c
      : !tile.buffer<f16, group>, !tile.buffer<f16, group>, vector<1xf32> -> vector<1xf32>
  tile.return
}
