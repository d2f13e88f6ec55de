"""How contenders are timed: in turn, so that a disturbance meets all of them, until the row's time is spent."""

import time
from dataclasses import dataclass

SAMPLE = 100e-6  # calls shorter than this are timed several at once


@dataclass
class Timed:
    """Seconds of a call: the samples, and how many calls each is the mean of."""

    samples: list
    calls: int

    @property
    def best(self):
        return min(self.samples)

    @property
    def median(self):
        ordered = sorted(self.samples)
        return (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2


def _sample(call, calls, clock):
    begin = clock()
    for _ in range(calls):
        call()
    return (clock() - begin) / calls


def measure(calls, seconds, least=3, most=2000, clock=time.perf_counter):
    """Times `calls` (by name) in turn for `seconds`, each at least `least` times; the order rotates. One that takes more than its share
    sits out, so that a slow contender does not eat the samples of the others. A call shorter than SAMPLE is called once before, untimed:
    its data are back in the caches as they would be in a loop. `clock` is what samples are read from."""
    first = {name: _sample(call, 1, clock) for name, call in calls.items()}
    first = {name: min(first[name], _sample(call, 1, clock)) if first[name] < seconds else first[name] for name, call in calls.items()}
    timed = {name: Timed([], max(1, int(SAMPLE / max(first[name], 1e-9)))) for name in calls}
    spent = dict.fromkeys(calls, 0.0)
    names, end, turn = list(calls), time.perf_counter() + seconds, 0
    while time.perf_counter() < end or turn < least:
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            one = timed[name]
            slow = spent[name] > 2 * seconds / len(names)
            if one.samples and slow and (turn >= least or spent[name] > 2 * seconds):
                continue
            if one.calls > 1:
                calls[name]()
            one.samples.append(_sample(calls[name], one.calls, clock))
            spent[name] += one.samples[-1] * one.calls
        turn += 1
        if turn >= most:
            break
    return timed
