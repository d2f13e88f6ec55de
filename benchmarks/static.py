#!/usr/bin/env python3
"""The code of some kernels for GPUs beside Triton's, IREE's and XLA's for the same chips: counted, not run; no GPU is needed.

    benchmarks/static.py [--chips sm_80 gfx942 …] [--kernels gemm softmax …] [--output FILE.md] [--peers triton iree xla]

Triton, its assemblers, IREE's compiler and XLA's (for NVIDIA's chips) are installed into build/static on first use (pip); a peer that cannot be had is a row that says
so. NVIDIA's code is counted as SASS (ptxas, nvdisasm), AMD's as the assembly in the code object, Intel's as what ocloc (Debian:
intel-opencl-icd) makes of our SPIR-V, where it is installed. What a compiler makes several kernels of is summed; of registers and shared memory, the most. `loop`: instructions of the innermost loop with most matrix instructions, or of the largest;
`per matrix`: that by its matrix instructions; `tile`: of a matrix product rows x columns x depth, stages, threads; of rows elements at once x times
per thread, threads, and rows of a group; `widths`: accesses of global memory by bytes per lane. FLEX_BUILD_DIR names the build.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BUILD = Path(os.environ.setdefault("FLEX_BUILD_DIR", str(ROOT / "build" / "dev")))
sys.path[:0] = [str(ROOT / "benchmarks"), str(ROOT / "test" / "EndToEnd")]
import gpu_compile  # noqa: E402
import static_iree  # noqa: E402

VENV = ROOT / "build" / "static"
LLVM = Path("/usr/lib/llvm-22/bin")
CHIPS = ["sm_75", "sm_80", "sm_86", "sm_89", "sm_90a", "sm_100a", "sm_120", "gfx90a", "gfx942", "gfx950", "gfx1100", "gfx1201", "intel-pvc", "intel-dg2"]

# name -> kernel text, sizes. The Triton side is in static_triton.py under the same name.
KERNELS = {
    "vadd": ("kernel k(x: f16[N], y: f16[N]) -> f16[N] { return x + y }", {"N": 1 << 20}),
    "gelu": ("import nn\nkernel k(x: f16[N]) -> f16[N] { return f16(nn.gelu(f32(x))) }", {"N": 1 << 20}),
    "softmax": ("import nn\nkernel k(x: f16[M, N]) -> f16[M, N] { return f16(nn.softmax(f32(x))) }", {"M": 4096, "N": 1024}),
    "softmax_fast": ("import nn\n@numerics(fast) kernel k(x: f16[M, N]) -> f16[M, N] { return f16(nn.softmax(f32(x))) }", {"M": 4096, "N": 1024}),
    "layer_norm": ("import nn\nkernel k(x: f16[M, N], g: f16[N], b: f16[N]) -> f16[M, N] { return f16(nn.layer_norm(f32(x), f32(g), f32(b))) }", {"M": 4096, "N": 4096}),
    "transpose": ("kernel k(x: f16[M, N]) -> f16[N, M] { return transpose(x) }", {"M": 4096, "N": 4096}),
    "gemm": ("kernel k(a: f16[M, K], b: f16[K, N]) -> f16[M, N] { return f16(f32(a) @ f32(b)) }", {"M": 8192, "N": 8192, "K": 8192}),
    "attention": ("import nn\nkernel k(q: f16[H, S, D], k: f16[H, T, D], v: f16[H, T, D]) -> f16[H, S, D] { return nn.attention(q, k, v) }", {"H": 32, "S": 4096, "T": 4096, "D": 64}),
    "gemm_gelu": ("import nn\nkernel k(a: f16[M, K], b: f16[K, N], c: f16[N]) -> f16[M, N] { return f16(nn.gelu(f32(a) @ f32(b) + f32(c))) }", {"M": 8192, "N": 8192, "K": 8192}),
}


def run(*words, **more):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, errors="replace", check=False, **more)
    if done.returncode:
        raise RuntimeError(f"{Path(str(words[0])).name}: {(done.stderr or done.stdout).strip()[:300]}")
    return done.stdout + done.stderr


# peer -> what pip is given, one call each; XLA's plugin alone, without NVIDIA's libraries
PACKAGES = {"triton": [["triton"]], "iree": [["iree-base-compiler"]], "xla": [["jax"], ["--no-deps", "jax-cuda13-pjrt"]]}
INTEL = {"intel-pvc": "pvc", "intel-dg2": "dg2-g10"}
SAME = {"softmax_fast": "softmax"}  # what peers have one of


def install(peer):
    """Into build/static, once; what pip said where that fails."""
    python, mark = VENV / "bin" / "python", VENV / (".installed" if peer == "triton" else f".installed-{peer}")
    if mark.exists():
        return ""
    print(f"installing {PEERS[peer][0]} into build/static", file=sys.stderr)
    try:
        if not python.exists():
            run(sys.executable, "-m", "venv", VENV)
        for words in PACKAGES[peer]:
            run(python, "-m", "pip", "install", "-q", *words)
    except RuntimeError as error:
        return str(error)
    mark.touch()
    return ""


def nvidia_tool(name):
    """Triton's wheel brings NVIDIA's tools; the newest one of a name."""
    found = sorted(VENV.glob(f"lib/python*/site-packages/triton/backends/nvidia/bin/{name}*"))
    if not found:
        raise RuntimeError(f"{name} is not in build/static")
    return found[-1]


def is_nvidia(chip):
    return chip.startswith("sm_")


# How each assembly says label, branch and instruction.
SASS = {
    "label": re.compile(r"^(\.L_x_\d+):"),
    "code": re.compile(r"^\s*/\*[0-9a-f]{4,}\*/\s+(?:\{\s*)?(?:@!?U?P\w+\s+)?([A-Z][\w.]*)(.*);"),
    "branch": re.compile(r"^BRA"),
    "end": re.compile(r"^\s*/\*[0-9a-f]{4,}\*/\s+(?:\{\s*)?(?:BRA|EXIT|RET|BRX|KILL)\b(?!.*!?U?P\d,)"),
    "target": re.compile(r"\((\.L_x_\d+)\)"),
    "matrix": re.compile(r"^(HMMA|IMMA|DMMA|QMMA|OMMA|HGMMA|IGMMA|QGMMA|UTC\w*MMA)"),
    "barrier": re.compile(r"^(BAR|SYNCS|WARPSYNC)"),
    "async": re.compile(r"^(LDGSTS|UTMALDG|UBLKCP)"),
    "wide": re.compile(r"^(LDG|STG)\.E(?:\.\w+)*"),
}
GCN = {
    "label": re.compile(r"^(\.LBB\w+):"),
    "code": re.compile(r"^\t([a-z]\w+)(.*)"),
    "branch": re.compile(r"^s_c?branch"),
    "end": re.compile(r"^\ts_(branch|endpgm|setpc)"),
    "target": re.compile(r"(\.LBB\w+)"),
    "matrix": re.compile(r"^v_(mfma|wmma|smfmac)"),
    "barrier": re.compile(r"^s_barrier"),
    "async": re.compile(r"^(global|buffer)_load_lds"),
    "wide": re.compile(r"^(?:global|buffer)_(?:load|store)_(?:lds_)?(?:dwordx?(\d)?|b(\d+)|u?short|ubyte|[us]\d+|d16\w*)"),
}


def width(syntax, opcode):
    if syntax is SASS:
        found = re.search(r"\.(U?8|S8|U?16|S16|64|128)(?!\d)", opcode)
        return int(re.sub(r"\D", "", found.group(1))) // 8 if found else 4
    if "dword" in opcode:
        return 4 * int(re.search(r"dwordx?(\d?)", opcode).group(1) or 1)
    found = re.search(r"_[bui](\d+)", opcode)
    return int(found.group(1)) // 8 if found else 2


def loops_of(labels, branches, ends, count):
    """The natural loops, as sets of instructions, of all branches backwards: `branches` from an instruction to a label, `ends`: behind which the next one is not reached."""
    begins = sorted({0, *labels.values(), *(place + 1 for place in [*branches, *ends])} - {count})
    block = {begin: (begin, end) for begin, end in zip(begins, [*begins[1:], count])}
    after = {}  # of a block: those that may be next
    for begin, end in block.values():
        after[begin] = [labels[branches[end - 1]]] if end - 1 in branches and labels.get(branches[end - 1], count) < count else []
        after[begin] += [end] if end - 1 not in ends and end < count else []
    before = {begin: [other for other in after if begin in after[other]] for begin in after}

    def reached(start, edges, stop=None):
        found, todo = {start}, [start]
        while todo:
            one = todo.pop()
            fresh = [] if one == stop else [other for other in edges[one] if other not in found]
            found.update(fresh)
            todo += fresh
        return found

    loops = {}
    living = reached(0, after)  # what pads the code behind its end is a branch to itself
    for begin in living:
        for head in (other for other in after[begin] if other <= begin):
            if begin in reached(head, after):  # else it is a way out that lies before
                body = reached(begin, before, head) & reached(head, after)
                loops.setdefault(head, set()).update(place for one in body for place in range(*block[one]))
    return list(loops.values())


def count(text, syntax):
    """Figures of one function's assembly."""
    opcodes, labels, branches, ends = [], {}, {}, set()
    for line in text.splitlines():
        if found := syntax["label"].match(line):
            labels[found.group(1)] = len(opcodes)
            continue
        found = syntax["code"].match(line)
        if not found or found.group(1) in ("NOP", "s_nop", "s_code_end"):
            continue
        opcode, rest = found.groups()
        target = syntax["target"].search(rest)
        if syntax["branch"].match(opcode) and target:
            branches[len(opcodes)] = target.group(1)
        if syntax["end"].match(line):
            ends.add(len(opcodes))
        opcodes.append(opcode)
    loops = loops_of(labels, branches, ends, len(opcodes))
    matrix = lambda places: sum(1 for place in places if syntax["matrix"].match(opcodes[place]))  # noqa: E731
    loops = [loop for loop in loops if matrix(loop)] or loops
    inner = [a for a in loops if not any(b < a for b in loops)]
    main = max(inner, key=lambda loop: (matrix(loop), len(loop)), default=set())
    widths = Counter(f"{width(syntax, opcode)} B" for opcode in opcodes if syntax["wide"].match(opcode))
    return {"instructions": len(opcodes), "loop": len(main), "matrix": matrix(main), "barriers": sum(1 for opcode in opcodes if syntax["barrier"].match(opcode)),
            "async": sum(1 for opcode in opcodes if syntax["async"].match(opcode)), "widths": dict(sorted(widths.items()))}


