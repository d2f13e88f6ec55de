flex.kernel @fold_outside() {
  %m = flex.fold sum [r < 3] -> i64 {
    %r = arith.constant 1 : i64
    flex.yield %r : i64
  }
  flex.return
}
