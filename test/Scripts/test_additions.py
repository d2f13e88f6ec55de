"""What docs/howto says an addition touches is true: an operation, a pass, a target and a driver are added to a scratch copy of the
tree, the touched files are counted, and the copy is configured and compiled as far as that is cheap."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CMAKE = ["-G", "Ninja", "-DCMAKE_BUILD_TYPE=None", "-DCMAKE_C_COMPILER=/usr/bin/clang-22", "-DCMAKE_CXX_COMPILER=/usr/bin/clang++-22",
         "-DCMAKE_PREFIX_PATH=/usr/lib/llvm-22", "-DFLEX_BUILD_TESTS=OFF", "-DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON"]

OP_DECLARATION = """
def Flex_ScratchOp : Flex_Op<"scratch", [Pure, SameOperandsAndResultType]> {
  let summary = "a scalar as it is";
  let description = "`flex.scratch %x : f32`, inside a body.";
  let arguments = (ins AnyType:$operand);
  let results = (outs AnyType:$result);
  let assemblyFormat = "$operand attr-dict `:` type($result)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

#endif
"""
OP_DEFINITION = """
LogicalResult ScratchOp::verify() {
  return isa<StatementInterface>((*this)->getParentOp()) ? success() : emitOpError("is not inside a statement");
}
OpFoldResult ScratchOp::fold(FoldAdaptor) {
  return {};
}
"""
OP_LOWERING = "  if (auto scratch = dyn_cast<ir::ScratchOp>(op))\n    return evaluate(statement, scratch.getOperand(), point);\n"
PASS_DECLARATION = """
def FlexKeepScratch : Pass<"flex-keep-scratch", "::flex::ir::KernelOp"> {
  let summary = "look at a kernel and keep it";
}

#endif
"""
PASS_SOURCE = """//===- KeepScratch.cpp - Looks at a kernel --------------------------------===//
#include "flex/TensorIR/TensorPasses.h"

namespace flex::ir {
#define GEN_PASS_DEF_FLEXKEEPSCRATCH
#include "flex/TensorIR/TensorPasses.h.inc"
} // namespace flex::ir

namespace {
struct KeepScratchPass : flex::ir::impl::FlexKeepScratchBase<KeepScratchPass> {
  void runOnOperation() override { (void)getOperation().getDimNames(); }
};
} // namespace
"""


def listed():
    """The files of the tree, those that are not committed yet included."""
    command = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("not a git checkout: which files belong to the tree is not known")
    return [name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()]


class Scratch:
    """A copy of the tree that knows what was touched since `forget`."""

    def __init__(self, root):
        self.root = root
        for name in listed():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, root / name)
        self.forget()

    def forget(self):
        self.touched = set()

    def write(self, name, text):
        self.touched.add(name)
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        (self.root / name).write_text(text)

    def edit(self, name, pattern, replacement):
        """Replaces the one place `pattern` finds; the test's anchors must exist."""
        text, count = re.subn(pattern, lambda _: replacement, (self.root / name).read_text(), count=1, flags=re.M)
        assert count == 1, f"{name} has no place that matches {pattern!r}: mend this test"
        self.write(name, text)

    def copy_folder(self, source, target):
        """Copies the folder `Null` under another name, and that name into what it says."""
        for path in sorted((self.root / source).rglob("*")):
            if path.is_file():
                text = re.sub(r"\bnull\b", "scratch", re.sub(r"Null(?![a-z])", "Scratch", path.read_text()))
                self.write(f"{target}/{path.relative_to(self.root / source)}", text)


def said(page, pattern):
    found = re.search(pattern, (ROOT / "docs/howto" / page).read_text())
    assert found, f"docs/howto/{page} does not say how many files it takes ({pattern!r})"
    return {"Four": 4, "Five": 5, "Six": 6}[found.group(1)]


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    return Scratch(tmp_path_factory.mktemp("tree"))


def add_op(scratch):
    scratch.edit("include/flex/TensorIR/TensorOps.td", r"^#endif\s*\Z", OP_DECLARATION.lstrip("\n"))
    scratch.edit("lib/TensorIR/TensorOps.cpp", r"^LogicalResult DimOp::verify\(\) \{", OP_DEFINITION.lstrip("\n") + "\nLogicalResult DimOp::verify() {")
    name, pattern = "lib/ScheduledLoops/Evaluator.cpp", r"^  if \(auto dim = dyn_cast<ir::DimOp>\(op\)\)"
    scratch.edit(name, pattern, OP_LOWERING + "  if (auto dim = dyn_cast<ir::DimOp>(op))")
    scratch.edit("lib/TensorIR/InterpreterProgram.cpp", r"^    if \(auto dim = dyn_cast<DimOp>\(op\)\) \{",
                 "    if (auto scratch = dyn_cast<ScratchOp>(op)) {\n      uint16_t number;\n"
                 "      FLEX_RETURN_IF_ERROR(registerOf(scratch.getOperand(), number));\n      registers[result] = number;\n"
                 "      return Status::ok();\n    }\n    if (auto dim = dyn_cast<DimOp>(op)) {")
    scratch.write("test/TensorIR/scratch.mlir", "// RUN: flex-opt %s | FileCheck %s\n")
    scratch.write("test/TensorIR/scratch-invalid.mlir", "// RUN: flex-opt %s -verify-diagnostics\n")


def add_pass(scratch):
    scratch.edit("include/flex/TensorIR/TensorPasses.td", r"^#endif\s*\Z", PASS_DECLARATION.lstrip("\n"))
    scratch.write("lib/TensorIR/KeepScratch.cpp", PASS_SOURCE)
    scratch.edit("lib/TensorIR/CMakeLists.txt", r"^  LINK ", "  KeepScratch.cpp\n  LINK ")
    scratch.write("test/TensorIR/keep-scratch.mlir", "// RUN: flex-opt %s -flex-keep-scratch | FileCheck %s\n")


def test_files(scratch):
    """The counts of the how-to pages."""
    add_op(scratch)
    assert len(scratch.touched) == said("add-op.md", r"(\w+) files: the declaration"), sorted(scratch.touched)
    scratch.forget()
    add_pass(scratch)
    assert len(scratch.touched) == said("add-pass.md", r"(\w+) files: the declaration"), sorted(scratch.touched)
    for kind, page in (("lib/Target", "add-target.md"), ("runtime/Drivers", "add-driver.md")):
        assert "one folder" in (ROOT / "docs/howto" / page).read_text()
        scratch.forget()
        scratch.copy_folder(f"{kind}/Null", f"{kind}/Scratch")
        assert scratch.touched and all(name.startswith(f"{kind}/Scratch/") for name in scratch.touched)


def test_build(scratch):
    """The scratch target and driver are registered by nothing but their folders, and all four additions compile."""
    build = scratch.root / "build"
    done = subprocess.run(["cmake", "-S", str(scratch.root), "-B", str(build), *CMAKE], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    for kind in ("target", "driver"):
        registered = (build / "include/flex" / f"{kind}s.def").read_text()
        assert f"FLEX_{kind.upper()}(Scratch)" in registered and f"FLEX_{kind.upper()}(Null)" in registered
    objects = ["lib/TensorIR/CMakeFiles/FlexTensorIR.dir/KeepScratch.cpp.o", "lib/TensorIR/CMakeFiles/FlexTensorIR.dir/TensorOps.cpp.o",
               "lib/TensorIR/CMakeFiles/FlexTensorIR.dir/InterpreterProgram.cpp.o",
               "lib/ScheduledLoops/CMakeFiles/FlexScheduledLoops.dir/Evaluator.cpp.o",
               "lib/Target/Scratch/CMakeFiles/FlexTargetScratch.dir/Target.cpp.o", "FlexDriverScratch"]
    done = subprocess.run(["ninja", "-C", str(build), *objects], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:]
    commands = subprocess.run(["ninja", "-C", str(build), "-t", "commands", "flexrt"], capture_output=True, text=True, check=True).stdout
    assert "libFlexDriverScratch.a" in commands, "the runtime does not link the scratch driver"
