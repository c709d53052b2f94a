# SPDX-License-Identifier: GPL-2.0-only
"""What is measured: policies, and the cases that are tried with each.

A case is one or several packets, and how their costs become one figure: "worst", or "mix" for the mean of all, shuffled. The
kind of a case is what the summary sorts by: accept, drop, transit, member, stranger, row, mix.
"""
import packets
import shapes
from packets import FAMILIES
from policies import Policy

COUNTS = (1, 100, 10000, 100000, 1000000)
SITE_ROWS = (0, 16, 256, 1024)


class Case:
    def __init__(self, name, kind, lines, state="untracked", how="worst"):
        self.name, self.kind, self.lines, self.state, self.how = name, kind, lines, state, how

    def plan(self):
        family = 0 if self.how == "mix" else int(self.lines[0][3])
        return {"case": self.name, "kind": self.kind, "family": family, "state": self.state, "how": self.how,
                "packets": ["%s %s" % (line, self.state) for line in self.lines]}


class Scenario:
    """A policy, the cases tried with it, and what peers want to know beforehand. "about" are words for the results."""

    def __init__(self, name, policy, cases, about):
        self.name, self.policy, self.cases, self.about = name, policy, cases, about
        self.prefixes = sum(map(len, policy.groups.values()))
        self.site_rows = len(policy.site_rows)
        self.policy_file = None


def usual(stateless):
    cases = []
    for state in ["untracked"] if stateless else ["new", "established", "reply"]:
        for name, kind, _, line in packets.all_packets():
            # What conntrack knows cannot be anything but accepted, if it was accepted before.
            if kind == "accept" or state in ("untracked", "new"):
                cases.append(Case(name, kind, [line], state))
        lines = [c.lines[0] for c in cases if c.state == state]
        cases.append(Case("a mix of all", "mix", lines, state, "mix"))
    return Policy(stateless), cases, {}


def from_far(family, source):
    return packets.line(family, "tcp", source, 40000, "access", 5061, packets.IN_EXTERNAL)


def of_shape(label, make, *args):
    """The policy and cases of partners in prefixes of some shape, which is made now: some are large."""
    shape = make(*args)
    cases = [Case("%s: %s, %s" % (label, who, FAMILIES[shape.family]), kind, [from_far(shape.family, a) for a in tried])
             for who, kind, tried in (("a member", "member", shape.members), ("a stranger", "stranger", shape.strangers)) if tried]
    return Policy(groups=shape.groups), cases, {"shape": label, "prefixes": shape.count()}


def of_site_rows(count):
    """A row of the matrix, the last site row, and what no row takes."""
    policy = Policy(site_rows=count)
    cases = []
    for family, word in FAMILIES.items():
        label = "%s site rows: %%s, %s" % (format(count, ","), word)
        cases.append(Case(label % "a row of the matrix", "row", [
            packets.line(family, "tcp", "far", 40000, "access", 443, packets.IN_EXTERNAL)]))
        cases.append(Case(label % "refused", "drop", [
            packets.line(family, "tcp", "far", 40000, "access", 5060, packets.IN_EXTERNAL)]))
        for _, port, prefix in [row for row in policy.site_rows if (":" in row[2]) == (family == 6)][-1:]:
            source = prefix.split("/")[0]
            source = source[:-1] + "7" if family == 4 else source + "7"
            cases.append(Case(label % "the last of them", "site", [
                packets.line(family, "tcp", source, 40000, "access", port, packets.IN_EXTERNAL)]))
    return policy, cases, {"site_rows": count}


def of_active_rows(features, number):
    """The same row, the only one or one of all."""
    label = "%d row%s active" % (number, "s"[:number > 1])
    cases = [Case("%s: %s, %s" % (label, who, FAMILIES[family]), kind,
                  [packets.line(family, "tcp", "access", 40000, "far", port, packets.OUT_EXTERNAL)])
             for family in FAMILIES for who, kind, port in (("HTTP out", "row", 80), ("refused", "drop", 25))]
    return Policy(features=features), cases, {"active_rows": number}


def all_scenarios():
    """(name, function that makes it) of each."""
    made = {
        "stateless": lambda: usual(True),
        "conntrack": lambda: usual(False),
        "active-1": lambda: of_active_rows(["crl"], 1),
        "active-37": lambda: of_active_rows(None, 37),
    }
    for count in SITE_ROWS:
        made["sites-%d" % count] = lambda count=count: of_site_rows(count)
    for family in FAMILIES:
        for count in COUNTS:
            label = "%s partner prefix%s" % (format(count, ","), "es"[:2 * (count > 1)])
            made["spread-%d-%d" % (family, count)] = lambda label=label, family=family, count=count: of_shape(
                label, shapes.spread_prefixes, count, family)
        for n, (label, make) in enumerate(shapes.ADVERSARIAL.items()):
            made["shape-%d-%d" % (family, n)] = lambda label=label, make=make, family=family: of_shape(label, make, family)
    return made.items()
