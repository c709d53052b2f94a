# SPDX-License-Identifier: GPL-2.0-only
"""build/bench.json, and how to find things in it. What is made of them is in summary.py, tables.py and plot.py."""
import json

FIREWALLS = ("lyncedge", "nft", "iptables", "bpf")


class Results:
    """The figures of one kernel, and those that no kernel has a part in."""

    def __init__(self, figures, kernel, kinds):
        self.figures = [f for f in figures if f["kernel"] in (kernel, "")]
        self.version, self.kinds = ".".join(kernel.split(".")[:2]), kinds

    def find(self, **wanted):
        """Figures that have all these values; a value that is a tuple is a choice."""
        return [f for f in self.figures
                if all(f.get(k) in v if isinstance(v, tuple) else f.get(k) == v for k, v in wanted.items())]

    def ours(self, **wanted):
        return self.find(peer="lyncedge", **wanted)

    def rival(self, figure, kind):
        """The best of a kind of peers in the same case, if it comes to the same verdict."""
        same = [f for f in self.find(scenario=figure["scenario"], case=figure["case"], state=figure["state"],
                                     verdict=figure["verdict"]) if self.kinds.get(f["peer"]) == kind]
        return min(same, key=lambda f: f["instructions"], default=None)

    def peers(self, **wanted):
        """Those that have such figures, in order."""
        return list(dict.fromkeys(f["peer"] for f in self.find(**wanted)))

    def cases(self, **wanted):
        """(scenario, case, state) of such figures, in order."""
        return list(dict.fromkeys((f["scenario"], f["case"], f["state"]) for f in self.find(**wanted)))


def load(path, kinds):
    """A Results for each kernel."""
    with open(path, encoding="ascii") as file:
        figures = json.load(file)
    return [Results(figures, kernel, kinds) for kernel in dict.fromkeys(f["kernel"] for f in figures) if kernel]
