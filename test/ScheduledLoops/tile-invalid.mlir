// What the verifiers of the tile dialect refuse.
// RUN: flex-opt %s -split-input-file -verify-diagnostics

// expected-error @+1 {{has no results: it writes to its buffers}}
tile.kernel @results() -> f32 attributes {dims = [], items = "1", group_size = 1 : i64} {
  tile.return
}

// -----

// expected-error @+1 {{has 1 index arguments for 2 dims}}
tile.kernel @too_few_dims(%x: !tile.buffer<f32, global>, %n: index) attributes {dims = ["N", "M"], items = "1", group_size = 1 : i64} {
  tile.return
}

// -----

// expected-error @+1 {{argument 0 has type 'index', expected global buffers and then index values}}
tile.kernel @order(%n: index, %x: !tile.buffer<f32, global>) attributes {dims = ["N"], items = "1", group_size = 1 : i64} {
  tile.return
}

// -----

// expected-error @+1 {{argument 0 has type '!tile.buffer<f32, group>', expected global buffers}}
tile.kernel @space(%x: !tile.buffer<f32, group>) attributes {dims = [], items = "1", group_size = 1 : i64} {
  tile.return
}

// -----

// expected-error @+1 {{argument 0 has type 'f32', expected global buffers and then index values}}
tile.kernel @scalar(%x: f32) attributes {dims = ["N"], items = "1", group_size = 1 : i64} {
  tile.return
}

// -----

// expected-error @+1 {{items 'N +' is not an expression}}
tile.kernel @items() attributes {dims = [], items = "N +", group_size = 1 : i64} {
  tile.return
}

// -----

// expected-error @+1 {{group_size must be positive}}
tile.kernel @group_size() attributes {dims = [], items = "1", group_size = 0 : i64} {
  tile.return
}

// -----

// expected-error @+1 {{needs a body}}
tile.kernel @no_body() attributes {dims = [], items = "1", group_size = 1 : i64}

// -----

// expected-error @+1 {{requires attribute 'dims'}}
tile.kernel @no_dims() attributes {items = "1", group_size = 1 : i64} {
  tile.return
}

// -----

tile.kernel @load(%x: !tile.buffer<f32, global>) attributes {dims = [], items = "1", group_size = 1 : i64} {
  %id = tile.id
  // expected-error @+1 {{moves 'vector<4xf16>', but the buffer holds 'f32'}}
  %v = tile.load %x[%id] : !tile.buffer<f32, global> -> vector<4xf16>
  tile.return
}

// -----

tile.kernel @store(%x: !tile.buffer<i16, global>, %n: index) attributes {dims = ["N"], items = "1", group_size = 1 : i64} {
  %c = arith.constant 1 : i32
  // expected-error @+1 {{moves 'i32', but the buffer holds 'i16'}}
  tile.store %c, %x[%n] : i32, !tile.buffer<i16, global>
  tile.return
}

// -----

tile.kernel @ring_global() attributes {dims = [], items = "1", group_size = 1 : i64} {
  // expected-error @+1 {{cannot make global memory}}
  %r = tile.ring "4" : !tile.buffer<f32, global>
  tile.return
}

// -----

tile.kernel @ring_elements() attributes {dims = [], items = "1", group_size = 1 : i64} {
  // expected-error @+1 {{elements '4*' is not an expression}}
  %r = tile.ring "4*" : !tile.buffer<f32, private>
  tile.return
}

// -----

tile.kernel @ring_group(%n: index) attributes {dims = ["N"], items = "1", group_size = 32 : i64} {
  // expected-error @+1 {{group memory needs a constant size}}
  %r = tile.ring "N" : !tile.buffer<f32, group>
  tile.return
}

// -----

tile.kernel @copy_back(%x: !tile.buffer<f32, global>, %n: index) attributes {dims = ["N"], items = "1", group_size = 1 : i64} {
  %r = tile.ring "4" : !tile.buffer<f32, group>
  // expected-error @+1 {{copies from global memory into a ring}}
  tile.copy %r[%n] to %x[%n] lanes 4 : !tile.buffer<f32, group> to !tile.buffer<f32, global>
  tile.return
}

