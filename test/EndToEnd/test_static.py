"""benchmarks/static.py: what is counted in assembly, and rows of peers that are not there."""

import pytest
from conftest import ROOT


@pytest.fixture
def static(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    import static

    return static


GCN = """k_0:
\ts_load_dwordx4 s[4:7], s[0:1], 0x0
.LBB0_1:
\tglobal_load_dwordx4 v[0:3], v4, s[4:5]
\tv_mfma_f32_16x16x16_f16 v[0:3], v[4:5], v[6:7], v[0:3]
\tv_mfma_f32_16x16x16_f16 v[0:3], v[4:5], v[6:7], v[0:3]
\ts_cbranch_scc1 .LBB0_1
\ts_barrier
\tglobal_store_dwordx2 v4, v[0:1], s[6:7]
\ts_nop 0
\ts_endpgm
"""


def test_what_is_counted(static):
    one = static.count(GCN, static.GCN)
    assert (one["instructions"], one["loop"], one["matrix"], one["barriers"]) == (8, 4, 2, 1) and one["widths"] == {"16 B": 1, "8 B": 1}
    one |= {"registers": 8, "spills": 0, "shared": 64}
    both = static.together([one, {**one, "loop": 9, "matrix": 4, "registers": 20, "spills": 2}])
    assert (both["instructions"], both["loop"], both["matrix"], both["registers"], both["spills"], both["shared"]) == (16, 9, 4, 20, 2, 64) and both["widths"]["16 B"] == 2


def test_a_way_out_that_lies_before_is_no_loop(static):
    """A loop that is entered in its middle, whose exit is a block in front of it."""
    text = "k_0:\n\ts_branch .LBB0_3\n.LBB0_1:\n\tv_mov_b32 v0, 0\n\tv_mov_b32 v1, 0\n\ts_endpgm\n.LBB0_2:\n\tv_mfma_f32 v[0:3]\n\ts_cbranch_scc0 .LBB0_1\n.LBB0_3:\n\tv_mfma_f32 v[0:3]\n\ts_branch .LBB0_2\n"
    one = static.count(text, static.GCN)
    assert (one["instructions"], one["loop"], one["matrix"]) == (8, 4, 2)


def test_what_pads_the_end_of_the_code_is_no_loop(static):
    """SASS ends in a branch to itself, which nothing reaches."""
    text = "        /*0000*/                   FADD R1, R1, R2 ;\n        /*0010*/                   EXIT ;\n.L_x_0:\n        /*0020*/                   BRA `(.L_x_0);\n        /*0030*/                   NOP;\n"
    one = static.count(text, static.SASS)
    assert (one["instructions"], one["loop"]) == (3, 0)


# kernel, chip -> instructions and matrix instructions of the main loop, and registers: what benchmarks/results/static.md has, below Triton's
BUDGETS = {
    ("gemm", "gfx90a"): (56, 16, 118), ("gemm", "gfx942"): (56, 16, 118), ("gemm", "gfx950"): (112, 32, 126), ("gemm", "gfx1100"): (121, 32, 255), ("gemm", "gfx1201"): (105, 32, 222),
    ("attention", "gfx90a"): (255, 32, 154), ("attention", "gfx942"): (257, 32, 162), ("attention", "gfx950"): (255, 32, 140), ("attention", "gfx1100"): (370, 32, 229), ("attention", "gfx1201"): (560, 64, 241),
}


@pytest.mark.parametrize("kernel, chip", BUDGETS, ids="-".join)
def test_loops_within_their_budget(static, tmp_path, kernel, chip):
    one, (loop, matrix, registers) = static.flex(kernel, chip, tmp_path), BUDGETS[kernel, chip]
    assert one["matrix"] == matrix and one["loop"] <= loop and one["registers"] <= registers and one["spills"] == 0 and set(one["widths"]) == {"16 B"}


def test_a_peer_that_is_missing_is_a_row_that_says_so(static, monkeypatch):
    monkeypatch.setattr(static, "install", lambda peer: "no network")
    monkeypatch.setattr(static, "flex", lambda *_: {"error": "nothing built"})
    rows = list(static.table(["softmax", "softmax_fast"], ["gfx942"], ["triton", "iree"]))[2:]
    assert [row.split("|")[1:3] for row in rows[:3]] == [[" softmax, gfx942, Flex ", " nothing built "], [" softmax, gfx942, Triton ", " not installed: no network "],
                                                         [" softmax, gfx942, IREE ", " not installed: no network "]]
    assert len(rows) == 4  # the peers' softmax stands beside the first


def test_iree_is_given_the_same_sizes(static):
    for name in static.static_iree.KERNELS:
        text = static.static_iree.module(name, static.KERNELS[name][1])
        assert text.startswith("func.func @k(") and text.count("{") == text.count("}") and "return %out" in text
