"""The example kernels of examples/kernels against NumPy; each has a check and a line in the README."""

import re
import sys

import pytest
from conftest import BUILD, ROOT

FOLDER = ROOT / "examples" / "kernels"
sys.path.insert(0, str(FOLDER))
import run as kernels  # noqa: E402
from checks import EXAMPLES  # noqa: E402

FILES = sorted(path.stem for path in FOLDER.glob("*.flex"))


@pytest.fixture(scope="module")
def context():
    return kernels.flex.Context(device="host", cache_dir="", library=BUILD / "lib" / "libflexrt.so", import_paths=[ROOT / "std"])


@pytest.mark.parametrize("name", EXAMPLES)
def test_agrees_with_numpy(name, context):
    example = EXAMPLES[name]
    kernel, arguments, expected = kernels.prepared(context, example, example.check)
    fault, _ = kernels.differences(example, kernels.launched(kernel, arguments), expected)
    assert not fault


def test_a_wrong_result_is_found(context):
    example = EXAMPLES["life"]
    kernel, arguments, expected = kernels.prepared(context, example, example.check)
    expected[0][3, 4] ^= 1
    assert "off by" in kernels.differences(example, kernels.launched(kernel, arguments), expected)[0]


def test_every_file_has_a_check_and_a_line():
    assert sorted(EXAMPLES) == FILES
    assert sorted(re.findall(r"^\| \[(\w+)\]\(\1\.flex\) \| \S", (FOLDER / "README.md").read_text(), re.M)) == FILES
