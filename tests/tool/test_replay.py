#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Tests of lyncedgectl replay: test_replay.py TOOL PLAIN_TOOL

Captures are made by hand (captures.py), of every format and link type, and each packet's verdict is known beforehand. That
the same packets get the same verdict in a kernel is shown in tests/vm/test-replay.
"""
import itertools
import json
import os
import socket
import struct
import subprocess
import sys
import tempfile
import unittest

from captures import (BROADCAST, COOKED, COOKED2, ETHERNET, FRAME, IPV4, IPV6, OTHER_HOST, RAW, RECEIVED, SENT, block, cooked,
                      cooked2, device, echo, enhanced, ethernet, fragment, icmp, ip, pcap, section, tcp, udp)

TOOL = None
TCP, UDP = 6, 17
GRE = 47

POLICY = """interface external ext0
interface internal int0
edge access   10.45.16.10 2001:db8:16::10 public 131.107.155.10
edge webconf  10.45.16.20 2001:db8:16::20 public 131.107.155.20
edge av       10.45.16.30 10.45.16.31 2001:db8:16::30 public 131.107.155.30 131.107.155.31
edge internal 172.25.33.10 2001:db8:33::10
peer front-end 192.168.10.0/24 2001:db8:10::/64
block 203.0.113.0/24
feature remote-access av federation
"""
STATELESS = "option established stateless\n"
FAR4, FAR6, ACCESS4, ACCESS6, PUBLIC = "198.51.100.7", "2001:db8:99::7", "10.45.16.10", "2001:db8:16::10", "131.107.155.10"
FRONT_END, INTERNAL = "192.168.10.5", "172.25.33.10"
ENDS = ((FAR4, ACCESS4), (FAR6, ACCESS6))


class ReplayTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.dir = directory.name

    def write(self, name, data):
        path = os.path.join(self.dir, name)
        with open(path, "wb") as file:
            file.write(data if isinstance(data, bytes) else data.encode())
        return path

    def run_tool(self, *arguments, wants=None, stdin=b""):
        environment = dict(os.environ, LYNCEDGE_SYSFS=os.path.join(self.dir, "sysfs"), LC_ALL="C")
        done = subprocess.run([TOOL, *arguments], input=stdin, capture_output=True, cwd=self.dir, env=environment, check=False)
        done.out, done.err = done.stdout.decode(), done.stderr.decode()
        said = f"status {done.returncode}\n--- stdout\n{done.out}--- stderr\n{done.err}"
        self.assertNotIn("Sanitizer", done.err)
        self.assertNotIn("runtime error", done.err)
        if wants is not None:
            self.assertEqual(done.returncode, wants, said)
        return done

    def replay(self, capture, *arguments, policy=POLICY, wants=None):
        """Data of --json."""
        done = self.run_tool("replay", self.write("capture", capture), "--policy", self.write("policy", policy + "commit\n"),
                             "--json", *arguments, wants=wants)
        return json.loads(done.out)

    def counts(self, capture, *arguments, **more):
        return {c["name"]: c["packets"] for c in self.replay(capture, *arguments, **more)["counters"]}

    def unjudged(self, capture, *arguments, **more):
        data = self.replay(capture, *arguments, **more)
        return {c["why"]: c["packets"] for c in data["unjudged"]}

    def frames_count(self, packets, want, **more):
        self.assertEqual(self.counts(pcap(packets, linktype=RAW), **more), want)


def exchange(client, server, dport, sport=40000):
    """A connection from its SYN to its end."""
    ends, back = (client, server, sport, dport), (server, client, dport, sport)
    return [tcp(*ends, "S"), tcp(*back, "SA"), tcp(*ends, "A"), tcp(*ends, "PA", data=b"ask"), tcp(*back, "PA", data=b"answer"),
            tcp(*ends, "FA"), tcp(*back, "FA"), tcp(*ends, "A")]


class Formats(ReplayTest):
    def test_link_types(self):
        for far, near in ENDS:
            packet = tcp(far, near, 40000, 443)
            for linktype in ETHERNET, RAW, COOKED, COOKED2, IPV6 if ":" in far else IPV4:
                with self.subTest(linktype=linktype, far=far):
                    self.assertEqual(self.counts(pcap([FRAME[linktype](packet)], linktype), wants=0), {"ext-05": 1})

    def test_byte_orders_and_times(self):
        frames = [ethernet(tcp(FAR4, ACCESS4, 40000, 443))] * 3
        for order in "<>":
            for nano in False, True:
                with self.subTest(order=order, nano=nano):
                    data = self.replay(pcap(frames, order=order, nano=nano, step=0.25), wants=0)
                    self.assertEqual(data["packets"], 3)
                    self.assertEqual((data["first"], data["last"]), (1700000000, 1700000000.5))

    def test_patched_pcap(self):
        self.assertEqual(self.counts(pcap([ethernet(tcp(FAR4, ACCESS4, 40000, 443))] * 2, kuznetsov=True)), {"ext-05": 2})

    def test_vlans(self):
        packet = tcp(FAR4, ACCESS4, 40000, 443)
        for frame in ethernet(packet, 7), ethernet(packet, 7, 8), ethernet(packet, 7, 8, outer=0x88a8):
            self.assertEqual(self.counts(pcap([frame])), {"ext-05": 1})
        self.assertEqual(self.unjudged(pcap([ethernet(packet, 7, 8, 9)])), {"not-ip": 1})

    def test_not_ip(self):
        frames = [ethernet(b"\0" * 28, kind=0x0806), ethernet(b"\0" * 38, kind=38)]
        self.assertEqual(self.unjudged(pcap(frames), wants=2), {"not-ip": 2})
        done = self.run_tool("replay", "capture", "--policy", "policy", wants=2)
        self.assertIn("none of its packets could be judged", done.err)
        self.assertIn("0 of them judged", done.out)
        # One that could be is enough.
        self.assertEqual(self.counts(pcap(frames + [ethernet(tcp(FAR4, ACCESS4, 40000, 443))]), wants=0), {"ext-05": 1})

    def test_padding_is_not_counted(self):
        data = self.replay(pcap([ethernet(tcp(FAR4, ACCESS4, 40000, 443))]))
        self.assertEqual(data["counters"], [{"name": "ext-05", "kind": "row", "packets": 1, "bytes": 40, "flows": 1}])

    def test_pcapng(self):
        frame = ethernet(tcp(FAR4, ACCESS4, 40000, 443))
        for order in "<>":
            capture = section(order) + device(order=order) + b"".join(enhanced(frame, at=n, order=order) for n in range(3))
            data = self.replay(capture, wants=0)
            self.assertEqual((data["packets"], data["first"], data["last"]), (3, 1700000000, 1700000002))
            self.assertEqual(data["counters"][0]["packets"], 3)

    def test_pcapng_of_other_blocks(self):
        frame = ethernet(tcp(FAR4, ACCESS4, 40000, 443))
        simple = block(3, struct.pack("<I", len(frame)) + frame)
        old = block(2, struct.pack("<HHIIII", 0, 0, 0, 0, len(frame), len(frame)) + frame)
        capture = section() + block(4, b"\0" * 4) + device() + block(0xbad, b"x" * 20) + simple + old + block(5, b"\0" * 12)
        self.assertEqual(self.counts(capture), {"ext-05": 2})

    def test_pcapng_of_several_sections_and_link_types(self):
        packet = tcp(FAR4, ACCESS4, 40000, 443)
        capture = section() + device() + device(linktype=RAW) + enhanced(ethernet(packet)) + enhanced(packet, 1)
        capture += section(">") + device(linktype=COOKED, order=">") + enhanced(cooked(packet), order=">")
        self.assertEqual(self.counts(capture), {"ext-05": 3})

    def test_pcapng_times(self):
        frame = ethernet(tcp(FAR4, ACCESS4, 40000, 443))
        for resolution, units in ((9, 10 ** 9), (3, 10 ** 3), (0x80 | 10, 1 << 10), (0, 1)):
            capture = section() + device(resolution=resolution) + enhanced(frame, at=7, units=units)
            self.assertEqual(self.replay(capture)["first"], 1700000007)

    def test_stdin(self):
        capture = pcap([ethernet(tcp(FAR4, ACCESS4, 40000, 443))])
        policy = self.write("policy", POLICY + "commit\n")
        for data in capture, section() + device() + enhanced(ethernet(tcp(FAR4, ACCESS4, 40000, 443))):
            self.assertIn("ext-05", self.run_tool("replay", "-", "--policy", policy, stdin=data, wants=0).out)
        self.assertIn("cannot be both", self.run_tool("replay", "-", "--policy", "-", wants=2).err)

    def test_no_packets(self):
        for capture in pcap([]), section() + device(), section():
            data = self.replay(capture, wants=0)
            self.assertEqual((data["packets"], data["counters"], data["first"], data["error"]), (0, [], None, None))
        out = self.run_tool("replay", "capture", "--policy", "policy", wants=0).out
        self.assertIn("0 packets, 0 of them judged", out)


class Damage(ReplayTest):
    def test_truncated_pcap(self):
        frame = ethernet(tcp(FAR4, ACCESS4, 40000, 443))
        whole = pcap([frame] * 3)
        for cut in 1, 20, len(frame), len(frame) + 10:
            data = self.replay(whole[:-cut], wants=2)
            self.assertEqual(data["counters"][0]["packets"], 2)
            self.assertEqual((data["error"]["packet"], data["error"]["offset"]), (3, 24 + 2 * (16 + len(frame))))
        done = self.run_tool("replay", "capture", "--policy", "policy", wants=2)
        self.assertIn("capture: packet 3, at byte 176: truncated", done.err)
        self.assertIn("the capture is damaged: this is what was read until then", done.out)

    def test_truncated_pcapng(self):
        packet = enhanced(ethernet(tcp(FAR4, ACCESS4, 40000, 443)))
        start = section() + device()
        for cut in 1, len(packet) - 1, len(packet) - 9:
            data = self.replay((start + packet * 2)[:-cut], wants=2)
            self.assertEqual(data["counters"][0]["packets"], 1)
            self.assertEqual((data["error"]["packet"], data["error"]["offset"]), (2, len(start + packet)))
            self.assertIn("ends within a block", data["error"]["message"])

    def test_pcapng_that_contradicts_itself(self):
        frame = ethernet(tcp(FAR4, ACCESS4, 40000, 443))
        good = enhanced(frame)
        for bad, says in ((good[:-4] + struct.pack("<I", 8), "at its end 8"), (good[:4] + b"\5\0\0\0" + good[8:], "of 5 bytes"),
                          (good[:4] + b"\xff\xff\xff\x7f" + good[8:], "a block of"), (enhanced(frame, 1), "device 1"),
                          (good[:20] + struct.pack("<I", 999) + good[24:], "999 bytes"), (block(6, b"\0" * 8), "too short"),
                          (block(1, b"\0" * 4), "too short"), (block(0x0a0d0d0a, b"\0" * 16), "byte order")):
            with self.subTest(says):
                data = self.replay(section() + device() + good + bad, wants=2)
                self.assertIn(says, data["error"]["message"])
                self.assertEqual((data["error"]["packet"], data["packets"]), (2, 1))

    def test_pcapng_of_no_devices(self):
        data = self.replay(section() + enhanced(ethernet(tcp(FAR4, ACCESS4, 40000, 443))), wants=2)
        self.assertIn("a packet of device 0, which the capture does not name", data["error"]["message"])

    def test_no_capture(self):
        policy = self.write("policy", POLICY + "commit\n")
        for data, says in ((b"", "too short"), (b"abc", "too short"), (b"\x1f\x8b\x08\x00" * 20, "unknown file format")):
            self.assertIn(says, self.run_tool("replay", self.write("c", data), "--policy", policy, wants=2).err)
        self.assertIn("zcat", self.run_tool("replay", "c", "--policy", policy, wants=2).err)
        self.assertIn("No such file", self.run_tool("replay", "nowhere", "--policy", policy, wants=2).err)
        self.assertIn("irectory", self.run_tool("replay", ".", "--policy", policy, wants=2).err)

    def test_foreign_link_type(self):
        policy = self.write("policy", POLICY + "commit\n")
        done = self.run_tool("replay", self.write("c", pcap([], linktype=127)), "--policy", policy, wants=2)
        self.assertIn("IEEE802_11_RADIO are not understood", done.err)

    def test_foreign_link_type_of_a_device(self):
        packet = tcp(FAR4, ACCESS4, 40000, 443)
        start = section() + device("ppp0", linktype=9) + device("ext0")
        data = self.replay(start + enhanced(b"\xff\3\0\x21" + packet) + enhanced(ethernet(packet), 1), wants=0)
        self.assertEqual((data["judged"], data["unjudged"]), (1, [{"why": "link-type", "packets": 1}]))
        done = self.run_tool("replay", "capture", "--policy", "policy", wants=0)
        self.assertIn("packets of link type PPP are not understood", done.err)

    def test_snaplen(self):
        packet = tcp(FAR4, ACCESS4, 40000, 443, "A", data=b"x" * 500)
        data = self.replay(pcap([ethernet(packet)], snaplen=14 + 40), wants=0)
        self.assertEqual(data["counters"][0], {"name": "ext-05", "kind": "row", "packets": 1, "bytes": 540, "flows": 1})
        self.assertEqual(data["cut"], 1)
        for snaplen in 10, 20, 14 + 24, 14 + 39:
            data = self.replay(pcap([ethernet(packet)], snaplen=snaplen), wants=2)
            self.assertEqual((data["counters"], data["unjudged"]), ([], [{"why": "cut", "packets": 1}]))
        self.assertIn("not whole in the capture", self.run_tool("replay", "capture", "--policy", "policy", wants=2).out)

    def test_damaged_headers(self):
        good = udp(FAR4, "10.45.16.30", 40000, 3478)
        data = self.unjudged(pcap([bytes([0x44]) + good[1:], good[:2] + b"\xff\xff" + good[4:], good[:19], good[:2] + b"\0\7" +
                                   good[4:]], linktype=RAW))
        self.assertEqual(data, {"damaged": 4})
        self.frames_count([udp(FAR4, "10.45.16.30", 40000, 3478, length=7), tcp(FAR4, ACCESS4, 40000, 443, doff=4),
                           ip(FAR4, ACCESS4, TCP, b"1234")], {"malformed": 3}, wants=1)


class Places(ReplayTest):
    """Where packets cross."""

    def test_both_directions_and_interfaces(self):
        self.frames_count([tcp(FAR4, ACCESS4, 40000, 443), tcp(ACCESS4, FAR4, 40000, 5061), tcp(FRONT_END, INTERNAL, 40000, 5061),
                           tcp(INTERNAL, FRONT_END, 40000, 5061)], {"ext-05": 1, "ext-07": 1, "int-02": 1, "int-03": 1})

    def test_public_addresses(self):
        self.frames_count([tcp(FAR4, PUBLIC, 40000, 443), tcp(PUBLIC, FAR4, 40000, 5061)], {"ext-05": 1, "ext-07": 1})
        # The second public address is the second own one's.
        data = self.replay(pcap([tcp(FAR4, "131.107.155.31", 40000, 9)], linktype=RAW))
        self.assertEqual(data["dropped"][0]["destination"], "10.45.16.31")

    def test_public_addresses_that_are_over(self):
        """No NAT maps them, by what "lyncedgectl nat" makes of the policy."""
        policy = POLICY.replace("10.45.16.30 10.45.16.31", "10.45.16.30")
        data = self.replay(pcap([udp(FAR4, "131.107.155.31", 40000, 3478), udp(FAR4, "131.107.155.30", 40000, 3478)],
                                linktype=RAW), policy=policy, wants=1)
        self.assertEqual({c["name"]: c["packets"] for c in data["counters"]}, {"ext-14": 1, "no-row": 1})
        self.assertEqual(data["dropped"][0]["destination"], "131.107.155.31")

    def test_public_addresses_that_edges_share(self):
        """An own address that two edges have, or a public one that two want: the first edge's counts, as for NAT."""
        policy = POLICY.replace("10.45.16.20 2001:db8:16::20 public 131.107.155.20", "10.45.16.10 public 131.107.155.10")
        self.assertEqual(self.counts(pcap([tcp(FAR4, PUBLIC, 40000, 443)], linktype=RAW), policy=policy, wants=0), {"ext-05": 1})
        policy = POLICY.replace("131.107.155.20", "131.107.155.10")
        self.assertEqual(self.counts(pcap([tcp(FAR4, PUBLIC, 40000, 443)], linktype=RAW), policy=policy, wants=0), {"ext-05": 1})

    def test_nobodys(self):
        capture = pcap([tcp(FAR4, "10.45.16.99", 40000, 443), tcp(ACCESS4, INTERNAL, 1, 2)], linktype=RAW)
        self.assertEqual(self.unjudged(capture, wants=2), {"unknown-way": 2})
        self.assertIn("--external", self.run_tool("replay", "capture", "--policy", "policy").err)

    def test_external(self):
        packets = [tcp(FAR4, "10.45.16.99", 40000, 443), tcp("10.45.16.99", FAR4, 50000, 443), tcp(FRONT_END, ACCESS4, 4, 443)]
        capture = pcap(packets, linktype=RAW)
        # The Front End is where there is no row for the Access Edge.
        data = self.replay(capture, "--external", "198.51.100.0/24", "--internal", "192.168.0.0/16", wants=1)
        self.assertEqual(sorted((f["interface"], f["direction"]) for f in data["dropped"]),
                         [("external", "in"), ("external", "out"), ("internal", "in")])
        self.assertEqual(self.counts(capture, "--external", "198.51.100.0/24,192.168.0.0/16", wants=1),
                         {"no-row": 2, "ext-05": 1})

    def test_internal(self):
        capture = pcap([tcp("10.9.9.9", ACCESS4, 40000, 443), tcp(FAR4, ACCESS4, 40000, 443)], linktype=RAW)
        self.assertEqual(self.counts(capture, "--internal", "10.9.0.0/16,fd00::/8", wants=1), {"ext-05": 1, "no-row": 1})

    def test_the_longest_prefix_counts(self):
        capture = pcap([tcp("10.9.9.9", ACCESS4, 40000, 443)], linktype=RAW)
        self.assertEqual(self.counts(capture, "--internal", "10.0.0.0/8", "--external", "10.9.9.9"), {"ext-05": 1})
        self.assertEqual(self.counts(capture, "--external", "0.0.0.0/0", "--internal", "10.9.9.0/25"), {"no-row": 1})

    def test_from_one_side_to_the_other(self):
        capture = pcap([tcp(FAR4, FRONT_END, 40000, 443)], linktype=RAW)
        sides = "--external", "198.51.100.0/24", "--internal", "192.168.0.0/16"
        self.assertEqual(self.counts(capture, *sides), {"no-row": 1})
        # Past the first crossing by a site row, it is refused at the second.
        allow = "allow through external in tcp 443 from any to 192.168.10.0/24\n"
        data = self.replay(capture, *sides, policy=POLICY + allow)
        self.assertEqual([(c["name"], c["packets"]) for c in data["counters"]], [("no-row", 1)])
        self.assertEqual((data["dropped"][0]["interface"], data["dropped"][0]["direction"]), ("internal", "out"))
        both = allow + "allow inside internal out tcp 443 from any to 192.168.10.0/24\n"
        self.assertEqual(self.counts(capture, *sides, policy=POLICY + both), {"through": 1, "inside": 1})

    def test_at_both_devices_of_two(self):
        """A packet is judged where it enters before it is known where it leaves; what counts is as with both at hand."""
        packet, later = tcp(FAR4, FRONT_END, 40000, 443), tcp(FAR4, FRONT_END, 40000, 443, seq=7)
        sides = "--external", "198.51.100.0/24", "--internal", "192.168.0.0/16"
        frames = [cooked(packet, RECEIVED), cooked(packet, SENT), cooked(later, RECEIVED), cooked(later, SENT)]
        data = self.replay(pcap(frames, COOKED), *sides)
        self.assertEqual([(c["name"], c["packets"]) for c in data["counters"]], [("no-row", 2)])
        self.assertEqual(data["unjudged"], [{"why": "seen-twice", "packets": 2}])
        allow = "allow through external in tcp 443 from any to 192.168.10.0/24\n"
        self.assertEqual(self.counts(pcap(frames, COOKED), *sides, policy=POLICY + allow), {"no-row": 2})
        both = allow + "allow inside internal out tcp 443 from any to 192.168.10.0/24\n"
        self.assertEqual(self.counts(pcap(frames, COOKED), *sides, policy=POLICY + both), {"through": 2, "inside": 2})
        # Another packet than the one before, or much later.
        for other in [cooked(later, SENT)], [(cooked(packet, SENT), 5)]:
            self.assertEqual(self.counts(pcap([cooked(packet, RECEIVED)] + other, COOKED), *sides), {"no-row": 2})

    def test_equal_packets_at_both_devices(self):
        """Two that nothing tells apart enter before the first of them leaves: each is judged once."""
        packet = udp(FAR4, FRONT_END, 5000, 6000, b"r" * 160)
        sides = "--external", "198.51.100.0/24", "--internal", "192.168.0.0/16"
        capture = pcap([cooked(packet, way) for way in (RECEIVED, RECEIVED, SENT, SENT)], COOKED)
        data = self.replay(capture, *sides)
        self.assertEqual([(c["name"], c["packets"]) for c in data["counters"]], [("no-row", 2)])
        self.assertEqual(data["unjudged"], [{"why": "seen-twice", "packets": 2}])
        # Accepted where they enter, refused where they leave: not counted at both.
        allow = "allow through external in udp 6000 from any to 192.168.10.0/24\n"
        data = self.replay(capture, *sides, policy=POLICY + allow)
        self.assertEqual([(c["name"], c["packets"]) for c in data["counters"]], [("no-row", 2)])
        # No more leave than have entered.
        capture = pcap([cooked(packet, way) for way in (RECEIVED, RECEIVED, SENT, SENT, SENT)], COOKED)
        self.assertEqual(self.counts(capture, *sides), {"no-row": 3})

    def test_wrong_addresses(self):
        policy = self.write("policy", POLICY + "commit\n")
        capture = self.write("c", pcap([]))
        for option in "--external", "--internal", "--gateway":
            for value, says in (("10.0.0.1/8", "has bits set"), ("10.0.0.0/33", "is no address"), ("x", "is no address"),
                                ("10.0.0.0/", "is no address"), ("::/129", "is no address"), ("10.0.0.0/1x", "is no address"),
                                ("", "names no address"), (" , ", "names no address")):
                done = self.run_tool("replay", capture, "--policy", policy, option, value, wants=2)
                self.assertIn(f"{option}: '{value}' {says}", done.err)

    def test_the_gateway_itself(self):
        capture = pcap([tcp(FAR4, "198.51.100.1", 40000, 22), udp(FAR4, "224.0.0.1", 1, 2), icmp("fe80::1", "ff02::1", 135)],
                       linktype=RAW)
        sides = "--external", "0.0.0.0/0,::/0", "--gateway", "198.51.100.1,2001:db8::1"
        self.assertEqual(self.unjudged(capture, *sides), {"not-forwarded": 3})

    def test_hooks_all(self):
        capture = pcap([cooked(tcp(FAR4, "198.51.100.1", 40000, 22))], COOKED)
        policy = POLICY + "option hooks all\nallow admin external in tcp 22 from any to 198.51.100.1\n"
        self.assertEqual(self.counts(capture, "--external", "198.51.100.7", "--gateway", "198.51.100.1", policy=policy),
                         {"admin": 1})

    def test_scope_address(self):
        capture = pcap([tcp(FAR4, "10.45.16.99", 40000, 443)], linktype=RAW)
        self.assertEqual(self.unjudged(capture, "--external", "198.51.100.0/24", policy=POLICY + "option scope address\n"),
                         {"out-of-scope": 1})

    def test_cooked_at_both_devices(self):
        """tcpdump -i any has each packet twice; NAT is between."""
        for frame, linktype in (cooked, COOKED), (cooked2, COOKED2):
            frames = [frame(tcp(FAR4, PUBLIC, 40000, 443), RECEIVED), frame(tcp(FAR4, ACCESS4, 40000, 443), SENT),
                      frame(tcp(ACCESS4, FAR4, 443, 40000, "SA"), RECEIVED), frame(tcp(PUBLIC, FAR4, 443, 40000, "SA"), SENT)]
            data = self.replay(pcap(frames, linktype), wants=0)
            self.assertEqual([(c["name"], c["packets"], c["flows"]) for c in data["counters"]], [("ext-05", 2, 1)])
            self.assertEqual(data["unjudged"], [{"why": "seen-twice", "packets": 2}])

    def test_cooked_for_others(self):
        frames = [cooked(tcp(FAR4, ACCESS4, 40000, 443), OTHER_HOST), cooked(udp(FAR4, "10.45.255.255", 1, 2), BROADCAST)]
        self.assertEqual(self.unjudged(pcap(frames, COOKED)), {"other-host": 1, "unknown-way": 1})

    def test_last_hop(self):
        packet = icmp(FAR4, ACCESS4, 8, hops=1)
        self.assertEqual(self.unjudged(pcap([cooked(packet)], COOKED)), {"not-forwarded": 1})

    def test_cooked2_by_index(self):
        """lo exists everywhere; its index is 1. Where all of the policy's devices exist, indexes are this machine's."""
        policy = POLICY.replace("ext0", "lo").replace("interface internal int0\n", "")
        frames = [cooked2(tcp(FAR4, "10.45.16.99", 40000, 443), RECEIVED, 1), cooked2(tcp(FAR4, ACCESS4, 40000, 443), SENT, 9)]
        data = self.replay(pcap(frames, COOKED2), policy=policy)
        self.assertEqual([(c["name"], c["packets"]) for c in data["counters"]], [("no-row", 1)])
        self.assertEqual(data["unjudged"], [{"why": "other-device", "packets": 1}])
        self.assertTrue(data["by_index"])
        done = self.run_tool("replay", "capture", "--policy", "policy", wants=1)
        self.assertIn("  devices are told by the indexes that those of the policy have here\n", done.out)
        # Addresses that are told overrule that.
        self.assertEqual(self.unjudged(pcap(frames[1:], COOKED2), "--external", "0.0.0.0/0", policy=policy), {"seen-twice": 1})

    def test_cooked2_of_another_machine(self):
        """One of the policy's names exists here as well, but not the other: indexes say nothing."""
        policy = POLICY.replace("ext0", "lo")
        frames = [cooked2(tcp(FAR4, ACCESS4, 40000, 443), RECEIVED, 7), cooked2(tcp(FRONT_END, INTERNAL, 1, 9999), RECEIVED, 8)]
        data = self.replay(pcap(frames, COOKED2), policy=policy, wants=1)
        self.assertEqual({c["name"]: c["packets"] for c in data["counters"]}, {"ext-05": 1, "no-row": 1})
        self.assertEqual((data["unjudged"], data["by_index"]), ([], False))
        done = self.run_tool("replay", "capture", "--policy", "policy", wants=1)
        self.assertNotIn("indexes", done.out)

    def test_addresses_of_another_machine(self):
        """Nor are this machine's own addresses the gateway's where one of the policy's names does not exist here."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            try:
                # This sends nothing.
                sock.connect(("192.0.2.1", 9))
            except OSError:
                self.skipTest("no address but the loopback's")
            mine = sock.getsockname()[0]
        packets = [tcp(FAR4, mine, 40000, 443), tcp(FAR4, ACCESS4, 40000, 443)]
        here = POLICY.replace("ext0", "lo").replace("interface internal int0\n", "")
        for policy, judged in (here, 1), (POLICY.replace("ext0", "lo"), 2):
            data = self.replay(pcap(packets, linktype=RAW), "--external", "198.51.100.0/24", policy=policy)
            self.assertEqual(data["judged"], judged)

    def test_pcapng_devices(self):
        here, there = tcp(FAR4, PUBLIC, 40000, 443), tcp(FAR4, ACCESS4, 40000, 443)
        other = tcp("10.45.16.99", FAR4, 40000, 443)
        capture = section() + device("ext0") + device("per0") + device("int0")
        capture += enhanced(ethernet(here), 0) + enhanced(ethernet(there), 1) + enhanced(ethernet(other), 0)
        # The Access Edge's address at the internal device: a way that no row has.
        capture += enhanced(ethernet(there), 2) + enhanced(ethernet(other), 0, direction=2)
        data = self.replay(capture, wants=1)
        self.assertEqual({c["name"]: c["packets"] for c in data["counters"]}, {"ext-05": 1, "no-row": 2})
        self.assertEqual({u["why"]: u["packets"] for u in data["unjudged"]}, {"other-device": 1, "unknown-way": 1})

    def test_pcapng_of_other_devices(self):
        capture = section() + device("per0") + enhanced(ethernet(tcp(FAR4, ACCESS4, 40000, 443)))
        self.assertEqual(self.unjudged(capture), {"other-device": 1})
        self.assertIn("none of the capture", self.run_tool("replay", "capture", "--policy", "policy").err)
        self.assertEqual(self.counts(capture, "--external", "0.0.0.0/0"), {"ext-05": 1})

    def test_pcapng_vlan_devices(self):
        policy = POLICY.replace("ext0", "eth0.7")
        packet = tcp(FAR4, ACCESS4, 40000, 443)
        capture = section() + device("eth0") + enhanced(ethernet(packet, 7)) + enhanced(ethernet(packet, 8))
        data = self.replay(capture, policy=policy)
        self.assertEqual([(c["name"], c["packets"]) for c in data["counters"]], [("ext-05", 1)])
        both = section() + device("eth0") + device("eth0.7") + enhanced(ethernet(packet, 7)) + enhanced(ethernet(packet), 1)
        self.assertEqual(self.counts(both, policy=policy), {"ext-05": 1})


class Connections(ReplayTest):
    def test_a_connection(self):
        for far, near in ENDS:
            self.frames_count(exchange(far, near, 443), {"ext-05": 8}, wants=0)
            data = self.replay(pcap(exchange(far, near, 444), linktype=RAW), wants=1)
            self.assertEqual([(c["name"], c["packets"], c["flows"]) for c in data["counters"]], [("no-row", 8, 1)])

    def test_answers_without_a_question(self):
        self.frames_count([tcp(ACCESS4, FAR4, 443, 40000, flags) for flags in ("", "SF", "F")], {"invalid": 3}, wants=1)
        self.frames_count([udp("10.45.16.30", FAR4, 3478, 40000)], {"no-row": 1})

    def test_udp(self):
        there, back = (FAR4, "10.45.16.30", 40000, 3478), ("10.45.16.30", FAR4, 3478, 40000)
        self.frames_count([udp(*there), udp(*back), udp(*there)], {"ext-14": 3})
        # Silent for longer than conntrack waits: the answer begins a connection of its own.
        packets = [(udp(*there), 0), (udp(*back), 29), (udp(*back), 75), (udp(*back), 200)]
        self.frames_count(packets, {"ext-14": 3, "no-row": 1})
        packets = [(udp(*there), 0), (udp(*back), 31)]
        self.frames_count(packets, {"ext-14": 1, "no-row": 1})

    def test_a_connection_from_before(self):
        there, back = (FAR4, ACCESS4, 40000, 443), (ACCESS4, FAR4, 443, 40000)
        self.frames_count([tcp(*back, "A"), tcp(*there, "A"), tcp(*back, "PA")], {"ext-05": 3})
        self.frames_count([tcp(*there, "A"), tcp(*back, "A")], {"ext-05": 2})
        self.frames_count([tcp(ACCESS4, FAR4, 444, 40000, "A"), tcp(FAR4, ACCESS4, 40000, 444, "A")], {"no-row": 2})

    def test_the_end_of_a_connection_from_before(self):
        """What conntrack here cannot know, but the gateway's did, is no reason to say that something would be dropped."""
        there, back = (FAR4, PUBLIC, 40000, 443), (PUBLIC, FAR4, 443, 40000)
        for flags in "SA", "FA", "R", "RA":
            capture = pcap([tcp(*back, flags), tcp(*there, flags), tcp(FAR4, ACCESS4, 40001, 443)], linktype=RAW)
            data = self.replay(capture, wants=0)
            self.assertEqual([(c["name"], c["packets"]) for c in data["counters"]], [("ext-05", 1)])
            self.assertEqual((data["unjudged"], data["judged"]), ([{"why": "from-before", "packets": 2}], 1))
        done = self.run_tool("replay", "capture", "--policy", "policy", wants=0)
        self.assertIn("2  of connections that began before", done.out)
        # Closed from both ends, and then the last acknowledgement, which a row takes.
        capture = pcap([tcp(*back, "FA"), tcp(*there, "FA"), tcp(FAR4, ACCESS4, 40000, 443, "A")], linktype=RAW)
        self.assertEqual(self.counts(capture, wants=0), {"ext-05": 1})
        # Not of the blocked, nor of what the capture has more of.
        self.frames_count([tcp("203.0.113.9", ACCESS4, 40000, 443, "FA")], {"blocked": 1}, wants=1)
        packets = [(tcp(FAR4, ACCESS4, 40000, 443, "A"), 0), (tcp(ACCESS4, FAR4, 443, 40000, "FA"), 500000)]
        self.frames_count(packets, {"ext-05": 1, "invalid": 1}, wants=1)

    def test_ports_that_are_used_again(self):
        """A new connection of the Edge's between the ports of an old one of the client's."""
        first = exchange(FAR4, ACCESS4, 443, 5061)
        second = [tcp(ACCESS4, FAR4, 443, 5061, "S"), tcp(FAR4, ACCESS4, 5061, 443, "SA")]
        self.frames_count(first + second, {"ext-05": 8, "ext-07": 2})
        # While the old one lives, the answerer's SYN is nonsense.
        self.frames_count(first[:4] + [tcp(ACCESS4, FAR4, 443, 5061, "S")], {"ext-05": 4, "invalid": 1})
        reset = first[:3] + [tcp(FAR4, ACCESS4, 5061, 443, "R"), tcp(FAR4, ACCESS4, 5061, 443, "S")]
        self.frames_count(reset, {"ext-05": 5})

    def test_nothing_but_syns_before_an_answer(self):
        ends = (FAR4, ACCESS4, 40000, 443)
        self.frames_count([tcp(*ends, "S"), tcp(*ends, "S"), tcp(*ends, "A"), tcp(*ends, "R")], {"ext-05": 3, "invalid": 1})

    def test_stateless(self):
        packets = [tcp(FAR4, ACCESS4, 40000, 443), tcp(ACCESS4, FAR4, 443, 40000, "SA"), tcp(ACCESS4, FAR4, 443, 40001, "S"),
                   udp("10.45.16.30", FAR4, 3478, 40000), tcp(ACCESS4, FAR4, 443, 40000, "FA")]
        data = self.replay(pcap(packets, linktype=RAW), policy=POLICY + STATELESS, wants=1)
        self.assertEqual([(c["name"], c["packets"], c["flows"]) for c in data["counters"]],
                         [("ext-05", 3, 1), ("ext-14", 1, 1), ("no-row", 1, 1)])

    def test_stateless_at_public_addresses(self):
        """What conntrack would not know the beginning of is at the Edge's own addresses all the same."""
        for flags in "SA", "FA", "R", "RA":
            self.frames_count([tcp(FAR4, PUBLIC, 40000, 443, flags), tcp(PUBLIC, FAR4, 443, 40000, flags)], {"ext-05": 2},
                              policy=POLICY + STATELESS, wants=0)
        # What no connection ever has, NAT does not map.
        for flags in "", "SF":
            self.frames_count([tcp(FAR4, PUBLIC, 40000, 443, flags)], {"no-row": 1}, policy=POLICY + STATELESS, wants=1)

    def test_icmp_errors(self):
        for far, near in ENDS:
            kind = (1, 4) if ":" in far else (3, 3)
            there, back = tcp(far, near, 40000, 443), tcp(near, far, 443, 40000, "SA")
            errors = [icmp(far, near, *kind, 0, back), icmp(near, far, *kind, 0, there)]
            self.frames_count([there, back] + errors, {"ext-05": 2, "icmp-related": 2})
            self.frames_count(errors, {"protocol": 2})
            self.frames_count(errors, {"icmp-related": 2}, policy=POLICY + STATELESS)
            # About a connection that no row takes.
            there = tcp(far, near, 40000, 444)
            self.frames_count([there, icmp(near, far, *kind, 0, there)], {"no-row": 1, "protocol": 1})
            # For another than who sent what it is about.
            other = tcp(far, near, 40000, 443)
            wrong = icmp(near, far[:-1] + "8", *kind, 0, other)
            self.frames_count([other, wrong], {"ext-05": 1, "protocol": 1})

    def test_icmp_errors_at_public_addresses(self):
        there, back = tcp(FAR4, PUBLIC, 40000, 443), tcp(PUBLIC, FAR4, 443, 40000, "SA")
        self.frames_count([there, icmp(FAR4, PUBLIC, 3, 3, 0, back)], {"ext-05": 1, "icmp-related": 1})

    def test_icmp_error_that_was_cut(self):
        there, back = tcp(FAR4, ACCESS4, 40000, 443), tcp(ACCESS4, FAR4, 443, 40000, "SA")
        capture = pcap([there, icmp(FAR4, ACCESS4, 3, 3, 0, back)], linktype=RAW, snaplen=44)
        data = self.replay(capture)
        self.assertEqual(data["unjudged"], [{"why": "cut", "packets": 1}])

    def test_echo(self):
        allowed = POLICY + "option icmp-echo allow\n"
        for far, near in ENDS:
            packets = [echo(far, near), echo(near, far, reply=True)]
            self.frames_count(packets, {"protocol": 2})
            self.frames_count(packets, {"icmp-echo": 2}, policy=allowed)
            kind = (1, 3) if ":" in far else (3, 1)
            error = icmp(near, far, *kind, 0, packets[0])
            self.frames_count([packets[0], error], {"icmp-echo": 1, "icmp-related": 1}, policy=allowed)

    def test_other_protocols_and_the_blocked(self):
        packets = [ip(FAR4, ACCESS4, GRE, b"\0" * 8), tcp("203.0.113.9", ACCESS4, 40000, 443)]
        self.frames_count(packets, {"protocol": 1, "blocked": 1})


