# SPDX-License-Identifier: GPL-2.0-only
"""Policies, as lyncedge reads them and as rows for those who write rulesets by hand."""
import os

from packets import EDGES

HERE = os.path.dirname(os.path.realpath(__file__))
MATRIX = os.path.join(HERE, "..", "oracle", "matrix.tsv")

DEVICES = {"external": "eth0", "internal": "eth1"}
FEATURES = ("crl dns remote-access federation web-conferencing av av-federation av-federation-ocs2007 multiple-pools pic pic-av "
            "xmpp cms-replication central-logging").split()
GROUPS = {
    "front-end": ["192.168.10.0/24", "2001:db8:10::/64"],
    "cms": ["192.168.10.11", "2001:db8:10::11"],
    "pic-partner": ["192.0.2.0/24"],
}
A_LINE = 80


class Row:
    """What a row takes. An end is None (anybody), ("edge", NAME), ("groups", [NAME...]) or ("prefix", PREFIX)."""

    def __init__(self, name, interface, out, protocol, ports, source, destination, by_source=False):
        self.name, self.device, self.out, self.protocol, self.ports = name, DEVICES[interface], out, protocol, ports
        self.source, self.destination, self.by_source = source, destination, by_source


class Policy:
    """The usual one, unless told otherwise: all 37 rows, no partners, no site rows."""

    def __init__(self, stateless=True, groups=None, features=None, site_rows=0):
        self.stateless = stateless
        self.groups = {**GROUPS, **(groups or {})}
        self.features = features or FEATURES
        self.site_rows = [self.site_row(n) for n in range(site_rows)]

    @staticmethod
    def site_row(n):
        """(name, port, prefix): each has a port and a prefix of its own, in IPv4 and IPv6 by turns."""
        prefix = "2001:db8:%x::/48" % (0x1000 + n) if n % 2 else "100.%d.%d.0/24" % (64 + (n >> 8), n & 255)
        return "site%d" % n, 20000 + n, prefix

    def prefixes(self, group, family):
        return [p for p in self.groups.get(group, []) if (":" in p) == (family == 6)]

    def text(self):
        lines = ["interface %s %s" % i for i in DEVICES.items()]
        lines += ["edge %s %s" % (name, " ".join(a.values())) for name, a in EDGES.items()]
        for group, prefixes in self.groups.items():
            for n in range(0, len(prefixes), A_LINE):
                lines.append("peer %s %s" % (group, " ".join(prefixes[n:n + A_LINE])))
        lines.append("feature " + " ".join(self.features))
        lines += ["allow %s external in tcp %d from %s to access" % row for row in self.site_rows]
        lines.append("option established " + ("stateless" if self.stateless else "conntrack"))
        return "\n".join(lines) + "\ncommit\n"

    def end(self, words):
        """A row's end, as matrix.tsv has it. Of several groups those count that are defined."""
        if words in EDGES:
            return ("edge", words)
        defined = [g for g in words.split(",") if g in self.groups]
        return ("groups", defined) if defined else None

    def rows(self):
        """All active rows; an outbound media row is two, by destination and by source port."""
        with open(MATRIX, encoding="ascii") as file:
            names = file.readline().split()
            for line in file:
                row = dict(zip(names, line.rstrip("\n").split("\t")))
                if not set(row["features"].split(",")) & set(self.features):
                    continue
                out = row["direction"] == "out"
                ports = int(row["port_first"]), int(row["port_last"])
                made = (row["id"], row["interface"], out, row["protocol"], ports, self.end(row["source"]),
                        self.end(row["destination"]))
                yield Row(*made)
                if out and row["application"] == "RTP":
                    yield Row(*made, by_source=True)
        for name, port, prefix in self.site_rows:
            yield Row(name, "external", False, "tcp", (port, port), ("prefix", prefix), ("edge", "access"))
