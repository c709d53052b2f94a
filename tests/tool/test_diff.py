#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""lyncedgectl diff: what a policy would change for packets, and that a text which says the same otherwise is no difference."""

import ipaddress
import json
import random
import subprocess
import sys

import tooltest
from tooltest import CLEAN, OPEN, SAMPLE, TOOL, ToolTest

BASE = OPEN + "commit\n"
SITE = "allow a internal in tcp 1 from any to internal\nallow b internal in tcp 2 from any to internal\n" \
       "allow c internal in tcp 3 from any to internal\n"


def with_more(more, base=OPEN):
    return base + more + "commit\n"


# Name; before; after; the lines that tell of it, all of them.
TABLE = [
    ("the same", BASE, BASE, ["No difference."]),
    ("written otherwise", with_more("peer client 10.0.0.0/8\n"),
     "# first\n" + with_more("peer client 10.128.0.0/9 10.0.0.0/9\noption unmatched drop\nport rtp 50000-59999\n"),
     ["No difference."]),
    ("covered", with_more("peer client 10.0.0.0/8\n"), with_more("peer client 10.0.0.0/8 10.1.0.0/16\n"), ["No difference."]),
    ("everybody", BASE, with_more("peer client 0.0.0.0/1 128.0.0.0/1 ::/0\n"), ["No difference."]),
    ("device", BASE, BASE.replace("eth0", "eth2 eth3"), ["interface external", "  + eth2", "  + eth3", "  - eth0"]),
    ("edge", BASE, BASE.replace("10.45.16.20", "10.45.16.21 2001:db8:16::20"),
     ["edge webconf", "  + 10.45.16.21", "  + 2001:db8:16::20", "  - 10.45.16.20"]),
    ("edge lost", BASE, BASE.replace("edge webconf 10.45.16.20\n", ""),
     ["edge webconf", "  - 10.45.16.20", "row ext-08: becomes inactive: edge webconf has no address"]),
    ("edge gained", BASE.replace("edge webconf 10.45.16.20\n", ""), BASE,
     ["edge webconf", "  + 10.45.16.20", "row ext-08: becomes active: edge webconf has an address"]),
    ("public", BASE, BASE.replace("10.45.16.20", "10.45.16.20 public 192.0.2.1"),
     ["public webconf (matters to NAT, and to 'option early-drop on')", "  + 192.0.2.1"]),
    ("feature", BASE, with_more("feature crl\n"), ["feature", "  + crl", "row ext-02: becomes active: feature crl is on"]),
    ("features", with_more("feature cms-replication\n"), with_more("feature dns\n"),
     ["feature", "  + dns", "  - cms-replication", "row ext-03: becomes active: feature dns is on",
      "row ext-04: becomes active: feature dns is on", "row int-08: becomes inactive: feature cms-replication is off"]),
    ("a feature that changes no row", BASE.replace("edge av 10.45.16.30\n", ""),
     with_more("feature multiple-pools\n", OPEN.replace("edge av 10.45.16.30\n", "")), ["feature", "  + multiple-pools"]),
    ("port", BASE, with_more("port ext-05 5061\n"), ["row ext-05: port 443 -> 5061"]),
    ("port of a row that is off", BASE, with_more("port ext-02 8080\n"), ["row ext-02: port 80 -> 8080 (the row is not active)"]),
    ("media range", OPEN.replace("pic-av", "av-federation") + "option ports strict\ncommit\n",
     OPEN.replace("pic-av", "av-federation") + "option ports strict\nport rtp 50000-50999\ncommit\n",
     ["row ext-09: port 50000-59999 -> 50000-50999"] +
     ["row ext-%d: port 50000-59999 -> 50000-50999 (the row is not active)" % i for i in (10, 11, 12)] +
     ["row ext-16: source port 50000-59999 -> 50000-50999",
      "row pic-04: port 50000-59999 -> 50000-50999 (the row is not active)"]),
    ("group defined", BASE, with_more("peer client 192.0.2.0/24\n"), ["peer client: anybody -> listed", "  + 192.0.2.0/24"]),
    ("group not defined", with_more("peer client 192.0.2.0/24\n"), BASE, ["peer client: listed -> anybody", "  - 192.0.2.0/24"]),
    ("group beside one that is defined", with_more("peer front-end 192.0.2.0/24\n"),
     with_more("peer front-end 192.0.2.0/24\npeer branch 192.0.3.0/24\n"), ["peer branch: nobody -> listed", "  + 192.0.3.0/24"]),
    ("group, more and less", with_more("peer client 10.0.0.0/24 2001:db8::/32\n"),
     with_more("peer client 10.0.0.128/25 10.0.1.0/24 2001:db8::/33\n"),
     ["peer client", "  + 10.0.1.0/24", "  - 10.0.0.0/25", "  - 2001:db8:8000::/33"]),
    ("a single address", with_more("peer client 10.0.0.0/30\n"), with_more("peer client 10.0.0.0/31 10.0.0.3/32\n"),
     ["peer client", "  - 10.0.0.2"]),
    ("group that no row uses", with_more("peer crl-server 192.0.2.0/24\n"), with_more("peer crl-server 192.0.3.0/24\n"),
     ["peer crl-server (no active row uses it)", "  + 192.0.3.0/24", "  - 192.0.2.0/24"]),
    ("blocked", with_more("block 198.51.100.0/24\n"), BASE, ["block", "  - 198.51.100.0/24"]),
    ("none blocked", BASE, BASE.replace("block 203.0.113.0/24\n", ""), ["block: listed -> nobody", "  - 203.0.113.0/24"]),
    ("options", BASE, with_more("option unmatched reject\noption log-group 5\n"),
     ["option unmatched: drop -> reject", "option log-group: none -> 5"]),
    ("site row added", BASE, with_more("allow x external in tcp 8443 from client to access\n"),
     ["site row x: added: external in tcp 8443 from client to access"]),
    ("site row removed", BASE, BASE.replace("allow web internal out tcp 8000-8080 from internal to 192.0.2.0/24\n", ""),
     ["site row web: removed: internal out tcp 8000-8080 from internal to 192.0.2.0/24"]),
    ("site row changed", BASE, BASE.replace("8000-8080", "8000"),
     ["site row web: changed internal out tcp 8000-8080 from internal to 192.0.2.0/24 -> "
      "internal out tcp 8000 from internal to 192.0.2.0/24"]),
    ("site row moved", with_more(SITE), with_more("".join(SITE.splitlines(True)[i] for i in (2, 0, 1))),
     ["site row c: moved 4 -> 2"]),
    ("site row whose edge went", with_more("allow x external in tcp 1 from any to webconf\n"),
     with_more("allow x external in tcp 1 from any to webconf\n", OPEN.replace("edge webconf 10.45.16.20\n", "")),
     ["edge webconf", "  - 10.45.16.20", "row ext-08: becomes inactive: edge webconf has no address",
      "site row x: becomes inactive: edge webconf has no address"]),
]


