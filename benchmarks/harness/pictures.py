"""The figures as pictures, written as SVG by hand: ratios to the best peer as bars, and a roofline for each number of threads."""

import math
from html import escape

from harness import report

STYLE = "<style>text{font:12px sans-serif;fill:#333}.small{font-size:10px}.title{font-size:15px}.axis{stroke:#bbb;stroke-width:1}</style>"
AHEAD, BEHIND, LINE = "#2a7fb8", "#d1603d", "#555"
ROW, LEFT, WIDE = 16, 250, 620


def _svg(width, height, body):
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">{STYLE}'
            f'<rect width="100%" height="100%" fill="white"/>{"".join(body)}</svg>\n')


def _text(x, y, text, anchor="start", kind=""):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" class="{kind}">{escape(text)}</text>'


def _line(x1, y1, x2, y2, color="#bbb", width=1):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{color}" stroke-width="{width}"/>'


def ratios(rows, title):
    """A bar for each row, from 1 to the right where Flex is ahead, to the left where it is behind; the scale is logarithmic."""
    shown = [(row["done"], *report.ratio(row)) for row in rows if report.ratio(row)[0]]
    reach = max([2.0] + [max(value, 1 / value) for _, value, _ in shown])
    middle, unit = LEFT + WIDE / 2, WIDE / 2 / math.log(reach * 1.05)
    place = lambda value: middle + unit * math.log(value)  # noqa: E731
    height = 70 + ROW * len(shown)
    body = [_text(10, 22, title, kind="title")]
    for mark in (1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8, 16):
        if 1 / reach <= mark <= reach:
            body += [_line(place(mark), 42, place(mark), height - 20, LINE if mark == 1 else "#ddd"), _text(place(mark), 38, f"{mark:g}", "middle", "small")]
    for i, (name, value, peer) in enumerate(shown):
        y, x = 48 + ROW * i, place(value)
        body.append(f'<rect x="{min(x, middle):.1f}" y="{y}" width="{abs(x - middle):.1f}" height="{ROW - 4}" fill="{AHEAD if value >= 1 else BEHIND}"/>')
        body += [_text(LEFT - 8, y + 10, name, "end", "small"), _text(LEFT + WIDE + 8, y + 10, f"{value:.2f} {peer}", kind="small")]
    return _svg(LEFT + WIDE + 120, height, body)


def roofline(rows, rates, title):
    """Rows that count operations, over operations for each byte; the roofs are the measured ceilings of f32 and of memory."""
    points = [(row["flops"] / row["bytes"], row["flops"] / row["seconds"][report.OURS]["best"], row["done"]) for row in rows
              if row.get("flops") and report.OURS in row["seconds"]]
    if not points:
        return None
    left, top, width, height = 70, 40, 720, 420
    x_low, x_high = min(0.1, *(x for x, _, _ in points)), max(x for x, _, _ in points) * 2
    y_high = max([y for _, y, _ in points] + list(rates["flops"].values())) * 1.5
    y_low = min(y for _, y, _ in points) / 2
    px = lambda x: left + width * math.log(x / x_low) / math.log(x_high / x_low)  # noqa: E731
    py = lambda y: top + height * (1 - math.log(max(y, y_low) / y_low) / math.log(y_high / y_low))  # noqa: E731
    body = [_text(10, 22, title, kind="title"), _text(left + width / 2, top + height + 36, "operations for each byte of arguments and results", "middle"),
            _line(left, top + height, left + width, top + height, LINE), _line(left, top, left, top + height, LINE)]
    for power in range(math.ceil(math.log10(y_low)), math.floor(math.log10(y_high)) + 1):
        body += [_line(left - 4, py(10**power), left + width, py(10**power), "#eee"), _text(left - 8, py(10**power) + 4, f"{10**power / 1e9:g} G/s", "end", "small")]
    for power in range(math.ceil(math.log10(x_low)), math.floor(math.log10(x_high)) + 1):
        body += [_line(px(10**power), top, px(10**power), top + height, "#eee"), _text(px(10**power), top + height + 16, f"{10**power:g}", "middle", "small")]
    for peak in sorted(set(rates["flops"].values())):
        kinds = ", ".join(sorted(kind for kind, value in rates["flops"].items() if value == peak))
        body += [_line(left, py(peak), left + width, py(peak), AHEAD), _text(left + 6, py(peak) - 4, f"{kinds} {peak / 1e9:.0f} G/s", kind="small")]
    for level, stream in rates["streams"].items():
        speed = max(stream.values())
        start, end = max(x_low, y_low / speed), min(x_high, max(rates["flops"].values()) / speed)
        if start < end:
            body += [_line(px(start), py(speed * start), px(end), py(speed * end), LINE), _text(px(start) + 6, py(speed * start) - 12, f"{level} {speed / 1e9:.0f} GB/s", kind="small")]
    for x, y, name in points:
        body.append(f'<circle cx="{px(x):.1f}" cy="{py(y):.1f}" r="3.5" fill="{BEHIND}" fill-opacity="0.7"><title>{escape(name)}: {y / 1e9:.1f} G/s</title></circle>')
    return _svg(left + width + 40, top + height + 50, body)


def write(result, folder):
    """ratios.svg and roofline.svg; with the number of threads in the name where there are several."""
    counts = sorted({row["threads"] for row in result["rows"]})
    for threads in counts:
        rows = [row for row in result["rows"] if row["threads"] == threads]
        tail = f"-{threads}" if len(counts) > 1 else ""
        words = f"{result['machine']['cpu']}, {threads} thread{'s' if threads > 1 else ''}, {result['machine']['commit']}"
        (folder / f"ratios{tail}.svg").write_text(ratios(rows, f"Time of the best peer by Flex's: {words}"), encoding="utf-8")
        rates = result["ceilings"].get(str(threads))
        drawn = roofline(rows, rates, f"Flex under the measured ceilings: {words}") if rates else None
        if drawn:
            (folder / f"roofline{tail}.svg").write_text(drawn, encoding="utf-8")
