flex.kernel @load(%x: !flex.tensor<f32[N, N]>) -> !flex.tensor<f32[N]> {
  %y = flex.map [i < N] (%t = %x whole : !flex.tensor<f32[N, N]>) -> f32 {
    %i = flex.index "i" : i64
    %one = arith.constant 1 : i64
    %n = flex.dim "N" : i64
    %j = arith.subi %i, %one : i64
    %v = flex.load %t["$0", "$1 - 1"] clamp (%j, %n) : !flex.tensor<f32[N, N]>
    flex.yield %v : f32
  }
  flex.return %y : !flex.tensor<f32[N]>
}
