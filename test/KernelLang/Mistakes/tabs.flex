kernel k(x: f32[N]) -> f32[N] {
	let y = x +	1
	return y	+ z
}
