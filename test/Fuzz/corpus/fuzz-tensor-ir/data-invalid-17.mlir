flex.kernel @no_base() {
  %y = flex.scatter sum [] over [i < 3] at [i] () {
    %i = flex.index "i" : i64
    flex.yield %i : i64
  }
  flex.return
}
