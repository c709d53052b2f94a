# SPDX-License-Identifier: GPL-2.0-only
"""What it costs to put 100,000 prefixes in force, and then one more: the whole work of the program that does it, in user space
and in the kernel.

A load is a list of steps that the guest takes in order, each a program of its own, and what takes it all away. The rivals get
nothing but the set: no rules that use it, and no more than a table to hold it.
"""
import os

import rulesets
import shapes
from packets import FAMILIES
from policies import Policy

COUNT = 100000


def save(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="ascii") as file:
        file.write(text)
    return path


def lyncedge(tool, folder, family, prefixes, more):
    steps = []
    for name, groups in (("apply", prefixes), ("apply-more", prefixes + [more])):
        path = save(folder, "%s-%d" % (name, family), Policy(groups={shapes.PARTNER: groups}).text())
        steps.append({"argv": [tool, "apply", path]})
    return steps, []


def nft(folder, family, prefixes, more):
    text = "table inet t {\nset s {\ntype ipv%d_addr; flags interval; elements = { %s }\n}\n}\n" % (family, ",\n".join(prefixes))
    return [{"argv": ["nft", "-f", save(folder, "set-%d.nft" % family, text)]},
            {"argv": ["nft", "add", "element", "inet", "t", "s", "{ %s }" % more]}], ["nft flush ruleset"]


def ipset(folder, family, prefixes, more):
    policy = Policy(groups={shapes.PARTNER: prefixes})
    policy.groups = {shapes.PARTNER: prefixes}
    name = rulesets.set_name(shapes.PARTNER, family)
    return [{"argv": ["ipset", "restore"], "stdin": save(folder, "ipset-%d" % family, rulesets.ipset(policy, spare=1))},
            {"argv": ["ipset", "add", name, more]}], ["ipset destroy"]


def all_loads(tool, folder):
    """What the guest is to do: [{"peer", "family", "steps", "unload"}...]."""
    os.makedirs(folder)
    plans = []
    for family, word in FAMILIES.items():
        *prefixes, more = shapes.spread_prefixes(COUNT + 1, family).groups[shapes.PARTNER]
        for peer, (steps, unload) in {
                "lyncedgectl apply": lyncedge(tool, folder, family, prefixes, more),
                "nft": nft(folder, family, prefixes, more),
                "ipset": ipset(folder, family, prefixes, more)}.items():
            for step, what in zip(steps, ("load %s prefixes" % format(COUNT, ","), "one prefix more")):
                step["case"] = "%s, %s" % (what, word)
            plans.append({"peer": peer, "family": family, "steps": steps, "unload": unload})
    return plans
