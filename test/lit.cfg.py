"""The lit configuration of every suite: test/<stage> and lib/Target/<T>/test.

Tests write `flexc`, `flex-opt`, `FileCheck` and `not` plainly: the build's and LLVM's folders come first in PATH. A private
cache folder keeps the user's own out of the tests. Features: target-<folder>, driver-<folder>, ptxas, spirv-val, opencl, asan.
"""

import os
import shutil
from pathlib import Path

import lit.formats

repo, build = Path(config.flex_source_dir), Path(config.flex_build_dir)
config.name = f"flex-{config.flex_suite}"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".flex", ".test"]
config.excludes = ["Inputs", "EndToEnd", "Unit", "Fuzz", "Support", "Scripts"]
config.test_source_root = config.flex_suite_source_dir
config.test_exec_root = config.flex_suite_build_dir

ptxas = [Path("/usr/local/cuda/bin/ptxas"), *repo.glob(".venv/lib/python3*/site-packages/nvidia/cu*/bin/ptxas")]
ptxas_dirs = [str(path.parent) for path in ptxas if path.exists()]
config.environment["PATH"] = os.pathsep.join([str(build / "bin"), config.llvm_tools_dir, *ptxas_dirs[:1], os.environ["PATH"]])
config.environment["FLEX_CACHE_DIR"] = str(build / "test-results" / "lit-cache")
config.environment["FLEX_TUNING"] = "off"
for name in ("OCL_ICD_VENDORS", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS", "HOME"):
    if name in os.environ:
        config.environment[name] = os.environ[name]

for kind, folders in (("target", repo.glob("lib/Target/*/CMakeLists.txt")), ("driver", repo.glob("runtime/Drivers/*/CMakeLists.txt"))):
    config.available_features.update(f"{kind}-{folder.parent.name.lower()}" for folder in folders)
if ptxas_dirs or shutil.which("ptxas"):
    config.available_features.add("ptxas")
if shutil.which("spirv-val"):
    config.available_features.add("spirv-val")
if os.path.exists(os.environ.get("OCL_ICD_VENDORS", "")):
    config.available_features.add("opencl")
if "address" in config.flex_sanitize:
    config.available_features.add("asan")

config.substitutions.append(("%repo", str(repo)))
config.substitutions.append(("%build", str(build)))
config.substitutions.append(("%python", config.python_executable))
