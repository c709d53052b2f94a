# SPDX-License-Identifier: GPL-2.0-only
"""Packets made by hand, IPv4 and IPv6, for the tests that run in a guest. Every field that a test may want to be wrong can be
said; what is not said is right, sums included."""
import ipaddress
import itertools
import struct

ICMP, TCP, UDP, GRE, ESP, ICMP6, SCTP = 1, 6, 17, 47, 50, 58, 132
FLAGS = {"F": 1, "S": 2, "R": 4, "P": 8, "A": 16, "U": 32}


# Ports, and numbers of fragmented packets, that nothing else uses at the time.
ports = itertools.cycle(range(20000, 50000))


def packed(address):
    return ipaddress.ip_address(address).packed


def is_v6(address):
    return ":" in address


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def ip(src, dst, protocol, payload, ident=0, fragment=0, options=b"", before=b"", first=None, hops=64):
    """before, first: extension headers, and the protocol number of the first of them."""
    if is_v6(src):
        return (struct.pack("!IHBB", 6 << 28, len(before) + len(payload), protocol if first is None else first, hops) +
                packed(src) + packed(dst) + before + payload)
    words = 5 + len(options) // 4
    head = struct.pack("!BBHHHBBH", 0x40 | words, 0, words * 4 + len(payload), ident, fragment, hops, protocol, 0)
    head += packed(src) + packed(dst) + options
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload


def pseudo(src, dst, protocol, payload):
    return packed(src) + packed(dst) + struct.pack("!II", len(payload), protocol)


def summed(src, dst, protocol, payload, at):
    value = checksum(pseudo(src, dst, protocol, payload) + payload) or 0xffff
    return payload[:at] + struct.pack("!H", value) + payload[at + 2:]


def tcp_segment(src, dst, sport, dport, flags="S", seq=1000, ack=0, data=b"", doff=5):
    bits = sum(FLAGS[f] for f in flags)
    head = struct.pack("!HHIIBBHHH", sport, dport, seq & 0xffffffff, ack & 0xffffffff, doff << 4, bits, 64000, 0, 0)
    return summed(src, dst, TCP, head + data, 16)


def tcp(src, dst, sport, dport, *words, **more):
    return ip(src, dst, TCP, tcp_segment(src, dst, sport, dport, *words, **more))


def udp_datagram(src, dst, sport, dport, data=b"payload", length=None):
    return summed(src, dst, UDP, struct.pack("!HHHH", sport, dport, 8 + len(data) if length is None else length, 0) + data, 6)


def udp(src, dst, sport, dport, *words, **more):
    return ip(src, dst, UDP, udp_datagram(src, dst, sport, dport, *words, **more))


def icmp(src, dst, kind, code=0, word=0, data=b"", hops=64):
    """Of either family."""
    body = struct.pack("!BBHI", kind, code, 0, word) + data
    if is_v6(src):
        return ip(src, dst, ICMP6, summed(src, dst, ICMP6, body, 2), hops=hops)
    return ip(src, dst, ICMP, body[:2] + struct.pack("!H", checksum(body)) + body[4:], hops=hops)


def echo(src, dst, reply=False, ident=7):
    kind = (129 if reply else 128) if is_v6(src) else (0 if reply else 8)
    return icmp(src, dst, kind, 0, ident << 16 | 1, b"echo")


def fragment(src, dst, protocol, payload, size=1200):
    ident = next(ports)
    pieces = []
    for at in range(0, len(payload), size):
        piece, more = payload[at:at + size], at + size < len(payload)
        if is_v6(src):
            head = struct.pack("!BBHI", protocol, 0, at | more, ident)
            pieces.append(ip(src, dst, protocol, piece, before=head, first=44))
        else:
            pieces.append(ip(src, dst, protocol, piece, ident=ident, fragment=at >> 3 | more << 13))
    return pieces


def options_header(following, words=0):
    return bytes([following, words, 1, 4 + 8 * words]) + bytes(4 + 8 * words)
