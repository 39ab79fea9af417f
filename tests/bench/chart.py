# SPDX-License-Identifier: BSD-2-Clause
#
# chart.py - draws the ratios of report.py as SVG: a bar for each ratio, a thin line from the least to the
# greatest of the rounds, and a mark at the ratio that is the goal.  Has colours for light and for dark
# backgrounds.
from html import escape

# Of each row: the label, the path of the ratio in the results, and the goal, or None.
GROUPS = [
    ("Milter: mails per second, filter that does nothing = 1", [
        ("patchmark, everything on", ("milter", "patchmark", "to_A"), 0.60),
        ("only a GMime parse", ("milter", "B", "to_A"), None),
        ("opendkim", ("milter", "opendkim", "to_A"), None),
        ("python3-milter that does nothing", ("milter", "python", "to_A"), None)]),
    ("Milter: mails per second, filter with only a GMime parse = 1", [
        ("patchmark, everything on", ("milter", "patchmark", "to_B"), 1.0)]),
    ("Reading an mbox: mails per second, bare GMime reader = 1", [
        ("classify --format=none", ("classify", "none", "to_reader"), 0.80),
        ("classify --format=json", ("classify", "json", "to_reader"), 0.50),
        ("b4", ("classify", "b4", "to_reader"), None)]),
    ("Through Postfix: mails per second, filter that does nothing = 1", [
        ("patchmark, unix socket", ("postfix", "unix", "patchmark", "to_A"), 0.90),
        ("no filter", ("postfix", "unix", "without", "to_A"), None),
        ("patchmark, inet socket", ("postfix", "inet", "patchmark", "to_A"), 0.90)]),
]
STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #222 }
  .title { font-weight: 600 }
  .small { font-size: 11px; fill: #666 }
  .ours { fill: #2f6fb0 } .other { fill: #9aa4ad }
  .spread { stroke: #222; stroke-width: 1.5 } .wanted { stroke: #c4501b; stroke-width: 2 }
  .one { stroke: #999; stroke-dasharray: 3 3 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6e6e6 } .small { fill: #a8a8a8 } .ours { fill: #62a3e0 } .other { fill: #6a737b }
    .spread { stroke: #f0f0f0 } .wanted { stroke: #ff9a62 } .one { stroke: #777 }
  }"""
LEFT, WIDTH, ROW, END = 250, 400, 24, 150


def found(results, path):
    for key in path:
        results = results.get(key, {})
    return results


def draw(results):
    groups = [(title, [(label, found(results, path), wanted) for label, path, wanted in rows if found(results, path)])
              for title, rows in GROUPS]
    groups = [(title, rows) for title, rows in groups if rows]
    ratios = [ratio["max"] for _, rows in groups for _, ratio, _ in rows]
    scale = WIDTH / min(max(ratios + [1.0]), 2.5)
    out, y = [], 10

    def line(kind, x1, y1, x2, y2):
        out.append(f'<line class="{kind}" x1="{x1:.1f}" y1="{y1}" x2="{x2:.1f}" y2="{y2}"/>')

    def text(kind, x, at, words):
        out.append(f'<text class="{kind}" x="{x:.1f}" y="{at}">{escape(words)}</text>')

    def place(ratio):
        return LEFT + min(ratio * scale, WIDTH)
    for title, rows in groups:
        y += 22
        text("title", 10, y, title)
        y += 10
        line("one", place(1), y, place(1), y + ROW * len(rows))
        for label, ratio, wanted in rows:
            kind = "ours" if label.startswith(("patchmark", "classify")) else "other"
            text("", 20, y + 16, label)
            out.append(f'<rect class="{kind}" x="{LEFT}" y="{y + 4}" '
                       f'width="{place(ratio["median"]) - LEFT:.1f}" height="{ROW - 9}" rx="2"/>')
            line("spread", place(ratio["min"]), y + 11, place(ratio["max"]), y + 11)
            if wanted:
                line("wanted", place(wanted), y, place(wanted), y + ROW - 2)
            text("", LEFT + WIDTH + 10, y + 16, f'{ratio["median"]:.2f}')
            text("small", LEFT + WIDTH + 50, y + 16, f'{ratio["min"]:.2f} to {ratio["max"]:.2f}')
            y += ROW
        y += 8
    machine = results["machine"]
    y += 16
    text("small", 10, y, f'{machine["cores"]} cores, {machine["cpu"]}, Linux {machine["kernel"]}, '
         f'GMime {machine["gmime"]}, {machine["date"][:10]}.')
    y += 16
    text("small", 10, y, "Bar: median of the rounds. Thin line: from the least to the greatest. Upright mark: the goal.")
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + WIDTH + END} {y + 14}" role="img" '
            f'aria-label="Speed of patchmark as ratios"><style>{STYLE}</style>\n' + "\n".join(out) + "\n</svg>\n")
