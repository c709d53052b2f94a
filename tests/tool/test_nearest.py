#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""What explain says of a packet that no row takes: the row that came nearest, and the one thing that differs."""

import json
import os
import re
import sys

import tooltest
from tooltest import OPEN, TOP, ToolTest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(TOP, "tests", "oracle"))

import generate
import oracle
from captures import pcap, tcp, udp
from test_log import NFLOG, logged

# What differs; the packet; more of the policy; the row, what is said of it.
TABLE = [
    ("port", "external in tcp 198.51.100.7:40000 10.45.16.10:444", "", "ext-05", "its port is 443, not 444"),
    ("nearest port", "external in tcp 198.51.100.7:40000 10.45.16.10:5060", "", "ext-06", "its port is 5061, not 5060"),
    ("port range", "internal out tcp 172.25.33.10:1 192.0.2.5:8081", "", "web", "its port is 8000-8080, not 8081"),
    ("moved port", "external in tcp 1.1.1.1:1 10.45.16.10:444", "port ext-05 445\n", "ext-05", "its port is 445, not 444"),
    ("feature", "external out tcp 10.45.16.10:40000 198.51.100.7:80", "", "ext-02", "it is off: it needs feature crl"),
    ("features", "external in udp 9.9.9.9:3478 10.45.16.30:50100", "", "ext-12",
     "it is off: it needs feature av-federation-ocs2007"),
    ("group, not a row for others that is off", "external in tcp 9.9.9.9:1 10.45.16.10:5061",
     "peer federation-partner 192.0.2.0/24\n", "ext-06", "9.9.9.9 is not in group federation-partner"),
    ("edge without address", "external in tcp 9.9.9.9:1 10.45.16.40:5269", "EDGE", "ext-01",
     "edge access has no address in the policy"),
    ("group, not another edge's row", "external in tcp 9.9.9.9:1 10.45.16.10:443", "NOAV", "ext-05",
     "9.9.9.9 is not in group client"),
    ("group", "internal in tcp 192.168.11.1:4000 172.25.33.10:5061", "peer front-end 192.168.10.0/24\n", "int-02",
     "192.168.11.1 is not in group front-end"),
    ("group next to an empty one", "internal in tcp 192.168.11.1:4000 172.25.33.10:5062", "peer branch 192.168.10.0/24\n",
     "int-05", "192.168.11.1 is not in group branch"),
    ("group, IPv6", "external in tcp [2001:db8::1]:1 [2001:db8:16::10]:443", "peer client 2001:db8:1::/48\n", "ext-05",
     "2001:db8::1 is not in group client"),
    ("prefix", "internal out tcp 172.25.33.10:1 192.0.3.5:8080", "", "web", "192.0.3.5 is not in 192.0.2.0/24"),
    ("another edge", "external in tcp 198.51.100.7:40000 10.45.16.20:5061", "", "ext-06",
     "10.45.16.20 is edge webconf, not access"),
    ("no edge", "external in tcp 198.51.100.7:40000 10.9.9.9:5061", "", "ext-06", "10.9.9.9 is not an address of edge access"),
    ("interface", "external in tcp 1.1.1.1:1 172.25.33.10:443", "", "int-07", "it is for the internal interface"),
    ("direction", "external in tcp 10.45.16.10:1 198.51.100.7:5061", "", "ext-07", "it is for direction out (from the Edge)"),
    ("an answer", "external out tcp 10.45.16.10:443 198.51.100.7:50000", "", "ext-05", "this goes the other way"),
    ("protocol", "external in udp 198.51.100.7:40000 10.45.16.30:443", "", "ext-15", "it is for tcp"),
    ("source port", "external out tcp 10.45.16.30:33000 198.51.100.7:443", "option ports strict\n", "ext-16",
     "with 'option ports strict' its source port is in 50000-59999, not 33000"),
    ("STUN's source port", "external out udp 10.45.16.30:33000 198.51.100.7:3478", "option ports strict\n", "pic-05",
     "with 'option ports strict' its source port is 3478, not 33000"),
    ("media at either end", "external out tcp 10.45.16.30:33000 198.51.100.7:32000", "", "pic-04",
     "its source or destination port is in 50000-59999, which neither 33000 nor 32000 is"),
    ("media at the source", "external out tcp 10.45.16.30:33000 198.51.100.7:50001", "option rtp-outbound source\n", "pic-04",
     "with 'option rtp-outbound source' its source port is in 50000-59999, not 33000"),
    ("media at the destination", "external out tcp 10.45.16.30:50001 198.51.100.7:33000",
     "option rtp-outbound destination\n", "pic-04",
     "with 'option rtp-outbound destination' its destination port is in 50000-59999, not 33000"),
    ("two things", "external in tcp 1.1.1.1:1 10.9.9.9:22", "", None, None),
    ("a thing, and off", "external in udp 9.9.9.9:4000 10.45.16.30:50100", "peer media-partner 192.0.2.0/24\n", "ext-12",
     "9.9.9.9 is not in group media-partner; and it is off: it needs feature av-federation-ocs2007"),
]


