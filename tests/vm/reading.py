# SPDX-License-Identifier: GPL-2.0-only
"""An independent reading of what shall become of a packet, from its bytes on.

Written from the contract (what the README says of verdicts) and from RFC 791, 768, 9293, 792, 8200, 4302 and 4443, without a
look at the module's header reader; who may talk to whom is tests/oracle/oracle.py's, another such reading. It is slow and plain.

`Reading(policy).judge(...)` takes a packet as netfilter's FORWARD sees it, and what conntrack says of it, and gives the outcome
and the counters that it moves.
"""
import collections
import os
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "oracle"))

import oracle

ICMP, TCP, UDP, ICMP6 = 1, 6, 17, 58
HOP_BY_HOP, ROUTING, FRAGMENT, AUTHENTICATION, DESTINATION = 0, 43, 44, 51, 60
MAX_EXTENSION_HEADERS = 8
NAMES = {TCP: "tcp", UDP: "udp"}
# What reports that a packet did not get through, and so belongs to its connection. A redirect is advice, not such a report.
ERRORS = {4: {3, 4, 11, 12}, 6: {1, 2, 3, 4}}
ECHOES = {4: {8, 0}, 6: {128, 129}}
NEIGHBOUR_DISCOVERY = set(range(133, 138))

# Addresses are (version, integer), None if they could not be read. kind: ports, error, echo, neighbour, other, malformed or
# fragment. answers: could be the answer to an earlier packet. quote: of an error, the bytes that it quotes.
Packet = collections.namedtuple("Packet", "src dst kind protocol sport dport answers quote")
Outcome = collections.namedtuple("Outcome", "drop counts")    # drop: the reason or None


class Malformed(Exception):
    pass


class LaterFragment(Exception):
    pass


def network_ipv4(data, whole=True):
    """(protocol, where its data begins, where it ends, whether it is a first fragment). Not whole: the end may be missing."""
    if len(data) < 20:
        raise Malformed
    words, total, field, protocol = data[0] & 15, data[2] << 8 | data[3], data[6] << 8 | data[7], data[9]
    if data[0] >> 4 != 4 or words < 5 or words * 4 > len(data) or total < words * 4 or (whole and total > len(data)):
        raise Malformed
    if field & 0x1fff:
        raise LaterFragment
    return protocol, words * 4, min(total, len(data)), bool(field & 0x2000)


def network_ipv6(data, whole=True):
    if len(data) < 40 or data[0] >> 4 != 6:
        raise Malformed
    end = 40 + (data[4] << 8 | data[5])
    if end > len(data) and whole:
        raise Malformed
    end = min(end, len(data))
    following, at, count, more = data[6], 40, 0, False
    while following in (HOP_BY_HOP, ROUTING, FRAGMENT, AUTHENTICATION, DESTINATION):
        count += 1
        if count > MAX_EXTENSION_HEADERS or at + 8 > end:
            raise Malformed
        size = 8 + data[at + 1] * 8
        if following == FRAGMENT:
            field, size = data[at + 2] << 8 | data[at + 3], 8
            if field & 0xfff8:
                raise LaterFragment
            more = more or bool(field & 1)
        elif following == AUTHENTICATION:
            size = 8 + data[at + 1] * 4
        if at + size > end:
            raise Malformed
        following, at = data[at], at + size
    return following, at, end, more


def addresses(version, data):
    at, size = (12, 4) if version == 4 else (8, 16)
    if len(data) < at + 2 * size:
        return None, None
    return tuple((version, int.from_bytes(data[i:i + size], "big")) for i in (at, at + size))


def ports_of_tcp(body, more):
    if len(body) < 20:
        raise Malformed
    header = (body[12] >> 4) * 4
    if header < 20 or (header > len(body) and not more):
        raise Malformed
    # ACK or RST.
    return bool(body[13] & 0x14)


def ports_of_udp(body, more):
    if len(body) < 8:
        raise Malformed
    length = body[4] << 8 | body[5]
    if length < 8 or (length > len(body) and not more):
        raise Malformed
    return True


def read(version, data):
    src, dst = addresses(version, data)
    try:
        protocol, at, end, more = (network_ipv4 if version == 4 else network_ipv6)(data)
        body = data[at:end]
        if protocol in (TCP, UDP):
            answers = (ports_of_tcp if protocol == TCP else ports_of_udp)(body, more)
            sport, dport = struct.unpack_from("!HH", body)
            return Packet(src, dst, "ports", protocol, sport, dport, answers, None)
        if protocol == (ICMP if version == 4 else ICMP6):
            return read_icmp(version, src, dst, protocol, body, data)
        return Packet(src, dst, "other", protocol, 0, 0, False, None)
    except Malformed:
        return Packet(src, dst, "malformed", 0, 0, 0, False, None)
    except LaterFragment:
        return Packet(src, dst, "fragment", 0, 0, 0, False, None)


def read_icmp(version, src, dst, protocol, body, data):
    if len(body) < 8:
        raise Malformed
    kind, quote, what = body[0], None, "other"
    if kind in ERRORS[version]:
        what, quote = "error", body[8:]
    elif kind in ECHOES[version]:
        what = "echo"
    elif version == 6 and kind in NEIGHBOUR_DISCOVERY and data[7] == 255:
        what = "neighbour"
    return Packet(src, dst, what, protocol, 0, 0, False, quote)


