// What is no token. Each `expect` names the code of an error on its own line.
kernel numbers(x: f32[N]) -> f32[N] {
  let a = 0x                      // expect E0004 digits are missing
  let b = 12ab                    // expect E0004 unexpected letters
  let c = 99999999999999999999    // expect E0004 does not fit 64 bits
  let d = 1e999                   // expect E0004 does not fit f64
  let e = 0b12                    // expect E0004
  return x
}

kernel characters(x: f32[N]) -> f32[N] {
  let a = x $ 2                   // expect E0003 unexpected character '$'
  let b = x × 2                   // expect E0003 write '*'
  /* let c = x */                 // expect E0005 block comments
  let d = "text"                  // expect E0113 strings
  let e = "open                   // expect E0006 does not end // expect E0113
  return x
}