POLICIES, PACKETS = 8, 20


class Question:
    """A policy and a packet, which are mended as told."""

    def __init__(self, policy, line):
        self.statements = "\n".join(text for text in policy.splitlines() if text.split("#")[0].split() != ["commit"])
        self.interface, self.direction, self.protocol, source, destination = line.split()
        self.ends = [self.split(source), self.split(destination)]

    @staticmethod
    def split(end):
        address, _, port = end.rpartition(":")
        return [address.strip("[]"), port]

    @staticmethod
    def join(address, port):
        return ("[%s]:%s" if ":" in address else "%s:%s") % (address, port)

    def words(self):
        return [self.interface, self.direction, self.protocol, *(self.join(*end) for end in self.ends)]

    def near(self):
        """The end that is the Edge's."""
        return self.ends[1 if self.direction == "in" else 0]

    def address_of(self, edge):
        words = [word for line in self.statements.splitlines() if line.split("#")[0].split()[:2] == ["edge", edge]
                 for word in " ".join(line.split("#")[0].split()[2:]).partition("public")[0].split()]
        return next((word for word in words if (":" in word) == (":" in self.near()[0])), None)

    def state(self, statement):
        self.statements += "\n" + statement + "\n"

    def mend(self, told):
        """Whether it can be."""
        for pattern, mend in MENDS:
            match = re.match(pattern, told)
            if match:
                return mend(self, *match.groups()) is not False
        raise AssertionError("no remedy is known for: " + told)

    def set_port(self, end, port):
        self.ends[end][1] = port

    def turn_on(self, features, pic):
        feature = min(features.split(","), key=lambda name: name.startswith("pic"))
        if pic:
            far = self.ends[0 if self.direction == "in" else 1][0]
            self.state("peer pic-partner %s/%d" % (far, 128 if ":" in far else 32))
        elif feature == "pic" and "peer pic-partner" not in self.statements:
            return False
        self.state("feature " + feature)
        return True

    def be(self, edge):
        address = self.address_of(edge.split(", ")[0])
        if address:
            self.near()[0] = address
        return bool(address)

    def turn(self):
        self.ends.reverse()
        self.direction = "out" if self.direction == "in" else "in"


MENDS = [
    (r"its port is (\d+)", lambda q, port: q.set_port(1, port)),
    (r"its source or destination port is in (\d+)", lambda q, port: q.set_port(1, port)),
    (r"with 'option rtp-outbound source' its source port is in (\d+)", lambda q, port: q.set_port(0, port)),
    (r"with 'option rtp-outbound destination' its destination port is in (\d+)", lambda q, port: q.set_port(1, port)),
    (r"with 'option ports strict' its source port is (?:in )?(\d+)", lambda q, port: q.set_port(0, port)),
    (r"it is off: it needs (?:one of the features |feature )([a-z0-9,-]+?)(, and peer pic-partner)?$", Question.turn_on),
    (r"edge (\S+) has no address", lambda q, edge: q.state("edge %s %s" % (edge.rstrip(","), q.near()[0]))),
    (r"(\S+) is not in group ([a-z-]+)",
     lambda q, address, group: q.state("peer %s %s/%d" % (group, address, 128 if ":" in address else 32))),
    (r"\S+ is edge .*, not (.*)$", Question.be),
    (r"\S+ is not an address of edge (.*)$", Question.be),
    (r"it is for direction (in|out)", lambda q, direction: setattr(q, "direction", direction)),
    (r"it is for the (external|internal) interface", lambda q, interface: setattr(q, "interface", interface)),
    (r"it is for (tcp|udp)", lambda q, protocol: setattr(q, "protocol", protocol)),
    (r"this goes the other way", Question.turn),
    (r"\S+ is not in (\S+)$", lambda q, prefix: False),
]


