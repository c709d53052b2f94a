# SPDX-License-Identifier: GPL-2.0-only
"""What packets cost in the guest: runs the cases of scenarios.py through each peer. Every figure is in instructions above a hook
that does nothing but give the same verdict."""
from guest_lib import must, sh, tried, write

BENCH = "/sys/kernel/debug/lyncedge_bench/"


def measure(packets):
    """(verdict, instructions of a pass)"""
    if not packets[0].endswith(" untracked"):
        # What one case did to connections is none of the next one's.
        must("conntrack -F")
    for n, packet in enumerate(packets):
        write(BENCH + "packet", ("+" if n else "") + packet)
    with open(BENCH + "cost", encoding="ascii") as file:
        verdict, cost = file.read().split()
    return verdict, float(cost)


class Bare:
    """What the loop, and a hook that does nothing, cost: to be taken off."""

    def __init__(self, packet):
        self.cost = {}
        for verdict in ("accept", "drop"):
            write(BENCH + "bare", verdict)
            self.cost[verdict] = measure([packet])[1]
        write(BENCH + "bare", "off")

    def worst(self, packets):
        """The dearest of the packets."""
        found = [(cost - self.cost[verdict], verdict) for verdict, cost in (measure([p]) for p in packets)]
        verdicts = {verdict for _, verdict in found}
        return "/".join(sorted(verdicts)), max(found)[0]

    def mix(self, packets):
        """All of them, one after the other in no order."""
        bare = sum(self.cost[measure([p])[0]] for p in packets) / len(packets)
        verdict, cost = measure(packets)
        return verdict, cost - bare


def figures_of(plan, peer, bare):
    for case in plan["cases"]:
        verdict, cost = getattr(bare, case["how"])(case["packets"])
        yield {"scenario": plan["scenario"], "case": case["case"], "kind": case["kind"], "family": case["family"], "peer": peer,
               **plan["about"], "state": case["state"], "verdict": verdict, "instructions": round(cost)}


def run(plan, bare, note):
    """One scenario, with all peers that can be on this kernel."""
    for peer, commands in plan["peers"].items():
        if "wants" in commands and sh(commands["wants"])[0]:
            continue
        if all(tried(command) for command in commands["load"]):
            for figure in figures_of(plan, peer, bare):
                note(figure)
        for command in commands["unload"]:
            sh(command)
