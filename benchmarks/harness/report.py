"""The figures as text: lines while it runs, Markdown at the end. A ratio is the best peer's time by Flex's: above 1 Flex is ahead."""

import math
import re

from harness import suite

OURS = "Flex"
OPEN = "Flex, open"  # the same kernel, compiled with open dimensions


def peers_of(row):
    return {name: one["best"] for name, one in row["seconds"].items() if name not in (OURS, OPEN)}


def ratio(row):
    """The best peer's best time by Flex's, and that peer; None without one of them."""
    others = peers_of(row)
    if OURS not in row["seconds"] or not others:
        return None, None
    best = min(others, key=others.get)
    return others[best] / row["seconds"][OURS]["best"], best


def ceiling(row, ceilings):
    """The least seconds that this machine's measured rates allow, and what bounds: "compute" or the memory level. (None, "") unknown."""
    rates = (ceilings or {}).get(str(row["threads"]))
    if not rates or OURS not in row["seconds"]:
        return None, ""
    flops = rates["flops"].get(row["type"], 0)
    compute = row["flops"] / flops if flops and row["flops"] else 0
    level = next((name for name, size in rates["sizes"].items() if row["footprint"] <= size), "memory")
    stream = rates["streams"][level]
    memory = row["bytes"] / (stream["read"] if row["read_only"] else max(stream["copy"], stream["copy_nt"]))
    return (compute, "compute") if compute >= memory else (memory, level)


def rate(row, seconds):
    return f"{row['flops'] / seconds / 1e9:.1f} GF/s" if row["flops"] else f"{row['bytes'] / seconds / 1e9:.1f} GB/s"


def _time(seconds):
    return f"{seconds * 1e6:.2f} us" if seconds < 1e-3 else f"{seconds * 1e3:.3f} ms"


def line(row, ceilings):
    """One row on one line of a terminal."""
    head = (row["done"] + (f", {row['threads']} threads" if row["threads"] > 1 else "")).ljust(40)
    if row.get("broken"):
        return f"{head}{row['broken']}"
    if OURS not in row["seconds"]:
        return f"{head}Flex has no figure"
    ours, (times, best), (least, bound) = row["seconds"][OURS], ratio(row), ceiling(row, ceilings)
    share = f"{100 * least / ours['best']:4.0f} % of {bound}" if least else ""
    return f"{head}{_time(ours['best']):>12} {rate(row, ours['best']):>13}  " + (f"{times:5.2f} x {best}" if times else "no peer").ljust(22) + share


def open_cost(row):
    """The time with open dimensions by that with fixed ones; None where it was not measured."""
    ours, opened = row["seconds"].get(OURS), row["seconds"].get(OPEN)
    return opened["best"] / ours["best"] if ours and opened else None


def open_summary(rows):
    """How many rows open dimensions cost how much; empty where nobody asked."""
    costs = [cost for cost in map(open_cost, rows) if cost]
    if not costs:
        return ""
    return (f"open dimensions cost more than 15 % on {sum(cost > 1.15 for cost in costs)} of {len(costs)} rows, "
            f"{100 * (geomean(costs) - 1):.0f} % in the geometric mean, at most {100 * (max(costs) - 1):.0f} %")


def gain(row):
    """What tuning gains, in percent of the tuned time; or why that is not known. Empty where nobody asked."""
    tuned = row.get("tuned", "")
    return tuned if isinstance(tuned, str) else f"{100 * (tuned['model'] / tuned['best'] - 1):.0f} %"


def tuning_summary(rows):
    """How many rows gain how much; empty where no row was tuned."""
    gains = [row["tuned"]["model"] / row["tuned"]["best"] - 1 for row in rows if isinstance(row.get("tuned"), dict)]
    if not gains:
        return ""
    return f"tuning gains 5 % and more on {sum(value >= 0.05 for value in gains)} of {len(gains)} rows, at most {100 * max(gains):.0f} %"


def geomean(values):
    return math.exp(sum(map(math.log, values)) / len(values))


def summary(rows):
    ratios = [value for value in (ratio(row)[0] for row in rows) if value]
    if not ratios:
        return f"{len(rows)} rows, none with a peer"
    ahead = sum(value >= 1 for value in ratios)
    return f"{len(rows)} rows, {len(ratios)} with a peer: at least as fast as the best of them on {ahead}, geometric mean of the ratios {geomean(ratios):.2f}"