class Nearest(ToolTest):
    def policy(self, more):
        text = OPEN
        if more == "EDGE":
            text, more = text.replace("edge access 10.45.16.10 2001:db8:16::10\n", ""), ""
        if more == "NOAV":
            text, more = text.replace("edge av 10.45.16.30\n", "").replace(" av ", " "), "peer client 192.0.2.0/24\n"
        return self.write("nearest.policy", text + more + "commit\n")

    def test_what_a_feature_demands(self):
        path = self.write("policy", "interface external ext0\nedge access 10.45.16.10\nfeature remote-access\n"
                          "peer federation-partner 192.0.2.0/24\ncommit\n")
        out = self.run_tool("explain", "--policy", path, *"external in tcp 9.9.9.9:1 10.45.16.10:5061".split(), wants=1).out
        self.assertIn("row pic-01 comes nearest, but it is off: it needs feature pic, and peer pic-partner", out)

    def test_table(self):
        for name, packet, more, row, differs in TABLE:
            with self.subTest(name):
                arguments = ["explain", "--policy", self.policy(more), *packet.split()]
                out = self.run_tool(*arguments, wants=1).out
                data = json.loads(self.run_tool(*arguments, "--json", wants=1).out)
                if row is None:
                    self.assertIn("no row comes near", out)
                    self.assertIsNone(data["nearest"])
                    continue
                self.assertIn("drop no-row\n  row %s comes nearest, but %s" % (row, differs), out)
                self.assertEqual(data["nearest"]["row"], row)
                self.assertTrue(data["nearest"]["differs"].startswith(differs), data)

    def test_what_is_told_is_what_it_takes(self):
        """Mended as told, the packet passes by that row."""
        for packet, more, row in [("external in tcp 1.1.1.1:1 10.45.16.10:443", "", "ext-05"),
                                  ("external out tcp 10.45.16.10:4 198.51.100.7:80", "feature crl\n", "ext-02"),
                                  ("internal in tcp 192.168.11.1:4 172.25.33.10:5061", "peer front-end 192.168.11.1/32\n",
                                   "int-02"),
                                  ("external out tcp 10.45.16.30:50000 198.51.100.7:443", "option ports strict\n", "ext-16")]:
            out = self.run_tool("explain", "--policy", self.policy(more), *packet.split(), wants=0).out
            self.assertTrue(out.startswith("accept %s\n" % row), out)

    def explained(self, policy, lines):
        """What log says of packets that were dropped by another policy; all cross at one place."""
        interface, direction = lines[0].split()[:2]
        statements = [text for text in policy.splitlines() if text.split("#")[0].split()[:1] not in (["interface"], ["commit"])]
        path = self.write("taken.policy", "\n".join(["interface %s lo" % interface, *statements, "commit"]) + "\n")
        device = {"into": 1} if direction == "in" else {"into": None, "out": 1}
        frames = []
        for line in lines:
            question = Question(policy, line)
            (src, sport), (dst, dport) = question.ends
            packet = {"tcp": tcp, "udp": udp}[question.protocol](src, dst, int(sport), int(dport))
            frames.append(logged(packet, **device))
        capture = self.write("taken.capture", pcap(frames, linktype=NFLOG))
        out = self.run_tool("log", capture, "--policy", path, "--json", wants=0).out
        return [json.loads(line)["explanation"] for line in out.splitlines()]

    def test_nothing_differs(self):
        """Whatever a policy takes, was it dropped by another: the row that the policy takes it by."""
        seen = 0
        for number in range(POLICIES):
            policy = generate.policy_text(3, number)
            lines = generate.packet_lines(3, number, oracle.Policy(policy), 400)
            lines = [line for line in lines if line.split()[2] in ("tcp", "udp")]
            taken = [(line, answer.split()[1]) for line, answer in zip(lines, self.judged(policy, *lines))
                     if re.match("accept (ext|int|pic)-", answer)]
            for crossing in ["external in", "external out", "internal in", "internal out"]:
                here = [pair for pair in taken if pair[0].startswith(crossing)]
                if not here:
                    continue
                for (line, row), told in zip(here, self.explained(policy, [line for line, _ in here]), strict=True):
                    self.assertRegex(told, "^row %s takes it by this policy$" % row, (number, line))
                    seen += 1
        self.assertGreater(seen, 50)

    def test_random(self):
        """Whatever the policy and the packet: mended as told, it is accepted."""
        tried = {pattern: 0 for pattern, _ in MENDS}
        for number in range(POLICIES):
            policy = generate.policy_text(3, number)
            path = self.write("random.policy", policy)
            lines = generate.packet_lines(3, number, oracle.Policy(policy), 400)
            lines = [line for line in lines if line.split()[2] in ("tcp", "udp")]
            answers = self.run_tool("explain", "--policy", path, "--batch", stdin="".join(line + "\n" for line in lines)).out
            dropped = [line for line, answer in zip(lines, answers.splitlines()) if answer == "drop no-row"]
            for line in dropped[:PACKETS]:
                data = json.loads(self.run_tool("explain", "--policy", path, "--json", *line.split(), wants=1).out)
                if not data["nearest"]:
                    continue
                question, told = Question(policy, line), data["nearest"]["differs"].split("; and ")
                for part in told:
                    tried[next(pattern for pattern, _ in MENDS if re.match(pattern, part))] += 1
                if not all([question.mend(part) for part in told]):
                    continue
                mended = self.write("mended.policy", question.statements + "\ncommit\n")
                result = self.run_tool("explain", "--policy", mended, *question.words())
                self.assertTrue(result.out.startswith("accept "), (number, line, data["nearest"], question.words(), result))
        self.assertGreater(sum(1 for count in tried.values() if count), 8, tried)

    def test_many_prefixes(self):
        prefixes = "".join("peer front-end 10.%d.%d.0/24\n" % (i // 256, i % 256) for i in range(20000))
        out = self.run_tool("explain", "--policy", self.policy(prefixes), "internal", "in", "tcp", "10.200.0.1:1",
                            "172.25.33.10:5061", wants=1).out
        self.assertIn("10.200.0.1 is not in group front-end", out)


if __name__ == "__main__":
    sys.exit(tooltest.main())
