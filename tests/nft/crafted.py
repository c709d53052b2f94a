#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Real packets for two gateways that shall agree, and the policies they are judged by.

The policies, and who talks to whom, are those of tests/oracle/generate.py; here they become packets as a wire would carry
them: by which device they enter and leave, TCP flags, answers, errors about them, fragments, options, headers that lie.
Nothing is judged here. Runs on the host, since an emulated machine would be at it for hours.

    crafted.py DIRECTORY --policies N --packets N [--seed S] [--first N] [--peer nft|iptables|iptables-nft]

writes for each policy N into DIRECTORY: N.policy; N.json, what judge-both has to know; and for each of two turns, so that
counters can be read between them, N-TURN.packets for carry.c and N-TURN.text, a line for each number. In the first turn no
packet crosses two named devices; in the second all do.
"""

import argparse
import collections
import ipaddress
import json
import multiprocessing
import os
import random
import re
import socket
import struct
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "oracle"))

import generate
import oracle

TTL, TTL_UNTRACKED, TTL_NEIGHBOUR = 77, 79, 255  # carry.c knows them, less one
UNNAMED = 0  # number of the device that no policy names
PROTOCOLS = {"tcp": 6, "udp": 17, "sctp": 132, "gre": 47, "esp": 50}
ICMP, ICMP6 = 1, 58
FIN, SYN, RST, PSH, ACK, URG = 1, 2, 4, 8, 16, 32
ERRORS = {4: [(3, 1), (3, 3), (3, 4), (3, 13), (4, 0), (11, 0), (12, 0)], 6: [(1, 0), (1, 4), (2, 0), (3, 0), (4, 0)]}
# No gateway forwards from or to these, whatever anybody judges.
NOWHERE = [ipaddress.ip_network(text) for text in
           ("0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/4", "255.255.255.255/32", "::/127", "::ffff:0:0/96", "fe80::/10", "ff00::/8")]


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    total = (total & 0xffff) + (total >> 16)
    return ~(total + (total >> 16)) & 0xffff


class Ends:
    """Who talks to whom, and the devices between them."""

    def __init__(self, version, source, destination, enters, leaves, protocol, source_port, destination_port):
        self.version = version
        self.source = source.to_bytes(4 if version == 4 else 16, "big")
        self.destination = destination.to_bytes(4 if version == 4 else 16, "big")
        self.enters, self.leaves = enters, leaves
        self.protocol = protocol
        self.source_port, self.destination_port = source_port, destination_port

    def mirrored(self):
        other = Ends.__new__(Ends)
        other.version, other.protocol = self.version, self.protocol
        other.source, other.destination = self.destination, self.source
        other.enters, other.leaves = self.leaves, self.enters
        other.source_port, other.destination_port = self.destination_port, self.source_port
        return other

    def pseudo(self, protocol, length):
        if self.version == 4:
            return self.source + self.destination + struct.pack("!BBH", 0, protocol, length)
        return self.source + self.destination + struct.pack("!IHBB", length, 0, 0, protocol)

    def text(self):
        family = socket.AF_INET if self.version == 4 else socket.AF_INET6
        form = "%s:%d" if self.version == 4 else "[%s]:%d"
        return (form % (socket.inet_ntop(family, self.source), self.source_port) + " > " +
                form % (socket.inet_ntop(family, self.destination), self.destination_port))


class Crafter:
    """Packets of one policy and turn. What the peer is known not to see as the module does, is left out."""

    def __init__(self, rng, tracking, iptables, without_errors):
        self.rng = rng
        self.without_errors = without_errors
        self.tracking = tracking
        self.iptables = iptables
        self.records = []
        self.texts = []

    def chance(self, probability):
        return self.rng.random() < probability

    # Transport

    def is_tracked(self, ttl):
        return self.tracking and ttl != TTL_UNTRACKED

    def tcp(self, ends, flags, sequence=1000, acknowledged=0, liar=True, ttl=TTL):
        """With liar, the header may be cut short or wrong about its length, which iptables leaves to conntrack."""
        rng = self.rng
        words = rng.choices([5, 6, 8, 10, 15], [20, 4, 6, 1, 1])[0]
        claimed = words
        if liar and self.chance(0.03) and (self.is_tracked(ttl) or not self.iptables):
            claimed = rng.choice([0, 4, words - 1, words + 1, 15])
        data = bytes(rng.choice([0, 0, 1, 20]))
        # No option (RFC 9293 sec. 3.2) is as long as the rest.
        segment = struct.pack("!HHIIBBHHH", ends.source_port, ends.destination_port, sequence, acknowledged, (claimed & 15) << 4,
                              flags, 8192, 0, 0) + b"\1" * (4 * words - 20) + data
        if liar and self.chance(0.015):
            segment = segment[:rng.choice([0, 3, 4, 8, 13, 14, 18, 19])]
        return self.summed(ends, PROTOCOLS["tcp"], segment, 16)

    def udp(self, ends, liar=True, ttl=TTL):
        data = bytes(self.rng.choice([0, 1, 20]))
        length = 8 + len(data)
        if liar and self.chance(0.02) and (self.is_tracked(ttl) or not self.iptables):
            # Nft cannot see a length beyond the packet's end unless conntrack tells it.
            length = self.rng.choice([0, 7, 8] + ([length + 1, 65535] if self.is_tracked(ttl) else []))
        segment = struct.pack("!HHHH", ends.source_port, ends.destination_port, length, 0) + data
        if liar and self.chance(0.015):
            segment = segment[:self.rng.choice([0, 2, 4, 7])]
        return self.summed(ends, PROTOCOLS["udp"], segment, 6)

    def summed(self, ends, protocol, segment, at):
        if len(segment) < at + 2:
            return segment
        total = checksum(ends.pseudo(protocol, len(segment)) + segment)
        if self.chance(0.01):
            total ^= 1
        return segment[:at] + struct.pack("!H", total or 0xffff) + segment[at + 2:]

    def icmp(self, ends, kind, code, rest):
        if ends.version == 4:
            body = struct.pack("!BBH", kind, code, 0) + rest
            return body[:2] + struct.pack("!H", checksum(body)) + body[4:]
        return self.summed(ends, ICMP6, struct.pack("!BBH", kind, code, 0) + rest, 2)

    # Network

    def header(self, ends, protocol, payload, ttl, number, fragment=0, options=b""):
        if ends.version == 4:
            header = struct.pack("!BBHHHBBH", 0x45 + len(options) // 4, ends.leaves << 2, 20 + len(options) + len(payload),
                                 number, fragment, ttl, protocol, 0) + ends.source + ends.destination + options
            return header[:10] + struct.pack("!H", checksum(header)) + header[12:] + payload
        return struct.pack("!IHBB", 6 << 28 | ends.leaves << 22 | number, len(payload), protocol, ttl) + \
            ends.source + ends.destination + payload

    def extended(self, protocol, payload):
        """IPv6 extension headers in front. Known differences: a ninth, and nft does not look behind authentication headers."""
        for _ in range(self.rng.choice([1, 1, 2, 3, 8])):
            kind = self.rng.choice([60, 43])
            if kind == 43:
                payload = struct.pack("!BBBBI", protocol, 0, 4, 0, 0) + payload
            else:
                payload = struct.pack("!BB", protocol, 0) + b"\1\4\0\0\0\0" + payload
            protocol = kind
        return protocol, payload

    def put(self, ends, protocol, payload, what, ttl=TTL, number=None):
        """One packet of a number of its own, whole or in pieces."""
        if number is None:
            number = len(self.texts)
            self.texts.append("%s %s, enters %d leaves %d%s" % (what, ends.text(), ends.enters, ends.leaves,
                                                                ", untracked" if ttl == TTL_UNTRACKED else ""))
        options = b""
        if ends.version == 4 and self.chance(0.04):
            options = b"\1" * self.rng.choice([4, 8, 40])
        extended = ends.version == 6 and self.chance(0.06)
        # Iptables does not find what an error quotes behind them.
        if extended and not (self.iptables and protocol == ICMP6 and not self.is_tracked(ttl)):
            protocol, payload = self.extended(protocol, payload)
        if len(payload) >= 16 and self.chance(0.04):
            self.put_pieces(ends, protocol, payload, ttl, number)
        else:
            self.record(ends, self.header(ends, protocol, payload, ttl, number, options=options))

    def put_pieces(self, ends, protocol, payload, ttl, number):
        """Two fragments, in either order, of which one may be missing."""
        cut = 8 * self.rng.randint(1, (len(payload) - 1) // 8)
        pieces = []
        for start, piece in ((0, payload[:cut]), (cut, payload[cut:])):
            if ends.version == 4:
                pieces.append(self.header(ends, protocol, piece, ttl, number, start // 8 | (0x2000 if not start else 0)))
            else:
                fragment = struct.pack("!BBHI", protocol, 0, start | (not start), number)
                pieces.append(self.header(ends, 44, fragment + piece, ttl, number))
        if self.chance(0.3):
            pieces.reverse()
        if self.chance(0.1):
            pieces.pop(self.rng.randint(0, 1))
            self.texts[number] += ", a piece is missing"
        else:
            self.texts[number] += ", in pieces"
        for piece in pieces:
            self.record(ends, piece)

    def record(self, ends, packet):
        self.records.append(struct.pack("<HB", len(packet), ends.enters) + packet)

    # What is said

    def ttl(self):
        return TTL_UNTRACKED if self.chance(0.05) else TTL

    def talk(self, ends, protocol):
        if protocol == "tcp":
            self.talk_tcp(ends)
        elif protocol == "udp":
            self.talk_udp(ends)
        else:
            self.put(ends, PROTOCOLS[protocol], bytes(self.rng.choice([0, 4, 8, 24])), protocol, self.ttl())

    def talk_tcp(self, ends):
        rng, ttl = self.rng, self.ttl()
        if self.chance(0.5):
            flags = rng.choice([SYN, SYN, ACK, ACK | PSH, SYN | ACK, RST, RST | ACK, FIN | ACK, FIN, 0, SYN | FIN, PSH,
                                URG | PSH | FIN, 63, SYN | 0xc0, rng.randint(0, 255)])
            self.put(ends, PROTOCOLS["tcp"], self.tcp(ends, flags, ttl=ttl), "tcp flags %#x" % flags, ttl)
            return
        back = ends.mirrored()
        first = self.tcp(ends, SYN, liar=False)
        self.put(ends, PROTOCOLS["tcp"], first, "tcp opens", ttl)
        if self.chance(0.3):
            self.error(ends, PROTOCOLS["tcp"], first, ttl)
        if self.chance(0.6):
            flags = rng.choice([SYN | ACK, SYN | ACK, SYN | ACK, RST | ACK, SYN, FIN])
            self.put(back, PROTOCOLS["tcp"], self.tcp(back, flags, 5000, 1001, liar=False), "tcp answers %#x" % flags, ttl)
            if self.chance(0.5):
                self.put(ends, PROTOCOLS["tcp"], self.tcp(ends, ACK, 1001, 5001, liar=False), "tcp goes on", ttl)
                segment = self.tcp(back, ACK | PSH, 5001, 1001, liar=False)
                self.put(back, PROTOCOLS["tcp"], segment, "tcp answers on", ttl)
                if self.chance(0.3):
                    self.error(back, PROTOCOLS["tcp"], segment, ttl)

    def talk_udp(self, ends):
        ttl = self.ttl()
        datagram = self.udp(ends, ttl=ttl)
        self.put(ends, PROTOCOLS["udp"], datagram, "udp", ttl)
        if self.chance(0.2):
            self.error(ends, PROTOCOLS["udp"], datagram, ttl)
        if self.chance(0.3):
            back = ends.mirrored()
            datagram = self.udp(back, liar=False)
            self.put(back, PROTOCOLS["udp"], datagram, "udp answers", ttl)
            if self.chance(0.3):
                self.error(back, PROTOCOLS["udp"], datagram, ttl)

    def echo(self, ends):
        ttl = self.ttl()
        ask, reply = (8, 0) if ends.version == 4 else (128, 129)
        protocol = ICMP if ends.version == 4 else ICMP6
        rest = struct.pack("!HH", self.rng.randint(0, 65535), 1) + bytes(self.rng.choice([0, 12]))
        code = 0 if self.chance(0.9) else 1
        question = self.icmp(ends, ask, code, rest)
        self.put(ends, protocol, question, "echo", ttl)
        if self.chance(0.3):
            self.error(ends, protocol, question, ttl)
        if self.chance(0.5):
            back = ends.mirrored()
            answer = self.icmp(back, reply, code, rest)
            self.put(back, protocol, answer, "echo answers", ttl)
            if self.chance(0.3):
                self.error(back, protocol, answer, ttl)

    def other_icmp(self, ends):
        """Any type at all, cut short perhaps; neighbour discovery as no neighbour could have sent it."""
        rng = self.rng
        known = [0, 3, 4, 5, 8, 9, 11, 12, 13, 14, 17] if ends.version == 4 else [1, 2, 3, 4, 127, 128, 129, 130, 131, 132] + \
            [133, 134, 135, 136, 137, 138, 143]
        kind = rng.choice(known) if self.chance(0.8) else rng.randint(0, 255)
        body = self.icmp(ends, kind, rng.choice([0, 0, 1, 4]), bytes(rng.choice([4, 4, 24, 40])))
        if self.chance(0.1):
            body = body[:rng.choice([0, 1, 4, 7])]
        ttl = TTL_NEIGHBOUR if ends.version == 6 and self.chance(0.3) else self.ttl()
        self.put(ends, ICMP if ends.version == 4 else ICMP6, body, "icmp type %d" % kind, ttl)

    def error(self, ends, protocol, segment, ttl):
        """About a packet of these ends, from its receiver or from somebody on its way."""
        rng = self.rng
        if self.without_errors:
            return
        kind, code = rng.choice(ERRORS[ends.version])
        back = ends.mirrored()
        if self.chance(0.3):
            back.source = bytes([10]) + rng.randbytes(3) if ends.version == 4 else b"\x20\x01\x0d\xb8" + rng.randbytes(12)
        quoted = self.header(ends, protocol, segment, 60, rng.randint(0, 65535))
        least = 28 if ends.version == 4 else 48
        if self.chance(0.4):
            quoted = quoted[:least]
        elif self.chance(0.06):
            quoted = quoted[:rng.choice([0, 10, least - 8, least - 4, least - 1])]
        elif ends.version == 4 and self.chance(0.05):
            quoted = quoted[:6] + struct.pack("!H", rng.choice([1, 0x2000, 0x1fff, 0x4000])) + quoted[8:]
        elif self.chance(0.03):
            at = 2 if ends.version == 4 else 4
            quoted = quoted[:at] + struct.pack("!H", rng.choice([0, 7, 8, 20, 27, 28])) + quoted[at + 2:]
        rest = struct.pack("!I", 1280) + quoted
        what = "icmp error %d/%d about %s of %s," % (kind, code, protocol, ends.text())
        self.put(back, ICMP if ends.version == 4 else ICMP6, self.icmp(back, kind, code, rest), what, ttl)

    def write(self, path):
        with open(path + ".packets", "wb") as file:
            file.write(b"".join(self.records))
        with open(path + ".text", "w", encoding="ascii") as file:
            file.write("".join(text + "\n" for text in self.texts))


def without_early_drops(text):
    """Early drops keep packets from conntrack, which then says otherwise of later ones, and judge public addresses: rulesets in
    FORWARD do neither. What they do is shown by tests/vm/test-early."""
    return re.sub(r"(?m)^(\s*option\s+early-drop\s+)on\b", r"\1off", text)


class Scene:
    """A policy, its devices by number, and random talk through them."""

    def __init__(self, seed, number, peer):
        self.iptables = peer != "nft"
        self.text = without_early_drops(generate.policy_text(seed, number))
        self.policy = oracle.Policy(self.text)
        self.rng = random.Random("crafted/%s/%s" % (seed, number))
        self.maker = generate.PacketMaker(self.rng, self.policy)
        self.devices = {"external": [], "internal": []}
        self.names = ["oth0"]
        for interface, names in sorted(self.policy.interfaces.items()):
            for name in sorted(set(names)):
                self.devices[interface].append(len(self.names))
                self.names.append(name)

    def has_large_group(self):
        """Then iptables does not know all that an ICMP error is about."""
        words = [line.split("#")[0].split() for line in self.text.splitlines()]
        sizes = collections.Counter()
        for line in words:
            if line[:1] in (["peer"], ["block"]):
                sizes[line[0] + line[1] * (line[0] == "peer")] += len(line)
        return self.iptables and any(size > 64 for size in sizes.values())

    def nowhere(self, version, value):
        return any(value >> (network.max_prefixlen - network.prefixlen) ==
                   int(network.network_address) >> (network.max_prefixlen - network.prefixlen)
                   for network in NOWHERE if network.version == version)

    def packet(self):
        while True:
            aimed = self.maker.kinds_of_row and self.rng.random() < 0.8
            packet = self.maker.aimed() if aimed else self.maker.stray()
            if not self.nowhere(packet[3], packet[4]) and not self.nowhere(packet[3], packet[6]):
                return packet

    def ends(self, packet, both):
        """The named device is on the way that the packet goes; the other one is no matter, or named as well."""
        interface, direction, protocol, version, source, source_port, destination, destination_port = packet
        here = self.rng.choice(self.devices[interface])
        there = self.rng.choice(sum(self.devices.values(), [])) if both else UNNAMED
        if not both and self.rng.random() < 0.01:
            here = UNNAMED
        enters, leaves = (here, there) if direction == "in" else (there, here)
        return Ends(version, source, destination, enters, leaves, protocol, source_port, destination_port)

    def craft(self, both, count):
        crafter = Crafter(self.rng, self.policy.options["established"] == "conntrack", self.iptables, self.has_large_group())
        while len(crafter.texts) < count:
            packet = self.packet()
            ends = self.ends(packet, both)
            kind = self.rng.random()
            if kind < 0.03:
                crafter.echo(ends)
            elif kind < 0.05:
                crafter.other_icmp(ends)
            else:
                crafter.talk(ends, packet[2])
        return crafter


def one_policy(job):
    directory, seed, number, packets, peer = job
    scene = Scene(seed, number, peer)
    path = os.path.join(directory, str(number))
    with open(path + ".policy", "w", encoding="ascii", newline="") as file:
        file.write(scene.text)
    counts = []
    for turn, share in ((1, 0.8), (2, 0.2)):
        crafter = scene.craft(turn == 2, int(packets * share))
        crafter.write("%s-%d" % (path, turn))
        counts.append(len(crafter.texts))
    facts = {"devices": scene.names, "counts": counts, "stateless": scene.policy.options["established"] == "stateless"}
    with open(path + ".json", "w", encoding="ascii") as file:
        json.dump(facts, file)
    return sum(counts)


def main():
    parser = argparse.ArgumentParser(description="write policies and packets for judge-both")
    parser.add_argument("directory")
    parser.add_argument("--policies", type=int, required=True)
    parser.add_argument("--packets", type=int, required=True)
    parser.add_argument("--seed", default="nft")
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--peer", choices=["nft", "iptables", "iptables-nft"], default="nft")
    arguments = parser.parse_args()
    if arguments.packets > 60000:
        parser.error("a number has 16 bits: at most 60000 packets")
    os.makedirs(arguments.directory, exist_ok=True)
    jobs = [(arguments.directory, arguments.seed, number, arguments.packets, arguments.peer)
            for number in range(arguments.first, arguments.first + arguments.policies)]
    total = 0
    with multiprocessing.Pool() as pool:
        for done, count in enumerate(pool.imap_unordered(one_policy, jobs), 1):
            total += count
            if done % 10 == 0 or done == len(jobs):
                print("crafted: %d policies, %d packets" % (done, total), flush=True)


if __name__ == "__main__":
    main()