// -----

tile.kernel @copy_types(%x: !tile.buffer<f16, global>, %n: index) attributes {dims = ["N"], items = "1", group_size = 1 : i64} {
  %r = tile.ring "4" : !tile.buffer<f32, group>
  // expected-error @+1 {{needs equal element types}}
  tile.copy %x[%n] to %r[%n] lanes 4 : !tile.buffer<f16, global> to !tile.buffer<f32, group>
  tile.return
}

// -----

tile.kernel @copy_lanes(%x: !tile.buffer<f32, global>, %n: index) attributes {dims = ["N"], items = "1", group_size = 1 : i64} {
  %r = tile.ring "4" : !tile.buffer<f32, group>
  // expected-error @+1 {{needs at least one lane}}
  tile.copy %x[%n] to %r[%n] lanes 0 : !tile.buffer<f32, global> to !tile.buffer<f32, group>
  tile.return
}

// -----

tile.kernel @reduce() attributes {dims = [], items = "1", group_size = 1 : i64} {
  %c = arith.constant dense<1.0> : vector<4xf32>
  // expected-error @+1 {{gives 'f64' from 'vector<4xf32>'}}
  %s = tile.reduce sum %c : vector<4xf32> -> f64
  tile.return
}

// -----

tile.kernel @gather(%x: !tile.buffer<f32, global>) attributes {dims = [], items = "1", group_size = 1 : i64} {
  %at = arith.constant dense<1> : vector<4xi64>
  %on = arith.constant dense<true> : vector<8xi1>
  %zero = arith.constant dense<0.0> : vector<4xf32>
  // expected-error @+1 {{needs as many lanes everywhere}}
  %v = tile.gather %x[%at] where %on otherwise %zero : !tile.buffer<f32, global>, vector<4xi64>, vector<8xi1>, vector<4xf32> -> vector<4xf32>
  tile.return
}

// -----

tile.kernel @gather_bytes(%x: !tile.buffer<i8, global>) attributes {dims = [], items = "1", group_size = 1 : i64} {
  %at = arith.constant dense<1> : vector<4xi64>
  %on = arith.constant dense<true> : vector<4xi1>
  %zero = arith.constant dense<0> : vector<4xi8>
  // expected-error @+1 {{reads elements of 32 and 64 bits}}
  %v = tile.gather %x[%at] where %on otherwise %zero : !tile.buffer<i8, global>, vector<4xi64>, vector<4xi1>, vector<4xi8> -> vector<4xi8>
  tile.return
}

// -----

tile.kernel @window_of_one(%x: !tile.buffer<f32, global>) attributes {dims = [], items = "1", group_size = 1 : i64} {
  %id = tile.id
  // expected-error @+1 {{reads a vector}}
  %v = tile.load_window %x[%id] from(%id) to(%id) : !tile.buffer<f32, global> -> f32
  tile.return
}

// -----

tile.kernel @window_of_bytes(%x: !tile.buffer<i8, global>) attributes {dims = [], items = "1", group_size = 1 : i64} {
  %id = tile.id
  // expected-error @+1 {{reads elements of 32 and 64 bits}}
  %v = tile.load_window %x[%id] from(%id) to(%id) : !tile.buffer<i8, global> -> vector<4xi8>
  tile.return
}

// -----

tile.kernel @window_of_others(%x: !tile.buffer<f32, global>) attributes {dims = [], items = "1", group_size = 1 : i64} {
  %id = tile.id
  // expected-error @+1 {{but the buffer holds}}
  %v = tile.load_window %x[%id] from(%id) to(%id) : !tile.buffer<f32, global> -> vector<4xi32>
  tile.return
}

// -----

tile.kernel @view_of_an_argument(%x: !tile.buffer<f32, global>) attributes {dims = [], items = "1", group_size = 1 : i64} {
  %id = tile.id
  // expected-error @+1 {{is of a ring, and in the same memory}}
  %v = tile.view %x[%id] : !tile.buffer<f32, global> to !tile.buffer<i8, global>
  tile.return
}

