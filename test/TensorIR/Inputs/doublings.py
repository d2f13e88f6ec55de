"""Prints a chain of maps that each read their producer at two places, or checks how long the bodies of one became."""

import sys

if sys.argv[1] == "--longest-body":
    longest = current = 0
    for line in sys.stdin:
        current = 0 if "flex.map" in line or "flex.return" in line else current + 1
        longest = max(longest, current)
    sys.exit(0 if 0 < longest <= int(sys.argv[2]) + 2 else f"a body has {longest} lines")

count = int(sys.argv[1])
print("flex.kernel @doublings(%x0: !flex.tensor<f32[N]>) -> !flex.tensor<f32[N]> {")
for n in range(count):
    print(f"""  %x{n + 1} = flex.map [i < N] (%a = %x{n}[i] : !flex.tensor<f32[N]>, %b = %x{n}[N - 1 - i] : !flex.tensor<f32[N]>) -> f32 {{
    %r = arith.addf %a, %b : f32
    flex.yield %r : f32
  }}""")
print(f"  flex.return %x{count} : !flex.tensor<f32[N]>\n}}")
