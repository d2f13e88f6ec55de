"""The checks of scripts/ find what they are for: each is pointed at a small bad tree and at its mended twin."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
HEADER = """//===- {name} - A file of the test ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// It is here to be looked at.
//
//===----------------------------------------------------------------------===//
"""
RULES = """| Files | May include |
|---|---|
| `lib/KernelLang/CodeGen*` | `KernelLang`, `MLIR` |
| `lib/KernelLang/*`, `include/flex/KernelLang/*` | `KernelLang`, `Support` |
| `lib/*`, `tools/*` | `Support`, `LLVM`, `MLIR` |
| `runtime/*` | `Runtime` |
"""


def write(root, path, content):
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(content)


def check(name, root, *args):
    done = subprocess.run([sys.executable, str(SCRIPTS / f"check-{name}"), "--root", str(root), *args], capture_output=True, text=True,
                          check=False)
    assert done.returncode in (0, 1), done.stderr
    return done.returncode, done.stdout


@pytest.mark.parametrize("name", ["format", "size", "headers", "doc-paths", "layering", "tidy"])
def test_help(name):
    done = subprocess.run([sys.executable, str(SCRIPTS / f"check-{name}"), "--help"], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "usage:" in done.stdout and "--root" in done.stdout


def test_size_of_files(tmp_path):
    write(tmp_path, "lib/long.td", "line\n" * 601)
    write(tmp_path, "lib/fits.td", "line\n" * 600)
    status, out = check("size", tmp_path)
    assert status == 1 and "lib/long.td:1: the file has 601 lines, the limit is 600" in out and "fits" not in out


def test_size_of_functions(tmp_path):
    def function(lines):
        body = "".join(f"  if (x > {i}) {{ x += R\"({{)\"[0]; }} // {{\n" for i in range(lines - 3))
        return f"namespace n {{\nint C::f(int x) const {{\n{body}  return x;\n}}\n}}\n"

    write(tmp_path, "lib/a.cpp", function(80))
    assert check("size", tmp_path)[0] == 0
    write(tmp_path, "lib/a.cpp", function(81))
    status, out = check("size", tmp_path)
    assert status == 1 and "lib/a.cpp:2: function 'f' has 81 lines, the limit is 80" in out


def test_headers(tmp_path):
    write(tmp_path, "lib/Good.cpp", HEADER.format(name="Good.cpp"))
    assert check("headers", tmp_path)[0] == 0
    write(tmp_path, "lib/None.cpp", "int x;\n")
    write(tmp_path, "lib/Other.cpp", HEADER.format(name="Good.cpp"))
    write(tmp_path, "lib/Mute.cpp", HEADER.format(name="Mute.cpp").replace("// It is here to be looked at.\n", ""))
    write(tmp_path, "lib/Free.h", HEADER.format(name="Free.h").replace("SPDX", "spdx"))
    status, out = check("headers", tmp_path)
    assert status == 1 and "4 findings" in out
    for line in ("lib/None.cpp:1: the first line", "the header names 'Good.cpp'", "does not say what the file is for", "lib/Free.h:1: no 'SPDX"):
        assert line in out


def test_doc_paths(tmp_path):
    write(tmp_path, "lib/Target/CPU/Target.cpp", "")
    write(tmp_path, "docs/howto/a.md", "See `lib/Target/<T>/Target.cpp`, lib/Target/{CPU,CPU}/ and [the page](../b.md#part).\n")
    write(tmp_path, "docs/b.md", "nothing, and https://example.org/lib/gone.cpp\n")
    assert check("doc-paths", tmp_path)[0] == 0
    write(tmp_path, "docs/b.md", "`lib/Gone.cpp`, lib/{Target,None}/, `lib/*/Gone.h` and [x](c.md)\n")
    status, out = check("doc-paths", tmp_path)
    assert status == 1 and "4 findings" in out and "docs/b.md:1: 'lib/Gone.cpp' does not exist" in out


def layering_tree(root):
    write(root, "docs/architecture.md", RULES)
    write(root, "lib/Target/Foo/CMakeLists.txt", "")
    write(root, "lib/Target/Foo/Target.cpp", '#include "mlir/IR/Builders.h"\n// Foo is at home here\n')
    write(root, "runtime/Drivers/Hip/CMakeLists.txt", "")
    write(root, "runtime/Drivers/Hip/Device.cpp", '#include "flex/Runtime/Driver.h"\nauto f = "foo"; // foo is a format\n')
    write(root, "runtime/Launch/Launch.cpp", '#include "flex/Runtime/Driver.h"\n// every chip and ship, food for thought\n')
    write(root, "lib/KernelLang/CodeGen.cpp", '#include "flex/KernelLang/AST.h"\n#include "mlir/IR/Builders.h"\n')


def test_layering_good(tmp_path):
    layering_tree(tmp_path)
    status, out = check("layering", tmp_path)
    assert status == 0, out


@pytest.mark.parametrize("path, line, finding", [
    ("runtime/Launch/Bad.cpp", '#include "llvm/ADT/StringRef.h"', "may not include llvm/ADT/StringRef.h"),
    ("runtime/Launch/Bad.cpp", "  # include <mlir/IR/Builders.h>", "'MLIR' is not in the row of runtime/*"),
    ("lib/KernelLang/Parser.cpp", '#include "mlir/IR/Builders.h"', "may not include mlir"),
    ("lib/TensorIR/Bad.cpp", '#include "flex/Runtime/Driver.h"', "may not include flex/Runtime"),
    ("lib/TensorIR/Bad.cpp", "// only for FooTarget", "names 'Foo'"),
    ("lib/TensorIR/Bad.td", 'let x = "foo_thing";', "names 'Foo'"),
    ("lib/Target/CMakeLists.txt", "add_subdirectory(Foo)", "names 'Foo'"),
    ("runtime/Drivers/Hip/Device.cpp", 'load("foo", fooFormat); // foo', "names 'Foo'"),
    ("runtime/Launch/Launch.cpp", 'open("libhip.so"); if (name == "HIP") {}', "names 'Hip'"),
    ("tools/flexc/Foo.cpp", "int x;", "the path names 'Foo'"),
    ("include/flex/Unknown/A.h", "int x;", "no row of docs/architecture.md"),
])
def test_layering_bad(tmp_path, path, line, finding):
    layering_tree(tmp_path)
    write(tmp_path, path, line + "\n")
    status, out = check("layering", tmp_path)
    assert status == 1 and finding in out, out


def test_layering_needs_its_table(tmp_path):
    write(tmp_path, "lib/a.cpp", "")
    status, out = check("layering", tmp_path)
    assert status == 1 and "no table" in out


def test_format(tmp_path):
    write(tmp_path, ".clang-format", "BasedOnStyle: LLVM\n")
    write(tmp_path, "lib/a.cpp", "int  x ;\n")
    status, out = check("format", tmp_path)
    assert status == 1 and "lib/a.cpp:1" in out
    assert check("format", tmp_path, "--fix")[0] == 0
    assert (tmp_path / "lib/a.cpp").read_text() == "int x;\n" and check("format", tmp_path)[0] == 0


@pytest.mark.skipif(not list(SCRIPTS.parent.glob("build/*/bin/flexc")), reason="no flexc is built")
def test_format_of_kernel_files(tmp_path):
    write(tmp_path, "std/k.flex", "fn f(x:float)->float{x}\n")
    write(tmp_path, "test/KernelLang/Mistakes/k.flex", "fn f(x:float)->float{\n")
    status, out = check("format", tmp_path)
    assert status == 1 and "std/k.flex:1: not in the form" in out and "Mistakes" not in out
    assert check("format", tmp_path, "--fix")[0] == 0
    assert (tmp_path / "std/k.flex").read_text() == "fn f(x: float) -> float { x }\n"
    assert check("format", tmp_path)[0] == 0
