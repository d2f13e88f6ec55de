"""benchmarks/lines: the NumPy files say the same as the Flex ones, Triton's compile, and only lines of code are counted."""

import sys

import pytest
from conftest import BUILD, ROOT

sys.path[:0] = [str(ROOT / "benchmarks"), str(ROOT / "python")]
import flex  # noqa: E402
import lines  # noqa: E402


@pytest.fixture(scope="module")
def context():
    return flex.Context(device="host", threads=1, library=BUILD / "lib" / "libflexrt.so")


@pytest.mark.parametrize("kernel", lines.KERNELS)
def test_numpy_agrees(context, kernel):
    lines.check_numpy(kernel, context)


@pytest.mark.parametrize("kernel", lines.KERNELS)
def test_triton_compiles(kernel):
    pytest.importorskip("triton", reason="the package triton is not installed")
    lines.compile_triton(kernel)


def test_what_counts(tmp_path):
    text = '"""Doc."""\nimport numpy as np\n\n\n# a comment\ndef f(x):\n    """Doc."""\n    return np.where(\n        x > 0,  # why\n        x, 0)\n'
    (tmp_path / "k.py").write_text(text)
    (tmp_path / "k.flex").write_text("// a comment\nimport nn\n\nkernel k(x: f32[N]) -> f32[N] {\n  return x // why\n}\n")
    assert lines.code_lines(tmp_path / "k.py") == 4
    assert lines.code_lines(tmp_path / "k.flex") == 3


def test_the_table_is_of_today():
    assert lines.table() in (ROOT / "benchmarks" / "README.md").read_text(), "run benchmarks/lines.py and put its table there"
