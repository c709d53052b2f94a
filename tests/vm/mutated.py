# SPDX-License-Identifier: GPL-2.0-only
"""Random and mutated packets by the million, from a seed: whoever a policy knows talks to each other, through NAT if there is
any, in whole packets and in fragments, with errors about it and headers in front of it; and most of it is then damaged, and half
repaired, so that it gets past the kernel's own checks to those that are tested. Nothing is judged here."""
import ipaddress
import os
import random
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "oracle"))

import generate

from packets import ICMP, ICMP6, TCP, UDP, echo, fragment, icmp, ip, options_header, tcp_segment, udp_datagram

EDGE_PORTS = [0, 1, 443, 3478, 5061, 49999, 50000, 50003, 59999, 60000, 65535]
OTHER_PROTOCOLS = [0, 2, 4, 33, 41, 43, 44, 47, 50, 51, 59, 60, 94, 132, 135, 136, 139, 140, 253, 255]
ERRORS = {4: [(3, 0), (3, 1), (3, 3), (3, 4), (3, 13), (4, 0), (5, 1), (11, 0), (11, 1), (12, 0)],
          6: [(1, 0), (1, 4), (2, 0), (3, 0), (4, 0), (4, 1), (100, 0), (127, 0), (137, 0)]}
FLAGS = ["S", "S", "A", "PA", "SA", "R", "RA", "FA", "F", "", "SF", "P", "FPU", "SFRPAU"]
USUAL, UNTRACKED, UNTRACKED_EARLY = 64, 79, 81    # hop limits by which the ruleset of test-hostile knows what not to track
STRANGERS = {version: {interface: [int(ipaddress.ip_address(text)) for text in texts.split()] for interface, texts in (
    ("external", external), ("internal", internal))} for version, external, internal in (
        (4, "192.0.2.4 192.0.2.250 198.51.100.252 8.8.8.8", "192.168.10.4 192.168.14.8 192.168.40.2"),
        (6, "2001:db8:99::4 2001:db8:99:9::8 2001:db8:51:8000::8 2a01::8", "2001:db8:10::4 2001:db8:10:4::8 2001:db8:10:9::8"))}
POOL = 600    # conversations that are had again and again, with other damage


def one_sum(data):
    """The ones' complement of the sum of 16-bit words, as RFC 1071 has it."""
    if len(data) & 1:
        data += b"\0"
    value = int.from_bytes(data, "big")
    # A sum is 0 only if everything is.
    return 0xffff - (value % 0xffff or (0xffff if value else 0))


def with_hops(packet, hops):
    if packet[0] >> 4 == 6:
        return packet[:7] + bytes([hops]) + packet[8:]
    return repaired(packet[:8] + bytes([hops]) + packet[9:], False)


def transport(packet):
    """(protocol, offset) of what is behind the network's headers, as far as one cares to look."""
    if len(packet) < 40:
        return None, len(packet)
    if packet[0] >> 4 == 4:
        return packet[9], (packet[0] & 15) * 4
    following, at = packet[6], 40
    while following in (0, 43, 60) and at + 8 <= len(packet):
        following, at = packet[at], at + 8 + packet[at + 1] * 8
    return following, at


SUM_AT = {TCP: 16, UDP: 6, ICMP: 2, ICMP6: 2}


def repaired(packet, inner):
    """With the header's sum as it should be, and with inner the sum of what it carries."""
    if len(packet) < 40:
        return packet
    packet = bytearray(packet)
    v4 = packet[0] >> 4 == 4
    if v4:
        end = min((packet[0] & 15) * 4, len(packet))
        packet[10:12] = b"\0\0"
        packet[10:12] = struct.pack("!H", one_sum(bytes(packet[:end])))
    protocol, at = transport(packet)
    place = at + SUM_AT.get(protocol, 0)
    if inner and protocol in SUM_AT and place + 2 <= len(packet):
        packet[place:place + 2] = b"\0\0"
        pseudo = bytes(packet[12:20] if v4 else packet[8:40]) + struct.pack("!II", len(packet) - at, protocol)
        total = one_sum((b"" if protocol == ICMP else pseudo) + bytes(packet[at:]))
        packet[place:place + 2] = struct.pack("!H", total or 0xffff)
    return bytes(packet)


