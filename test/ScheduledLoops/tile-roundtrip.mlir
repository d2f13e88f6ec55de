// Text, generic text and bytecode carry every op of the tile dialect without loss.
// RUN: flex-opt %s | flex-opt | FileCheck %s
// RUN: flex-opt %s -mlir-print-op-generic | flex-opt | FileCheck %s
// RUN: flex-opt %s -emit-bytecode | flex-opt | FileCheck %s

// CHECK-LABEL: tile.kernel @all(
// CHECK-SAME: %[[X:.*]]: !tile.buffer<f32, global>, %[[Y:.*]]: !tile.buffer<i1, global>, %[[N:.*]]: index)
// CHECK-SAME: bytes = "8*N"
// CHECK-SAME: dims = ["N"]
// CHECK-SAME: flops = "N"
// CHECK-SAME: group_size = 64 : i64
// CHECK-SAME: items = "ceildiv(N, 64)"
tile.kernel @all(%x: !tile.buffer<f32, global>, %y: !tile.buffer<i1, global>, %n: index)
    attributes {dims = ["N"], items = "ceildiv(N, 64)", group_size = 64 : i64, flops = "N", bytes = "8*N"} {
  // CHECK: %[[ID:.*]] = tile.id
  %id = tile.id
  // CHECK: %[[LANE:.*]] = tile.lane
  %lane = tile.lane
  // CHECK: %[[P:.*]] = tile.ring "3*N + 1" : <f32, private>
  %p = tile.ring "3*N + 1" : !tile.buffer<f32, private>
  // CHECK: %[[G:.*]] = tile.ring "512" : <f32, group>
  %g = tile.ring "512" : !tile.buffer<f32, group>
  // CHECK: %[[V:.*]] = tile.load %[[X]][%[[ID]]] : <f32, global> -> vector<4xf32>
  %v = tile.load %x[%id] : !tile.buffer<f32, global> -> vector<4xf32>
  // CHECK: tile.load %[[X]][%[[ID]]] valid(%[[N]]) : <f32, global> -> vector<4xf32>
  %w = tile.load %x[%id] valid(%n) : !tile.buffer<f32, global> -> vector<4xf32>
  // CHECK: tile.load %[[Y]][%[[ID]]] : <i1, global> -> i1
  %b = tile.load %y[%id] : !tile.buffer<i1, global> -> i1
  // CHECK: tile.store %[[V]], %[[P]][%[[ID]]] : vector<4xf32>, <f32, private>
  tile.store %v, %p[%id] : vector<4xf32>, !tile.buffer<f32, private>
  // CHECK: tile.store %[[V]], %[[X]][%[[ID]]] valid(%[[N]]) nontemporal : vector<4xf32>, <f32, global>
  tile.store %v, %x[%id] valid(%n) nontemporal : vector<4xf32>, !tile.buffer<f32, global>
  // CHECK: %{{.*}} = tile.lead %[[X]][%[[ID]]] to 64 : <f32, global>
  %lead = tile.lead %x[%id] to 64 : !tile.buffer<f32, global>
  // CHECK: tile.prefetch %[[X]][%[[ID]]] level 1 : <f32, global>
  tile.prefetch %x[%id] level 1 : !tile.buffer<f32, global>
  // CHECK: tile.copy %[[X]][%[[ID]]] to %[[G]][%[[LANE]]] lanes 4 : <f32, global> to <f32, group>
  tile.copy %x[%id] to %g[%lane] lanes 4 : !tile.buffer<f32, global> to !tile.buffer<f32, group>
  // CHECK: tile.copy %[[X]][%[[ID]]] to %[[G]][%[[LANE]]] lanes 4 valid(%[[N]])
  tile.copy %x[%id] to %g[%lane] lanes 4 valid(%n) : !tile.buffer<f32, global> to !tile.buffer<f32, group>
  // CHECK: tile.wait
  tile.wait
  // CHECK: %[[S:.*]] = tile.reduce sum %[[V]] : vector<4xf32> -> f32
  %s = tile.reduce sum %v : vector<4xf32> -> f32
  // CHECK: tile.reduce max %[[S]] group : f32 -> f32
  %t = tile.reduce max %s group : f32 -> f32
  // CHECK: tile.reduce max %[[S]] group of 2 apart 16 : f32 -> f32
  %u = tile.reduce max %s group of 2 apart 16 : f32 -> f32
  // CHECK: tile.return
  tile.return
}

