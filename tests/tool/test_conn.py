#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""explain --conn: connections of a recorded table, found by either end as it is before or after NAT, and judged in their original
direction at the Edge's own addresses. That a module judges them so is shown by tests/vm/test-conn."""

import json
import sys

import tooltest
from tooltest import OPEN, ToolTest

KERNEL = """\
ipv4     2 tcp      6 431999 ESTABLISHED src=198.51.100.7 dst=131.107.155.10 sport=40000 dport=443 src=10.45.16.10 \
dst=198.51.100.7 sport=443 dport=40000 [ASSURED] mark=0 zone=0 use=2
ipv4     2 tcp      6 100 SYN_SENT src=198.51.100.8 dst=131.107.155.10 sport=41000 dport=8443 [UNREPLIED] src=10.45.16.10 \
dst=198.51.100.8 sport=8443 dport=41000 mark=0 zone=0 use=2
ipv4     2 tcp      6 431990 ESTABLISHED src=10.45.16.10 dst=198.51.100.9 sport=50001 dport=5061 src=198.51.100.9 \
dst=131.107.155.10 sport=5061 dport=1024 [ASSURED] mark=0 zone=0 use=2
ipv4     2 udp      17 20 src=198.51.100.7 dst=131.107.155.30 sport=3478 dport=3478 src=10.45.16.30 dst=198.51.100.7 \
sport=3478 dport=3478 mark=0 zone=0 use=2
ipv4     2 icmp     1 29 src=198.51.100.7 dst=131.107.155.30 type=8 code=0 id=9 src=10.45.16.30 dst=198.51.100.7 type=0 code=0 \
id=9 mark=0 zone=0 use=2
ipv6     10 tcp      6 9 CLOSE src=2001:0db8:0000:0000:0000:0000:0000:0007 dst=2001:0db8:0016:0000:0000:0000:0000:0010 \
sport=46106 dport=443 src=2001:0db8:0016:0000:0000:0000:0000:0010 dst=2001:0db8:0000:0000:0000:0000:0000:0007 sport=443 \
dport=46106 [ASSURED] mark=0 zone=0 use=2
ipv4     2 tcp      6 431999 ESTABLISHED src=192.168.77.5 dst=192.168.78.9 sport=40000 dport=22 src=192.168.78.9 \
dst=192.168.77.5 sport=22 dport=40000 [ASSURED] mark=0 zone=0 use=2
ipv4     2 tcp      6 431999 ESTABLISHED src=192.168.10.5 dst=172.25.33.10 sport=40001 dport=5061 src=172.25.33.10 \
dst=192.168.10.5 sport=5061 dport=40001 [ASSURED] mark=0 zone=0 use=2
"""
# The same, as the program has it.
PROGRAM = "".join(line.split(None, 2)[2] + "\n" for line in KERNEL.splitlines()).replace(" zone=0", "")
EVENTS = "".join("    [NEW] " + line + "\n" for line in PROGRAM.splitlines())


