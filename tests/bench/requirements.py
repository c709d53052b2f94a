# SPDX-License-Identifier: GPL-2.0-only
"""What lyncedge is to cost at most, held against what was measured. Said, not asserted: a figure that is not met fails no test.

Each requirement yields (number, text, figure, limit, met); met is None where there is nothing to tell by.
"""
import floods

FAMILIES = ((4, "IPv4"), (6, "IPv6"))
USUAL = {"scenario": "stateless", "state": "untracked"}


def most(figures):
    return max((f["instructions"] for f in figures), default=None)


def at_most(number, text, figure, limit):
    return number, text, figure, "at most %s" % limit, None if figure is None else figure <= limit


def at_least(number, text, figure, limit):
    return number, text, figure, "at least %s" % limit, None if figure is None else figure >= limit


def stateless(results):
    for (family, word), limit in zip(FAMILIES, (75, 100)):
        yield at_most(1, "accepted without conntrack, %s: the dearest case" % word,
                      most(results.ours(kind="accept", family=family, **USUAL)), limit)
    yield at_most(1, "refused: the dearest case", most(results.ours(kind="drop", **USUAL)), 75)
    yield at_most(1, "not ours", most(results.ours(kind="transit", **USUAL)), 20)
    for kind, limit in (("iptables", 4), ("nft", 8)):
        ratios = [ratio(f, results.rival(f, kind)) for f in results.ours(**USUAL) if results.rival(f, kind)]
        yield at_least(1, "times that the best form of %s costs: the least of all cases" % kind, min(ratios, default=None), limit)


def ratio(figure, rival):
    return round(rival["instructions"] / max(figure["instructions"], 1), 1)


def established(results):
    for family, word in FAMILIES:
        yield at_most(2, "established, with conntrack, %s: the dearest case" % word,
                      most(results.ours(scenario="conntrack", state=("established", "reply"), family=family)), 120)


def prefixes(results):
    for (family, word), limit in zip(FAMILIES, (60, 150)):
        found = []
        for kind in ("member", "stranger"):
            one = most(results.ours(family=family, kind=kind, scenario="spread-%d-1" % family))
            found += [f["instructions"] - one for f in results.ours(family=family, kind=kind) if one is not None]
        yield at_most(3, "more than with one prefix, %s: the worst of all sets" % word, max(found, default=None), limit)
    spread = results.find(kind="memory", scenario="spread-4-1000000")
    yield at_most(3, "bytes a prefix, a million /24s", spread[0]["bytes_per_prefix"] if spread else None, 16)
    shapes = [f["bytes_per_prefix"] for f in results.find(kind="memory", family=4) if f["prefixes"] >= 100000]
    yield at_most(3, "bytes a prefix, the worst IPv4 set of 100,000 or more", max(shapes, default=None), 80)


def differences(results, before, after, **wanted):
    """Of what cases cost in two scenarios, by family and kind."""
    first = {(f["family"], f["kind"]): f["instructions"] for f in results.ours(scenario=before, **wanted)}
    second = {(f["family"], f["kind"]): f["instructions"] for f in results.ours(scenario=after, **wanted)}
    return [abs(second[key] - first[key]) for key in first if key in second]


def rows(results):
    yield at_most(4, "difference between 1 row active and 37",
                  max(differences(results, "active-1", "active-37"), default=None), 0)
    for kind, text in (("row", "a row of the matrix"), ("drop", "refused")):
        yield at_most(4, "difference that 1,024 site rows make: " + text,
                      max(differences(results, "sites-0", "sites-1024", kind=kind), default=None), 5)


def load(results):
    for family, word in FAMILIES:
        ours, theirs = (most(results.find(kind="load", family=family, peer=peer, case="load 100,000 prefixes, " + word))
                        for peer in ("lyncedgectl apply", "nft"))
        yield at_least(5, "times that nft -f costs of what apply costs, 100,000 prefixes, " + word,
                       round(theirs / ours, 1) if ours and theirs else None, 10)


def flood(results):
    rate = floods.REQUIRED_RATE
    shares = [f["share"] for f in results.find(kind="flood", peer="lyncedge, early drop", rate=rate)]
    yield at_least(6, "per cent of the media that come through %s refused packets a second" % format(rate, ","),
                   min(shares, default=None), 90)


def lines(_results):
    yield 7, "cache lines of tables that an accepted packet meets (by hand: lyncedge_rules.h)", None, "at most 6", None


def all_requirements(results):
    for requirement in (stateless, established, prefixes, rows, load, flood, lines):
        yield from requirement(results)