// An unsigned buffer moves its signless scalar.
// CHECK-LABEL: tile.kernel @unsigned(
// CHECK: tile.load %{{.*}}[%{{.*}}] : <ui8, global> -> i8
tile.kernel @unsigned(%x: !tile.buffer<ui8, global>) attributes {dims = [], items = "1", group_size = 1 : i64} {
  %id = tile.id
  %v = tile.load %x[%id] : !tile.buffer<ui8, global> -> i8
  tile.store %v, %x[%id] : i8, !tile.buffer<ui8, global>
  tile.return
}

// CHECK-LABEL: tile.kernel @window(
// CHECK: tile.load_window %{{.*}}[%[[I:.*]]] from(%[[I]]) to(%[[I]]) : <f32, global> -> vector<4xf32>
tile.kernel @window(%x: !tile.buffer<f32, global>) attributes {dims = [], items = "1", group_size = 1 : i64} {
  %id = tile.id
  %v = tile.load_window %x[%id] from(%id) to(%id) : !tile.buffer<f32, global> -> vector<4xf32>
  tile.return
}

// CHECK-LABEL: tile.kernel @gather(
// CHECK: tile.gather %{{.*}}[%{{.*}}] where %{{.*}} otherwise %{{.*}} : <f32, global>, vector<4xi64>, vector<4xi1>, vector<4xf32> -> vector<4xf32>
tile.kernel @gather(%x: !tile.buffer<f32, global>) attributes {dims = [], items = "1", group_size = 1 : i64} {
  %at = arith.constant dense<[3, 1, 4, 1]> : vector<4xi64>
  %on = arith.constant dense<true> : vector<4xi1>
  %zero = arith.constant dense<0.0> : vector<4xf32>
  %v = tile.gather %x[%at] where %on otherwise %zero : !tile.buffer<f32, global>, vector<4xi64>, vector<4xi1>, vector<4xf32> -> vector<4xf32>
  tile.return
}