class Conn(ToolTest):
    def explain(self, *words, table=KERNEL, policy=OPEN + "commit\n", wants=None, stdin=b""):
        self.table = self.write("table", table)
        tooltest.os.environ["LYNCEDGE_CONNTRACK"] = self.table
        self.addCleanup(tooltest.os.environ.pop, "LYNCEDGE_CONNTRACK", None)
        return self.run_tool("explain", "--conn", "--policy", self.write("conn.policy", policy), *words, wants=wants, stdin=stdin)

    def test_all(self):
        out = self.explain(wants=1).out
        self.assertEqual([line for line in out.splitlines() if line[0] != " "],
                         ["accept ext-05", "drop no-row", "accept ext-07", "accept ext-14", "drop protocol", "accept ext-05",
                          "accept int-02"])
        self.assertNotIn("192.168.77.5", out)

    def test_words(self):
        lines = self.explain("tcp", "198.51.100.7", "131.107.155.10", wants=0).out.splitlines()
        self.assertEqual(lines[:3], ["accept ext-05", "  tcp 198.51.100.7:40000 to 131.107.155.10:443, ESTABLISHED",
                                     "  judged as external in: 198.51.100.7:40000 to 10.45.16.10:443"])
        lines = self.explain("tcp", "198.51.100.8:41000", wants=1).out.splitlines()
        self.assertEqual(lines, ["drop no-row", "  tcp 198.51.100.8:41000 to 131.107.155.10:8443, SYN_SENT, not answered",
                                 "  judged as external in: 198.51.100.8:41000 to 10.45.16.10:8443",
                                 "  row ext-01 comes nearest, but its port is 5269, not 8443"])
        lines = self.explain("icmp", wants=1).out.splitlines()
        self.assertEqual(lines[1], "  icmp-echo 198.51.100.7 to 131.107.155.30")
        lines = self.explain("tcp", "[2001:db8::7]:46106", wants=0).out.splitlines()
        self.assertEqual(lines[2], "  judged as external in: [2001:db8::7]:46106 to [2001:db8:16::10]:443")

    def test_ends(self):
        """Before and after NAT, in either order, with and without ports."""
        for words in [["198.51.100.9", "10.45.16.10"], ["10.45.16.10:50001", "198.51.100.9:5061"], ["131.107.155.10:1024"],
                      ["198.51.100.9:5061", "131.107.155.10"], ["198.51.100.9"]]:
            out = self.explain("tcp", *words, wants=0).out
            self.assertTrue(out.startswith("accept ext-07\n  tcp 10.45.16.10:50001 to 198.51.100.9:5061"), out)
            self.assertEqual(out.count("judged as"), 1)
        for words in [["198.51.100.9:5062"], ["198.51.100.9", "10.45.16.20"], ["198.51.100.7", "198.51.100.7"]]:
            self.assertIn("conntrack knows no such connection", self.explain("tcp", *words, wants=2).err)
        self.assertIn("knows no such", self.explain("udp", "198.51.100.9", wants=2).err)

    def test_listings(self):
        for listing in KERNEL, PROGRAM, EVENTS, "# nothing\nnothing at all src=\n\n" + PROGRAM:
            with self.subTest(listing[:30]):
                self.assertEqual(self.explain("-", stdin=listing, table="", wants=1).out, self.explain(wants=1).out)

    def test_what_is_no_listing(self):
        """Of which nothing can be read, nothing can be said; that there are no connections would be wrong."""
        for text in "garbage\n", "\n", b"\xd4\xc3\xb2\xa1\0\0\n" * 9, "tcp 6 src=1.1.1.1\n" * 3:
            with self.subTest(text):
                result = self.explain("-", stdin=text, table="", wants=2)
                self.assertRegex(result.err, "stdin: none of [0-9]+ lines is an entry such as 'conntrack -L' prints")
                self.assertEqual(result.out, "")
        self.explain("-", stdin="", wants=0)
        self.explain(table="garbage\n", wants=2)
        self.explain("-", stdin="garbage\n" + KERNEL.splitlines()[6] + "\n", wants=0)

    def test_state(self):
        """What stands there is printed as it is: letters, and nothing that a terminal obeys."""
        entry = KERNEL.splitlines()[0]
        self.assertIn(":443, TIME_WAIT\n", self.explain(entry.replace("ESTABLISHED", "TIME_WAIT"), wants=0).out)
        for word in "A\x1b[2J", "EST-1", "Established":
            self.assertIn("to 131.107.155.10:443\n", self.explain(entry.replace("ESTABLISHED", word), wants=0).out)

    def test_entry(self):
        for line in KERNEL.splitlines()[0], PROGRAM.splitlines()[0]:
            for words in [line], line.split():
                self.assertTrue(self.explain(*words, table="", wants=0).out.startswith("accept ext-05\n"))
        self.assertIn("this is no entry", self.explain("tcp 6 src=1.1.1.1", wants=2).err)

    def test_said_where(self):
        """A connection of which neither end is an edge's."""
        result = self.explain("tcp", "192.168.77.5", wants=2)
        self.assertIn("neither end is an edge's address", result.err)
        self.assertIn("hint: say so", result.err)
        out = self.explain("internal", "out", "tcp", "192.168.77.5", wants=1).out
        self.assertIn("judged as internal out: 192.168.77.5:40000 to 192.168.78.9:22", out)
        policy = OPEN + "allow admin internal in tcp 22 from 192.168.77.0/24 to any\ncommit\n"
        self.assertTrue(self.explain("internal", "in", "tcp", "192.168.77.5", policy=policy, wants=0).out
                        .startswith("accept admin\n"))
        out = self.explain("internal", "in", "tcp", "192.168.77.5", policy=OPEN + "option scope address\ncommit\n", wants=0).out
        self.assertTrue(out.startswith("accept unjudged\n"))

    def test_protocols(self):
        """By the words that replay, log and explain have for them."""
        for number, name in (47, "gre"), (132, "sctp"), (200, "200"):
            entry = "unknown %d 9 src=198.51.100.7 dst=10.45.16.10 src=10.45.16.10 dst=198.51.100.7 mark=0" % number
            self.assertIn("\n  %s 198.51.100.7 to 10.45.16.10\n" % name, self.explain(entry, wants=1).out)
            data = json.loads(self.explain(entry, "--json", wants=1).out)
            self.assertEqual(data["connections"][0]["connection"]["protocol"], name)

    def test_policy_that_cuts(self):
        """What would the next policy cut?"""
        out = self.explain("tcp", "10.45.16.10", policy=OPEN.replace("federation ", "") + "commit\n", wants=1).out
        self.assertIn("drop no-row\n  tcp 10.45.16.10:50001", out)
        self.assertIn("row ext-07 comes nearest, but it is off: it needs feature federation", out)

    def test_json(self):
        data = json.loads(self.explain("--json", wants=1).out)["connections"]
        self.assertEqual(len(data), 7)
        self.assertEqual(data[2], {"verdict": "accept", "row": "ext-07", "service": "access", "application": "SIP/MTLS",
                                   "connection": {"protocol": "tcp", "state": "ESTABLISHED", "answered": True,
                                                  "source": "10.45.16.10:50001", "destination": "198.51.100.9:5061",
                                                  "interface": "external", "direction": "out",
                                                  "judged_source": "10.45.16.10:50001",
                                                  "judged_destination": "198.51.100.9:5061"}})
        self.assertEqual(data[1]["nearest"]["row"], "ext-01")
        self.assertFalse(data[1]["connection"]["answered"])

    def test_nothing(self):
        self.assertIn("no such connection", self.explain(table="", wants=0).err)
        self.assertEqual(json.loads(self.explain("--json", table="", wants=0).out), {"connections": []})

    def test_misuse(self):
        for words, message in [(["tcp", "x"], "malformed address"), (["xyz"], "unknown protocol"),
                               (["external", "up", "tcp"], "unknown direction"),
                               (["tcp", "1.1.1.1", "2.2.2.2", "3.3.3.3"], "too many"),
                               (["--batch"], "do not go together")]:
            self.assertIn(message, self.explain(*words, wants=2).err)
        self.run_tool("explain", "--conn", "--policy", "-", "-", wants=2)


if __name__ == "__main__":
    sys.exit(tooltest.main())