class Fragments(ReplayTest):
    def pieces(self, far, dport=3478):
        near = "2001:db8:16::30" if ":" in far else "10.45.16.30"
        whole = udp(far, near, 40000, dport, b"x" * 3000)
        return fragment(far, near, UDP, whole[40:] if ":" in far else whole[20:]), len(whole)

    def test_in_any_order(self):
        for far in FAR4, FAR6:
            pieces, size = self.pieces(far)
            for order in (0, 1, 2), (2, 1, 0), (1, 0, 2), (1, 1, 0, 2):
                data = self.replay(pcap([pieces[n] for n in order], linktype=RAW), wants=0)
                self.assertEqual(data["counters"], [{"name": "ext-14", "kind": "row", "packets": 1, "bytes": size, "flows": 1}])

    def test_incomplete(self):
        for far in FAR4, FAR6:
            pieces, _ = self.pieces(far)
            for missing in range(3):
                kept = [p for n, p in enumerate(pieces) if n != missing]
                self.assertEqual(self.unjudged(pcap(kept, linktype=RAW), wants=2), {"fragment": 2})
            late = [(pieces[0], 0), (pieces[1], 1), (pieces[2], 99)]
            self.assertEqual(self.unjudged(pcap(late, linktype=RAW), wants=2), {"fragment": 3})

    def test_overlap(self):
        pieces, _ = self.pieces(FAR4)
        # The second begins within the first.
        bad = pieces[1][:6] + struct.pack("!H", (1200 - 8) >> 3 | 0x2000) + pieces[1][8:]
        self.assertEqual(self.unjudged(pcap([pieces[0], bad, pieces[2]], linktype=RAW), wants=2), {"fragment": 3})

    def test_of_public_addresses_and_other_packets(self):
        first, _ = self.pieces(FAR4)
        second, _ = self.pieces(FAR4, 3479)
        mixed = [piece for pair in zip(first, second) for piece in pair]
        self.frames_count(mixed, {"ext-14": 1, "no-row": 1})

    def test_cut(self):
        pieces, size = self.pieces(FAR4)
        data = self.replay(pcap(pieces, linktype=RAW, snaplen=60), wants=0)
        self.assertEqual(data["counters"], [{"name": "ext-14", "kind": "row", "packets": 1, "bytes": size, "flows": 1}])

    def test_small_ones_in_any_order(self):
        """The header is in several fragments: however they come, it is at hand once all are here."""
        for far, near in ENDS:
            whole = tcp(far, near, 40000, 443)
            pieces = fragment(far, near, TCP, whole[40:] if ":" in far else whole[20:], size=8)
            self.assertEqual(len(pieces), 3)
            for order in itertools.permutations(range(3)):
                data = self.replay(pcap([pieces[n] for n in order], linktype=RAW), wants=0)
                self.assertEqual((data["counters"][0]["name"], data["unjudged"]), ("ext-05", []))
            # Not so if the capture has cut the one in the middle.
            cut = section() + device(linktype=RAW) + enhanced(pieces[2]) + enhanced(pieces[1], snaplen=len(pieces[1]) - 4)
            self.assertEqual(self.unjudged(cut + enhanced(pieces[0])), {"cut": 1})

    def test_a_last_one_amid_others(self):
        """It ends before what is here already: the kernel discards them all."""
        for far, near in ENDS:
            whole = tcp(far, near, 40000, 443, data=b"x" * 44)
            pieces = fragment(far, near, TCP, whole[40:] if ":" in far else whole[20:], size=16)
            self.assertEqual(len(pieces), 4)
            at, more = (42, 1) if ":" in far else (6, 0x2000)
            bits, = struct.unpack("!H", pieces[1][at:at + 2])
            last = pieces[1][:at] + struct.pack("!H", bits & ~more) + pieces[1][at + 2:]
            self.assertEqual(self.unjudged(pcap([pieces[0], pieces[2], last], linktype=RAW)), {"fragment": 3})
            # Without what is beyond it, they are a packet.
            self.assertEqual(self.counts(pcap([pieces[0], last], linktype=RAW)), {"ext-05": 1})

    def test_one_that_is_no_multiple_of_eight(self):
        """Of IPv4's, the kernel takes what fits; of IPv6's, none."""
        for far, name in (FAR4, "ext-14"), (FAR6, None):
            pieces, size = self.pieces(far)
            longer = pieces[0] + b"yyyyy"
            at = 4 if name is None else 2
            total = struct.unpack("!H", longer[at:at + 2])[0] + 5
            odd = longer[:at] + struct.pack("!H", total) + longer[at + 2:]
            data = self.replay(pcap([odd] + pieces[1:], linktype=RAW))
            if name:
                self.assertEqual([(c["name"], c["packets"], c["bytes"]) for c in data["counters"]], [(name, 1, size)])
            else:
                self.assertEqual(data["unjudged"], [{"why": "fragment", "packets": 3}])

    def test_many(self):
        """More on their way than are kept."""
        firsts = [self.pieces(f"198.51.100.{n % 250 + 1}")[0][0] for n in range(600)]
        self.assertEqual(self.unjudged(pcap(firsts, linktype=RAW), wants=2), {"fragment": 600})