// -----

tile.kernel @async_of_odd_size(%x: !tile.buffer<f16, global>) attributes {dims = [], items = "1", group_size = 1 : i64} {
  %id = tile.id
  %g = tile.ring "8" : !tile.buffer<f16, group>
  // expected-error @+1 {{cannot move 6 bytes asynchronously: 4, 8 or 16}}
  tile.copy %x[%id] to %g[%id] lanes 3 async : !tile.buffer<f16, global> to !tile.buffer<f16, group>
  tile.return
}

// -----

tile.kernel @wave_waits_for_no_copies() attributes {dims = [], items = "1", group_size = 1 : i64} {
  // expected-error @+1 {{'pending' is not negative, and does not go with 'wave'}}
  tile.wait pending 0 wave
  tile.return
}

// -----

tile.kernel @wave_shows_units_nothing() attributes {dims = [], items = "1", group_size = 1 : i64} {
  // expected-error @+1 {{'units' and 'threads' do not go with 'wave'}}
  tile.wait wave units
  tile.return
}

// -----

tile.kernel @wait_of_nobody() attributes {dims = [], items = "1", group_size = 1 : i64} {
  // expected-error @+1 {{needs a number of threads}}
  tile.wait threads 0
  tile.return
}

// -----

tile.kernel @pipe_without_stages() attributes {dims = [], items = "1", group_size = 1 : i64} {
  // expected-error @+1 {{needs stages, bytes and readers}}
  %p = tile.pipe stages 0 bytes 16 readers 1 : !tile.buffer<i64, group>
  tile.return
}

// -----

tile.kernel @pipe_of_halves() attributes {dims = [], items = "1", group_size = 1 : i64} {
  // expected-error @+1 {{is words of i64 in group memory}}
  %p = tile.pipe stages 1 bytes 16 readers 1 : !tile.buffer<f16, group>
  tile.return
}

// -----

tile.kernel @box_between_types(%x: !tile.buffer<f16, global>) attributes {dims = [], items = "1", group_size = 1 : i64} {
  %id = tile.id
  %s = arith.constant 0 : i32
  %g = tile.ring "64" : !tile.buffer<f32, group>
  %p = tile.pipe stages 1 bytes 16 readers 1 : !tile.buffer<i64, group>
  // expected-error @+1 {{needs equal element types}}
  tile.copy_box %x[%id] of ["64"] by [] box [64] swizzle 0 to %g[%id] on %p[%s] : !tile.buffer<f16, global> to !tile.buffer<f32, group>, !tile.buffer<i64, group>
  tile.return
}

// -----

tile.kernel @box_of_another_rank(%x: !tile.buffer<f16, global>) attributes {dims = [], items = "1", group_size = 1 : i64} {
  %id = tile.id
  %s = arith.constant 0 : i32
  %g = tile.ring "64" : !tile.buffer<f16, group>
  %p = tile.pipe stages 1 bytes 16 readers 1 : !tile.buffer<i64, group>
  // expected-error @+1 {{needs 1 to 5 dimensions, each with a place, a size and an extent of the box, and but for one a pitch}}
  tile.copy_box %x[%id] of ["64"] by ["2"] box [64] swizzle 0 to %g[%id] on %p[%s] : !tile.buffer<f16, global> to !tile.buffer<f16, group>, !tile.buffer<i64, group>
  tile.return
}

// -----

tile.kernel @box_that_is_too_long(%x: !tile.buffer<f16, global>) attributes {dims = [], items = "1", group_size = 1 : i64} {
  %id = tile.id
  %s = arith.constant 0 : i32
  %g = tile.ring "64" : !tile.buffer<f16, group>
  %p = tile.pipe stages 1 bytes 16 readers 1 : !tile.buffer<i64, group>
  // expected-error @+1 {{needs a box of 1 to 256 elements along each dimension}}
  tile.copy_box %x[%id] of ["64"] by [] box [257] swizzle 0 to %g[%id] on %p[%s] : !tile.buffer<f16, global> to !tile.buffer<f16, group>, !tile.buffer<i64, group>
  tile.return
}

