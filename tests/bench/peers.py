# SPDX-License-Identifier: GPL-2.0-only
"""Whoever judges packets in the benchmark: how each is given a policy, and what it lacks next to lyncedge.

A peer writes its files into a folder when the benchmark is prepared, on the host, and says by what commands the guest puts them
in force and takes them away again. A peer that cannot do a policy, or would take too long, returns None.
"""
import os
import subprocess

import bpf_table
import rulesets


class Peer:
    """What all have: a name, what they lack, and how many prefixes they are asked to take."""

    name = lacks = ""
    kind = None
    # Of partners; a few more are of other groups.
    most_prefixes = 1000000

    def takes(self, scenario):
        return scenario.prefixes <= self.most_prefixes + 1000

    def write(self, scenario, folder):
        """{"load": [COMMAND...], "unload": [COMMAND...]}, for sh, or None. Also "wants": a command that fails where this peer
        cannot be."""
        raise NotImplementedError

    def save(self, folder, name, text):
        path = os.path.join(folder, name)
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
        return path


class Lyncedge(Peer):
    name, kind = "lyncedge", "lyncedge"

    def write(self, scenario, folder):
        path = scenario.policy_file
        return {"load": ["cat %s >/sys/kernel/lyncedge/policy" % path, "echo enforce >/sys/kernel/lyncedge/mode"],
                "unload": ["echo off >/sys/kernel/lyncedge/mode"]}


class Nft(Peer):
    """A ruleset that nft -f loads."""

    kind = "nft"

    def __init__(self, name, lacks, text, most_prefixes, site_rows=False):
        self.name, self.lacks, self.text = name, lacks, text
        self.most_prefixes, self.site_rows = most_prefixes, site_rows

    def takes(self, scenario):
        return super().takes(scenario) and (self.site_rows or not scenario.site_rows)

    def write(self, scenario, folder):
        text = self.text(scenario.policy)
        return {"load": ["nft -f " + self.save(folder, self.text.__name__, text)], "unload": ["nft flush ruleset"]}


class NftExport(Peer):
    name, kind = "lyncedgectl export nft", "nft"
    lacks = "little: see the head of what it writes"
    most_prefixes = 100000

    def __init__(self, tool):
        self.tool = tool

    def write(self, scenario, folder):
        text = subprocess.run([self.tool, "export", "nft", "--policy", scenario.policy_file], check=True, capture_output=True,
                              text=True).stdout
        return {"load": ["nft -f " + self.save(folder, "export.nft", text)], "unload": ["nft flush ruleset"]}


FLUSH_IPTABLES = ["iptables-legacy -F", "iptables-legacy -X", "ip6tables-legacy -F", "ip6tables-legacy -X",
                  "rmmod iptable_filter", "rmmod ip6table_filter", "ipset destroy"]


class Iptables(Peer):
    """Rules for iptables-restore and sets for ipset. The kernel's own ip_tables, not nft's imitation, which is slower."""

    kind = "iptables"
    most_prefixes = 200000

    def __init__(self, name, lacks, text):
        self.name, self.lacks, self.text = name, lacks, text

    def write(self, scenario, folder):
        load = ["ipset restore <" + self.save(folder, "ipset", rulesets.ipset(scenario.policy))]
        for family, command in ((4, "iptables"), (6, "ip6tables")):
            path = self.save(folder, "%s-%s" % (self.text.__name__, command), self.text(scenario.policy, family))
            load.append("%s-legacy-restore <%s" % (command, path))
        return {"load": load, "unload": FLUSH_IPTABLES}


class IptablesExport(Peer):
    name, kind = "lyncedgectl export iptables", "iptables"
    lacks = "little: see the head of what it writes; sets, IPv4 and IPv6 each change apart"
    most_prefixes = 100000

    def __init__(self, tool):
        self.tool = tool

    def export(self, scenario, folder, name, *what):
        return self.save(folder, name, subprocess.run([self.tool, "export", *what, "--policy", scenario.policy_file], check=True,
                                                      capture_output=True, text=True).stdout)

    def write(self, scenario, folder):
        return {"load": ["ipset -exist restore <" + self.export(scenario, folder, "export.ipset", "ipset"),
                         "iptables-legacy-restore <" + self.export(scenario, folder, "export.v4", "iptables"),
                         "ip6tables-legacy-restore <" + self.export(scenario, folder, "export.v6", "iptables", "--ipv6")],
                "unload": FLUSH_IPTABLES}


class Bpf(Peer):
    """bpf/forward.bpf.c, on kernels that have netfilter programs."""

    name, kind = "BPF netfilter program", "bpf"
    lacks = ("kernels before 6.4; options, extension headers, fragments, ICMP (all are dropped); reasons for drops but two; sets "
             "change prefix by prefix; answers pass by conntrack alone, and what is established is never judged again")
    # A rule that nobody comes to, so that somebody wants conntrack.
    conntrack = "nft add table inet c; nft add chain inet c c; nft add rule inet c c ct state new"

    most_prefixes = 100000

    def __init__(self, folder):
        self.folder = folder

    def takes(self, scenario):
        return super().takes(scenario) and scenario.site_rows <= 16

    def write(self, scenario, folder):
        table = self.save(folder, "bpf", bpf_table.text(scenario.policy))
        load = "sysctl -q net.core.bpf_jit_enable=1; %s/load %s/forward.bpf.o %s /run/bpf.pid" % (self.folder, self.folder, table)
        return {"load": [self.conntrack, load], "wants": "grep -q bpf_nf_link_attach /proc/kallsyms",
                "unload": ["kill $(cat /run/bpf.pid)", "nft flush ruleset", "sleep 0.1"]}


class Established(Peer):
    """Nothing but conntrack's answer: no firewall, and counted among none."""

    def __init__(self, peer):
        self.peer, self.name, self.lacks, self.kind = peer, peer.name, peer.lacks, "conntrack"

    def takes(self, scenario):
        return scenario.name == "conntrack"

    def write(self, scenario, folder):
        return self.peer.write(scenario, folder)


def all_peers(tool, bpf):
    return [
        Lyncedge(),
        NftExport(tool),
        IptablesExport(tool),
        Nft("nft, tree by hand", "for one deployment (see tests/bench/tree.nft); one counter for all drops; answers pass by "
            "conntrack alone, and what is established is never judged again", rulesets.nft_tree, 100000),
        Nft("nft, intervals", "sets within the map: a partner is an element for each row; nothing may overlap; no reasons; else "
            "as the tree", rulesets.nft_intervals, 10000),
        Nft("nft, rules", "no order but the matrix's: the later the row, the dearer; one counter for all drops; answers pass by "
            "conntrack alone", rulesets.nft_rules, 10000, site_rows=True),
        Iptables("iptables, rules", "as nft's rules; sets, IPv4 and IPv6 each change apart, none with the others",
                 rulesets.iptables_rules),
        Bpf(bpf),
        Established(Nft("nft, ct state established alone", "everything else: it accepts what is established and judges nothing",
                        rulesets.nft_established, 0)),
        Established(Iptables("iptables, ctstate alone", "everything else: it accepts what is established and judges nothing",
                             rulesets.iptables_established)),
    ]