def figures(chip, assembly, folder):
    """Of PTX, or of an AMD assembly text with its metadata."""
    if not is_nvidia(chip):
        note = lambda key: max((int(value) for value in re.findall(rf"\.{key}: +(\d+)", assembly)), default=0)  # noqa: E731
        body = assembly[: assembly.find(".amdgpu_metadata")]
        return {**count(body, GCN), "registers": note("vgpr_count"), "spills": note("vgpr_spill_count") + note("sgpr_spill_count"),
                "shared": note("group_segment_fixed_size")}
    ptx, cubin = folder / "k.ptx", folder / "k.cubin"
    ptx.write_text(assembly)
    arch = re.search(r"^\.target (\w+)", assembly, re.M).group(1)  # Triton picks the one with an 'a'
    said = run(nvidia_tool("ptxas"), f"-arch={arch}", "-v", "-o", cubin, ptx)
    number = lambda pattern: max((int(value) for value in re.findall(pattern, said)), default=0)  # noqa: E731
    return {**count(run(nvidia_tool("nvdisasm"), "-c", cubin), SASS), "registers": number(r"Used (\d+) registers"), "spills": number(r"(\d+) bytes spill stores"),
            "shared": number(r"(\d+) bytes smem")}


def flex(name, chip, folder):
    text, sizes = KERNELS[name]
    (folder / "k.flex").write_text(text + "\n")
    target = f"{'nvptx' if is_nvidia(chip) else 'amdgpu'}:{chip}"
    words = [word for key, value in sizes.items() for word in ("-D", f"{key}={value}")]
    begin = time.perf_counter()
    assembly = run(BUILD / "bin" / "flexc", "check", folder / "k.flex", "-I", ROOT / "std", "--target", target, "--emit=asm", *words)
    seconds = time.perf_counter() - begin
    groups = run(BUILD / "bin" / "flexc", "check", folder / "k.flex", "-I", ROOT / "std", "--target", target, "--emit=groups", *words)
    keys = dict(re.findall(r'"?([a-z-]+)"? = (\d+)', groups))
    explained = run(BUILD / "bin" / "flexc", "explain", folder / "k.flex", "-I", ROOT / "std", "--target", target, *words)
    keys |= {key.replace("_", "-"): value for key, value in re.findall(r"\b(tile_[mnk]) +(\d+)", explained)}  # a smaller one, where the first spills
    tile = f"{keys['lanes']}x{keys['vectors']} t{keys['group-size']}" + (f" r{keys['item-rows']}" if keys["item-rows"] != "1" else "")
    if "tile-m" in keys:
        tile = f"{keys['tile-m']}x{keys['tile-n']}x{keys['tile-k']} s{keys.get('stages', 1)} t{keys['group-size']}"
    elif keys["unroll-tile"] != "0":
        tile = f"{keys['unroll-tile']}x{keys['lane-tile']} t{keys['group-size']}"
    figure = figures(chip, assembly, folder)
    if is_nvidia(chip) and figure["shared"] == 0:  # launches ask for it
        card = run(BUILD / "bin" / "flexc", "card", folder / "k.flex", "-I", ROOT / "std", "--target", target, *words)
        figure["shared"] = max((int(value) for value in re.findall(r"group memory +(\d+) bytes", card)), default=0)
    return {**figure, "seconds": seconds, "tile": tile}


