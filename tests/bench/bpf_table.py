# SPDX-License-Identifier: GPL-2.0-only
"""The policy as bpf/load reads it: rows as terms, prefixes with all that those around them are members of, for a trie that finds
only the longest."""
import ipaddress

from packets import EDGES
from policies import DEVICES

MOST_TERMS = 64
ALL_PORTS = (0, 65535)


def bits(terms, wanted):
    return sum(1 << n for n, term in enumerate(terms) if wanted(term))


def end_terms(terms, holds):
    """From and to: terms for which an end that holds says yes."""
    return bits(terms, lambda t: holds(t.source)), bits(terms, lambda t: holds(t.destination))


def lanes(terms):
    yield from ("device %s %d" % (name, 1 + 4 * n) for n, name in enumerate(DEVICES.values()))
    devices = list(DEVICES.values())
    for lane in range(8):
        taken = bits(terms, lambda t: devices.index(t.device) * 4 + t.out * 2 + (t.protocol == "udp") == lane)
        yield "lane %d %x" % (lane, taken)


def ports(terms):
    edges = sorted({0, 65536} | {p for t in terms for p in (t.ports[0], t.ports[1] + 1)})
    for first, after in zip(edges, edges[1:]):
        def takes(term, by_source, port=first):
            low, high = term.ports if term.by_source == by_source else ALL_PORTS
            return low <= port <= high
        yield "ports %d %d %x %x" % (first, after - 1, bits(terms, lambda t: takes(t, False)),
                                     bits(terms, lambda t: takes(t, True)))


def near(terms):
    """The Edge's own addresses, of which no group has any."""
    for name, addresses in EDGES.items():
        ends = end_terms(terms, lambda end: end is None or end == ("edge", name))
        yield from ("near %s %x %x" % (a, *ends) for a in addresses.values())


def tagged_prefixes(policy, terms, family):
    """{(address, length): (from, to)} of groups and site rows."""
    found = {}

    def add(prefix, ends):
        address, _, length = prefix.partition("/")
        key = int(ipaddress.ip_address(address)), int(length or (32 if family == 4 else 128))
        have = found.get(key, (0, 0))
        found[key] = have[0] | ends[0], have[1] | ends[1]

    for group in policy.groups:
        ends = end_terms(terms, lambda end: end and end[0] == "groups" and group in end[1])
        for prefix in policy.prefixes(group, family):
            add(prefix, ends)
    for _, _, prefix in policy.site_rows:
        if (":" in prefix) == (family == 6):
            add(prefix, end_terms(terms, lambda end: end == ("prefix", prefix)))
    return found


def far(policy, terms, family):
    """From the outermost inward: each prefix has what those around it have."""
    size = 32 if family == 4 else 128
    make = ipaddress.IPv4Address if family == 4 else ipaddress.IPv6Address
    around = [(1 << size, *end_terms(terms, lambda end: end is None))]
    yield "far %s 0 %x %x" % (make(0), *around[0][1:])
    for (address, length), ends in sorted(tagged_prefixes(policy, terms, family).items()):
        while address >= around[-1][0]:
            around.pop()
        around.append((address + (1 << (size - length)), around[-1][1] | ends[0], around[-1][2] | ends[1]))
        yield "far %s %d %x %x" % (make(address), length, *around[-1][1:])


def text(policy):
    terms = list(policy.rows())
    lines = ["conntrack %d" % (not policy.stateless), *lanes(terms), *ports(terms), *near(terms)]
    for family in (4, 6):
        lines += far(policy, terms, family)
    return "\n".join(lines) + "\n"
