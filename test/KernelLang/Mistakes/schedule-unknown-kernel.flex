kernel softmax(x: f32[M, N]) -> f32[M] { return [i] sum(j) x[i, j] }

schedule softmx for cpu { strategy rows }
