kernel k<T>(x: T[N]) -> T[N] { return x }