// -----

tile.kernel @box_with_another_swizzle(%x: !tile.buffer<f16, global>) attributes {dims = [], items = "1", group_size = 1 : i64} {
  %id = tile.id
  %s = arith.constant 0 : i32
  %g = tile.ring "64" : !tile.buffer<f16, group>
  %p = tile.pipe stages 1 bytes 16 readers 1 : !tile.buffer<i64, group>
  // expected-error @+1 {{needs a swizzle of 0, 32, 64 or 128 bytes}}
  tile.copy_box %x[%id] of ["64"] by [] box [64] swizzle 16 to %g[%id] on %p[%s] : !tile.buffer<f16, global> to !tile.buffer<f16, group>, !tile.buffer<i64, group>
  tile.return
}

// -----

tile.kernel @box_of_no_expression(%x: !tile.buffer<f16, global>) attributes {dims = [], items = "1", group_size = 1 : i64} {
  %id = tile.id
  %s = arith.constant 0 : i32
  %g = tile.ring "64" : !tile.buffer<f16, group>
  %p = tile.pipe stages 1 bytes 16 readers 1 : !tile.buffer<i64, group>
  // expected-error @+1 {{"2 +" is not an expression}}
  tile.copy_box %x[%id] of ["2 +"] by [] box [64] swizzle 0 to %g[%id] on %p[%s] : !tile.buffer<f16, global> to !tile.buffer<f16, group>, !tile.buffer<i64, group>
  tile.return
}

// -----

tile.kernel @multiply_of_an_argument(%x: !tile.buffer<f16, global>) attributes {dims = [], items = "1", group_size = 1 : i64} {
  %id = tile.id
  %c = arith.constant dense<0.0> : vector<4xf32>
  // expected-error @+1 {{reads from group memory}}
  %d = tile.multiply "u" %x at %id layout <32, chunk 8>, %x at %id layout <32, chunk 8>, from %id steps 32 to %c : !tile.buffer<f16, global>, !tile.buffer<f16, global>, vector<4xf32> -> vector<4xf32>
  tile.return
}

// -----

tile.kernel @multiply_without_steps() attributes {dims = [], items = "1", group_size = 1 : i64} {
  %id = tile.id
  %g = tile.ring "64" : !tile.buffer<f16, group>
  %c = arith.constant dense<0.0> : vector<4xf32>
  // expected-error @+1 {{takes a positive number of steps}}
  %d = tile.multiply "u" %g at %id layout <32, chunk 8>, %g at %id layout <32, chunk 8>, from %id steps 0 to %c : !tile.buffer<f16, group>, !tile.buffer<f16, group>, vector<4xf32> -> vector<4xf32>
  tile.return
}

// -----

tile.kernel @multiply_of_fewer_results() attributes {dims = [], items = "1", group_size = 1 : i64} {
  %id = tile.id
  %g = tile.ring "64" : !tile.buffer<f16, group>
  %c = arith.constant dense<0.0> : vector<4xf32>
  // expected-error @+1 {{adds to one accumulator or several of one type, and gives as many}}
  %d = tile.multiply "u" %g at %id layout <32, chunk 8>, %g at %id layout <32, chunk 8>, from %id steps 32 to %c, %c : !tile.buffer<f16, group>, !tile.buffer<f16, group>, vector<4xf32>, vector<4xf32> -> vector<4xf32>
  tile.return
}

// -----

tile.kernel @multiply_held_of_an_argument(%x: !tile.buffer<f16, global>) attributes {dims = [], items = "1", group_size = 1 : i64} {
  %id = tile.id
  %a = arith.constant dense<0.0> : vector<8xf16>
  %c = arith.constant dense<0.0> : vector<4xf32>
  // expected-error @+1 {{reads from group memory}}
  %d = tile.multiply_held "u"(%a), %x at %id layout <32, chunk 8>, from %id to %c : (vector<8xf16>), !tile.buffer<f16, global>, vector<4xf32> -> vector<4xf32>
  tile.return
}

