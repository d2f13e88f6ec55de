// What a kernel says of its arguments and results, and combiners where they have no meaning.
// RUN: flex-opt %s -split-input-file -verify-diagnostics

// expected-error @below {{result_aliases must have one number per result}}
flex.kernel @aliases(%x: !flex.tensor<f32[N]>) -> !flex.tensor<f32[N]> attributes {result_aliases = array<i64: 0, -1>} {
  flex.return %x : !flex.tensor<f32[N]>
}

// -----

// expected-error @below {{arg_defaults must have one entry per argument}}
flex.kernel @defaults(%x: !flex.tensor<f32[]>) attributes {arg_defaults = [1.0 : f32, unit]} { flex.return }

// -----

flex.kernel @positions(%base: !flex.tensor<i64[N]>, %ids: !flex.tensor<i64[K]>) -> !flex.tensor<i64[N]> {
  // expected-error @below {{expected sum, prod, min, max, umin, umax, any, all or set, found 'argmax'}}
  %r = flex.scatter argmax [] over [k < K] at ["$0"] (%b = %base whole : !flex.tensor<i64[N]>, %i = %ids[k] : !flex.tensor<i64[K]>) {
    flex.yield %i, %i : i64, i64
  }
  flex.return %r : !flex.tensor<i64[N]>
}
