"""Kernels over dtypes, shapes and layouts on the host device, each element compared with the reference interpreter.

What is swept is in sweep_cases.py, how a case is run and judged in sweep_worker.py. FLEX_SWEEP=long, FLEX_SEED=N.
"""

import pytest
from sweep_cases import FAMILIES

CASES = {f"{family.__name__}/{case.id}": case for family in FAMILIES for case in family()}
for name, case in CASES.items():
    case.id = name


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_matches_reference(case, pool, devices):
    if f"\n{case.device} " not in "\n" + devices:
        pytest.skip(f"there is no device {case.device} here")
    failures = pool.failures(case)
    if case.xfail:
        assert failures, f"marked as failing, but passes: {case.xfail}"
        pytest.xfail(case.xfail)
    assert not failures, f"{len(failures)} failures with FLEX_SEED={case.seed}\n{case.source}\n" + "\n".join(failures[:8])