def read_quote(version, data, vouched):
    """
    What an error is about, or None. It has to quote eight bytes behind the network's headers, and these have to allow for them,
    unless conntrack vouches for it: that there is such a connection, for which it looks at addresses and ports alone.
    """
    if vouched:
        data = with_length(version, data)
    try:
        protocol, at, end, _ = (network_ipv4 if version == 4 else network_ipv6)(data, False)
    except (Malformed, LaterFragment):
        return None
    src, dst = addresses(version, data)
    body = data[at:end]
    if len(body) < (4 if vouched else 8):
        return None
    if protocol in (TCP, UDP):
        sport, dport = struct.unpack_from("!HH", body)
        # Flags are not among the eight bytes: it is a connection that is asked about, and any packet of it will do.
        return Packet(src, dst, "ports", protocol, sport, dport, True, None)
    if protocol == (ICMP if version == 4 else ICMP6) and body[0] in ECHOES[version]:
        return Packet(src, dst, "echo", protocol, 0, 0, False, None)
    return None


def with_length(version, data):
    """The same, saying that it is of that version, and as long as it is."""
    if len(data) < 20:
        return data
    head = bytes([version << 4 | data[0] & 15])
    if version == 4:
        return head + data[1:2] + struct.pack("!H", len(data)) + data[4:]
    return head + data[1:4] + struct.pack("!H", max(len(data) - 40, 0)) + data[6:]


def mirrored(packet):
    return packet._replace(src=packet.dst, dst=packet.src, sport=packet.dport, dport=packet.sport)


OPPOSITE = {"in": "out", "out": "in"}


class Reading:
    """A policy, read."""

    def __init__(self, text):
        self.policy = oracle.Policy(text)
        self.options = self.policy.options
        self.stateless = self.options["established"] == "stateless"
        self.interface_of = {name: interface for interface, names in self.policy.interfaces.items() for name in names}
        self.known_rows = {}

    def row(self, interface, direction, packet):
        """The name of the first row that takes such a packet, or None."""
        key = (interface, direction, packet.protocol, packet.src, packet.sport, packet.dst, packet.dport)
        if key not in self.known_rows:
            row = self.policy.first_row(interface, direction, NAMES[packet.protocol], packet.src, packet.sport, packet.dst,
                                        packet.dport)
            self.known_rows[key] = row and row.name
        return self.known_rows[key]

    def row_without_state(self, interface, direction, packet):
        """Of a packet that matches by itself, or is the mirror image of one that does."""
        row = self.row(interface, direction, packet)
        if not row and packet.answers:
            row = self.row(interface, OPPOSITE[direction], mirrored(packet))
        return row

    def judge(self, version, data, entered, left, view):
        """
        entered, left: names of devices. view: what conntrack says: original, reply, related, related-reply, invalid, untracked,
        or none if it is not asked.
        """
        crossings = [(self.interface_of[device], direction) for device, direction in ((entered, "in"), (left, "out"))
                     if device in self.interface_of]
        if not crossings:
            return Outcome(None, [])
        if self.stateless or view == "untracked":
            view = "none"
        packet, counts = read(version, data), []
        for interface, direction in crossings:
            drop, count = self.cross(interface, direction, packet, view)
            if drop:
                return Outcome(drop, [drop])
            if count:
                counts.append(count)
        return Outcome(None, counts)

    def cross(self, interface, direction, packet, view):
        """(why it is dropped or None, what it counts as or None)"""
        near, far = (packet.dst, packet.src) if direction == "in" else (packet.src, packet.dst)
        if self.options["scope"] == "address" and near and not any(near in edge for edge in self.policy.edges.values()):
            return None, None
        if packet.kind in ("malformed", "fragment"):
            return packet.kind, None
        if far in self.policy.block:
            return "blocked", None
        if packet.kind == "neighbour":
            return None, None
        if packet.kind == "echo":
            return (None, "icmp-echo") if self.options["icmp-echo"] == "allow" else ("protocol", None)
        if packet.kind == "error":
            passes = self.passes(interface, direction, packet, view)
            return (None, "icmp-related") if passes else ("protocol", None)
        if packet.kind == "other":
            return "protocol", None
        if view == "invalid":
            return "invalid", None
        if view == "none":
            row = self.row_without_state(interface, direction, packet)
        elif view.endswith("reply"):
            row = self.row(interface, OPPOSITE[direction], mirrored(packet))
        else:
            row = self.row(interface, direction, packet)
        return (None, row) if row else ("no-row", None)

    def passes(self, interface, direction, error, view):
        """Whether what an error is about passes here. The error goes one way, so what it quotes went the other."""
        if view in ("invalid", "original", "reply"):
            return False
        quote = read_quote(error.src[0], error.quote, view != "none")
        # Whoever gets it has to have sent what it quotes. Conntrack has seen to that where it vouches.
        if not quote or (view == "none" and quote.src != error.dst):
            return False
        quoted_direction = OPPOSITE[direction]
        far = quote.src if quoted_direction == "in" else quote.dst
        if far in self.policy.block:
            return False
        if quote.kind == "echo":
            return self.options["icmp-echo"] == "allow"
        if view == "none":
            return bool(self.row_without_state(interface, quoted_direction, quote))
        if view == "related-reply":
            return bool(self.row(interface, quoted_direction, quote))
        # What is quoted was itself an answer: the connection began on the error's own side.
        return bool(self.row(interface, direction, mirrored(quote)))
