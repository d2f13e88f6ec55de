// The whole way to machine code. The assembly is one attribute, so everything is on one line.
// RUN: flex-opt %s -pass-pipeline='builtin.module(lower-to-target{chip=cpu:x86-64-v4 emit=true})' | FileCheck %s --check-prefix=V4
// RUN: flex-opt %s -pass-pipeline='builtin.module(lower-to-target{chip=cpu:x86-64-v3 emit=true})' | FileCheck %s --check-prefix=V3

// V4: flex.assembly = "# x86-64-v4\0A# vector spills in loops: 0\0A{{.*}}vfmadd{{[0-9]*}}ps{{.*}}{1to16}{{.*}}vscalefps{{.*}}vmovups\09%zmm{{[0-9]*}}, {{.*}}{%k{{[1-7]}}}
// V3: flex.assembly = "# x86-64-v3\0A# vector spills in loops: 0\0A{{.*}}vfmadd{{[0-9]*}}ps{{.*}}%ymm
// V3-NOT: zmm
tile.kernel @k(%a: !tile.buffer<f32, global>, %n: index)
    attributes {dims = ["N"], items = "ceildiv(N, 16)", group_size = 1 : i64} {
  %id = tile.id
  %lanes = arith.constant 16 : index
  %zero = arith.constant 0 : index
  %at = arith.muli %id, %lanes : index
  %left = arith.subi %n, %at : index
  %x = tile.load %a[%at] valid(%left) : !tile.buffer<f32, global> -> vector<16xf32>
  %s = tile.load %a[%zero] : !tile.buffer<f32, global> -> f32
  %v = vector.broadcast %s : f32 to vector<16xf32>
  %f = math.fma %x, %v, %x : vector<16xf32>
  %e = math.exp %f : vector<16xf32>
  tile.store %e, %a[%at] valid(%left) : vector<16xf32>, !tile.buffer<f32, global>
  tile.return
}
