// f32 to bf16 is an instruction on chips that multiply bf16, of two numbers where there are two; integer arithmetic on others.
// RUN: flex-opt %s "--lower-to-target=chip=nvptx:sm_80" | FileCheck %s
// RUN: flex-opt %s "--lower-to-target=chip=nvptx:sm_80 emit" | FileCheck %s --check-prefix=PTX
// RUN: flex-opt %s "--lower-to-target=chip=nvptx:sm_75" | FileCheck %s --check-prefix=OLD --implicit-check-not=llvm.nvvm.f2bf16 --implicit-check-not=llvm.nvvm.ff2bf16

// PTX: cvt.rn.bf16x2.f32
// PTX: cvt.rn.bf16x2.f32
// PTX: cvt.rn.bf16.f32
tile.kernel @round(%x: !tile.buffer<f32, global>, %y: !tile.buffer<bf16, global>) attributes {dims = [], items = "1", group_size = 32 : i64} {
  %t = tile.lane
  // The second number of a pair is the upper half.
  // CHECK-DAG: %[[ZERO:.*]] = llvm.mlir.constant(0 : i32)
  // CHECK-DAG: %[[ONE:.*]] = llvm.mlir.constant(1 : i32)
  // CHECK: %[[UPPER:.*]] = llvm.extractelement %[[X:.*]][%[[ONE]] : i32] : vector<5xf32>
  // CHECK: %[[LOWER:.*]] = llvm.extractelement %[[X]][%[[ZERO]] : i32] : vector<5xf32>
  // CHECK: llvm.call_intrinsic "llvm.nvvm.ff2bf16x2.rn"(%[[UPPER]], %[[LOWER]]) : (f32, f32) -> vector<2xbf16>
  // CHECK: llvm.call_intrinsic "llvm.nvvm.ff2bf16x2.rn"
  // CHECK: llvm.call_intrinsic "llvm.nvvm.f2bf16.rn"({{.*}}) : (f32) -> bf16
  // OLD: llvm.lshr
  %v = tile.load %x[%t] : !tile.buffer<f32, global> -> vector<5xf32>
  %r = arith.truncf %v : vector<5xf32> to vector<5xbf16>
  tile.store %r, %y[%t] : vector<5xbf16>, !tile.buffer<bf16, global>
  tile.return
}
