"""Our own matrix kernels with faults put into their scheduled loops: the emulator reports each, or the numbers are wrong.

A wait, commit, barrier or fence is taken out (or waits for a group too few) one at a time, in the artefact of stage `loops`; the rest of the
chain is as always. What each is there for is so shown by what happens without it.
"""

import re

import numpy as np
import pytest

KERNEL = "kernel mm(x: f16[M, K], w: f16[K, N]) -> f16[M, N] { return [i, j] sum(k) x[i, k] * w[k, j] }"
# gfx950 has two stages, whose steps come in pairs: an even number of them, and one that is left over. On gfx942 a schedule asks for them.
CHIPS = ["sm_80", "sm_90a", "sm_90a async", "sm_100a", "sm_100a async", "gfx942", "gfx942 stages", "gfx950", "gfx950 over", "gfx1100", "intel-pvc"]
SEEDS = range(6)


class Product:
    """64 x 64 products of small integers, whose sums are exact, over more steps than stages."""

    def __init__(self, flexc, rng, chip):
        # Of tiles of 64 steps, the last one lies where results go.
        depth = {"sm_100a async": 288, "sm_100a": 416, "sm_90a": 416, "gfx950 over": 192}.get(chip, 160)
        self.flexc, self.chip, self.stage = flexc, chip.split()[0], "loops"
        tile = "tile_k 32" if self.chip == "sm_90a" else ""
        schedule = f"schedule mm for nvptx {{ copies async  {tile} }}" if "async" in chip else ""
        if chip.endswith("stages"):
            schedule = "schedule mm for amdgpu { stages 2 }"
        self.sizes = ["-DM=64", "-DN=64", f"-DK={depth}"]
        x, w = (rng.integers(-1, 3, shape).astype(np.float16) for shape in ((64, depth), (depth, 64)))
        self.expected = (x.astype(np.float32) @ w.astype(np.float32)).astype(np.float16)
        np.save(flexc.folder / "x.npy", x)
        np.save(flexc.folder / "w.npy", w)
        place = flexc.write("mm.flex", f"{KERNEL}\n{schedule}")
        flexc.run("build", place, *self.sizes, f"--target=emulated:{self.chip}", "--emit=loops", "-o", "mm.loops.mlir")
        self.text = (flexc.folder / "mm.loops.mlir").read_text()

    def outcome(self, text, seed):
        """What is reported, "wrong numbers", or nothing."""
        path, out = self.flexc.write(f"fault.{self.stage}.mlir", text), self.flexc.folder / "out.npy"
        out.unlink(missing_ok=True)
        self.flexc.env.update(FLEX_EMULATOR_SEED=str(seed), FLEX_EMULATOR_TIMEOUT="20")
        done = self.flexc.run("run", path, "x=@x.npy", "w=@w.npy", f"--device=emulated:{self.chip}", "-o", out, check=False)
        if done.returncode:
            return done.stderr
        return "" if np.array_equal(np.load(out), self.expected) else "wrong numbers"

    def faults(self):
        """(what, text) of every statement that orders something."""
        for match in re.finditer(r"^ *(tile\.(?:wait|commit|settle|pipe_)[^\n]*)\n", self.text, re.MULTILINE):
            line = self.text[: match.start()].count("\n") + 1
            before, after = self.text[: match.start()], self.text[match.end() :]
            yield f"line {line}: no '{match[1]}'", before + after
            if "pending 1" in match[0]:
                yield f"line {line}: pending 2", before + match[0].replace("pending 1", "pending 2") + after
            if match[1].endswith(" units"):
                yield f"line {line}: not for units", before + match[0].replace(" units", "") + after
            if settle := re.search(r"settle (\d)", match[0]):
                later = f"settle {int(settle[1]) + 1}"
                yield f"line {line}: {later}", before + match[0].replace(settle[0], later) + after


@pytest.fixture(params=CHIPS)
def product(request, flexc, rng):
    return Product(flexc, rng, request.param)


def test_right_in_every_order(product):
    assert [product.outcome(product.text, seed) for seed in SEEDS] == [""] * len(SEEDS)


def test_every_fault_shows(product):
    faults, missed, reports = 0, [], []
    for what, text in product.faults():
        faults += 1
        if product.chip in ("gfx1100", "intel-pvc") and what.endswith("'tile.wait wave'") and "tile.put" in text.splitlines()[int(re.search(r"\d+", what)[0]) - 1]:
            continue  # LLVM has moved products between the strips, which all threads of a wave meet at
        found = next(filter(None, (product.outcome(text, seed) for seed in SEEDS)), "")
        reports.append(found)
        if not found:
            missed.append(what)
    assert faults >= 3 and not missed, "\n".join(missed)
    # What asynchronous instructions wait for is named as what it is.
    def named(text):
        return sum(text in report for report in reports)

    if product.chip == "sm_80":
        assert named("a cp.async that its thread has not waited for") >= 4
    if product.chip == "sm_90a" and "tile.pipe" in product.text:
        assert named("a bulk copy whose barrier nobody has waited for") >= 1
        assert named("a wgmma that a warp has not waited for") >= 3
        assert named("deadlock") >= 1
        assert named("the sums of a wgmma are used") >= 1
    elif product.chip == "sm_90a":
        assert named("a cp.async that its thread has not waited for") >= 2
        assert named("a wgmma that a warp has not waited for") >= 2
        assert named("without a fence.proxy.async") >= 1
        assert named("the sums of a wgmma are used") >= 1
    if product.chip == "sm_100a" and "tile.pipe" in product.text:
        assert named("a bulk copy whose barrier nobody has waited for") >= 1
        assert named("deadlock") >= 1
    elif product.chip == "sm_100a":
        assert named("a cp.async that its thread has not waited for") >= 2
        assert named("a tcgen05.mma whose commit nobody has waited for") >= 1
        assert named("without a fence.proxy.async") >= 1


