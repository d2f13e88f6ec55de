// The most likely path through a hidden Markov model (Viterbi 1967), all in logarithms.

/// Scores of starting in each state, of each transition [from, to] and of each state at each time; gives the path and its score.
kernel viterbi(start: f32[S], step: f32[S, S], seen: f32[T, S]) -> (i64[T], f32) where T >= 1, S >= 1 {
  let best[t, s] = scan(t) seen[t, s] + (if t == 0 { start[s] } else { max(r) (zero(best)[t-1, r] + step[r, s]) })
  let from[t in 0..T-2, s] = argmax(r) (best[t, r] + step[r, s])
  let back[u in 0..T-1]: i64[T] = scan(u) if u == 0 {
    argmax(s) best[T-1, s]
  } else {
    zero(from)[T-1-u, zero(back)[u-1]]
  }
  return flip(back, axis = 0), max(s) best[T-1, s]
}
