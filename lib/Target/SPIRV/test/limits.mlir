// RUN: flex-opt %s --lower-to-target=chip=spirv:opencl --split-input-file -verify-diagnostics

// expected-error @+1 {{has groups of 2048 threads, the chip takes 256}}
tile.kernel @k() attributes {dims = [], items = "1", group_size = 2048 : i64} {
  tile.return
}

// -----

// expected-error @+1 {{has '.' in its name, which device assemblers do not take}}
tile.kernel @a.b() attributes {dims = [], items = "1", group_size = 32 : i64} {
  tile.return
}

// -----

tile.kernel @k(%n: index) attributes {dims = ["N"], items = "1", group_size = 32 : i64} {
  // expected-error @+1 {{needs a constant size: threads of this target have no workspace}}
  %r = tile.ring "N" : !tile.buffer<f32, private>
  tile.return
}