@pytest.mark.parametrize("chip", ["sm_90a", "sm_100a"])
def test_of_open_shapes_one_launch_has_work(flexc, rng, chip):
    """Boxes where rows begin at multiples of 16 bytes, else copies by threads: the one that is not at work may be as wrong as it likes."""
    product = Product(flexc, rng, chip)
    flexc.run("build", "mm.flex", f"--target=emulated:{chip}", "--emit=loops", "-o", "mm.loops.mlir")
    text = (flexc.folder / "mm.loops.mlir").read_text()
    begin = text.index("tile.kernel @mm_0_unaligned(")
    without = lambda part, op: re.sub(rf"^ *{op}[^\n]*\n", "", part, flags=re.MULTILINE)  # noqa: E731
    no_boxes, no_copies = without(text[:begin], "tile\\.pipe_await") + text[begin:], text[:begin] + without(text[begin:], "tile\\.wait")
    assert len({text, no_boxes, no_copies}) == 3
    for m, n, k in ((70, 72, 200), (70, 72, 201), (70, 73, 200), (64, 64, 8), (5, 1, 1)):
        x, w = (rng.integers(-1, 3, shape).astype(np.float16) for shape in ((m, k), (k, n)))
        np.save(flexc.folder / "x.npy", x)
        np.save(flexc.folder / "w.npy", w)
        product.expected = (x.astype(np.float32) @ w.astype(np.float32)).astype(np.float16)
        assert [product.outcome(text, seed) for seed in (0, 1)] == ["", ""]
        used, other = (no_boxes, no_copies) if k % 8 == 0 and n % 8 == 0 else (no_copies, no_boxes)
        assert product.outcome(other, 0) == "" and any(product.outcome(used, seed) for seed in SEEDS), (m, n, k)


# What the lowering makes of a pipe, in the artefact of stage `module`: what it begins with, and a barrier of some threads.
PIPE = r"mbarrier\.init\.shared|fence\.mbarrier_init|nvvm\.barrier0|barrier\.cta\.sync|wgmma\.(?:fence|commit|wait)|arrive\.expect|cp\.async\.bulk|tcgen05\.(?:alloc|dealloc|commit|wait)"


@pytest.mark.parametrize("chip", ["sm_90a", "sm_100a"])
def test_every_fault_around_a_pipe_shows(flexc, rng, chip):
    product = Product(flexc, rng, chip)
    flexc.run("build", "mm.flex", *product.sizes, f"--target=emulated:{chip}", "--emit=module", "-o", "mm.module.mlir")
    lines = (flexc.folder / "mm.module.mlir").read_text().splitlines(keepends=True)
    product.stage = "module"
    assert product.outcome("".join(lines), 1) == ""
    found = {}
    for at, line in enumerate(lines):
        if re.search(PIPE, line):
            text = "".join(lines[:at] + lines[at + 1 :])
            found[f"line {at + 1}: no {line.strip()}"] = next(filter(None, (product.outcome(text, seed) for seed in SEEDS)), "")
    # Where tensor memory begins just before the pipe, that one's fence and barrier are for both. The barrier that shows nothing comes before columns are given back.
    missed = [re.sub(r".*?(fence|barrier0|$)", r"\1", what) for what, report in found.items() if not report]
    assert len(found) >= 17 and missed == (["barrier0"] if chip == "sm_100a" else []), "\n".join(what for what, report in found.items() if not report)
    for report in ("a barrier in memory that was never initialised", "without a fence.proxy.async", "deadlock"):
        assert any(report in text for text in found.values()), (report, found)


# What the lowering adds around tensor memory, in the artefact of stage `module`.
TENSOR = r"tcgen05\.(?:alloc|dealloc|commit|wait)|mbarrier\.init\.shared|fence\.proxy|nvvm\.barrier0|cp\.async\.wait"


def test_every_fault_around_tensor_memory_shows(flexc, rng):
    product = Product(flexc, rng, "sm_100a async")
    flexc.run("build", "mm.flex", *product.sizes, "--target=emulated:sm_100a", "--emit=module", "-o", "mm.module.mlir")
    lines = (flexc.folder / "mm.module.mlir").read_text().splitlines(keepends=True)
    product.stage = "module"
    assert product.outcome("".join(lines), 1) == ""
    found = {}
    for at, line in enumerate(lines):
        if re.search(TENSOR, line):
            text = "".join(lines[:at] + lines[at + 1 :])
            found[f"line {at + 1}: no {line.strip()}"] = next(filter(None, (product.outcome(text, seed) for seed in SEEDS)), "")
    # The barrier before columns are given back: these results leave through one, too.
    missed = [what for what, report in found.items() if not report]
    assert len(found) >= 11 and len(missed) == 1 and missed[0] == [what for what in found if "barrier0" in what][-1], "\n".join(missed)
    for report in ("not given back", "ended before it waited for 1 tcgen05.ld", "without a fence.proxy.async", "that its thread has not waited for"):
        assert any(report in text for text in found.values()), (report, found)
    # Fences behind waits stand in for each other: what shows is that there is none.
    text = "".join(line for line in lines if "tcgen05.fence.after" not in line)
    assert "no tcgen05.fence::after_thread_sync" in product.outcome(text, 1)