// -----

tile.kernel @multiply_held_of_too_few() attributes {dims = [], items = "1", group_size = 1 : i64} {
  %id = tile.id
  %g = tile.ring "64" : !tile.buffer<f16, group>
  %a = arith.constant dense<0.0> : vector<8xf16>
  %c = arith.constant dense<0.0> : vector<4xf32>
  // expected-error @+1 {{takes fragments of one type, as many for each accumulator}}
  %d:2 = tile.multiply_held "u"(%a), %g at %id layout <32, chunk 8>, from %id to %c, %c : (vector<8xf16>), !tile.buffer<f16, group>, vector<4xf32>, vector<4xf32> -> vector<4xf32>, vector<4xf32>
  tile.return
}

// -----

tile.kernel @multiply_held_of_fewer_results() attributes {dims = [], items = "1", group_size = 1 : i64} {
  %id = tile.id
  %g = tile.ring "64" : !tile.buffer<f16, group>
  %a = arith.constant dense<0.0> : vector<8xf16>
  %c = arith.constant dense<0.0> : vector<4xf32>
  // expected-error @+1 {{adds to one accumulator or several of one type, and gives as many}}
  %d = tile.multiply_held "u"(%a, %a), %g at %id layout <32, chunk 8>, from %id to %c, %c : (vector<8xf16>, vector<8xf16>), !tile.buffer<f16, group>, vector<4xf32>, vector<4xf32> -> vector<4xf32>
  tile.return
}

// -----

tile.kernel @fragment_of_an_argument(%x: !tile.buffer<f16, global>) attributes {dims = [], items = "1", group_size = 1 : i64} {
  %id = tile.id
  // expected-error @+1 {{reads from group memory}}
  %a = tile.frag a of "u" %x[%id] at %id, 0 layout <32, chunk 8> : !tile.buffer<f16, global> -> vector<8xf16>
  tile.return
}

// -----

tile.kernel @fragment_of_another_type() attributes {dims = [], items = "1", group_size = 1 : i64} {
  %id = tile.id
  %g = tile.ring "64" : !tile.buffer<f16, group>
  // expected-error @+1 {{moves 'vector<8xf32>', but the buffer holds 'f16'}}
  %a = tile.frag a of "u" %g[%id] at %id, 0 layout <32, chunk 8> : !tile.buffer<f16, group> -> vector<8xf32>
  tile.return
}

// -----

tile.kernel @layout_beyond_its_row() attributes {dims = [], items = "1", group_size = 1 : i64} {
  %id = tile.id
  %g = tile.ring "64" : !tile.buffer<f16, group>
  // expected-error @+1 {{'xor' of a layout leaves the row, which has 4 chunks}}
  %a = tile.frag a of "u" %g[%id] at %id, 0 layout <32, chunk 8, xor [4]> : !tile.buffer<f16, group> -> vector<8xf16>
  tile.return
}

// -----

tile.kernel @put_to_other_sums() attributes {dims = [], items = "1", group_size = 1 : i64} {
  %id = tile.id
  %g = tile.ring "64" : !tile.buffer<f16, group>
  %c = arith.constant dense<0.0> : vector<4xf32>
  // expected-error @+1 {{moves 'vector<4xf32>', but the buffer holds 'f16'}}
  tile.put %c of "u" to %g[%id] at 0, 0 layout <32, chunk 8> : vector<4xf32>, !tile.buffer<f16, group>
  tile.return
}

// -----

tile.kernel @lead(%x: !tile.buffer<f32, global>) attributes {dims = [], items = "1", group_size = 1 : i64} {
  %id = tile.id
  // expected-error @+1 {{bytes must be a power of two}}
  %lead = tile.lead %x[%id] to 48 : !tile.buffer<f32, global>
  tile.return
}