def triton(name, chip, folder):
    words = [VENV / "bin" / "python", ROOT / "benchmarks" / "static_triton.py", name, chip, folder / "triton.s"]
    said = run(*words, env=dict(os.environ, TRITON_CACHE_DIR=str(folder / "cache")))
    answer = json.loads(next(line for line in said.splitlines() if line.startswith('{"seconds"')))
    return {**figures(chip, (folder / "triton.s").read_text(), folder), **answer}


def together(parts):
    """Figures of several kernels."""
    if len(parts) == 1:
        return parts[0]
    widths = sum((Counter(part["widths"]) for part in parts), Counter())
    main = max(parts, key=lambda part: (part["matrix"], part["loop"]))
    return {**{key: sum(part[key] for part in parts) for key in ("instructions", "spills", "barriers", "async")}, "loop": main["loop"], "matrix": main["matrix"],
            **{key: max(part[key] for part in parts) for key in ("registers", "shared")}, "widths": dict(sorted(widths.items()))}


def iree(name, chip, folder):
    texts, seconds = static_iree.compiled(name, KERNELS[name][1], chip, VENV / "bin" / "iree-compile", folder)
    return {**together([figures(chip, text, folder) for text in texts]), "seconds": seconds, "tile": f"{len(texts)} kernels" if len(texts) > 1 else ""}


