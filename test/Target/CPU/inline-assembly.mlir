// Assembly text would end the process inside LLVM.
// RUN: flex-opt %s -pass-pipeline='builtin.module(lower-to-target{chip=cpu:x86-64-v3 emit=true})' -verify-diagnostics
// expected-error @below {{cpu: 'k.body' holds inline assembly; the compiler has no assembler}}
module {
  tile.kernel @k(%a: !tile.buffer<i32, global>) attributes {dims = [], items = "1", group_size = 1 : i64} {
    %zero = arith.constant 0 : index
    %x = tile.load %a[%zero] : !tile.buffer<i32, global> -> i32
    %r = llvm.inline_asm "mov $1, $0", "=r,r" %x : (i32) -> i32
    tile.store %r, %a[%zero] : i32, !tile.buffer<i32, global>
    tile.return
  }
}
