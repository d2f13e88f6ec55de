// Accesses in the llvm dialect: masked where the chip can, a branch and single lanes where it cannot.
// RUN: flex-opt %s -pass-pipeline='builtin.module(lower-to-target{chip=cpu:x86-64-v4})' | FileCheck %s --check-prefixes=CHECK,V4
// RUN: flex-opt %s -pass-pipeline='builtin.module(lower-to-target{chip=cpu:x86-64-v3})' | FileCheck %s --check-prefixes=CHECK,V3

// CHECK-LABEL: llvm.func internal @tail.body
// CHECK-SAME: (%[[A:.*]]: !llvm.ptr {llvm.noalias}, %[[B:.*]]: !llvm.ptr {llvm.noalias}, %[[N:.*]]: i64, %[[ITEM:.*]]: i64, %{{.*}}: !llvm.ptr {llvm.noalias})
// V4: llvm.icmp "slt" %{{.*}}, %{{.*}} : vector<16xi16>
// V4: %[[MASK:.*]] = llvm.icmp "slt" %{{.*}}, %{{.*}} : vector<16xi16>
// V4: %[[PLACE:.*]] = llvm.getelementptr %[[A]][%{{.*}}] : (!llvm.ptr, i64) -> !llvm.ptr, i16
// V4: llvm.intr.masked.load %[[PLACE]], %[[MASK]], %{{.*}} {alignment = 2 : i32}
// V4: llvm.intr.masked.store {{.*}} {alignment = 2 : i32}
// V3-NOT: llvm.intr.masked
// V3: llvm.cond_br
// V3: llvm.getelementptr inbounds|nuw %[[A]][%{{.*}}] : (!llvm.ptr, i64) -> !llvm.ptr, i16
// V3: llvm.load {{.*}} {alignment = 2 : i64} : !llvm.ptr -> i16
// V3: llvm.store {{.*}} : i16, !llvm.ptr
// CHECK: llvm.return
tile.kernel @tail(%a: !tile.buffer<bf16, global>, %b: !tile.buffer<bf16, global>, %n: index)
    attributes {dims = ["N"], items = "ceildiv(N, 16)", group_size = 1 : i64} {
  %id = tile.id
  %lanes = arith.constant 16 : index
  %at = arith.muli %id, %lanes : index
  %left = arith.subi %n, %at : index
  %x = tile.load %a[%at] valid(%left) : !tile.buffer<bf16, global> -> vector<16xbf16>
  tile.store %x, %b[%at] valid(%left) : vector<16xbf16>, !tile.buffer<bf16, global>
  tile.return
}

// The entry loops over its items.
// CHECK-LABEL: llvm.func @tail(
// CHECK-SAME: %[[BUFFERS:.*]]: !llvm.ptr, %[[DIMS:.*]]: !llvm.ptr, %[[BEGIN:.*]]: i64, %[[END:.*]]: i64, %[[WORKSPACE:.*]]: !llvm.ptr)
// CHECK: llvm.br ^[[HEADER:.*]](%[[BEGIN]] : i64)
// CHECK: ^[[HEADER]](%[[I:.*]]: i64):
// CHECK: llvm.icmp "slt" %[[I]], %[[END]]
// CHECK: llvm.call @tail.body({{.*}}, %[[I]], %[[WORKSPACE]])
// CHECK-NOT: sfence
// CHECK: llvm.return

// A length that is known to be enough needs no mask.
// CHECK-LABEL: llvm.func internal @whole.body
// CHECK-NOT: masked
// CHECK-NOT: llvm.cond_br
// CHECK: llvm.getelementptr inbounds|nuw
// CHECK: llvm.load %{{.*}} {alignment = 4 : i64} : !llvm.ptr -> vector<8xf32>
// CHECK: llvm.return
tile.kernel @whole(%a: !tile.buffer<f32, global>)
    attributes {dims = [], items = "1", group_size = 1 : i64} {
  %zero = arith.constant 0 : index
  %n = arith.constant 8 : index
  %x = tile.load %a[%zero] valid(%n) : !tile.buffer<f32, global> -> vector<8xf32>
  tile.store %x, %a[%n] valid(%n) : vector<8xf32>, !tile.buffer<f32, global>
  tile.return
}

