#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Tests of lyncedgectl log: test_log.py TOOL PLAIN_TOOL

What the module logs is made by hand, as a capture of an nflog device; that drops are shown as they happen is tested with the
module, in tests/vm/test-log. The device is lo, which exists everywhere and has index 1.
"""
import json
import os
import struct
import subprocess
import sys
import tempfile
import unittest

from captures import echo, icmp, pcap, tcp, udp

TOOL = None
NFLOG, PACKET_HEADER, IN, OUT, PAYLOAD, PREFIX = 239, 1, 4, 5, 9, 10
POLICY = """interface external lo
edge access 10.45.16.10 2001:db8:16::10 public 131.107.155.10
edge av 10.45.16.30
feature remote-access dns
option log-group 5
"""
FAR, ACCESS = "198.51.100.7", "10.45.16.10"


def attribute(kind, value):
    return struct.pack("=HH", 4 + len(value), kind) + value + b"\0" * (-len(value) % 4)


def logged(packet, reason="no-row", into=1, out=None, prefix="lyncedge:"):
    family = 10 if packet[0] >> 4 == 6 else 2
    data = struct.pack("!BBH", family, 0, 5) + attribute(PACKET_HEADER, struct.pack("!HBx", 0x800, 2))
    data += attribute(PREFIX, f"{prefix}{reason}\0".encode())
    data += attribute(IN, struct.pack("!I", into)) if into else b""
    data += attribute(OUT, struct.pack("!I", out)) if out else b""
    return data + attribute(PAYLOAD, packet)


class LogTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.dir = directory.name

    def write(self, name, data):
        path = os.path.join(self.dir, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(data if isinstance(data, bytes) else data.encode())
        return path

    def run_tool(self, *arguments, wants=None):
        environment = dict(os.environ, LYNCEDGE_SYSFS=os.path.join(self.dir, "sysfs"), LC_ALL="C", TZ="UTC")
        done = subprocess.run([TOOL, *arguments], capture_output=True, cwd=self.dir, env=environment, check=False, text=True)
        self.assertNotIn("Sanitizer", done.stderr)
        self.assertNotIn("runtime error", done.stderr)
        if wants is not None:
            self.assertEqual(done.returncode, wants, done)
        return done

    def log(self, frames, *arguments, policy=POLICY, wants=0):
        return self.run_tool("log", self.write("capture", pcap(frames, linktype=NFLOG)), "--policy",
                             self.write("policy", policy + "commit\n"), *arguments, wants=wants).stdout.splitlines()

    def test_lines(self):
        frames = [logged(tcp(FAR, "10.45.16.30", 40000, 443)), logged(udp(FAR, ACCESS, 53, 40000)),
                  logged(tcp("2001:db8:99::7", "2001:db8:16::10", 40000, 1), into=None, out=1),
                  logged(tcp(FAR, ACCESS, 40000, 443, "FA"), "invalid"), logged(echo(FAR, ACCESS), "protocol"),
                  logged(icmp(FAR, ACCESS, 3), "protocol"), logged(tcp(FAR, ACCESS, 40000, 443)[:30], "malformed"),
                  logged(tcp(FAR, ACCESS, 40000, 443), "blocked")]
        self.assertEqual([line.split("  ", 1)[1] for line in self.log(frames)], [
            "no-row     external in tcp 198.51.100.7:40000 10.45.16.30:443  "
            "row ext-15 comes nearest, but it is off: it needs feature av",
            "no-row     external in udp 198.51.100.7:53 10.45.16.10:40000  "
            "row ext-04 would take it as an answer, had the other end begun",
            "no-row     external out tcp [2001:db8:99::7]:40000 [2001:db8:16::10]:1  "
            "no row comes near: of each, two things differ or more",
            "invalid    external in tcp 198.51.100.7:40000 10.45.16.10:443  conntrack knows no connection that it could be of",
            "protocol   external in icmp-echo 198.51.100.7 10.45.16.10  rows are for TCP and UDP; "
            "'option icmp-echo allow' lets echo pass",
            "protocol   external in icmp 198.51.100.7 10.45.16.10  an ICMP error about no connection that passes",
            "malformed  external in tcp 198.51.100.7 10.45.16.10  headers that are cut short or contradict themselves",
            "blocked    external in tcp 198.51.100.7:40000 10.45.16.10:443  the far address is in the block list",
        ])

    def test_time(self):
        frame = logged(tcp(FAR, ACCESS, 40000, 444))
        self.assertTrue(self.log([(frame, 0.25)])[0].startswith("2023-11-14 22:13:20.250  no-row "))

    def test_public_address(self):
        """Early drops come with the address that they were for."""
        self.assertIn(" 10.45.16.10:444  ", self.log([logged(tcp(FAR, "131.107.155.10", 40000, 444))])[0])

    def test_another_policy(self):
        """Of what one policy has dropped, and the one that explains it takes."""
        frames = [logged(tcp(FAR, ACCESS, 40000, 443))]
        self.assertTrue(self.log(frames)[0].endswith("  row ext-05 takes it by this policy"))
        self.assertEqual(json.loads(self.log(frames, "--json")[0])["explanation"], "row ext-05 takes it by this policy")

    def test_devices_that_are_not_the_policys(self):
        policy = POLICY.replace("external lo", "external eth9")
        line = self.log([logged(tcp(FAR, ACCESS, 40000, 444), into=1, out=99999)], policy=policy)[0]
        self.assertTrue(line.endswith("no-row     lo>? tcp 198.51.100.7:40000 10.45.16.10:444"), line)

    def test_two_crossings(self):
        """Of lo as both devices: past the first, it is the second that refuses."""
        policy = POLICY + "allow through external in tcp 444 from any to any\n"
        line = self.log([logged(tcp(FAR, ACCESS, 40000, 444), into=1, out=1)], policy=policy)[0]
        self.assertIn("external out tcp", line)

    def test_two_crossings_of_an_answer(self):
        """Where connections are known, an answer that is of none is refused at the first; else at the second."""
        frames = [logged(udp(FAR, ACCESS, 53, 40000), into=1, out=1)]
        self.assertIn("external in udp", self.log(frames)[0])
        self.assertIn("external out udp", self.log(frames, policy=POLICY + "option established stateless\n")[0])

    def test_what_is_not_the_modules(self):
        packet = tcp(FAR, ACCESS, 40000, 444)
        frames = [logged(packet, prefix="other:"), logged(packet, "strange"), logged(packet, ""), b"\2\0\0\5", b"\2", b"",
                  b"\7" + logged(packet)[1:], logged(packet)[:-20], logged(packet)[:20],
                  logged(packet)[:4] + struct.pack("=HH", 3, 9), logged(packet)]
        self.assertEqual(len(self.log(frames)), 1)

    def test_count(self):
        frames = [logged(tcp(FAR, ACCESS, 40000 + n, 444)) for n in range(9)]
        self.assertEqual(len(self.log(frames, "--count", "4")), 4)

    def test_json(self):
        lines = self.log([logged(tcp(FAR, ACCESS, 40000, 444)), logged(echo(FAR, ACCESS), "protocol", into=99999)], "--json")
        first, second = map(json.loads, lines)
        self.assertEqual(first.pop("explanation"), "row ext-05 comes nearest, but its port is 443, not 444")
        self.assertEqual(first, {"time": 1700000000, "interface": "external", "direction": "in", "in_device": "lo",
                                 "out_device": None, "protocol": "tcp", "source": FAR, "source_port": 40000,
                                 "destination": ACCESS, "destination_port": 444, "bytes": 40, "reason": "no-row"})
        self.assertEqual((second["interface"], second["in_device"], second["source_port"], second["explanation"]),
                         (None, "?", None, None))

    def test_no_addresses(self):
        """An IP header that cannot be read has none; they are not 0.0.0.0."""
        frames = [logged(tcp(FAR, ACCESS, 40000, 443)[:12], "malformed"),
                  logged(tcp("2001:db8:99::7", "2001:db8:16::10", 40000, 443)[:30], "malformed")]
        for line in self.log(frames):
            self.assertEqual(line.split("  ", 1)[1], "malformed  external in - - -  headers that are cut short or contradict "
                             "themselves")
        for line in self.log(frames, "--json"):
            data = json.loads(line)
            self.assertEqual([data[key] for key in ("interface", "protocol", "source", "source_port", "destination",
                                                    "destination_port")], ["external", None, None, None, None, None])

    def test_group_of_a_capture(self):
        """A capture has one group, which cannot be chosen."""
        policy = self.write("policy", POLICY + "commit\n")
        capture = self.write("c", pcap([logged(tcp(FAR, ACCESS, 40000, 444))], linktype=NFLOG))
        done = self.run_tool("log", capture, "--policy", policy, "--group", "6", wants=2)
        self.assertIn("--group", done.stderr)
        self.assertEqual(done.stdout, "")

    def test_wrong_numbers(self):
        policy = self.write("policy", POLICY + "commit\n")
        for option, value in (("--count", "0"), ("--count", "x"), ("--count", ""), ("--count", "-1"), ("--group", "65536"),
                              ("--group", "5x")):
            self.assertIn(f"{option}: '{value}' is no number", self.run_tool("log", "--policy", policy, option, value,
                                                                            wants=2).stderr)

    def test_no_log_group(self):
        policy = self.write("policy", POLICY.replace("option log-group 5\n", "") + "commit\n")
        done = self.run_tool("log", "--policy", policy, wants=2)
        self.assertIn("drops are not logged", done.stderr)
        self.assertIn("option log-group 5", done.stderr)

    def test_not_a_log(self):
        policy = self.write("policy", POLICY + "commit\n")
        self.assertIn("not captured at an nflog device",
                      self.run_tool("log", self.write("c", pcap([])), "--policy", policy, wants=2).stderr)
        self.assertIn("No such file", self.run_tool("log", "nowhere", "--policy", policy, wants=2).stderr)

    def test_policy_in_force(self):
        for name, text in ("policy", POLICY + "commit\n"), ("generation", "1\n"):
            self.write("sysfs/" + name, text)
        capture = self.write("capture", pcap([logged(tcp(FAR, ACCESS, 40000, 444))], linktype=NFLOG))
        self.assertIn("external in tcp", self.run_tool("log", capture, wants=0).stdout)

    def test_truncated(self):
        capture = pcap([logged(tcp(FAR, ACCESS, 40000, 444))] * 2, linktype=NFLOG)
        policy = self.write("policy", POLICY + "commit\n")
        done = self.run_tool("log", self.write("c", capture[:-5]), "--policy", policy, wants=2)
        self.assertEqual(len(done.stdout.splitlines()), 1)
        self.assertIn("truncated", done.stderr)


if __name__ == "__main__":
    TOOL = os.path.abspath(sys.argv[1])
    del sys.argv[1:3]
    outcome = unittest.main(exit=False).result
    bad = len(outcome.failures) + len(outcome.errors)
    print(f"{outcome.testsRun - bad} passed, {bad} failed")
    sys.exit(bad != 0)