class Maker:
    """
    Packets for one policy. devices: numbers of the far ends, by interface, and of those beyond unnamed devices, by the interface
    whose Edge is there; towards(address): the number of the one that leads to an address; publics: what NAT makes of addresses.
    """

    def __init__(self, seed, policy, devices, near, towards, publics):
        self.rng = random.Random(seed)
        self.peers = generate.PacketMaker(self.rng, policy)
        self.devices, self.near, self.towards, self.publics = devices, near, towards, publics
        self.everywhere = sorted({d for ds in devices.values() for d in ds} | set(near.values()) | {towards("192.168.200.1")})
        self.pool, self.said, self.before = [], [], b""

    def chance(self, probability):
        return self.rng.random() < probability

    # What is said

    def put(self, device, src, dst, protocol, payload, hops=None):
        """Sends a packet: whole or in pieces, with headers in front or without."""
        rng, v6, hops = self.rng, ":" in src, hops or self.hops
        if len(payload) >= 16 and self.chance(0.07):
            self.put_pieces(device, src, dst, protocol, payload, hops)
            return
        options, before, first = b"", b"", None
        if v6 and self.chance(0.1):
            before, first = self.extension_headers(protocol)
        elif not v6 and self.chance(0.05):
            options = b"\1" * (4 * rng.choice([1, 1, 2, 10]))
        self.said.append((device, ip(src, dst, protocol, payload, options=options, before=before, first=first, hops=hops)))

    def put_pieces(self, device, src, dst, protocol, payload, hops):
        rng = self.rng
        pieces = [with_hops(p, hops) for p in fragment(src, dst, protocol, payload, 8 * rng.choice([1, 2, 2, 3, 50]))]
        kind = rng.random()
        if kind < 0.3:
            rng.shuffle(pieces)
        elif kind < 0.4:
            pieces.pop(rng.randrange(len(pieces)))
        elif kind < 0.5:
            # One that lies over others, or further on.
            piece, at = bytearray(rng.choice(pieces)), 42 if ":" in src else 6
            field = struct.unpack_from("!H", piece, at)[0] + rng.choice([1, 2, -1]) * (8 if ":" in src else 1)
            struct.pack_into("!H", piece, at, field & 0xffff)
            pieces.insert(rng.randrange(len(pieces) + 1), repaired(bytes(piece), False))
        elif kind < 0.6:
            pieces.insert(rng.randrange(len(pieces) + 1), rng.choice(pieces))
        self.said += [(device, p) for p in pieces]

    def extension_headers(self, protocol):
        rng = self.rng
        kinds = [rng.choice([60, 60, 60, 43, 43, 51, 44]) for _ in range(rng.choice([1, 1, 1, 2, 3, 7, 8, 9, 10, 64]))]
        if self.chance(0.3):
            kinds[0] = 0
        chain = b""
        for kind, following in zip(kinds, kinds[1:] + [protocol]):
            if kind == 43:    # of a type that nobody knows, with no segments left
                chain += struct.pack("!BBBBI", following, 0, 253, 0, 0)
            elif kind == 44:    # of a packet that is whole
                chain += struct.pack("!BBHI", following, 0, 0, rng.getrandbits(32))
            elif kind == 51:
                words = rng.choice([2, 2, 4])
                chain += struct.pack("!BBHIII", following, words, 0, 1, 1, 1) + bytes(4 * (words - 2))
            else:
                chain += options_header(following, rng.choice([0, 0, 1, 3]))
        return chain, kinds[0]

    def far_end(self, version, interface, address):
        """Where anybody may be the peer, seldom an Edge itself."""
        if address not in self.peers.edges[version] or self.chance(0.1):
            return address
        return self.rng.choice(STRANGERS[version][interface]) + self.rng.randrange(2)

    def public(self, address):
        return self.publics.get(address, address)

    def conversation(self):
        rng, self.said = self.rng, []
        aimed = self.peers.kinds_of_row and self.chance(0.85)
        interface, direction, protocol, version, src, sport, dst, dport = self.peers.aimed() if aimed else self.peers.stray()
        if direction == "in":
            src = self.far_end(version, interface, src)
        else:
            dst = self.far_end(version, interface, dst)
        src, dst = generate.address_text(version, src), generate.address_text(version, dst)
        self.hops = rng.choices([USUAL, UNTRACKED, UNTRACKED_EARLY], [90, 5, 5])[0]
        device = rng.choice(self.devices[interface]) if direction == "in" else self.near[interface]
        if self.chance(0.04):
            device = rng.choice(self.everywhere)
        if self.chance(0.15):
            sport = rng.choice(EDGE_PORTS)
        if self.chance(0.08):
            dport = rng.choice(EDGE_PORTS)
        # As the sender of each knows the other.
        to_dst = self.public(dst) if direction == "in" else dst
        to_src = self.public(src) if direction == "out" else src
        there = (device, src, to_dst, sport, dport)
        back = (rng.choice(self.everywhere) if self.chance(0.03) else self.towards(dst), dst, to_src, dport, sport)
        kind = rng.random()
        if kind < 0.06:
            self.talk_echo(version, there, back)
        elif kind < 0.10:
            self.talk_icmp(version, there)
        elif kind < 0.15 or protocol not in ("tcp", "udp"):
            self.put(device, src, to_dst, rng.choice(OTHER_PROTOCOLS), rng.randbytes(rng.choice([0, 4, 8, 20, 40])))
        elif protocol == "udp":
            self.talk_udp(version, there, back)
        else:
            self.talk_tcp(version, there, back)
        return self.said

    def talk_udp(self, version, there, back):
        for device, src, dst, sport, dport in (there, back, there)[:self.rng.choice([1, 1, 2, 3])]:
            data = bytes(self.rng.choice([0, 1, 8, 40, 200]))
            length = self.rng.choice([7, 8, 9 + len(data)]) if self.chance(0.02) else None
            self.put(device, src, dst, UDP, udp_datagram(src, dst, sport, dport, data, length))
        self.talk_errors(version, there, back, UDP)

    def talk_tcp(self, version, there, back):
        rng = self.rng
        if self.chance(0.4):
            said = [(there, rng.choice(FLAGS), 1000, 0, b"")]
        else:
            said = [(there, "S", 1000, 0, b""), (back, rng.choice(["SA", "SA", "SA", "RA", "S"]), 5000, 1001, b""),
                    (there, "A", 1001, 5001, b""), (there, "PA", 1001, 5001, b"hello"), (back, "PA", 5001, 1006, b"there"),
                    (there, rng.choice(FLAGS), 1006, 5006, b"x")][:rng.randint(1, 6)]
        for (device, src, dst, sport, dport), flags, seq, ack, data in said:
            words = 5
            if self.chance(0.1):
                words = rng.choice([0, 4, 5, 6, 8, 15])
                data = b"\1" * rng.choice([0, 4, 12, 40]) + data
            segment = tcp_segment(src, dst, sport, dport, flags, seq, ack if "A" in flags else 0, data, words)
            self.put(device, src, dst, TCP, segment)
        self.talk_errors(version, there, back, TCP)

    def talk_errors(self, version, there, back, protocol):
        """About what was said there, sent back; or about what was said back."""
        rng = self.rng
        if self.chance(0.6):
            return
        (_, _, _, sport, dport), (device, own, to, _, _) = rng.choice([(there, back), (back, there)])
        # Who reports knows the addresses that it was sent from and to as NAT shows them there.
        make = udp_datagram if protocol == UDP else tcp_segment
        quote = ip(to, own, protocol, make(to, own, sport, dport))
        least = 48 if version == 6 else 28
        kind = rng.random()
        if kind < 0.3:
            quote = quote[:least]
        elif kind < 0.4:
            quote = quote[:rng.choice([0, 8, 20, least - 8, least - 1, least - 4, least + 5, least + 6])]
        elif kind < 0.5:
            quote = self.damaged(quote)
        elif kind < 0.55:
            quote = quote[:-1] + b"!"
        source = own
        if self.chance(0.4):
            source = f"2001:db8:99::{rng.randint(1, 9999):x}" if version == 6 else f"192.0.2.{rng.randint(1, 254)}"
        what, code = rng.choice(ERRORS[version])
        packet = icmp(source, to, what, code, rng.choice([0, 1280, 1400]), quote)
        at = 40 if version == 6 else 20
        self.put(device, source, to, ICMP6 if version == 6 else ICMP, packet[at:])

    def talk_echo(self, version, there, back):
        at, protocol = (40, ICMP6) if version == 6 else (20, ICMP)
        ident = self.rng.getrandbits(16)
        for (device, src, dst, _, _), reply in ((there, False), (back, True))[:self.rng.choice([1, 2])]:
            self.put(device, src, dst, protocol, echo(src, dst, reply, ident)[at:])
        if self.chance(0.4):
            device, own, to, _, _ = back
            kind, code = self.rng.choice(ERRORS[version])
            self.put(device, own, to, protocol, icmp(own, to, kind, code, 0, echo(to, own, False, ident))[at:])

    def talk_icmp(self, version, there):
        device, src, dst, _, _ = there
        rng = self.rng
        kind, code, data = rng.randrange(256), rng.choice([0, 0, 1, 4]), rng.randbytes(rng.choice([0, 4, 24, 60]))
        self.said.append((device, icmp(src, dst, kind, code, 0, data, rng.choice([self.hops, 255, 2]))))

    # Damage

    def damaged(self, packet):
        """A packet with something wrong."""
        rng = self.rng
        data, kind = bytearray(packet), rng.randrange(10)
        if len(data) < 20:
            return packet
        if kind <= 1:
            for _ in range(rng.choice([1, 1, 2, 4])):
                data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        elif kind == 2:
            at = rng.randrange(len(data))
            data[at:at + 4] = rng.randbytes(min(4, len(data) - at))
        elif kind == 3:
            del data[rng.randrange(len(data)):]
        elif kind == 4:
            data += rng.randbytes(rng.choice([1, 4, 8, 40]))
        elif kind == 5:
            at = rng.randrange(min(64, len(data)))
            data[at] = rng.choice([0, 1, 4, 5, 0x7f, 0x80, 0xfe, 0xff, (data[at] + 1) & 255, (data[at] - 1) & 255])
        elif kind == 6 and self.before:
            at = rng.randrange(min(len(data), len(self.before)))
            data[at:] = self.before[at:]
        elif kind == 7:
            protocol, at = transport(data)
            if at + 8 <= len(data):
                if rng.random() < 0.5:
                    struct.pack_into("!H", data, at + rng.choice([0, 2]), rng.choice(EDGE_PORTS))
                elif protocol == UDP:
                    struct.pack_into("!H", data, at + 4, rng.choice([0, 7, 8, 9, len(data) - at - 1, len(data) - at + 1, 65535]))
                elif protocol == TCP and at + 14 <= len(data):
                    data[at + rng.choice([12, 13])] = rng.randrange(256)
        elif kind == 8:
            data[6 if data[0] >> 4 == 6 else 9] = rng.choice(OTHER_PROTOCOLS + [1, 6, 6, 17, 17, 58])
        else:
            data[rng.choice([0, 1, 2, 3, 4, 5, 6, 7, 40, 41, 42, 43]) % len(data)] = rng.randrange(256)
        return bytes(data)

    def mended(self, packet):
        """Most that is damaged still says how long it is, lives long enough, and adds up."""
        rng = self.rng
        if len(packet) < 40:
            return repaired(packet, False)
        data = bytearray(packet)
        v6 = data[0] >> 4 == 6
        if self.chance(0.7):
            struct.pack_into("!H", data, 4 if v6 else 2, min(65535, len(data) - 40 if v6 else len(data)))
        if self.chance(0.9) and data[7 if v6 else 8] < 2:
            data[7 if v6 else 8] = USUAL
        return repaired(bytes(data), rng.random() < 0.75) if rng.random() < 0.95 else bytes(data)

    def packets(self):
        """Without end: (number of the far end that sends it, packet)."""
        rng = self.rng
        while True:
            if len(self.pool) < POOL or rng.random() < 0.1:
                said = self.conversation()
                if len(self.pool) < POOL:
                    self.pool.append(said)
                else:
                    self.pool[rng.randrange(POOL)] = said
            else:
                said = rng.choice(self.pool)
            # A conversation that is damaged is so anywhere, or at its end alone, when conntrack knows it.
            share = rng.choice([0, 0.3, 1])
            for number, (device, packet) in enumerate(said):
                if rng.random() < (share or number == len(said) - 1):
                    self.before, packet = packet, self.damaged(packet)
                    if rng.random() < 0.2:
                        packet = self.damaged(packet)
                    packet = self.mended(packet)
                if 20 <= len(packet) <= 1500:
                    yield device, packet
