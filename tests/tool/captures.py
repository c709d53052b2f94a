# SPDX-License-Identifier: GPL-2.0-only
"""Captures made by hand, for the tests of lyncedgectl replay: pcap and pcapng, frames of every link type, IPv4 and IPv6."""
import os
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "vm"))
from packets import echo, fragment, icmp, ip, tcp, udp  # noqa: E402 (found by the line before; for who imports this)

__all__ = ["echo", "fragment", "icmp", "ip", "tcp", "udp"]

ETHERNET, RAW, COOKED, IPV4, IPV6, COOKED2 = 1, 101, 113, 228, 229, 276
RECEIVED, BROADCAST, OTHER_HOST, SENT = 0, 1, 3, 4
BEGUN = 1_700_000_000


def ethertype(packet):
    return 0x86dd if packet[0] >> 4 == 6 else 0x0800


def ethernet(packet, *vlans, kind=None, outer=0x8100):
    """outer: the type of the outermost of several tags."""
    head = b"\2\0\0\0\0\2\2\0\0\0\0\1"
    for n, vlan in enumerate(vlans):
        head += struct.pack("!HH", outer if n == 0 and len(vlans) > 1 else 0x8100, 0x2000 | vlan)
    return (head + struct.pack("!H", ethertype(packet) if kind is None else kind) + packet).ljust(60, b"\0")


def cooked(packet, direction=RECEIVED):
    return struct.pack("!HHH8sH", direction, 1, 6, b"\2" * 8, ethertype(packet)) + packet


def cooked2(packet, direction=RECEIVED, index=1):
    return struct.pack("!HHIHBB8s", ethertype(packet), 0, index, 1, direction, 6, b"\2" * 8) + packet


FRAME = {ETHERNET: ethernet, RAW: bytes, COOKED: cooked, COOKED2: cooked2, IPV4: bytes, IPV6: bytes}


def pcap(frames, linktype=ETHERNET, order="<", nano=False, snaplen=262144, step=0.01, kuznetsov=False):
    """frames: bytes, or (bytes, seconds since the beginning)."""
    magic = 0xa1b2cd34 if kuznetsov else 0xa1b23c4d if nano else 0xa1b2c3d4
    data = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, snaplen, linktype)
    for n, frame in enumerate(frames):
        frame, at = frame if isinstance(frame, tuple) else (frame, n * step)
        kept = frame[:snaplen]
        fraction = int(round((at - int(at)) * (1e9 if nano else 1e6)))
        data += struct.pack(order + "IIII", BEGUN + int(at), fraction, len(kept), len(frame))
        data += struct.pack(order + "IHBx", 0, 0, 0) if kuznetsov else b""
        data += kept
    return data


def block(kind, body, order="<"):
    body += b"\0" * (-len(body) % 4)
    size = struct.pack(order + "I", 12 + len(body))
    return struct.pack(order + "I", kind) + size + body + size


def option(code, value, order="<"):
    return struct.pack(order + "HH", code, len(value)) + value + b"\0" * (-len(value) % 4)


def section(order="<"):
    return block(0x0a0d0d0a, struct.pack(order + "IHHq", 0x1a2b3c4d, 1, 0, -1), order)


def device(name=None, linktype=ETHERNET, order="<", snaplen=0, resolution=None):
    options = option(2, name.encode(), order) if name else b""
    options += option(9, bytes([resolution]), order) if resolution is not None else b""
    return block(1, struct.pack(order + "HHI", linktype, 0, snaplen) + options + option(0, b"", order), order)


def enhanced(frame, number=0, at=0.0, order="<", direction=None, snaplen=262144, units=1_000_000):
    time = int((BEGUN + at) * units)
    kept = frame[:snaplen]
    body = struct.pack(order + "IIIII", number, time >> 32, time & 0xffffffff, len(kept), len(frame))
    body += kept + b"\0" * (-len(kept) % 4)
    if direction:
        body += option(2, struct.pack(order + "I", direction), order) + option(0, b"", order)
    return block(6, body, order)