class Report(ReplayTest):
    def text(self, packets, *arguments, policy=POLICY, wants=1):
        return self.run_tool("replay", self.write("capture", pcap(packets, linktype=RAW)), "--policy",
                             self.write("policy", policy + "commit\n"), *arguments, wants=wants).out

    def test_text(self):
        packets = exchange(FAR4, ACCESS4, 443) + [tcp(FAR4, "10.45.16.20", 40000, 443)] * 2
        packets += [tcp(FAR6, ACCESS6, 40000, 1), tcp("203.0.113.9", ACCESS4, 1, 443), echo(FAR4, ACCESS4)]
        self.assertEqual(self.text(packets), """capture: 13 packets, 13 of them judged
  from 2023-11-14 22:13:20 UTC on, 0.120 s

NAME      KIND  PACKETS  BYTES  FLOWS
ext-05    row         8    329      1
no-row    drop        3    140      2
blocked   drop        1     40      1
protocol  drop        1     32      1

Would be dropped, most packets first:
      2  no-row     external in tcp 198.51.100.7:40000 10.45.16.20:443
                      row ext-08 comes nearest, but it is off: it needs feature web-conferencing
      1  no-row     external in tcp [2001:db8:99::7]:40000 [2001:db8:16::10]:1
                      row ext-05 comes nearest, but its port is 443, not 1
      1  blocked    external in tcp 203.0.113.9:1 10.45.16.10:443
                      the far address is in the block list
      1  protocol   external in icmp-echo 198.51.100.7 10.45.16.10
                      rows are for TCP and UDP; 'option icmp-echo allow' lets echo pass
""".replace("capture:", os.path.join(self.dir, "capture:")))

    def test_nothing_dropped(self):
        self.assertIn("Nothing would be dropped.", self.text(exchange(FAR4, ACCESS4, 443), wants=0))

    def test_all(self):
        packets = [tcp(FAR4, ACCESS4, 40000 + n, 444) for n in range(30)]
        text = self.text(packets)
        self.assertEqual(text.count("external in tcp"), 20)
        self.assertIn("... and 10 more: --all lists them", text)
        self.assertEqual(self.text(packets, "--all").count("external in tcp"), 30)
        data = self.replay(pcap(packets, linktype=RAW))
        self.assertEqual((len(data["dropped"]), data["dropped_flows"], data["dropped_packets"]), (20, 30, 30))

    def test_a_flow_can_be_asked_about(self):
        line = self.text([tcp(FAR6, ACCESS6, 40000, 444)]).split("no-row")[-1].splitlines()[0].split()
        self.assertIn("drop no-row", self.run_tool("explain", "--policy", "policy", *line, wants=1).out)

    def test_an_answer_that_nobody_asked_for(self):
        text = self.text([udp(FAR4, ACCESS4, 53, 40000)], policy=POLICY + "feature dns\n")
        self.assertIn("row ext-04 would take it as an answer, had the other end begun", text)

    def test_json_of_a_flow(self):
        data = self.replay(pcap([tcp(FAR4, ACCESS4, 40000, 444)] * 2, linktype=RAW), wants=1)
        flow = data["dropped"][0]
        self.assertEqual(flow.pop("explanation"), "row ext-05 comes nearest, but its port is 443, not 444")
        self.assertEqual(flow, {"interface": "external", "direction": "in", "protocol": "tcp", "source": FAR4,
                                "source_port": 40000, "destination": ACCESS4, "destination_port": 444, "reason": "no-row",
                                "packets": 2, "bytes": 80, "first": 1700000000, "last": 1700000000.01})
        data = self.replay(pcap([echo(FAR4, ACCESS4)], linktype=RAW), wants=1)
        self.assertEqual((data["dropped"][0]["source_port"], data["dropped"][0]["protocol"]), (None, "icmp-echo"))

    def test_many_connections(self):
        packets = [tcp(FAR4, ACCESS4, 1024 + n, 443) for n in range(20000)]
        data = self.replay(pcap(packets, linktype=RAW), wants=0)
        self.assertEqual([(c["name"], c["packets"], c["flows"]) for c in data["counters"]], [("ext-05", 20000, 20000)])

    def test_policy_in_force(self):
        os.makedirs(os.path.join(self.dir, "sysfs"))
        for name, text in ("policy", POLICY + "commit\n"), ("generation", "1\n"):
            self.write("sysfs/" + name, text)
        capture = self.write("capture", pcap([tcp(FAR4, ACCESS4, 40000, 443)], linktype=RAW))
        self.assertIn("ext-05", self.run_tool("replay", capture, wants=0).out)
        os.unlink(os.path.join(self.dir, "sysfs", "policy"))
        self.run_tool("replay", capture, wants=2)


if __name__ == "__main__":
    TOOL = os.path.abspath(sys.argv[1])
    del sys.argv[1:3]
    outcome = unittest.main(exit=False).result
    bad = len(outcome.failures) + len(outcome.errors)
    print(f"{outcome.testsRun - bad} passed, {bad} failed")
    sys.exit(bad != 0)
