"""What a result was measured on: the processor, its caches, the system, the commit."""

import os
import platform
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def _read(path):
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError:
        return ""


def caches():
    """Bytes of each data cache of the first core, by level ("L1"): size, and how many cores share it."""
    found = {}
    for folder in sorted(Path("/sys/devices/system/cpu/cpu0/cache").glob("index*")):
        size = re.fullmatch(r"(\d+)([KM])", _read(folder / "size"))
        if _read(folder / "type") in ("Data", "Unified") and size:
            shared = sum(int(last or first) - int(first) + 1 for first, last in re.findall(r"(\d+)(?:-(\d+))?", _read(folder / "shared_cpu_list")))
            found["L" + _read(folder / "level")] = {"bytes": int(size[1]) << {"K": 10, "M": 20}[size[2]], "cores": max(shared, 1)}
    return found


def describe():
    info = _read("/proc/cpuinfo")
    field = lambda name: (re.search(rf"^{name}\s*:\s*(.*)$", info, re.M) or ["", "?"])[1]  # noqa: E731
    git = lambda *words: subprocess.run(["git", "-C", str(ROOT), *words], capture_output=True, text=True, check=False).stdout.strip()  # noqa: E731
    flags = sorted(flag for flag in field("flags").split() if flag.startswith(("avx", "amx", "fma")))
    return {"cpu": field("model name"), "family": f"{field('cpu family')}/{field('model')}/{field('stepping')}", "cores": os.cpu_count(),
            "features": " ".join(flags), "caches": caches(), "system": platform.platform(), "python": platform.python_version(),
            "huge_pages": _read("/sys/kernel/mm/transparent_hugepage/enabled"), "load": os.getloadavg()[0],
            "commit": (git("rev-parse", "--short", "HEAD") or "?") + ("+changes" if git("status", "--porcelain", "--untracked-files=no") else "")}


def short():
    """What fits into a sentence."""
    import sys

    full = describe()
    versions = {name: sys.modules[name].__version__ for name in ("numpy", "torch") if name in sys.modules}
    return {name: full[name] for name in ("cpu", "cores", "system", "commit")} | versions