// Streaming stores: tested for alignment, and fenced at the end.
// CHECK-LABEL: llvm.func internal @streaming.body
// CHECK: %[[ADDRESS:.*]] = llvm.ptrtoint
// CHECK: llvm.and %[[ADDRESS]]
// CHECK: llvm.cond_br
// CHECK: llvm.store {{.*}} {alignment = 64 : i64, nontemporal}
// CHECK: llvm.store {{.*}} {alignment = 4 : i64}
// CHECK-LABEL: llvm.func @streaming(
// CHECK: llvm.call_intrinsic "llvm.x86.sse.sfence"()
tile.kernel @streaming(%a: !tile.buffer<f32, global>)
    attributes {dims = [], items = "1", group_size = 1 : i64} {
  %zero = arith.constant 0 : index
  %x = arith.constant dense<1.0> : vector<16xf32>
  tile.store %x, %a[%zero] nontemporal : vector<16xf32>, !tile.buffer<f32, global>
  tile.return
}

// Rings lie behind one another in the workspace, each on a cache line.
// CHECK-LABEL: llvm.func internal @rings.body
// CHECK-SAME: %[[N:.*]]: i64, %{{.*}}: i64, %[[SPACE:.*]]: !llvm.ptr {llvm.noalias})
// CHECK: llvm.getelementptr inbounds|nuw %[[SPACE]][%{{.*}}] : (!llvm.ptr, i64) -> !llvm.ptr, i8
// CHECK: llvm.ashr
// CHECK: %[[OFFSET:.*]] = llvm.mul %{{.*}}, %{{.*}} overflow<nsw> : i64
// CHECK: llvm.getelementptr inbounds|nuw %[[SPACE]][%[[OFFSET]]] : (!llvm.ptr, i64) -> !llvm.ptr, i8
tile.kernel @rings(%a: !tile.buffer<f32, global>, %n: index)
    attributes {dims = ["N"], items = "1", group_size = 1 : i64} {
  %zero = arith.constant 0 : index
  %first = tile.ring "N" : !tile.buffer<f32, private>
  %second = tile.ring "5" : !tile.buffer<i1, private>
  %x = tile.load %first[%zero] : !tile.buffer<f32, private> -> f32
  %y = tile.load %second[%zero] : !tile.buffer<i1, private> -> i1
  %z = arith.select %y, %x, %x : f32
  tile.store %x, %a[%zero] : f32, !tile.buffer<f32, global>
  tile.return
}

// A window's mask has both ends.
// CHECK-LABEL: llvm.func internal @window.body
// CHECK: %[[BEFORE:.*]] = llvm.icmp "slt" %{{.*}}, %{{.*}} : vector<8xi32>
// CHECK: %[[UP_TO:.*]] = llvm.icmp "slt" %{{.*}}, %{{.*}} : vector<8xi32>
// CHECK: %[[BEHIND:.*]] = llvm.xor %[[BEFORE]], %{{.*}} : vector<8xi1>
// CHECK: %[[MASK:.*]] = llvm.and %[[UP_TO]], %[[BEHIND]] : vector<8xi1>
// CHECK: llvm.intr.masked.load %{{.*}}, %[[MASK]], %{{.*}} {alignment = 4 : i32}
tile.kernel @window(%a: !tile.buffer<f32, global>, %b: !tile.buffer<f32, global>, %n: index, %m: index)
    attributes {dims = ["N", "M"], items = "1", group_size = 1 : i64} {
  %id = tile.id
  %x = tile.load_window %a[%id] from(%n) to(%m) : !tile.buffer<f32, global> -> vector<8xf32>
  tile.store %x, %b[%id] : vector<8xf32>, !tile.buffer<f32, global>
  tile.return
}
