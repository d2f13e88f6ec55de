// Conway's Game of Life on a torus, one generation.

/// 1 is alive: a cell is born with three neighbours and stays with two or three.
kernel life(cells: u8[H, W]) -> u8[H, W] {
  let p = wrap(cells)
  let rows[y, x] = p[y, x-1] + p[y, x] + p[y, x+1]
  let q = wrap(rows)
  let all[y, x] = q[y-1, x] + q[y, x] + q[y+1, x]
  return [y, x] if all[y, x] == 3 { 1 } else { if all[y, x] == 4 { cells[y, x] } else { 0 } }
}
