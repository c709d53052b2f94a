# SPDX-License-Identifier: GPL-2.0-only
"""The results as Markdown, put into docs/performance.md between two comments; all else there is written by hand."""
import requirements

BEGIN, END = "<!-- what follows is made by `make bench` -->\n", "<!-- end of what is made by `make bench` -->\n"
# Of fewer prefixes, what is there for other reasons is most of a table.
MANY = 1000
KINDS = (("accept", "accepted"), ("drop", "refused"), ("transit", "not ours"))


FLOOD = """Per cent of the packets of a hundred calls that come through while so many packets a second are refused, on a processor
that executes a thousand million instructions a second. What a driver does to get a packet is in it, and is the same for all. The XDP
program runs in generic mode; a driver that has XDP of its own would spare it the packet's buffer:

"""
WAY = """The whole way of an accepted packet, with conntrack, from the driver that it comes by to the one that it leaves by
(to within a tenth: what else the kernel does meanwhile is in it):

"""

NATIVE = """Nanoseconds of a packet without conntrack, above a hook that does nothing, on the processor of the machine that made this page: in
User Mode Linux %s, which has one processor and counts with interrupts off, so that counting takes longer than elsewhere.
The least of %s batches; the median batch took %d %% more in the middle of all cases, and %d %% in the worst. Whatever is not here
that kernel could not load.

"""


def table(head, rows, before=""):
    """A table, after a text; nothing if it has no rows."""
    if not rows:
        return ""
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return before + "".join("| %s |\n" % " | ".join(map(str, row)) for row in lines) + "\n"


def number(value):
    return format(value, ",") if isinstance(value, int) else str(value)


def span(figures):
    costs = [f["instructions"] for f in figures]
    if not costs:
        return "–"
    return number(min(costs)) if min(costs) == max(costs) else "%s–%s" % (number(min(costs)), number(max(costs)))


def overview(results):
    """The cheapest and the dearest case of each kind."""
    peers = [p for p in results.peers(scenario=("stateless", "conntrack"))]
    rows = []
    for scenario, states, label in (("stateless", ("untracked",), "without conntrack"),
                                    ("conntrack", ("established", "reply"), "established, with conntrack")):
        for kind, word in KINDS:
            for family in (4, 6):
                wanted = {"scenario": scenario, "state": states, "kind": kind, "family": family}
                if results.ours(**wanted):
                    rows.append(["%s, %s, IPv%d" % (label, word, family)] +
                                [span(agreeing(results, results.find(peer=p, **wanted))) for p in peers])
    for f in results.ours(scenario="stateless", kind="mix"):
        rows.append(["without conntrack, all of these, shuffled"] +
                    [span(results.find(peer=p, scenario="stateless", kind="mix")) for p in peers])
    return table([""] + peers, rows, "Usual packets, the cheapest and the dearest case of each kind:\n\n")


def agreeing(results, figures):
    """Without those in which the verdict is not lyncedge's."""
    ours = {(f["case"], f["state"]): f["verdict"] for f in results.ours()}
    return [f for f in figures if f["verdict"] == ours.get((f["case"], f["state"]))]


def sets(results):
    peers = results.peers(kind=("member",))
    rows = []
    for scenario, case, _ in results.cases(kind=("member", "stranger")):
        rows.append([case] + [span(agreeing(results, results.find(peer=p, scenario=scenario, case=case))) for p in peers])
    return table([""] + peers, rows, "Many partner prefixes; of eight addresses the dearest:\n\n")


def row_counts(results):
    peers = results.peers(scenario=("sites-0", "sites-1024", "active-1"))
    rows = []
    for scenario, case, _ in results.cases(kind=("row", "site", "drop")):
        if scenario.startswith(("sites", "active")):
            rows.append([case] + [span(agreeing(results, results.find(peer=p, scenario=scenario, case=case))) for p in peers])
    return table([""] + peers, rows, "Few rows and many:\n\n")