// CHECK-LABEL: tile.kernel @matrix(
tile.kernel @matrix(%x: !tile.buffer<f16, global>, %n: index) attributes {dims = ["N"], items = "1", group_size = 64 : i64} {
  // CHECK: %[[ID:.*]] = tile.id
  %id = tile.id
  // CHECK: %[[WAVE:.*]] = tile.wave of 32
  %wave = tile.wave of 32
  // CHECK: %[[BYTES:.*]] = tile.ring
  %bytes = tile.ring "4096" : !tile.buffer<i8, group>
  // CHECK: %[[RING:.*]] = tile.view %[[BYTES]][%[[ID]]] : <i8, group> to <f16, group>
  %ring = tile.view %bytes[%id] : !tile.buffer<i8, group> to !tile.buffer<f16, group>
  // CHECK: tile.copy %{{.*}}[%[[ID]]] to %[[RING]][%[[WAVE]]] lanes 8 valid(%{{.*}}) async : <f16, global> to <f16, group>
  tile.copy %x[%id] to %ring[%wave] lanes 8 valid(%n) async : !tile.buffer<f16, global> to !tile.buffer<f16, group>
  // CHECK: tile.commit
  tile.commit
  // CHECK: tile.wait pending 1
  tile.wait pending 1
  // CHECK: tile.wait wave
  tile.wait wave
  // CHECK: tile.wait pending 1 units
  tile.wait pending 1 units
  // CHECK: %[[A:.*]] = tile.frag a of "u" %[[RING]][%[[ID]]] at %[[WAVE]], 0 layout <32, chunk 8, xor[0, 1, 2]> : <f16, group> -> vector<8xf16>
  %a = tile.frag a of "u" %ring[%id] at %wave, 0 layout <32, chunk 8, xor [0, 1, 2]> : !tile.buffer<f16, group> -> vector<8xf16>
  // CHECK: %[[B:.*]]:2 = tile.frag b of "u" %[[RING]][%[[ID]]] at %[[WAVE]], 16 layout <32, chunk 8> across : <f16, group> -> vector<4xf16>, vector<4xf16>
  %b:2 = tile.frag b of "u" %ring[%id] at %wave, 16 layout <32, chunk 8> across : !tile.buffer<f16, group> -> vector<4xf16>, vector<4xf16>
  %c = arith.constant dense<0.0> : vector<4xf32>
  // CHECK: %[[D:.*]] = tile.contract "u" %[[A]], %[[B]]#1, %{{.*}} : vector<8xf16>, vector<4xf16>, vector<4xf32>
  %d = tile.contract "u" %a, %b#1, %c : vector<8xf16>, vector<4xf16>, vector<4xf32>
  // CHECK: tile.multiply "u" %[[RING]] at %[[WAVE]] layout <32, chunk 8>, %[[RING]] at %[[ID]] layout <64, chunk 8, xor[1, 2, 4]> across, from %[[ID]] steps 32 to %{{.*}}, %{{.*}} : <f16, group>, <f16, group>, vector<4xf32>, vector<4xf32> -> vector<4xf32>, vector<4xf32>
  %m:2 = tile.multiply "u" %ring at %wave layout <32, chunk 8>, %ring at %id layout <64, chunk 8, xor [1, 2, 4]> across, from %id steps 32 to %c, %c
      : !tile.buffer<f16, group>, !tile.buffer<f16, group>, vector<4xf32>, vector<4xf32> -> vector<4xf32>, vector<4xf32>
  // CHECK: %[[Z:.*]]:2 = tile.multiply "u" %[[RING]] at %[[WAVE]] layout <32, chunk 8> fixed, %[[RING]] at %[[ID]] layout <32, chunk 8>, from %[[ID]] steps 32 : <f16, group>, <f16, group> -> vector<4xf32>, vector<4xf32>
  %z:2 = tile.multiply "u" %ring at %wave layout <32, chunk 8> fixed, %ring at %id layout <32, chunk 8>, from %id steps 32
      : !tile.buffer<f16, group>, !tile.buffer<f16, group> -> vector<4xf32>, vector<4xf32>
  // CHECK: tile.multiply_held "u"(%[[A]], %[[A]]), %[[RING]] at %[[ID]] layout <64, chunk 8, xor[1, 2, 4]> across, from %[[ID]] to %[[Z]]#0, %[[Z]]#1 : (vector<8xf16>, vector<8xf16>), <f16, group>, vector<4xf32>, vector<4xf32> -> vector<4xf32>, vector<4xf32>
  %h:2 = tile.multiply_held "u"(%a, %a), %ring at %id layout <64, chunk 8, xor [1, 2, 4]> across, from %id to %z#0, %z#1
      : (vector<8xf16>, vector<8xf16>), !tile.buffer<f16, group>, vector<4xf32>, vector<4xf32> -> vector<4xf32>, vector<4xf32>
  // CHECK: tile.settle 1
  tile.settle 1
  %sums = tile.view %bytes[%id] : !tile.buffer<i8, group> to !tile.buffer<f32, group>
  // CHECK: tile.put %[[D]] of "u" to %{{.*}}[%[[ID]]] at 16, 8 layout <32, chunk 4> : vector<4xf32>, <f32, group>
  tile.put %d of "u" to %sums[%id] at 16, 8 layout <32, chunk 4> : vector<4xf32>, !tile.buffer<f32, group>
  // CHECK: tile.wait units threads 64
  tile.wait units threads 64
  // CHECK: %[[P:.*]] = tile.pipe stages 2 bytes 1024 readers 2 : <i64, group>
  %p = tile.pipe stages 2 bytes 1024 readers 2 : !tile.buffer<i64, group>
  %stage = arith.constant 1 : i32
  // CHECK: tile.pipe_fill %[[P]][%[[S:.*]]] round %[[S]] : <i64, group>
  tile.pipe_fill %p[%stage] round %stage : !tile.buffer<i64, group>
  // CHECK: tile.copy_box %{{.*}}[%[[ID]], %[[WAVE]]] of ["N", "8"] by ["2*N"] box [64, 8] swizzle 128 to %[[RING]][%[[ID]]] on %[[P]][%[[S]]] {offset = "32"} : <f16, global> to <f16, group>, <i64, group>
  tile.copy_box %x[%id, %wave] of ["N", "8"] by ["2*N"] box [64, 8] swizzle 128 to %ring[%id] on %p[%stage] {offset = "32"}
      : !tile.buffer<f16, global> to !tile.buffer<f16, group>, !tile.buffer<i64, group>
  // CHECK: tile.pipe_await %[[P]][%[[S]]] round %[[S]] : <i64, group>
  tile.pipe_await %p[%stage] round %stage : !tile.buffer<i64, group>
  // CHECK: tile.pipe_release %[[P]][%[[S]]] : <i64, group>
  tile.pipe_release %p[%stage] : !tile.buffer<i64, group>
  tile.return
}
