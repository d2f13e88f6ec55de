// Element types: what meets what, literals, casts, results, arguments.
fn both<T: f32 | f64>(x: T, y: T) -> T { x + y }
fn open<T: f32 | f64>(x: f32) -> T { 1 }
fn row(x: f32[K]) -> f32 { sum(x) }
fn one(x: f32, y: f32 = 2) -> f32 { x * y }
fn pair(x: f32[N]) -> (f32[N], f32[N]) { return x, x }

kernel operators(x: f32[N], h: f16[N], i: i32[N], b: bool[N], u: u8[N]) -> f32[N] {
  let a = x + h                                          // expect E0301 convert one: f32(h)
  let c = x * i                                          // expect E0301 convert one: f32(i)
  let d = b + b                                          // expect E0302 '+' does not take bool
  let e = x & x                                          // expect E0302 it takes integers and bool
  let f = x && b                                         // expect E0301
  let g = i && i                                         // expect E0302 it takes bool
  let j = -b                                             // expect E0302
  let k = !x                                             // expect E0302
  let l = exp(i)                                         // expect E0302 it takes a float type
  let m = any(x)                                         // expect E0302 it takes bool
  let n = mean(i)                                        // expect E0302 it takes a float type
  let o = if x { 1.0 } else { x }                        // expect E0308 the condition is f32
  let p = i ** -2                                        // expect E0331 a negative power of i32 is no integer
  let pa = bitcast(x, f64)                               // expect E0332 'bitcast' of f32 to f64
  let pb = bitcast(x, i)                                 // expect E0333 expected a type, found 'i'
  let pc = bitcast(1, f32)                               // expect E0332 give the literal its type
  let pd = bitcast(b, u8)                                // expect E0332
  let pe = popcount(x)                                   // expect E0302 it takes integers
  let pf = fma(h, h, h)                                  // expect E0302 it takes f32 and f64
  let q = u + 300                                        // expect E0305 300 does not fit u8
  let r = h * 1e9                                        // expect E0305 does not fit f16
  let s = i * 0.5                                        // expect E0306 is not an integer
  let t = b == 1                                         // expect E0305 write true or false
  let v[ix in 0..3] = ix                                 // expect E0307
  let w: f64[N] = x                                      // expect E0309
  let y = u8(300)                                        // expect E0305
  let z = fill(x, x)                                     // expect E0318
  return x
}

kernel calls(x: f32[N], d: f64[N], i: i32[N]) -> f32[N] {
  let a = both(x, d)                                     // expect E0310
  let b = both(i, i)                                     // expect E0311
  let c = open(x)                                        // expect E0319
  let e = one(d)                                         // expect E0304 convert it: f32(…)
  let f = one()                                          // expect E0315
  let g = one(x, 1, 2)                                   // expect E0315
  let h = one(x, z = 1)                                  // expect E0316
  let j = one(x, x = 1)                                  // expect E0317
  let k, l = one(x)                                      // expect E0314
  let m = pair(x) + 1                                    // expect E0313
  let n = exp(x, x)                                      // expect E0315
  let o = sum(x, axes = 0)                               // expect E0316 did you mean 'axis'
  let p = sum(x, axis = 1.5)                             // expect E0318
  let q = sum()                                          // expect E0315
  return x
}

kernel wrongType(x: f64[N]) -> f32[N] { return x }       // expect E0303 convert it: f32(x)
kernel wrongCount(x: f32[N]) -> f32[N] { return x, x }   // expect E0312