def xla(name, chip, folder):
    if not is_nvidia(chip):
        raise RuntimeError("its wheels for AMD's chips are not asked")
    facts = json.loads((ROOT / "lib" / "Target" / "NVPTX" / "chips" / f"{chip}.json").read_text())["facts"]
    said = run(VENV / "bin" / "python", ROOT / "benchmarks" / "static_xla.py", name, json.dumps(KERNELS[name][1]), chip, json.dumps({key: fact[0] for key, fact in facts.items()}), folder / "dump")
    answer = json.loads(next(line for line in said.splitlines() if line.startswith('{"seconds"')))
    files = sorted((folder / "dump").glob("*.ptx"))
    if not files or answer["library"]:
        raise RuntimeError(f"calls a library: {', '.join(answer['library']) or 'which is not known'}")
    return {**together([figures(chip, file.read_text(), folder) for file in files]), "seconds": answer["seconds"], "tile": f"{len(files)} kernels" if len(files) > 1 else ""}


PEERS = {"triton": ("Triton", triton), "iree": ("IREE", iree), "xla": ("XLA", xla)}


def intel(name, chip, folder):
    """What ocloc makes of the SPIR-V: instructions and those on matrix units, of all of its kernels."""
    compiler = gpu_compile.program("ocloc")
    if not compiler:
        raise RuntimeError("ocloc is not installed")
    text, sizes = KERNELS[name]
    (folder / "k.flex").write_text(text + "\n")
    words = [word for key, value in sizes.items() for word in ("-D", f"{key}={value}")]
    begin = time.perf_counter()
    run(BUILD / "bin" / "flexc", "build", folder / "k.flex", "-I", ROOT / "std", f"--target=spirv:{chip}", "-o", folder / "k.fxk", *words)
    seconds = time.perf_counter() - begin
    (folder / "k.spv").write_bytes(next(payload for _, _, payload in gpu_compile.programs(folder / "k.fxk")))
    begin = time.perf_counter()
    said = run(compiler, "compile", "-spirv_input", "-file", folder / "k.spv", "-device", INTEL[chip], "-output", "k", "-out_dir", folder / "out")
    if "Build succeeded" not in said:
        raise RuntimeError(said.strip().splitlines()[-1])
    ocloc = time.perf_counter() - begin
    binary = next((folder / "out").glob("*.bin"))
    run(compiler, "disasm", "-file", binary, "-device", INTEL[chip], "-dump", folder / "asm")
    lines = [line for file in (folder / "asm").glob("*.asm") for line in file.read_text().splitlines() if re.match(r"^(\([^)]*\))? +[a-z]", line)]
    opcodes = Counter(re.match(r"^(?:\([^)]*\))? +([a-z]\w*)", line).group(1) for line in lines)
    calls = sum(opcodes[one] for one in ("call", "calla"))
    return {"instructions": len(lines), "matrix": opcodes["dpas"] + opcodes["dpasw"], "sends": sum(count for one, count in opcodes.items() if one.startswith("send")),
            "calls": calls, "flexc": seconds, "ocloc": ocloc}