class Diff(ToolTest):
    def diff(self, before, after, *options, wants=None):
        return self.run_tool("diff", self.write("after", after), "--policy", self.write("before", before), *options, wants=wants)

    def test_table(self):
        for name, before, after, lines in TABLE:
            with self.subTest(name):
                same = lines == ["No difference."]
                result = self.diff(before, after, wants=0 if same else 1)
                self.assertEqual(result.out.splitlines(), lines)
                self.assertEqual(result.err, "")
                data = json.loads(self.diff(before, after, "--json", wants=0 if same else 1).out)
                self.assertEqual(data["different"], not same)
                self.assertEqual(len(data["changes"]), sum(line[0] != " " for line in lines) if not same else 0)

    def test_json(self):
        data = json.loads(self.diff(BASE, BASE.replace("10.45.16.20", "10.45.16.21"), "--json", wants=1).out)
        self.assertEqual(data["changes"], [{"kind": "edge", "name": "webconf", "change": "list", "before": None, "after": None,
                                            "why": None, "added": ["10.45.16.21"], "removed": ["10.45.16.20"]}])

    def test_long_lists_are_cut_for_people_alone(self):
        after = with_more("peer client 192.0.2.0/24\n" + "".join("peer client 10.%d.0.0/24\n" % i for i in range(20)))
        before = with_more("peer client 192.0.2.0/24\n")
        self.assertEqual(self.diff(before, after, wants=1).out.splitlines()[-1], "  + ... and 12 more")
        self.assertEqual(len(json.loads(self.diff(before, after, "--json", wants=1).out)["changes"][0]["added"]), 20)

    def test_random_sets(self):
        """Against Python's own arithmetic of networks."""
        def networks(seed):
            chance = random.Random(seed)
            for _ in range(60):
                length = chance.randint(20, 32)
                yield ipaddress.ip_network((0x0a000000 | chance.getrandbits(13) << 32 - length & 0xffff, length), strict=False)
                length = chance.choice([48, 49, 52, 63, 64, 65, 112, 127, 128])
                yield ipaddress.ip_network(((0x20010db8 << 96) | chance.getrandbits(16) << 80 | chance.getrandbits(16), length),
                                           strict=False)

        def minus(some, others):
            left = list(some)
            for other in others:
                rest = []
                for network in left:
                    if network.version != other.version or not network.overlaps(other):
                        rest.append(network)
                    elif network != other and network.supernet_of(other):
                        rest += network.address_exclude(other)
                left = rest
            return {str(n.network_address) if n.prefixlen == n.max_prefixlen else str(n)
                    for version in (4, 6) for n in ipaddress.collapse_addresses([x for x in left if x.version == version])}

        for seed in range(10):
            before, after = list(networks(seed)), list(networks(seed + 100)) + list(networks(seed))[::3]
            texts = ["edge access 192.0.2.1\nfeature remote-access\npeer client %s\ncommit\n" % " ".join(map(str, some))
                     for some in (before, after)]
            changes = json.loads(self.diff(*texts, "--json", wants=1).out)["changes"]
            self.assertEqual(set(changes[0]["added"]), minus(after, before))
            self.assertEqual(set(changes[0]["removed"]), minus(before, after))
            self.assertEqual(self.diff(texts[1], texts[1].replace("peer client", "peer client " + str(after[3])),
                                       wants=0).out, "No difference.\n")

    def test_in_force(self):
        self.make_sysfs(policy=CLEAN)
        self.assertEqual(self.run_tool("diff", self.write("p", CLEAN), wants=0).out, "No difference.\n")
        self.assertEqual(self.run_tool("diff", "-", stdin=CLEAN.replace("dns", ""), wants=1).out.splitlines()[0], "feature")
        shown = self.run_tool("show", "--policy", SAMPLE).out
        self.assertEqual(self.run_tool("diff", SAMPLE, "--policy", "-", stdin=shown, wants=0).out, "No difference.\n")

    def test_errors(self):
        self.assertIn("FILE is missing", self.run_tool("diff", wants=2).err)
        self.assertIn("stdin cannot be both", self.run_tool("diff", "-", "--policy", "-", wants=2).err)
        self.assertIn("after:1:1: ", self.diff(BASE, "x\n", wants=2).err)
        self.assertIn("before:1:1: ", self.diff("x\n", BASE, wants=2).err)
        self.assertIn("not loaded", self.run_tool("diff", self.write("p", CLEAN), wants=2).err)
        self.make_sysfs()
        self.assertIn("there is no policy in force", self.run_tool("diff", self.write("p", CLEAN), wants=2).err)

    def test_much(self):
        prefixes = ["peer client 10.%d.%d.0/25\n" % (i // 256, i % 256) for i in range(50000)]
        result = self.diff(with_more("".join(prefixes)), with_more("".join(prefixes[1:])), wants=1)
        self.assertEqual(result.out.splitlines(), ["peer client", "  - 10.0.0.0/25"])

    def test_many_site_rows(self):
        rows = ["allow r%d internal in tcp %d from any to internal\n" % (i, i + 1) for i in range(1000)]
        result = self.diff(with_more("".join(rows)), with_more("".join(rows[500:] + rows[:500])), wants=1)
        self.assertEqual(len(result.out.splitlines()), 500)

    def test_pipe_that_closes(self):
        """No message, whoever reads."""
        before = self.write("before", BASE)
        after = self.write("after", with_more("".join("peer client 10.%d.0.0/24\n" % i for i in range(250))))
        script = '"$0" diff "$1" --policy "$2" --json | head -c 1 >/dev/null; exit ${PIPESTATUS[0]}'
        done = subprocess.run(["bash", "-c", script, TOOL, after, before], stderr=subprocess.PIPE, check=False)
        self.assertEqual(done.stderr, b"")


if __name__ == "__main__":
    sys.exit(tooltest.main())
