kernel k<T: f16 | f32>(x: T[N where N % 8 == 0) -> T[N] { let m[i] = max(j x[i, j]
 return [i] m[i]