def intel_row(label, one):
    if "error" in one:
        return f"| {label} | {one['error']} | | | | | |"
    return f"| {label} | {one['instructions'] or 'no disassembler'} | {one['matrix']} | {one['sends']} | {one['calls']} | {one['flexc']:.2f} s | {one['ocloc']:.2f} s |"


def made(make, *words):
    with tempfile.TemporaryDirectory() as folder:
        try:
            return make(*words, Path(folder))
        except (RuntimeError, ValueError, KeyError, StopIteration) as error:
            return {"error": (str(error).splitlines() or ["nothing was said"])[-1][:120].replace("|", "/")}


def row(label, one):
    if "error" in one:
        return f"| {label} | {one['error']} |" + " |" * 9
    per = f"{one['loop'] / one['matrix']:.2f}" if one["matrix"] else ""
    widths = ", ".join(f"{count} x {width}" for width, count in one["widths"].items())
    return (f"| {label} | {one['tile']} | {one['loop']} / {one['matrix']} | {per} | {one['instructions']} | {one['registers']} | {one['spills']} | {one['shared']} | "
            f"{widths} | {one['barriers']} | {one['seconds']:.2f} s |")


def table(kernels, chips, peers):
    missing = {peer: why for peer in peers if (why := install(peer))}
    yield "| kernel, chip, compiler | tile | loop / matrix | per matrix | instructions | registers | spills | shared | widths | barriers | compile |"
    yield "|---|---|---|---|---|---|---|---|---|---|---|"
    for name in kernels:
        for chip in (chip for chip in chips if chip not in INTEL):
            yield row(f"{name}, {chip}, Flex", made(flex, name, chip))
            for peer in peers:
                label, make = PEERS[peer]
                if name in SAME and chip in chips and SAME[name] in kernels:
                    continue  # beside the other one
                one = {"error": f"not installed: {missing[peer][:80]}"} if peer in missing else made(make, SAME.get(name, name), chip)
                yield row(f"{name}, {chip}, {label}", one)
    if any(chip in INTEL for chip in chips):
        yield "\nOur SPIR-V through Intel's offline compiler:\n"
        yield "| kernel, chip | instructions | dpas | sends | calls | flexc | ocloc |"
        yield "|---|---|---|---|---|---|---|"
        for name in kernels:
            yield from (intel_row(f"{name}, {chip}", made(intel, name, chip)) for chip in chips if chip in INTEL)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chips", nargs="*", default=CHIPS)
    parser.add_argument("--kernels", nargs="*", default=list(KERNELS))
    parser.add_argument("--output", type=Path)
    parser.add_argument("--peers", nargs="*", default=list(PEERS), choices=list(PEERS))
    options = parser.parse_args()
    if any(is_nvidia(chip) for chip in options.chips) and (why := install("triton")):  # its wheel has the assemblers, too
        print(f"no assembler for NVIDIA's chips: {why}", file=sys.stderr)
    lines = []
    for line in table(options.kernels, options.chips, options.peers):
        print(line, flush=True)
        lines.append(line)
    if options.output:
        commit = subprocess.run(["git", "-C", ROOT, "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False).stdout.strip()
        options.output.parent.mkdir(parents=True, exist_ok=True)
        options.output.write_text(f"# Code for GPUs beside Triton's, IREE's and XLA's\n\n`./flex bench --static`, commit {commit}. Counted, not run; what the columns are: `benchmarks/static.py --help`. "
                                  "Compile times of Flex and IREE are those of a process, Triton's and XLA's those of a cold compile in a process that has imported it. Counts are per thread: "
                                  "where a thread takes more of a row (`tile`), it has more of the work.\n\n" + "\n".join(lines) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
