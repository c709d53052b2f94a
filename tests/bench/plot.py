# SPDX-License-Identifier: GPL-2.0-only
"""Pictures of the results, drawn by gnuplot: what a packet costs against the number of prefixes and of site rows, a line a peer."""
import subprocess

SCRIPT = """
set terminal svg size 860,420 dynamic enhanced font 'sans-serif,12' background '#ffffff'
set output '%(file)s'
set title '%(title)s'
set xlabel '%(xlabel)s'
set ylabel 'instructions of a packet'
set logscale xy
set xrange [%(xrange)s]
set yrange [50:*]
set format x '%%.0s%%c'
set format y '%%.0f'
set grid ytics lc rgb '#dddddd'
set key outside right top Left reverse
set tics nomirror
set border 3
"""


def draw(path, title, xlabel, xrange, lines):
    """lines: {peer: [(x, y)...]}"""
    script = SCRIPT % {"file": path, "title": title, "xlabel": xlabel, "xrange": xrange}
    for n, points in enumerate(lines.values()):
        script += "$d%d << E\n%s\nE\n" % (n, "\n".join("%s %s" % p for p in sorted(points)))
    script += "plot " + ", ".join("$d%d with linespoints lw %d pt 7 ps 0.5 title '%s'" % (n, 3 if peer == "lyncedge" else 1, peer)
                                  for n, peer in enumerate(lines)) + "\n"
    subprocess.run(["gnuplot"], input=script, check=True, text=True)
    label(path)


def label(path):
    """Says what every file of the repository says."""
    with open(path, encoding="utf-8") as file:
        head, *rest = file.readlines()
    with open(path, "w", encoding="utf-8") as file:
        file.writelines([head, "<!-- SPDX-License-Identifier: GPL-2.0-only -->\n"])
        file.writelines(line.rstrip() + "\n" for line in rest)


def lines_of(figures, what, least):
    lines = {}
    for f in figures:
        # There is no 0 on such an axis.
        lines.setdefault(f["peer"], []).append((max(f[what], least), f["instructions"]))
    return {peer: points for peer, points in lines.items() if len(points) > 1}


def draw_all(results, folder):
    spread = [f for f in results.find(kind="member", family=4) if f["scenario"].startswith("spread")]
    lines = lines_of(spread, "prefixes", 1)
    if lines:
        draw(folder + "/prefixes.svg", "A partner in one of many prefixes, IPv4, Linux %s" % results.version,
             "prefixes of the partners", "1:1.2e6", lines)
    lines = lines_of(results.find(kind=("site",), family=4) + results.find(kind="row", family=4, site_rows=0), "site_rows", 1)
    if lines:
        draw(folder + "/site-rows.svg", "The last row of the policy, IPv4, Linux %s" % results.version,
             "site rows, judged after the 37 of the matrix", "1:1100", lines)