def every_case(results):
    peers = results.peers(scenario=("stateless", "conntrack"))
    rows = []
    for scenario, case, state in results.cases(scenario=("stateless", "conntrack")):
        found = [results.find(peer=p, scenario=scenario, case=case, state=state) for p in peers]
        rows.append(["%s, %s" % (case, state)] + [span(agreeing(results, f)) for f in found])
    return table([""] + peers, rows, "<details><summary>Every case</summary>\n\n") + "</details>\n\n" * bool(rows)


def nanoseconds(figures):
    times = [round(f["nanoseconds"]) for f in figures]
    if not times:
        return "–"
    return "%d–%d" % (min(times), max(times)) if min(times) != max(times) else str(min(times))


def native(results):
    """What was timed, and not counted."""
    figures = results.find(kind="native")
    if not figures:
        return ""
    noise = sorted(f["noise"] for f in figures)
    peers = results.peers(kind="native")
    rows = [["%s, IPv%d" % (word, family)] +
            [nanoseconds(agreeing(results, results.find(kind="native", what=what, family=family, peer=p))) for p in peers]
            for what, word in KINDS for family in (4, 6)]
    return table([""] + peers, rows, NATIVE % (figures[0]["version"], figures[0]["batches"], noise[len(noise) // 2], noise[-1]))


def load(results):
    cases = list(dict.fromkeys(f["case"] for f in results.find(kind="load")))
    peers = results.peers(kind="load")
    return table([""] + peers, [[case] + [span(results.find(kind="load", case=case, peer=p)) for p in peers] for case in cases])


def flood(results):
    rates = list(dict.fromkeys(f["rate"] for f in results.find(kind="flood")))
    rows = [[peer] + [f["share"] for f in results.find(kind="flood", peer=peer)] for peer in results.peers(kind="flood")]
    return table([""] + [number(rate) for rate in rates], rows, FLOOD)


def way(results):
    return table(["", "instructions"], [[f["peer"], number(f["instructions"])] for f in results.find(kind="way")], WAY)


def memory(results):
    rows = [[f["case"], number(f["bytes"]), f["bytes_per_prefix"] if f["prefixes"] >= MANY else ""] for f in results.find(kind="memory")]
    return table(["", "bytes", "a prefix"], rows)


def required(all_results):
    words = {True: "met", False: "**not met**", None: "not measured"}
    found = [list(requirements.all_requirements(results)) for results in all_results]
    rows = []
    for same in zip(*found):
        which, text, _, limit, _ = same[0]
        mets = [met for *_, met in same if met is not None]
        rows.append([which, text, *("" if figure is None else figure for _, _, figure, _, _ in same), limit,
                     words[all(mets) if mets else None]])
    return table(["", "", *("Linux " + results.version for results in all_results), "wanted", ""], rows)


def all_tables(all_results, peers):
    text = ""
    for results in all_results:
        text += "## Linux %s\n\n" % results.version
        text += overview(results) + sets(results) + row_counts(results) + every_case(results)
    text += "## On a real processor\n\n" + native(all_results[0])
    text += "## Changing the policy\n\nInstructions of the whole program, in user space and kernel:\n\n" + load(all_results[0])
    text += "## A flood\n\n" + flood(all_results[-1]) + way(all_results[-1])
    text += "## Memory\n\nThe compiled table, and what each prefix adds to one without partners:\n\n" + memory(all_results[0])
    text += "## What was asked of it\n\n" + required(all_results)
    text += "## What each lacks\n\n" + "".join("* **%s**: %s.\n" % (p.name, p.lacks) for p in peers if p.lacks) + "\n"
    return text


def replace(path, text):
    """Puts a text between the two comments of a file."""
    with open(path, encoding="utf-8") as file:
        before, _, rest = file.read().partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        raise SystemExit("%s: lacks a comment that says where what is made goes" % path)
    with open(path, "w", encoding="utf-8") as file:
        file.write(before + BEGIN + "\n" + text + END + after)
