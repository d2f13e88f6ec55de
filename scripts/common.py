"""What the scripts share: the repository's files and how a finding is reported. Standard library only."""

import argparse
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SKIPPED_FOLDERS = {".git", ".venv", ".venv-bench", ".cache", "build", "out", "__pycache__", ".pytest_cache"}

# What the sanitizer builds run under, unless the caller says otherwise. libMLIR and libLLVM are not instrumented: containers
# and bump allocators that cross the border look wrong to ASan, and so do their leaks at exit. Neither are libc++ and TBB inside
# of Intel's OpenCL runtime: TSan sees their locks only as races, so what such modules call does not count.
SANITIZER_OPTIONS = {
    "ASAN_OPTIONS": "allocator_may_return_null=1:detect_container_overflow=0:allow_user_poisoning=0:detect_leaks=1:"
                    "strict_string_checks=1",
    "LSAN_OPTIONS": f"suppressions={ROOT}/scripts/sanitizers/lsan.supp:print_suppressions=0",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
    "TSAN_OPTIONS": "allocator_may_return_null=1:halt_on_error=1:second_deadlock_stack=1:ignore_noninstrumented_modules=1",
}


def files(root, suffixes=None, names=()):
    """Every file of the tree below `root` (Path, relative), sorted; only those with a suffix or name given, if any is."""
    found = []
    for folder, folders, entries in os.walk(root):
        folders[:] = sorted(name for name in folders if name not in SKIPPED_FOLDERS)
        for entry in entries:
            path = Path(folder, entry).relative_to(root)
            if suffixes is None or path.suffix in suffixes or path.name in names:
                found.append(path)
    return sorted(found)


def text(path):
    return Path(path).read_text(encoding="utf-8", errors="replace")


def tail(path, lines):
    return "\n".join(text(path).rstrip().splitlines()[-lines:])


def parser(doc):
    """An argument parser with --root, so that a test can point a check at a bad tree."""
    made = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--root", type=Path, default=ROOT, help="the tree to look at (default: this repository)")
    return made


def report(name, findings, looked_at):
    """Prints the findings, one a line (`path:line: what`), and a closing line; the exit status."""
    for finding in findings:
        print(finding)
    state = "ok" if not findings else f"{len(findings)} finding{'s' if len(findings) > 1 else ''}"
    print(f"{name}: {state} ({looked_at})", flush=True)
    return 1 if findings else 0


def changed_since(root, base):
    """The files that differ from commit `base`, or none when git cannot tell."""
    done = subprocess.run(["git", "-C", str(root), "diff", "--name-only", base], capture_output=True, text=True, check=False)
    return {Path(line) for line in done.stdout.splitlines()} if done.returncode == 0 else set()


def note(*words):
    print(*words, file=sys.stderr, flush=True)
