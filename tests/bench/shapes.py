# SPDX-License-Identifier: GPL-2.0-only
"""Sets of prefixes, usual and adversarial, in IPv4 and IPv6, and addresses to try them with.

A shape is {group: [prefix...]}, the same in every run, with no prefix twice, and with members and strangers: addresses that
belong to federation-partner, and that do not.
"""
import ipaddress
import random

PARTNER, OTHER = "federation-partner", "xmpp-partner"
TRIED = 8


class Shape:
    def __init__(self, family, groups, members, strangers):
        self.family, self.groups, self.members, self.strangers = family, groups, members, strangers

    def count(self):
        return sum(map(len, self.groups.values()))


def text4(number, length=32):
    address = "%d.%d.%d.%d" % (number >> 24, number >> 16 & 255, number >> 8 & 255, number & 255)
    return address if length == 32 else "%s/%d" % (address, length)


def text6(number, length=128):
    address = str(ipaddress.IPv6Address(number))
    return address if length == 128 else "%s/%d" % (address, length)


def text(family, number, length=None):
    if family == 4:
        return text4(number, 32 if length is None else length)
    return text6(number, 128 if length is None else length)


def pick(numbers, seed=1):
    return random.Random(seed).sample(numbers, min(TRIED, len(numbers)))


# Multiplying by an odd number permutes the numbers below a power of two, and spreads small ones out.
ODD = 0x9e3779b97f4a7c15


def spread(count, family):
    """Numbers of /24s, or of /48s below 2400::/8, far from each other."""
    bits, number, found = (24, 0, []) if family == 4 else (40, 0, [])
    while len(found) < count + TRIED:
        block = number * ODD % (1 << bits)
        number += 1
        if family == 6:
            found.append(0x24 << 40 | block)
        elif block >> 16 not in (0, 10, 127, 172, 192) and block >> 16 < 224:
            found.append(block)
    return found


def spread_prefixes(count, family):
    """Prefixes that have nothing to do with each other."""
    length = 24 if family == 4 else 48
    shift = (32 if family == 4 else 128) - length
    blocks = spread(count, family)
    partners, others = blocks[:count], blocks[count:]
    return Shape(family, {PARTNER: [text(family, b << shift, length) for b in partners]},
                 [text(family, (b << shift) + 7) for b in pick(partners)], [text(family, (b << shift) + 7) for b in others])


def every_prefix(family):
    """Every prefix of a block of 65,536 addresses: of the block's own length, and of all longer ones."""
    bits = 32 if family == 4 else 128
    base = int(ipaddress.ip_address("100.7.0.0" if family == 4 else "2400:db8:7::"))
    prefixes = [text(family, base + (n << (bits - length)), length)
                for length in range(bits - 16, bits + 1) for n in range(1 << (length - bits + 16))]
    return Shape(family, {PARTNER: prefixes}, [text(family, base + n) for n in pick(range(65536))],
                 [text(family, base - 1), text(family, base + 65536)])


def lone_hosts(family, count=1000000):
    """Hosts, each alone in its /24 or /64."""
    rng = random.Random(2)
    hosts, strangers = [], []
    for block in spread(count, family)[:count]:
        host = (block << 8) + rng.randrange(1, 255) if family == 4 else (block << 80) + rng.randrange(1, (1 << 64) - 1)
        hosts.append(host)
    for host in pick(hosts, 3):
        strangers.append(text(family, host + 1))
    return Shape(family, {PARTNER: [text(family, h) for h in hosts]}, [text(family, h) for h in pick(hosts)], strangers)


def nested(family, count=10000):
    """Chains of prefixes, 24 deep, each within the one before; two groups take turns."""
    bits, lengths = (32, range(9, 33)) if family == 4 else (128, range(20, 116, 4))
    groups = {PARTNER: {}, OTHER: {}}
    ends = []
    for block in spread(count, family)[:count]:
        address = (block << 8) + 77 if family == 4 else (block << 80) + 0x0123456789abcdef
        ends.append(address)
        for n, length in enumerate(lengths):
            prefix = address >> (bits - length) << (bits - length)
            groups[(OTHER, PARTNER)[n % 2]][prefix, length] = True
    return Shape(family, {g: [text(family, *p) for p in prefixes] for g, prefixes in groups.items()},
                 [text(family, a) for a in pick(ends)], [])


def interleaved(family, count=1000000):
    """Neighbouring /24s or /64s of two groups in turn."""
    base, length, shift = (20 << 24, 24, 8) if family == 4 else (0x2400 << 112, 64, 64)
    prefixes = [text(family, base + (n << shift), length) for n in range(count)]
    tried = pick(range(count // 2))
    return Shape(family, {PARTNER: prefixes[::2], OTHER: prefixes[1::2]},
                 [text(family, base + (2 * n << shift) + 7) for n in tried],
                 [text(family, base + ((2 * n + 1) << shift) + 7) for n in tried])


def parting(family, count=200):
    """Hosts that part from each other at every byte: a path that has to be told apart at each."""
    size, rng = (4 if family == 4 else 16), random.Random(4)
    hosts, ends = {}, []
    for block in spread(count, family)[:count]:
        address = bytearray(rng.randbytes(size))
        address[:2] = block.to_bytes(3 if family == 4 else 6, "big")[:2]
        ends.append(int.from_bytes(address, "big"))
        hosts[ends[-1]] = True
        for place in range(2, size):
            other = bytearray(address)
            other[place] ^= 1 << rng.randrange(8)
            hosts[int.from_bytes(other, "big")] = True
    return Shape(family, {PARTNER: [text(family, h) for h in hosts]}, [text(family, a) for a in pick(ends)],
                 [text(family, a ^ 0x5a) for a in pick(ends, 5) if a ^ 0x5a not in hosts])


ADVERSARIAL = {
    "every prefix of a block of 65,536": every_prefix,
    "1,000,000 hosts, each alone in its /24 or /64": lone_hosts,
    "chains nested 24 deep": nested,
    "two groups interleaved, 1,000,000 prefixes": interleaved,
    "hosts that part at every byte": parting,
}
