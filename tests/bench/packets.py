# SPDX-License-Identifier: GPL-2.0-only
"""The packets that are measured: who sends what to whom, and across which device. IPv4 and IPv6 have the same ones.

What becomes of them, and by which policy, is scenarios.py's business. The devices are of the guest's making: eth0 is external,
eth1 internal, all others are named nowhere.
"""

FAMILIES = {4: "IPv4", 6: "IPv6"}

EDGES = {
    "access": {4: "10.45.16.10", 6: "2001:db8:16::10"},
    "webconf": {4: "10.45.16.20", 6: "2001:db8:16::20"},
    "av": {4: "10.45.16.30", 6: "2001:db8:16::30"},
    "internal": {4: "172.25.33.10", 6: "2001:db8:33::10"},
}
OTHERS = {
    "far": {4: "198.51.100.7", 6: "2001:db8:100::7"},
    "front-end": {4: "192.168.10.7", 6: "2001:db8:10::7"},
}

IN_EXTERNAL, OUT_EXTERNAL = ("eth0", "per0"), ("per0", "eth0")
IN_INTERNAL, OUT_INTERNAL = ("eth1", "per1"), ("per1", "eth1")
TRANSIT = ("oth0", "oth1")

# name, what a firewall makes of it, protocol, source, port, destination, port, devices. "Early" and "late" are places in the
# matrix, which matter to whatever walks down it. No packet answers another: conntrack would know them by each other.
TABLE = (
    ("TCP in, early row (ext-01)", "accept", "tcp", "far", 40000, "access", 5269, IN_EXTERNAL),
    ("TCP in, users' SIP (ext-05)", "accept", "tcp", "far", 40000, "access", 443, IN_EXTERNAL),
    ("TCP in, late row (int-11)", "accept", "tcp", "front-end", 40000, "internal", 50003, IN_INTERNAL),
    ("TCP out, early row (ext-02)", "accept", "tcp", "access", 40000, "far", 80, OUT_EXTERNAL),
    ("TCP out, front end (int-03)", "accept", "tcp", "internal", 40000, "front-end", 5061, OUT_INTERNAL),
    ("TCP out, late row (xmpp-02)", "accept", "tcp", "access", 40000, "far", 5269, OUT_EXTERNAL),
    ("UDP in, STUN (ext-14)", "accept", "udp", "far", 40000, "av", 3478, IN_EXTERNAL),
    ("UDP in, late row (int-06)", "accept", "udp", "front-end", 40000, "internal", 3478, IN_INTERNAL),
    ("UDP out, early row (ext-04)", "accept", "udp", "access", 40000, "far", 53, OUT_EXTERNAL),
    ("UDP out, STUN (ext-13)", "accept", "udp", "av", 3478, "far", 3478, OUT_EXTERNAL),
    ("media in, UDP (ext-12)", "accept", "udp", "far", 50200, "av", 50100, IN_EXTERNAL),
    ("media out, UDP (ext-10)", "accept", "udp", "av", 50102, "far", 50202, OUT_EXTERNAL),
    ("media out, UDP, by source (ext-10)", "accept", "udp", "av", 50102, "far", 40202, OUT_EXTERNAL),
    ("media in, TCP (ext-11)", "accept", "tcp", "far", 50200, "av", 50100, IN_EXTERNAL),
    ("media out, TCP (ext-09)", "accept", "tcp", "av", 50102, "far", 50202, OUT_EXTERNAL),
    ("refused, TCP in", "drop", "tcp", "far", 40000, "access", 5060, IN_EXTERNAL),
    ("refused, UDP in", "drop", "udp", "far", 40000, "access", 5060, IN_EXTERNAL),
    ("refused, TCP out", "drop", "tcp", "access", 40000, "far", 25, OUT_EXTERNAL),
    ("refused, TCP in, internal", "drop", "tcp", "front-end", 40000, "internal", 80, IN_INTERNAL),
    ("not ours", "transit", "tcp", "far", 40000, "access", 443, TRANSIT),
)


def address(name, family):
    """Of an edge, of one of the others, or what is an address already."""
    ends = EDGES.get(name) or OTHERS.get(name)
    return ends[family] if ends else name


def line(family, protocol, source, sport, destination, dport, devices):
    """A packet as lyncedge_bench.ko reads it, but for its state."""
    return "ipv%d %s %s %d %s %d %s %s" % (family, protocol, address(source, family), sport, address(destination, family), dport,
                                           *devices)


def all_packets():
    """(name, kind, family, line) of each."""
    for family, label in FAMILIES.items():
        for name, kind, *rest in TABLE:
            yield "%s, %s" % (name, label), kind, family, line(family, *rest)
