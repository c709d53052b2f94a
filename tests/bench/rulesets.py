# SPDX-License-Identifier: GPL-2.0-only
"""The policy as rulesets that administrators write without lyncedge, from plain lists to what is quickest.

Each function returns a text. None of them admits answers without conntrack, and with it each trusts what was once established,
whatever the policy says by now. What each lacks besides is in peers.py, where they are measured.
"""
import os

from packets import EDGES

HERE = os.path.dirname(os.path.realpath(__file__))
FAMILY_WORD = {4: "ip", 6: "ip6"}
ANY = {4: "0.0.0.0/0", 6: "::/0"}


def set_name(group, family):
    return "%s-%d" % (group, family)


def families(policy, row):
    """The families in which a row can take anything."""
    return [family for family in (4, 6) if all(addresses(policy, end, family) != [] for end in (row.source, row.destination))]


def addresses(policy, end, family):
    """What an end is, in prefixes; None for anybody."""
    if end is None:
        return None
    kind, what = end
    if kind == "edge":
        return [EDGES[what][family]]
    if kind == "prefix":
        return [what] if (":" in what) == (family == 6) else []
    return [p for group in what for p in policy.prefixes(group, family)]


def ports(row):
    first, last = row.ports
    return str(first) if first == last else "%d-%d" % (first, last)


# ---- nft --------------------------------------------------------------------------------------------------------------------

def nft_sets(policy):
    lines = []
    for group in policy.groups:
        for family in (4, 6):
            elements = policy.prefixes(group, family)
            lines.append("set %s { type ipv%d_addr; flags interval; auto-merge; %s}" % (
                set_name(group, family).replace("-", "_"), family,
                "elements = { %s }; " % ",\n".join(elements) if elements else ""))
    return lines


def nft_end(policy, end, family, side):
    """Conditions on an end, one for each group that may be there."""
    word = FAMILY_WORD[family]
    if end is None:
        return [""]
    if end[0] == "groups":
        return ["%s %s @%s" % (word, side, set_name(g, family).replace("-", "_")) for g in end[1]
                if policy.prefixes(g, family)]
    return ["%s %s %s" % (word, side, a) for a in addresses(policy, end, family)]


def nft_rules(policy):
    """A rule for each row and family, in the matrix's order."""
    lines = ["table inet rules {"] + nft_sets(policy)
    lines += ["chain forward {", "type filter hook forward priority filter"]
    if not policy.stateless:
        lines.append("ct state established,related accept")
    for row in policy.rows():
        for family in families(policy, row):
            for source in nft_end(policy, row.source, family, "saddr"):
                for destination in nft_end(policy, row.destination, family, "daddr"):
                    lines.append('%s "%s" %s %s %s %s %s counter accept' % (
                        "oifname" if row.out else "iifname", row.device, source, destination, row.protocol,
                        "sport" if row.by_source else "dport", ports(row)))
    lines += ['%s { eth0, eth1 } counter drop' % word for word in ("iifname", "oifname")]
    return "\n".join(lines + ["}", "}"]) + "\n"


def nft_tree(policy):
    """tree.nft: nft at its best; see there."""
    with open(os.path.join(HERE, "tree.nft"), encoding="ascii") as file:
        text = file.read()
    lines = []
    for group, chain in (("federation-partner", "federation"), ("xmpp-partner", "xmpp")):
        for family in (4, 6):
            elements = policy.prefixes(group, family) or [ANY[family]]
            lines.append("define %ss%d = { %s }" % (group.replace("-", "_"), family, ",\n".join(elements)))
        if group not in policy.groups:
            text = text.replace("goto from_" + chain, "accept").replace("goto to_" + chain, "accept")
    if not policy.stateless:
        text = text.replace("#ct", "")
    return "\n".join(lines) + "\n" + text