def _table(rows, names, ceilings):
    is_tuned, is_open = any("tuned" in row for row in rows), any(open_cost(row) for row in rows)
    lines = ["| row | Flex best / median | rate | of ceiling | bound | best peer | ratio | compile | " + ("open / fixed | " if is_open else "") +
             ("tuning gains | " if is_tuned else "") + " | ".join(names) + " |", "|---" * (8 + is_open + is_tuned + len(names)) + "|"]
    for row in rows:
        ours, (times, best), (least, bound) = row["seconds"].get(OURS), ratio(row), ceiling(row, ceilings)
        cells = [row["done"]]
        if ours:
            compiling = row.get("compile_seconds")
            cells += [f"{_time(ours['best'])} / {_time(ours['median'])}", rate(row, ours["best"]), f"{100 * least / ours['best']:.0f} %" if least else "", bound, best or "",
                      f"{'**' if times and times < 1 else ''}{times:.2f}{'**' if times and times < 1 else ''}" if times else "", f"{compiling * 1e3:.0f} ms" if compiling else ""]
        else:
            cells += [row.get("broken", "no figure"), "", "", "", best or "", "", ""]
        if is_open:
            cells.append(f"{open_cost(row):.2f}" if open_cost(row) else "")
        if is_tuned:
            cells.append(gain(row))
        for name in names:
            one = row["seconds"].get(name)
            cells.append("" if not one else f"{one['best'] / ours['best']:.2f}" if ours else _time(one["best"]))
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def behind(rows, reasons):
    """Rows that a peer is ahead on, the furthest first, with the reason that somebody found, if any."""
    short = sorted((value, row["done"], row["threads"]) for row in rows for value in [ratio(row)[0]] if value and value < 1)
    return [(value, name, threads, next((text for pattern, text in reasons if re.search(pattern, name)), "")) for value, name, threads in short]


def _behind(rows):
    short = behind(rows, suite.reasons())
    lines = ["## Rows below 1.0, and why", "", "| row | threads | ratio | what was found by reading the assembly and by trials, or is supposed |", "|---|---|---|---|"]
    return [*lines, *(f"| {name} | {threads} | {value:.2f} | {reason} |" for value, name, threads, reason in short), ""] if short else []


def _ceilings(ceilings):
    lines = ["## Ceilings", "", "Measured in the same run by benchmarks/harness/ceilings.c.", ""]
    for threads, rates in (ceilings or {}).items():
        lines += [f"{threads} thread{'s' if threads != '1' else ''}: " + ", ".join(f"{name} {value / 1e9:.0f} GF/s" for name, value in rates["widths"].items()), "",
                  "| GB/s | up to | read | copy | copy, non-temporal |", "|---|---|---|---|---|"]
        for level, stream in rates["streams"].items():
            size = rates["sizes"].get(level)
            lines.append(f"| {level} | {f'{size / 1024:.0f} KiB' if size else ''} | " + " | ".join(f"{stream[kind] / 1e9:.1f}" for kind in ("read", "copy", "copy_nt")) + " |")
        lines.append("")
    return lines if ceilings else ["No ceilings were measured.", ""]


def markdown(result):
    """The whole page."""
    machine, rows = result["machine"], result["rows"]
    lines = ["# The suite beside other libraries", "", f"`./flex bench {' '.join(result['arguments'])}`", "", "| | |", "|---|---|"]
    lines += [f"| {name} | {value} |" for name, value in machine.items() if name != "caches"]
    lines += ["| caches | " + ", ".join(f"{name} {one['bytes'] >> 10} KiB for {one['cores']} core{'s' if one['cores'] > 1 else ''}" for name, one in machine["caches"].items()) + " |", ""]
    lines += ["| contender | version |", "|---|---|"] + [f"| {name} | {value} |" for name, value in result["versions"].items()]
    lines += [f"| {name} | missing: {reason} |" for name, reason in result["missing"].items()]
    lines += ["", "A contender's column is its best time by Flex's best: above 1 Flex is ahead of it. `ratio` is that of the best peer; `of ceiling` the time that the measured "
              "rates below allow (multiply-adds of the type, or every byte once at the rate of the level that holds them) by Flex's.", ""]
    for threads in sorted({row["threads"] for row in rows}):
        group = [row for row in rows if row["threads"] == threads]
        names = sorted({name for row in group for name in peers_of(row)})
        sums = [text + "." for text in (summary(group), open_summary(group), tuning_summary(group)) if text]
        lines += [f"## {threads} thread{'s' if threads > 1 else ''}", "", " ".join(sum[0].upper() + sum[1:] for sum in sums), "", *_table(group, names, result["ceilings"]), ""]
    lines += _behind(rows)
    lines += _ceilings(result["ceilings"])
    if result["notes"]:
        lines += ["## What did not run", "", *sorted({f"- {note}" for note in result["notes"]}), ""]
    kernels = sorted({f"- {name}, {row['done']}: {value}" for row in rows for name, value in row.get("chosen", {}).items()})
    if kernels:
        lines += ["## Kernels that libraries chose", "", *kernels, ""]
    return "\n".join(lines)


def note_text(note):
    """A worker's note as a sentence; None for what the page says elsewhere."""
    row = f"{note['row']}: " if note.get("row") else ""
    if "failed" in note:
        return f"{row}{note['failed']}: {note['reason']}"
    if "wrong" in note:
        return f"{row}{note['wrong']} is wrong: error {note['error']:.1e}, beside the others {note['others']:.1e}, allowed {note['tolerance']:.1e}"
    return None
