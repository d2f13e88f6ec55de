// Fragments and reductions of lanes: where a unit's results go, from which step on operands are read, who combines.
// RUN: flex-opt %s -split-input-file -verify-diagnostics

tile.kernel @put(%x: !tile.buffer<f32, global>) attributes {dims = [], items = "1", group_size = 1 : i64} {
  %id = tile.id
  %c = arith.constant dense<0.0> : vector<4xf32>
  // expected-error @below {{writes to group memory}}
  tile.put %c of "u" to %x[%id] at 0, 0 layout <32, chunk 4> : vector<4xf32>, !tile.buffer<f32, global>
  tile.return
}

// -----

tile.kernel @before() attributes {dims = [], items = "1", group_size = 1 : i64} {
  %id = tile.id
  %bytes = tile.ring "4096" : !tile.buffer<i8, group>
  %ring = tile.view %bytes[%id] : !tile.buffer<i8, group> to !tile.buffer<f16, group>
  // expected-error @below {{begins at a step that is not negative}}
  %a = tile.frag a of "u" %ring[%id] at %id, -16 layout <32, chunk 8> : !tile.buffer<f16, group> -> vector<8xf16>
  tile.return
}

// -----

tile.kernel @neighbours(%x: !tile.buffer<f32, global>) attributes {dims = [], items = "1", group_size = 32 : i64} {
  %c = arith.constant 1.0 : f32
  // expected-error @below {{combines a power of two of neighbours}}
  %s = tile.reduce sum %c group of 12 : f32 -> f32
  tile.return
}

// -----

tile.kernel @apart(%x: !tile.buffer<f32, global>) attributes {dims = [], items = "1", group_size = 32 : i64} {
  %c = arith.constant 1.0 : f32
  // expected-error @below {{combines threads that are a power of two apart}}
  %s = tile.reduce sum %c group of 2 apart 12 : f32 -> f32
  tile.return
}

// -----

// expected-error @below {{group_size must be positive}}
tile.kernel @size() attributes {dims = [], items = "1", group_size = -1 : i64} {
  tile.return
}

// -----

tile.kernel @pending() attributes {dims = [], items = "1", group_size = 1 : i64} {
  // expected-error @below {{'pending' is not negative, and does not go with 'wave'}}
  tile.wait pending -1
  tile.return
}