def nft_intervals(policy):
    """One look-up of all there is to a row: a concatenation of intervals. No two of its elements may overlap."""
    lines = []
    for family in (4, 6):
        maps = {"in": {}, "out": {}, "out_by_source": {}}
        for row in policy.rows():
            if row.by_source:
                maps["out_by_source"][row.device, row.protocol, ports(row), EDGES[row.source[1]][family]] = True
                continue
            elements = maps["out" if row.out else "in"]
            key = row.device, row.protocol, ports(row)
            for source in interval_end(policy, row.source, family):
                for destination in interval_end(policy, row.destination, family):
                    # The far end first: where elements differ most, most are ruled out.
                    ends = (destination, source) if row.out else (source, destination)
                    if not covered(elements, ends, key, family):
                        elements[(ends[0], *key, ends[1])] = True
        lines += intervals_table(policy, FAMILY_WORD[family], maps)
    return "\n".join(lines) + "\n"


def interval_end(policy, end, family):
    found = addresses(policy, end, family)
    return [ANY[family]] if found is None else found


def covered(elements, ends, key, family):
    """A row before it takes the same from anybody or to anybody, or the very same."""
    far, near = ends
    return any((f, *key, n) in elements for f, n in ((far, near), (ANY[family], near), (far, ANY[family])))


def intervals_table(policy, word, maps):
    types = {
        "in": "%s saddr . meta iif . meta l4proto . th dport . %s daddr" % (word, word),
        "out": "%s daddr . meta oif . meta l4proto . th dport . %s saddr" % (word, word),
        "out_by_source": "meta oif . meta l4proto . th sport . %s saddr" % word,
    }
    lines = ["table %s intervals {" % word]
    for name, elements in maps.items():
        listed = ",\n".join(" . ".join(e) + " : accept" for e in elements)
        lines.append("map %s { typeof %s : verdict; flags interval; counter; %s}" % (
            name, types[name], "elements = { %s }; " % listed if listed else ""))
    lines += ["chain forward {", "type filter hook forward priority filter"]
    if not policy.stateless:
        lines.append("ct state vmap { established : accept, related : accept, invalid : drop }")
    lines += ["iif { eth0, eth1 } goto enter", "oif { eth0, eth1 } goto leave", "}",
              "chain enter {", types["in"] + " vmap @in", "counter drop", "}",
              "chain leave {", types["out"] + " vmap @out", types["out_by_source"] + " vmap @out_by_source", "counter drop", "}",
              "}"]
    return lines


def nft_established(_policy):
    """Not a firewall: what conntrack's answer alone costs to ask."""
    return "table inet known {\nchain forward {\ntype filter hook forward priority filter\nct state established accept\n}\n}\n"


# ---- iptables ---------------------------------------------------------------------------------------------------------------

def ipset(policy, spare=0):
    """A set for each group and family, with room for so many more."""
    lines = []
    for group in policy.groups:
        for family in (4, 6):
            elements = policy.prefixes(group, family)
            lines.append("create %s hash:net family inet%s maxelem %d" % (set_name(group, family), "6" if family == 6 else "",
                                                                        max(len(elements) + spare, 16)))
            lines += ["add %s %s" % (set_name(group, family), e) for e in elements]
    return "\n".join(lines) + "\n"


def iptables_end(policy, end, family, option, side):
    if end is None:
        return [""]
    if end[0] == "groups":
        return ["-m set --match-set %s %s" % (set_name(g, family), side) for g in end[1] if policy.prefixes(g, family)]
    return ["%s %s" % (option, a) for a in addresses(policy, end, family)]


def iptables_rules(policy, family):
    """A rule for each row, in the matrix's order. Wants ipset() first."""
    lines = ["*filter"]
    if not policy.stateless:
        lines.append("-A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT")
    for row in policy.rows():
        if family not in families(policy, row):
            continue
        for source in iptables_end(policy, row.source, family, "-s", "src"):
            for destination in iptables_end(policy, row.destination, family, "-d", "dst"):
                lines.append("-A FORWARD %s %s %s %s -p %s --%s %s -j ACCEPT" % (
                    "-o" if row.out else "-i", row.device, source, destination, row.protocol,
                    "sport" if row.by_source else "dport", ports(row).replace("-", ":")))
    lines += ["-A FORWARD %s %s -j DROP" % (option, device) for option in ("-i", "-o") for device in ("eth0", "eth1")]
    return "\n".join(lines + ["COMMIT"]) + "\n"


def iptables_established(_policy, _family):
    """As nft_established()."""
    return "*filter\n-A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT\nCOMMIT\n"
