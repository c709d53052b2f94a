#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""A second, independent reading of what lyncedge promises.

Judges packets against a policy exactly as `lyncedgectl explain --batch` must, and shares nothing with it: not a line
of code, not the matrix, not the idea of a compiled table. Every packet walks down the rows, one after the other, as a
person with the document in hand would. It is slow and plain on purpose; `compare` holds the two against each other.

    oracle.py explain --policy FILE --batch < PACKETS

One packet a line, `external in tcp 198.51.100.7:40000 10.45.16.10:443` (`[v6]:port` for IPv6); one answer a line,
`accept ID`, `accept unjudged` or `drop REASON`.

Only valid policies are understood; anything else is a ValueError, with no care for a helpful message: what must be
refused, and how, is tested elsewhere.
"""

import argparse
import functools
import ipaddress
import sys

# The port matrix: id, interface, direction, protocol, first and last port, source, destination, features.
MATRIX = """
ext-01  external in  tcp 5269  5269  xmpp-partner       access             xmpp
ext-02  external out tcp 80    80    access             crl-server         crl
ext-03  external out tcp 53    53    access             dns-server         dns
ext-04  external out udp 53    53    access             dns-server         dns
ext-05  external in  tcp 443   443   client             access             remote-access
ext-06  external in  tcp 5061  5061  federation-partner access             federation
ext-07  external out tcp 5061  5061  access             federation-partner federation
ext-08  external in  tcp 443   443   client             webconf            web-conferencing
ext-09  external out tcp 50000 59999 av                 media-partner      av-federation,av-federation-ocs2007
ext-10  external out udp 50000 59999 av                 media-partner      av-federation-ocs2007
ext-11  external in  tcp 50000 59999 media-partner      av                 av-federation-ocs2007
ext-12  external in  udp 50000 59999 media-partner      av                 av-federation-ocs2007
ext-13  external out udp 3478  3478  av                 any                av-federation,av-federation-ocs2007,multiple-pools
ext-14  external in  udp 3478  3478  any                av                 av
ext-15  external in  tcp 443   443   any                av                 av
ext-16  external out tcp 443   443   av                 any                av
int-01  internal in  tcp 23456 23456 xmpp-gateway       internal           xmpp
int-02  internal in  tcp 5061  5061  front-end          internal           remote-access,federation,pic,web-conferencing,av
int-03  internal out tcp 5061  5061  internal           front-end          remote-access,federation,pic,web-conferencing,av
int-04  internal in  tcp 8057  8057  front-end          internal           web-conferencing
int-05  internal in  tcp 5062  5062  front-end,branch   internal           av
int-06  internal in  udp 3478  3478  any                internal           av
int-07  internal in  tcp 443   443   any                internal           av
int-08  internal in  tcp 4443  4443  cms                internal           cms-replication
int-09  internal in  tcp 50001 50001 logging-controller internal           central-logging
int-10  internal in  tcp 50002 50002 logging-controller internal           central-logging
int-11  internal in  tcp 50003 50003 logging-controller internal           central-logging
fed-01  external out tcp 5061  5061  access             federation-partner federation
pic-01  external in  tcp 5061  5061  pic-partner        access             pic
pic-02  external out tcp 5061  5061  access             pic-partner        pic
pic-03  external in  tcp 443   443   client             access             pic
pic-04  external out tcp 50000 59999 av                 messenger-client   pic-av
pic-05  external out udp 3478  3478  av                 messenger-client   pic-av
pic-06  external in  udp 3478  3478  messenger-client   av                 pic-av
xmpp-01 external in  tcp 5269  5269  xmpp-partner       access             xmpp
xmpp-02 external out tcp 5269  5269  access             xmpp-partner       xmpp
xmpp-03 internal in  tcp 23456 23456 xmpp-gateway       internal           xmpp
"""
MATRIX = [line.split() for line in MATRIX.strip().splitlines()]
ROW_IDS = [columns[0] for columns in MATRIX]

EDGES = "access webconf av internal".split()
GROUPS = ("client federation-partner media-partner pic-partner messenger-client xmpp-partner crl-server dns-server "
          "front-end branch xmpp-gateway cms logging-controller").split()
FEATURES = ("crl dns remote-access federation web-conferencing av av-federation av-federation-ocs2007 multiple-pools "
            "pic pic-av xmpp cms-replication central-logging").split()

# The first choice is the default.
OPTIONS = {
    "established": ["conntrack", "stateless"],
    "rtp-outbound": ["either", "source", "destination"],
    "ports": ["destination", "strict"],
    "scope": ["interface", "address"],
    "unmatched": ["drop", "reject"],
    "icmp-echo": ["drop", "allow"],
    "hooks": ["forward", "all"],
    "early-drop": ["off", "on"],
}

RTP_ROWS = ["ext-09", "ext-10", "ext-11", "ext-12", "pic-04"]  # `port rtp` moves them all
RTP_OUTBOUND_ROWS = ["ext-09", "ext-10", "pic-04"]  # `option rtp-outbound` says which end's port counts
STUN_PORT = 3478

OPPOSITE = {"in": "out", "out": "in"}


class AddressSet:
    """A list of address ranges, IPv4 and IPv6 apart. An address is (version, integer)."""

    def __init__(self):
        self.ranges = {4: [], 6: []}
        self.known = {}  # answers already given: packets repeat addresses

    def add(self, text):
        """Adds a prefix, or an address, which is a prefix of all its bits."""
        network = ipaddress.ip_network(text)
        self.ranges[network.version].append((int(network.network_address), int(network.broadcast_address)))

    def __contains__(self, address):
        answer = self.known.get(address)
        if answer is None:
            version, value = address
            answer = any(first <= value <= last for first, last in self.ranges[version])
            self.known[address] = answer
        return answer

    def __bool__(self):
        return bool(self.ranges[4] or self.ranges[6])


def everywhere():
    everything = AddressSet()
    everything.add("0.0.0.0/0")
    everything.add("::/0")
    return everything


ANY = everywhere()


class Row:
    """A row that is active: what it takes, all groups resolved to addresses."""

    def __init__(self, name, interface, direction, protocol, ports, source, destination):
        self.name = name
        self.crossing = (interface, direction, protocol)
        self.first, self.last = ports
        self.source = source
        self.destination = destination
        self.rtp_outbound = None  # either, source or destination: for the outbound media rows only
        self.from_ports = None  # the source ports that `ports strict` asks for

    def takes_ports(self, source_port, destination_port):
        if self.from_ports and not self.from_ports[0] <= source_port <= self.from_ports[1]:
            return False
        by_source = self.first <= source_port <= self.last
        by_destination = self.first <= destination_port <= self.last
        if self.rtp_outbound == "either":
            return by_source or by_destination
        if self.rtp_outbound == "source":
            return by_source
        return by_destination

    def takes(self, source, source_port, destination, destination_port):
        return (self.takes_ports(source_port, destination_port)
                and source in self.source and destination in self.destination)


def parse_ports(text):
    first, _, last = text.partition("-")
    first, last = int(first), int(last or first)
    if not 1 <= first <= last <= 65535:
        raise ValueError("ports: " + text)
    return first, last


def choose(word, words):
    if word not in words:
        raise ValueError("unknown word: " + word)
    return word


class Policy:
    def __init__(self, text):
        self.interfaces = {"external": [], "internal": []}
        self.edges = {name: AddressSet() for name in EDGES}
        self.publics = []  # NAT's business; no packet is judged by them
        self.peers = {}  # only the groups that the policy defines
        self.block = AddressSet()
        self.features = set()
        self.ports = {}
        self.allows = []
        self.options = {name: choices[0] for name, choices in OPTIONS.items()}
        self.log_group = None
        self.parse(text)

        self.rows = self.matrix_rows() + self.site_rows()
        # The same rows in the same order, once for each kind of packet: the walk skips those that could never match.
        self.rows_of = {}
        for row in self.rows:
            self.rows_of.setdefault(row.crossing, []).append(row)

    # Section 3: the text

    def parse(self, text):
        committed = False
        for line in text.split("\n"):
            words = line.rstrip("\r").partition("#")[0].replace("\t", " ").split()
            if not words:
                continue
            if committed:
                raise ValueError("text after commit")
            if words == ["commit"]:
                committed = True
            else:
                self.statement(words[0], words[1:])
        if not committed:
            raise ValueError("no commit")
        if "pic" in self.features and "pic-partner" not in self.peers:
            raise ValueError("pic without pic-partner")

    def statement(self, verb, words):
        if verb == "interface":
            self.interfaces[words[0]] += words[1:]
        elif verb == "edge":
            own = words[1:]
            if "public" in own:
                self.publics += own[own.index("public") + 1:]
                own = own[:own.index("public")]
            for address in own:
                self.edges[words[0]].add(str(ipaddress.ip_address(address)))
        elif verb == "peer":
            group = self.peers.setdefault(choose(words[0], GROUPS), AddressSet())
            for prefix in words[1:]:
                group.add(prefix)
        elif verb == "block":
            for prefix in words:
                self.block.add(prefix)
        elif verb == "feature":
            self.features.update(choose(word, FEATURES) for word in words)
        elif verb == "port":
            row, ports = words
            ports = parse_ports(ports)
            if self.ports.setdefault(choose(row, ["rtp"] + ROW_IDS), ports) != ports:
                raise ValueError("port given twice: " + row)
        elif verb == "allow":
            name, interface, direction, protocol, ports, from_, source, to, destination = words
            if (from_, to) != ("from", "to") or name in ROW_IDS or name in [allow[0] for allow in self.allows]:
                raise ValueError("allow " + name)
            choose(interface, self.interfaces)
            choose(direction, OPPOSITE)
            choose(protocol, ["tcp", "udp"])
            self.allows.append((name, interface, direction, protocol, parse_ports(ports), source, destination))
        elif verb == "option" and words[0] == "log-group":
            self.log_group = int(words[1])
        elif verb == "option":
            name, choice = words
            self.options[name] = choose(choice, OPTIONS[name])
        else:
            raise ValueError("unknown statement: " + verb)

    # Section 2: the words

    def rtp_ports(self):
        return self.ports.get("rtp", (50000, 59999))

    def end(self, names):
        """The addresses of a row's source or destination; an empty set if it is an edge that has none."""
        if names == "any":
            return ANY
        if names in EDGES:
            return self.edges[names]
        defined = [self.peers[name] for name in names.split(",") if name in self.peers]
        if not defined:
            return ANY
        together = AddressSet()
        for group in defined:
            for version in (4, 6):
                together.ranges[version] += group.ranges[version]
        return together

    def matrix_rows(self):
        rows = []
        for name, interface, direction, protocol, first, last, source, destination, features in MATRIX:
            if not self.features.intersection(features.split(",")):
                continue
            source, destination = self.end(source), self.end(destination)
            if not source or not destination:
                continue  # an edge without address
            ports = (int(first), int(last))
            if name in RTP_ROWS:
                ports = self.rtp_ports()
            if name in self.ports:
                ports = self.ports[name]  # whatever `port rtp` says
            row = Row(name, interface, direction, protocol, ports, source, destination)
            if name in RTP_OUTBOUND_ROWS:
                row.rtp_outbound = self.options["rtp-outbound"]
            if self.options["ports"] == "strict":
                if name == "ext-16":
                    row.from_ports = self.rtp_ports()
                if name in ("ext-13", "pic-05"):
                    row.from_ports = (STUN_PORT, STUN_PORT)
            rows.append(row)
        return rows

    def site_rows(self):
        rows = []
        for name, interface, direction, protocol, ports, source, destination in self.allows:
            source, destination = self.site_end(source), self.site_end(destination)
            if source and destination:
                rows.append(Row(name, interface, direction, protocol, ports, source, destination))
        return rows

    def site_end(self, word):
        if word == "any" or word in EDGES or word in GROUPS:
            return self.end(word)
        prefix = AddressSet()
        prefix.add(word)
        return prefix

    # Section 4: the verdict

    def first_row(self, interface, direction, protocol, source, source_port, destination, destination_port):
        for row in self.rows_of.get((interface, direction, protocol), []):
            if row.takes(source, source_port, destination, destination_port):
                return row
        return None

    def judge(self, interface, direction, protocol, source, source_port, destination, destination_port):
        near, far = (destination, source) if direction == "in" else (source, destination)
        if self.options["scope"] == "address" and not any(near in edge for edge in self.edges.values()):
            return "accept unjudged"
        if far in self.block:
            return "drop blocked"
        if protocol not in ("tcp", "udp"):
            return "drop protocol"
        row = self.first_row(interface, direction, protocol, source, source_port, destination, destination_port)
        # The mirror image. A first TCP packet carries neither ACK nor RST, so this is for UDP alone.
        if not row and self.options["established"] == "stateless" and protocol == "udp":
            row = self.first_row(interface, OPPOSITE[direction], protocol,
                                 destination, destination_port, source, source_port)
        return "accept " + row.name if row else "drop no-row"

    def explain(self, line):
        interface, direction, protocol, source, destination = line.split()
        choose(interface, self.interfaces)
        choose(direction, OPPOSITE)
        need_port = protocol in ("tcp", "udp")
        return self.judge(interface, direction, protocol, *parse_end(source, need_port), *parse_end(destination, need_port))


@functools.lru_cache(maxsize=65536)
def parse_address(text):
    address = ipaddress.ip_address(text)
    return address.version, int(address)


def parse_end(text, need_port):
    """198.51.100.7:443 or [2001:db8::1]:443; other protocols have no ports, and may leave them out."""
    if text.startswith("["):
        address, _, port = text[1:].partition("]")
        port = port[1:]
    else:
        address, _, port = text.partition(":")
    if need_port or port:
        port = int(port)
        if not 0 <= port <= 65535:
            raise ValueError("port: " + text)
    return parse_address(address), port


def main():
    parser = argparse.ArgumentParser(description="judge packets by a plain reading of the port matrix")
    parser.add_argument("verb", choices=["explain"])
    parser.add_argument("--policy", required=True, metavar="FILE")
    parser.add_argument("--batch", action="store_true", required=True)
    arguments = parser.parse_args()
    with open(arguments.policy, encoding="ascii", newline="") as file:
        policy = Policy(file.read())
    for line in sys.stdin:
        print(policy.explain(line))


if __name__ == "__main__":
    main()
