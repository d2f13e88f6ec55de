#!/usr/bin/env python3
"""Compiles a generated model of many kernels in one file as one program, cold, and launches it.

Two models: `layers` repeats one block under 100 names, as networks do; `varied` has 100 different kernels. Prints the stages' times,
how many functions and launches came out, the temporaries' memory, and the time of a launch from a warm cache. With --write DIR the
models are written there and nothing is run.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIMIT = 3.0  # seconds for 100 kernels
PARAMETERS = "x: f32[B, D], g: f32[D], w: f32[D, D], b: f32[D]"
WHERE = " where B >= 1, D >= 1"
BLOCK = "x + nn.gelu(nn.rms_norm(x, g) @ w + b)"
VARIED = [
    "x + nn.gelu(nn.rms_norm(x, g) @ w + b) * {c}",
    "nn.layer_norm(x * {c}, g, b)",
    "nn.softmax(x * {c}) + x",
    "x + nn.silu(x * {c} + b)",
    "x + (nn.silu(x @ w) * (x @ w)) * {c}",
    "tanh(x @ w + b * {c})",
    "nn.relu(x - {c} * mean(x, axis = 1, keepdims = true))",
    "x * nn.sigmoid(g * {c}) + b",
    "nn.attention(x, x, x * {c}) + x",
    "x / (1 + {c} * max(abs(x), axis = 0, keepdims = true))",
]


def source(count, varied=False):
    """A file of `count` kernels and `model`, which calls one after the other."""
    bodies = [VARIED[i % len(VARIED)].format(c=round(0.5 + i / 200, 4)) if varied else BLOCK for i in range(count)]
    kernels = [f"kernel layer{i}({PARAMETERS}) -> f32[B, D]{WHERE} {{ return {body} }}\n" for i, body in enumerate(bodies)]
    calls = "".join(f"  let y{i + 1} = layer{i}({'x' if i == 0 else f'y{i}'}, g, w, b)\n" for i in range(count))
    return "import nn\n\n" + "".join(kernels) + f"\nkernel model({PARAMETERS}) -> f32[B, D]{WHERE} {{\n{calls}  return y{count}\n}}\n"


def manifest(image):
    """The kernel image's description (docs/reference/image-format.md)."""
    data = image.read_bytes()
    return json.JSONDecoder().raw_decode(data[data.index(b'{"'):].decode("utf-8", "replace"))[0]


def bench(name, text, flexc, folder):
    """Compiles and runs one model; seconds of the compilation by the clock and of processor time."""
    path, image = folder / f"{name}.flex", folder / f"{name}.fxk"
    path.write_text(text)
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run([flexc, "build", f"{path}:model", "--target", "cpu", "--timing", "-o", image], capture_output=True, text=True,
                          check=False)
    wall, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        sys.exit(done.stderr)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"{name}: {wall:.2f} s cold, {cpu:.2f} s of processor time (limit {LIMIT:.0f} s)")
    for line in done.stderr.splitlines():
        if line and not line.startswith((" ", "wrote")):
            print(f"  {line}")
    program = next(kernel for kernel in manifest(image)["kernels"] if kernel["name"] == "model")["programs"][0]
    entries = {launch["entry"] for launch in program["launches"]}
    print(f"  {len(program['launches'])} launches of {len(entries)} functions in one call; temporaries: {program['arena']} bytes")
    args = ["x=randn(seed=1)[64,64]", "g=ones[64]", "w=randn(seed=2,std=0.05)[64,64]", "b=zeros[64]"]
    env = dict(os.environ, FLEX_CACHE_DIR=str(folder / "cache"))
    timed = subprocess.run([flexc, "run", f"{image}:model", *args, "--bench", "--device", "host"], capture_output=True, text=True, env=env,
                           check=False)
    print("  " + next((line for line in (timed.stderr + timed.stdout).splitlines() if "min" in line), timed.stderr.strip()))
    return wall, cpu


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kernels", type=int, default=100)
    parser.add_argument("--flexc", default=str(ROOT / "build" / "dev" / "bin" / "flexc"))
    parser.add_argument("--write", type=Path, help="write the models here and stop")
    args = parser.parse_args()
    models = {"layers": source(args.kernels), "varied": source(args.kernels, varied=True)}
    if args.write:
        for name, text in models.items():
            (args.write / f"{name}.flex").write_text(text)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        walls = [bench(name, text, args.flexc, Path(folder))[0] for name, text in models.items()]
    return int(max(walls) > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
