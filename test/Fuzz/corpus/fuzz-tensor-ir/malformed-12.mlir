flex.kernel @group_arguments(%x: !flex.tensor<f32[N]>) {
  "flex.group"() <{name = "g", outer = []}> ({^bb0(%q: f32): flex.yield}) : () -> ()
  flex.return
}
