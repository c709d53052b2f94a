#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Random policies, and packets aimed at where a judge could err.

Every policy is valid, and uses any of the language's statements; every packet is one line for `lyncedgectl explain
--batch`. The same seed and number give the same policy and packets. Packets aim at both ends of every prefix and one
address outside, at the edges, at the ends of every port range and one beyond, at moved ports and the standard ones, at
the mirror images, at the wrong side, way and protocol; a good share is accepted, or nothing would be proved.

    generate.py policy SEED NUMBER                    prints a policy
    generate.py packets SEED NUMBER --count N         prints packets for that policy
"""

import argparse
import ipaddress
import random
import socket
import sys

sys.dont_write_bytecode = True

import oracle

BITS = {4: 32, 6: 128}
LENGTHS = {4: [8, 10, 12, 16, 19, 20, 22, 24, 24, 25, 26, 28, 29, 30, 31], 6: [16, 29, 32, 44, 48, 48, 56, 64, 64, 96, 112, 126, 127]}
REALMS = {4: [ipaddress.ip_network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "198.51.100.0/24")],
          6: [ipaddress.ip_network(text) for text in ("2001:db8::/32", "fd00:10::/32", "2a01:100::/32")]}
OTHER_PROTOCOLS = ["sctp", "sctp", "sctp", "gre", "esp"]


def address_text(version, value):
    if version == 4:
        return socket.inet_ntop(socket.AF_INET, value.to_bytes(4, "big"))
    return socket.inet_ntop(socket.AF_INET6, value.to_bytes(16, "big"))


class PolicyMaker:
    def __init__(self, rng):
        self.rng = rng
        self.prefixes = {4: [], 6: []}  # all made so far: others nest in them, overlap them, touch them
        self.statements = []  # in any order
        self.site_rows = []  # in this order
        self.publics = {}  # address of an edge: the public address that NAT maps to it
        self.versions = rng.choices([[4], [6], [4, 6], [4, 4, 4, 6]], [1, 1, 4, 4])[0]

    def chance(self, probability):
        return self.rng.random() < probability

    # Addresses and prefixes

    def text(self, version, value):
        """An address as someone might write it."""
        text = address_text(version, value)
        if version == 6 and self.chance(0.2):
            address = ipaddress.IPv6Address(value)
            tail = address_text(4, value & 0xffffffff)
            text = self.rng.choice([address.exploded, address.exploded.upper(), text.upper(),
                                    address.exploded[:30] + tail])
        return text

    def new_prefix(self, version):
        """(value, length), often related to an earlier one."""
        rng, bits, known = self.rng, BITS[version], self.prefixes[version]
        kind = rng.random()
        if kind < 0.012:
            value, length = 0, 0
        elif known and kind < 0.30:  # nested
            value, outer = rng.choice(known)
            length = rng.randint(outer, bits) if self.chance(0.3) else min(bits, outer + rng.randint(0, 6))
            value |= rng.getrandbits(bits - outer) if outer < bits else 0
        elif known and kind < 0.38:  # around it
            value, length = rng.choice(known)
            length = max(min(length, 3), length - rng.randint(1, 5))
        elif known and kind < 0.45:  # its neighbour
            value, length = rng.choice(known)
            value ^= 1 << (bits - length) if length else 0
        elif known and kind < 0.50:  # the same
            value, length = rng.choice(known)
        else:
            length = bits if self.chance(0.35) else rng.choice(LENGTHS[version])
            value = self.somewhere(version)
        value = value >> (bits - length) << (bits - length)
        known.append((value, length))
        return value, length

    def somewhere(self, version):
        """An address: mostly in a few realms where prefixes will meet, else anywhere."""
        bits = BITS[version]
        if self.chance(0.2):
            return self.rng.getrandbits(bits)
        realm = self.rng.choice(REALMS[version])
        return int(realm.network_address) | self.rng.getrandbits(bits - realm.prefixlen)

    def prefix(self):
        version = self.rng.choice(self.versions)
        value, length = self.new_prefix(version)
        if length == BITS[version] and self.chance(0.05):
            return self.text(version, value)
        return "%s/%d" % (self.text(version, value), length)

    def list_statements(self, head, words):
        """One statement, or several that add up."""
        while words:
            count = self.rng.choice([1, 2, 3, 5, 8, 40])
            self.statements.append(head + words[:count])
            words = words[count:]

    # The statements

    def interfaces(self):
        names = ["eth0", "eth1", "ens18", "enp3s0f1", "bond0.100", "br-dmz", "wan_1", "veth9a0b1c2d3e4", "x"]
        self.rng.shuffle(names)
        count = self.rng.choice([1, 1, 1, 2, 3])
        self.list_statements(["interface", "external"], names[:count])
        self.list_statements(["interface", "internal"], names[count:count + self.rng.choice([1, 1, 2, 4])])

    def edges(self):
        rng = self.rng
        shared = []  # addresses that more than one edge may bear
        missing = rng.choice([0.0, 0.0, 0.0, 0.1, 0.3])
        sharing = rng.choice([0.0, 0.0, 0.3, 0.8])
        for edge in oracle.EDGES:
            if self.chance(missing):
                continue
            own = []
            for _ in range(rng.choice([1, 1, 1, 2, 2, 3, 6])):
                version = rng.choice(self.versions)
                if shared and self.chance(sharing):
                    address = rng.choice(shared)
                elif self.prefixes[version] and self.chance(0.25):  # inside a peer's prefix, or at its end
                    value, length = rng.choice(self.prefixes[version])
                    address = (version, value | rng.choice([0, 1, rng.getrandbits(128)]) % (1 << (BITS[version] - length)))
                else:
                    address = (version, self.somewhere(version))
                if address not in own and address[1]:
                    own.append(address)
            shared += own
            while own:
                count = rng.choice([1, 2, 6])
                now, own = own[:count], own[count:]
                words = ["edge", edge] + [self.text(*address) for address in now]
                if edge != "internal" and self.chance(0.6):
                    # One public address for each, in the same order; no judgement depends on them.
                    publics = [self.publics.setdefault(address, "131.107.155.%d" % (len(self.publics) + 1))
                               for address in now if address[0] == 4]
                    words += ["public"] + publics if publics else []
                self.statements.append(words)

    def features(self):
        probability = self.rng.choice([0.15, 0.5, 0.5, 0.8, 1.0])
        on = [feature for feature in oracle.FEATURES if self.chance(probability)]
        self.rng.shuffle(on)
        self.list_statements(["feature"], on)
        return on

    def peers(self, features):
        probability = self.rng.choice([0.0, 0.3, 0.6, 0.6, 1.0])
        for group in oracle.GROUPS:
            if self.chance(probability) or group == "pic-partner" and "pic" in features:
                count = self.rng.choices([1, 3, 10, 60, 2000], [20, 40, 20, 5, 0.3])[0]
                self.list_statements(["peer", group], [self.prefix() for _ in range(self.rng.randint(1, count))])

    def blocks(self):
        if self.chance(0.5):
            return
        words = []
        for _ in range(self.rng.choice([1, 2, 5, 40])):
            version = self.rng.choice(self.versions)
            value, length = self.new_prefix(version)
            if length < 8 and not self.chance(0.02):
                length = self.rng.randint(length + 8, BITS[version])
            words.append("%s/%d" % (self.text(version, value), length))
        self.list_statements(["block"], words)

    def port(self):
        rng = self.rng
        return rng.choice([rng.randint(1, 65535), rng.choice([1, 2, 65534, 65535]),
                           rng.choice([53, 80, 443, 444, 3478, 5060, 5061, 5269, 8057]),
                           rng.choice([49999, 50000, 50001, 50003, 54321, 59999, 60000])])

    def ports(self, ranges=0.3):
        first = self.port()
        if not self.chance(ranges):
            return str(first)
        last = self.rng.choice([self.port(), first, first + 1, first + self.rng.randint(1, 2000)])
        return "%d-%d" % (min(first, last), min(65535, max(first, last)))

    def moves(self):
        if self.chance(0.5):
            return
        for row in self.rng.sample(oracle.ROW_IDS, self.rng.choice([1, 1, 3, 8, 37])):
            self.statements.append(["port", row, self.ports()])
        if self.chance(0.5):
            self.statements.append(["port", "rtp", self.ports(0.9)])

    def site_end(self, edge):
        rng = self.rng
        if edge:
            return rng.choice(oracle.EDGES)
        return rng.choice(["any", rng.choice(oracle.GROUPS), self.prefix(), self.prefix()])

    def allows(self):
        rng = self.rng
        most = rng.choices([0, 3, 15, 60, 400], [8, 4, 5, 4, 0.6])[0]
        for number in range(rng.randint(most // 2, most)):
            name = "%s-%d" % (rng.choice(["proxy", "site", "monitoring", "a", "x9", "office-web-apps"]), number)
            direction = rng.choice(["in", "out"])
            from_edge = direction == "out"
            if self.chance(0.2):
                from_edge, to_edge = self.chance(0.5), self.chance(0.5)
            else:
                to_edge = not from_edge
            self.site_rows.append(["allow", name, rng.choice(["external", "internal"]), direction,
                                   rng.choice(["tcp", "udp"]), self.ports(), "from", self.site_end(from_edge),
                                   "to", self.site_end(to_edge)])

    def options(self):
        for option, choices in oracle.OPTIONS.items():
            if self.chance(0.6):
                self.statements.append(["option", option, self.rng.choice(choices)])
        if self.chance(0.2):
            self.statements.append(["option", "log-group", str(self.rng.randint(1, 65535))])

    # The text

    def lines(self):
        """All statements shuffled, the site rows among them in their own order."""
        self.rng.shuffle(self.statements)
        places = set(self.rng.sample(range(len(self.statements) + len(self.site_rows)), len(self.site_rows)))
        statements, site_rows = iter(self.statements), iter(self.site_rows)
        for place in range(len(self.statements) + len(self.site_rows)):
            yield next(site_rows) if place in places else next(statements)
        yield ["commit"]

    def make(self):
        self.interfaces()
        if self.chance(0.5):  # so that edges lie inside prefixes, or the other way round
            for _ in range(4):
                self.new_prefix(self.rng.choice(self.versions))
        self.edges()
        self.peers(self.features())
        self.blocks()
        self.moves()
        self.allows()
        self.options()

        rng = self.rng
        untidy = rng.choice([0.0, 0.1, 0.5])
        crlf = rng.choice([0.0, 0.0, 0.0, 0.5, 1.0])
        text = []
        for words in self.lines():
            if self.chance(untidy / 2):
                text.append(rng.choice(["", " ", "\t", "# allow everything", "#commit", "  # feature xmpp\t#"]))
                text.append("\r\n" if self.chance(crlf) else "\n")
            line = words[0]
            for word in words[1:]:
                line += (rng.choice(["  ", "\t", " \t ", "\t\t"]) if self.chance(untidy) else " ") + word
            if self.chance(untidy):
                line = rng.choice(["", " ", "\t", "    "]) + line + rng.choice(["", " ", "\t ", " # a comment", "\t#", "#x"])
            text += [line, "\r\n" if self.chance(crlf) else "\n"]
        if self.chance(0.05):
            text.pop()  # no end of line after commit
        return "".join(text)


def policy_text(seed, number):
    return PolicyMaker(random.Random("policy/%s/%s" % (seed, number))).make()


class PacketMaker:
    def __init__(self, rng, policy):
        self.rng = rng
        self.policy = policy
        self.edges = {4: [], 6: []}
        self.addresses = {4: [], 6: []}
        sets = list(policy.peers.values()) + [policy.block]
        for row in policy.rows:
            sets += [row.source, row.destination]
        for version in (4, 6):
            last_of_all = 2 ** BITS[version] - 1
            for edge in policy.edges.values():
                self.edges[version] += [first for first, _ in edge.ranges[version]]
            found = {(version, value) for value in self.edges[version]}
            for addresses in sets:
                for first, last in addresses.ranges[version]:
                    found.update((version, value) for value in (first - 1, first, last, last + 1)
                                 if 0 <= value <= last_of_all)
            found.update((version, value) for edge in self.edges[version] for value in (edge - 1, edge + 1)
                         if 0 <= value <= last_of_all)
            publics = [oracle.parse_address(text) for text in policy.publics]  # not an edge's own: no row takes them
            found.update(address for address in publics if address[0] == version)
            self.addresses[version] = [value for _, value in sorted(found)]
        self.port_list = [0, 1, 53, 80, 443, 3478, 5061, 5062, 5269, 8057, 4443, 23456, 49999, 50000, 50001, 59999, 60000, 65535]
        for row in policy.rows:
            self.port_list += [row.first - 1, row.first, row.last, min(65535, row.last + 1)]
        matrix = [row for row in policy.rows if row.name in oracle.ROW_IDS]
        site = [row for row in policy.rows if row.name not in oracle.ROW_IDS]
        self.kinds_of_row = [rows for rows in (matrix, matrix, site) if rows]

    def address(self, version):
        """Any address worth a packet."""
        kind = self.rng.random()
        if kind < 0.45 and self.edges[version]:
            return self.rng.choice(self.edges[version])
        if kind < 0.85 and self.addresses[version]:
            return self.rng.choice(self.addresses[version])
        return self.rng.getrandbits(BITS[version])

    def member(self, addresses, version):
        """An address of the set, or nearly."""
        first, last = self.rng.choice(addresses.ranges[version])
        if last - first == 2 ** BITS[version] - 1:
            return self.address(version)
        kind = self.rng.random()
        if kind < 0.28:
            return first
        if kind < 0.56:
            return last
        if kind < 0.94:
            return self.rng.randint(first, last)
        return min(max(self.rng.choice([first - 1, last + 1]), 0), 2 ** BITS[version] - 1)

    def port(self):
        return self.rng.choice(self.port_list) if self.rng.random() < 0.7 else self.rng.randint(0, 65535)

    def port_of(self, first, last):
        """A port of the range, or nearly."""
        kind = self.rng.random()
        if kind < 0.3:
            return first
        if kind < 0.6:
            return last
        if kind < 0.88:
            return self.rng.randint(first, last)
        return min(self.rng.choice([first - 1, last + 1]), 65535)

    def aimed(self):
        """A packet that a row takes, or that misses it by little."""
        rng = self.rng
        row = rng.choice(rng.choice(self.kinds_of_row))
        versions = [version for version in (4, 6) if row.source.ranges[version] and row.destination.ranges[version]]
        if not versions:
            return self.stray()
        version = rng.choice(versions)
        interface, direction, protocol = row.crossing
        source = self.member(row.source, version)
        destination = self.member(row.destination, version)
        source_port = rng.choice([self.port(), rng.randint(1024, 65535), self.port_of(*self.policy.rtp_ports())])
        destination_port = self.port_of(row.first, row.last)
        if row.rtp_outbound and rng.random() < 0.6:
            source_port = self.port_of(row.first, row.last)
            if rng.random() < 0.6:
                destination_port = self.port()
        if row.from_ports and rng.random() < 0.7:
            source_port = self.port_of(*row.from_ports)

        kind = rng.random()
        if kind < 0.08:  # its mirror image
            direction = oracle.OPPOSITE[direction]
            source, source_port, destination, destination_port = destination, destination_port, source, source_port
        elif kind < 0.10:
            direction = oracle.OPPOSITE[direction]
        elif kind < 0.12:
            source, destination = destination, source
        elif kind < 0.14:
            source_port, destination_port = destination_port, source_port
        elif kind < 0.16:
            interface = "internal" if interface == "external" else "external"
        elif kind < 0.19:
            protocol = rng.choice(["tcp", "udp"] + OTHER_PROTOCOLS)
        elif kind < 0.21:
            source = self.address(version)
        elif kind < 0.23:
            destination = self.address(version)
        return interface, direction, protocol, version, source, source_port, destination, destination_port

    def stray(self):
        """Anything at all."""
        rng = self.rng
        version = rng.choice([version for version in (4, 6) if self.edges[version]] or [4, 6])
        if rng.random() < 0.1:
            version = rng.choice([4, 6])
        protocol = rng.choice(["tcp", "udp"])
        if rng.random() < 0.03:
            protocol = rng.choice(OTHER_PROTOCOLS)
        return (rng.choice(["external", "internal"]), rng.choice(["in", "out"]), protocol, version,
                self.address(version), self.port(), self.address(version), self.port())

    def line(self):
        packet = self.aimed() if self.kinds_of_row and self.rng.random() < 0.8 else self.stray()
        interface, direction, protocol, version, source, source_port, destination, destination_port = packet
        form = "%s:%d" if version == 4 else "[%s]:%d"
        source, destination = address_text(version, source), address_text(version, destination)
        if version == 6 and self.rng.random() < 0.03:
            source, destination = ipaddress.ip_address(source).exploded, destination.upper()
        source, destination = form % (source, source_port), form % (destination, destination_port)
        if protocol not in ("tcp", "udp") and self.rng.random() < 0.3:
            source, destination = source.rpartition(":")[0], destination.rpartition(":")[0]
        return "%s %s %s %s %s" % (interface, direction, protocol, source, destination)


def packet_lines(seed, number, policy, count):
    maker = PacketMaker(random.Random("packets/%s/%s" % (seed, number)), policy)
    return [maker.line() for _ in range(count)]


def main():
    parser = argparse.ArgumentParser(description="print a random policy, or packets for it")
    parser.add_argument("what", choices=["policy", "packets"])
    parser.add_argument("seed")
    parser.add_argument("number", type=int)
    parser.add_argument("--count", type=int, default=5000, help="packets (5000)")
    arguments = parser.parse_args()
    text = policy_text(arguments.seed, arguments.number)
    if arguments.what == "policy":
        print(text, end="")
    else:
        for line in packet_lines(arguments.seed, arguments.number, oracle.Policy(text), arguments.count):
            print(line)


if __name__ == "__main__":
    main()
